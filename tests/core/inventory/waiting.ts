import type { World } from "../engine/world.ts";

/** Held units of each order, in the order named. */
export const held = async (world: World, ...externalIds: string[]) =>
  Promise.all(externalIds.map(async (id) => (await world.stored(id)).held));

let receipts = 0;
export const receive = (world: World, units: number, sku = "A") => {
  receipts += 1;
  return world.adjust(`receipt ${receipts}`, { sku, delta: units, reason: "receipt" });
};
