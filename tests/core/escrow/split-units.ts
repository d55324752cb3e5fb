import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { deleteListing, listListings } from "../../../src/core/catalogue/listings.ts";
import { releasing } from "../../../src/core/catalogue/releasing.ts";
import type { Database } from "../../../src/core/db/database.ts";
import type { Answer, OrderAnswer } from "../../../src/core/engine/commands.ts";
import type { Exposure, PlatformTraits, StockChange } from "../../../src/core/escrow/exposure.ts";
import { type Allocation, readAllocations } from "../../../src/core/escrow/read-allocations.ts";
import { memoryDatabase } from "../../support/database.ts";
import { platformTraits } from "../../support/platform-traits.ts";
import { at, line, openWorld, type World } from "../engine/world.ts";

/**
 * A merchant with ten units of A and two listings that sell it, made anew for each test of the file that imports this. The doctor
 * finds nothing after any of them.
 */
export let db: Database;
export let world: World;
export let skuId: string;
export const listings = new Map<string, string>();

export const traits: PlatformTraits = { ...platformTraits, skewMs: 5_000 };

beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  world = await openWorld(db);
  skuId = await world.sku("A", 10);
  await world.listing("item-1", "A");
  await world.listing("item-2", "A");
  for (const listing of (await listListings(db, world.merchant.id, { limit: 10 })).items)
    listings.set(listing.externalId, listing.id);
});
afterEach(() => world.expectClean());

export const idOf = (item: string): string => listings.get(item) ?? "";

export const allocation = async (): Promise<Allocation> =>
  (await readAllocations(db, world.merchant.id, [skuId]))[0] as Allocation;

export const exposureOf = async (item: string): Promise<Exposure> =>
  (await allocation()).listings.find((listing) => listing.externalId === item)?.exposure as Exposure;

export const parts = async (item: string): Promise<number[]> => {
  const { after, before, inFlight } = await exposureOf(item);
  return [after, before, inFlight];
};

export const watermark = async (time: string): Promise<void> => {
  await db.query("update connections set order_watermark = $2 where id = $1", [world.connectionId, at(time)]);
  for (const listingId of listings.values()) await world.submit({ kind: "exposure.pass", listingId });
};

export const look = async (
  item: string,
  figure: number,
  time: string,
  platform = traits,
): Promise<Answer> => {
  const known = (await allocation()).listings.find((listing) => listing.externalId === item)?.exposure;
  return world.submit({
    kind: "exposure.observe",
    listingId: idOf(item),
    connectionId: world.connectionId,
    platform,
    figure,
    startedAt: at(time),
    readAt: at(time),
    writes: known?.writes ?? 0,
    ingested: known?.ingested ?? 0,
    restored: known?.restored ?? 0,
  });
};

export const charge = (
  item: string,
  id: string,
  change: Partial<StockChange>,
  platform = traits,
): Promise<Answer> =>
  world.submit({
    kind: "exposure.charge",
    listingId: idOf(item),
    connectionId: world.connectionId,
    platform,
    write: { id, kind: "delta", quantity: 1, expected: null, ...change },
    until: at("08:05"),
  });

export const settle = (
  item: string,
  id: string,
  outcome: "done" | "failed" | "untaken" | "unknown",
): Promise<Answer> =>
  world.submit({
    kind: "exposure.settle",
    listingId: idOf(item),
    writeId: id,
    outcome,
    figure: null,
    at: at("08:01"),
  });

export const buy = (id: string, item: string, quantity: number, more = {}): Promise<OrderAnswer> =>
  world.order({
    externalId: id,
    placedAt: at("08:30"),
    updatedAt: at("08:30"),
    lines: [line("1", "A", quantity, { externalItemId: item })],
    ...more,
  });

/** Both listings seen at nothing, units split, and each given its part. */
export async function splitUp(first: number, second: number, platform = traits): Promise<void> {
  await look("item-1", 0, "08:00", platform);
  await look("item-2", 0, "08:00", platform);
  await watermark("08:02");
  const mode = async (state: "converging" | "split") =>
    world.submit({
      kind: "exposure.mode",
      skuId,
      state,
      version: (await allocation()).version,
      listingIds: [...listings.values()],
    });
  await mode("converging");
  await look("item-1", 0, "08:03", platform);
  await look("item-2", 0, "08:03", platform);
  await watermark("08:04");
  expect(await mode("split")).toMatchObject({ outcome: "changed" });
  for (const [item, quantity] of [
    ["item-1", first],
    ["item-2", second],
  ] as const) {
    if (quantity === 0) continue;
    expect(await charge(item, `open-${item}`, { quantity }, platform)).toMatchObject({
      outcome: "charged",
    });
    await settle(item, `open-${item}`, "done");
  }
}

/** Takes a listing away as operators do. */
export const unlist = (item: string): Promise<void> =>
  releasing({ ...world, db, log: { warn: (_, message) => expect.fail(message) } }, world.merchant.id, () =>
    deleteListing(db, world.runtime, world.merchant.id, idOf(item)),
  );
