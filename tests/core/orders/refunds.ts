import { line, type Snapshot, type World } from "../engine/world.ts";

export const told: Snapshot = { externalId: "1", lines: [line("1", "A", 4)], shippingMinor: 600 };
export const levels = async (world: World) => (await world.levels("A")).MAIN;
