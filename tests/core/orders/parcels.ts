import { at, line, type Snapshot, type World } from "../engine/world.ts";

export const told: Snapshot = {
  externalId: "1",
  lines: [line("1", "A", 3), line("2", "B", 2)],
  shippingMinor: 600,
};
export const parcel = (externalId: string, lines?: [string, number][], more: object = {}) => ({
  externalId,
  shippedAt: at("08:30"),
  ...(lines === undefined
    ? {}
    : { lines: lines.map(([externalLineId, quantity]) => ({ externalLineId, quantity })) }),
  ...more,
});
export const newer = (world: World, time: string, more: Partial<Snapshot>) =>
  world.order({ ...told, updatedAt: at(time), ...more });
export const stock = async (world: World) => [(await world.levels("A")).MAIN, (await world.levels("B")).MAIN];
