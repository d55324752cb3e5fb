import { createListing, listListings, updateListing } from "../../src/core/catalogue/listings.ts";
import type { World } from "../world/world.ts";
import type { Operation } from "./operation.ts";

/** What the merchant's own people change in the catalogue, as the API does it. */
export const listingOperations: readonly Operation[] = [
  { name: "map item", feature: "mapping later", weight: 2, act: mapNext },
  { name: "change listing", feature: "mapping changes", weight: 2, act: changeListing },
];

/** Maps an item that was not mapped before, and hands its waiting orders on. */
function mapNext(world: World): void {
  const { furniture, shops, caller, db, desk } = world;
  const input = furniture.unmapped.shift();
  if (!input) return;
  world.trace.step(`map ${input.externalId}`);
  const shop = shops.find(({ connectionId }) => connectionId === input.connection);
  const reserveFrom = shop?.plan.deducts ?? "placed";
  const work = world.time.busy(() => createListing(db, desk, furniture.merchantId, input));
  void work.then(({ waitingOrderIds }) => {
    for (const orderId of waitingOrderIds) caller.send({ kind: "order.map", orderId, reserveFrom });
  });
}

function changeListing(world: World): void {
  const { furniture, chance, desk, db } = world;
  const patch = chance.happens(0.5)
    ? { buffer: chance.between(0, 3), cap: chance.happens(0.5) ? chance.between(0, 8) : null }
    : { unitsPer: chance.between(1, 3) };
  const pick = chance.fraction();
  void world.time.busy(async () => {
    const { items } = await listListings(db, furniture.merchantId, { limit: 100 });
    const listing = items[Math.floor(pick * items.length)];
    if (listing) await updateListing(db, desk, furniture.merchantId, listing.id, patch);
  });
  world.trace.step(`change a listing ${JSON.stringify(patch)}`);
}
