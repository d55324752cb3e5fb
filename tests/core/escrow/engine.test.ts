import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  deleteListing,
  listListings,
  loadListing,
  updateListing,
} from "../../../src/core/catalogue/listings.ts";
import { releasing } from "../../../src/core/catalogue/releasing.ts";
import { updateSku } from "../../../src/core/catalogue/skus.ts";
import type { Database } from "../../../src/core/db/database.ts";
import type { Answer, OrderAnswer } from "../../../src/core/engine/commands.ts";
import type { ExposureAnswer } from "../../../src/core/escrow/commands.ts";
import type { Exposure, PlatformTraits, StockChange } from "../../../src/core/escrow/exposure.ts";
import { type Allocation, readAllocations } from "../../../src/core/escrow/read-allocations.ts";
import { createSession } from "../../../src/core/live/store-sessions.ts";
import { liveSessionInputSchema } from "../../../src/core/model/live.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, line, openWorld, type World } from "../engine/world.ts";

let db: Database;
let world: World;
let skuId: string;
const listings = new Map<string, string>();

const traits: PlatformTraits = {
  deducts: "placed",
  restoresUnpaid: true,
  restoresPaid: true,
  skewMs: 5_000,
  readable: true,
};

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

const idOf = (item: string): string => listings.get(item) ?? "";

const allocation = async (): Promise<Allocation> =>
  (await readAllocations(db, world.merchant.id, [skuId]))[0] as Allocation;

const exposureOf = async (item: string): Promise<Exposure> =>
  (await allocation()).listings.find((listing) => listing.externalId === item)?.exposure as Exposure;

const parts = async (item: string): Promise<number[]> => {
  const { after, before, inFlight } = await exposureOf(item);
  return [after, before, inFlight];
};

const watermark = async (time: string): Promise<void> => {
  await db.query("update connections set order_watermark = $2 where id = $1", [world.connectionId, at(time)]);
  for (const listingId of listings.values()) await world.submit({ kind: "exposure.pass", listingId });
};

const look = async (item: string, figure: number, time: string, platform = traits): Promise<Answer> => {
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

const charge = (item: string, id: string, change: Partial<StockChange>, platform = traits): Promise<Answer> =>
  world.submit({
    kind: "exposure.charge",
    listingId: idOf(item),
    connectionId: world.connectionId,
    platform,
    write: { id, kind: "delta", quantity: 1, expected: null, ...change },
    until: at("08:05"),
  });

const settle = (item: string, id: string, outcome: "done" | "failed" | "unknown"): Promise<Answer> =>
  world.submit({
    kind: "exposure.settle",
    listingId: idOf(item),
    writeId: id,
    outcome,
    figure: null,
    at: at("08:01"),
  });

const buy = (id: string, item: string, quantity: number, more = {}): Promise<OrderAnswer> =>
  world.order({
    externalId: id,
    placedAt: at("08:30"),
    updatedAt: at("08:30"),
    lines: [line("1", "A", quantity, { externalItemId: item })],
    ...more,
  });

/** Both listings seen at nothing, units split, and each given its part. */
async function splitUp(first: number, second: number, platform = traits): Promise<void> {
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
const unlist = (item: string): Promise<void> =>
  releasing({ ...world, db, log: { warn: (_, message) => expect.fail(message) } }, world.merchant.id, () =>
    deleteListing(db, world.runtime, world.merchant.id, idOf(item)),
  );

/** Units that no listing stands for and nobody holds are lost first, then those of listings. */
async function lose(units: number): Promise<void> {
  await world.adjust("damage", { sku: "A", delta: -units, reason: "damage" });
  expect((await allocation()).deficit).toBe(2);
}

const returned = {
  refunds: [
    {
      ...{ externalId: "r", refundedAt: at("08:40"), amountMinor: 10_000 },
      lines: [{ externalLineId: "1", quantity: 1, amountMinor: 10_000, restock: true }],
    },
  ],
};

/** A show of which the share is reserved. */
async function goOnAir(share: number): Promise<string> {
  const input = liveSessionInputSchema.parse({
    ...{ connection: world.connectionId, room: "room-1", title: "Show" },
    items: [{ sku: "A", code: "A1", priceMinor: 10_000, share }],
  });
  const sessionId = await createSession(db, world, world.merchant.id, input);
  await world.submit({ kind: "session.change", sessionId, change: { to: "start" } });
  return sessionId;
}

describe("split units in the engine", () => {
  it("are set aside only as far as they are there, and a refusal changes nothing", async () => {
    await splitUp(6, 0);
    const before = await world.counts();
    expect(await charge("item-2", "w", { quantity: 5 })).toMatchObject({
      kind: "refused",
      code: "insufficient_stock",
      details: { lines: [{ sku: "A", requested: 5, available: 4 }] },
    });
    expect(await parts("item-2")).toEqual([0, 0, 0]);
    expect(await world.counts()).toEqual(before);
    expect(await charge("item-2", "w", { quantity: 4 })).toMatchObject({ outcome: "charged" });
    expect(await charge("item-2", "w", { quantity: 4 })).toMatchObject({ outcome: "repeated" });
    expect(await parts("item-2")).toEqual([0, 0, 4]);
  });

  it("give an order its own listing's units, however late, and nobody else's", async () => {
    await splitUp(6, 4);
    expect(await world.hold("h", [{ sku: "A", quantity: 1 }])).toMatchObject({ code: "insufficient_stock" });
    const refused = await world.manual({ externalId: "m", lines: [line("1", "A", 1)] });
    expect(refused).toMatchObject({ kind: "refused", code: "insufficient_stock" });
    expect(await buy("one", "item-1", 6)).toMatchObject({ shortfall: 0 });
    expect(await buy("two", "item-2", 4)).toMatchObject({ shortfall: 0 });
    expect(await parts("item-1")).toEqual([0, 0, 0]);
  });

  it("let a unit that the platform put back be sold early: the order waits and takes it with the cancel", async () => {
    await splitUp(10, 0);
    await buy("one", "item-1", 10, { status: "pending_payment" });
    expect(await buy("early", "item-1", 1)).toMatchObject({ shortfall: 1 });
    expect(await parts("item-1")).toEqual([-1, 0, 0]);
    await buy("one", "item-1", 10, { status: "cancelled", updatedAt: at("08:31") });
    expect((await world.stored("early")).lines[0]).toMatchObject({ reserved: 1, shortfall: 0 });
    expect(await parts("item-1")).toEqual([9, 0, 0]);
  });

  it.each([1, 501])(
    "put back and sold again go to who bought them there, not to one of %i orders of the hub's own that waited before",
    async (ahead) => {
      await splitUp(10, 0);
      await buy("one", "item-1", 10, { status: "pending_payment" });
      // Paid links are facts too, whatever is left.
      const own = Array.from({ length: ahead }, (_, index) =>
        world.manual(
          { externalId: `own-${index}`, paidAt: at("08:29"), lines: [line("1", "A", 1)] },
          { mayRefuse: false },
        ),
      );
      expect((await Promise.all(own)).map((answer) => "shortfall" in answer && answer.shortfall)).toEqual(
        own.map(() => 1),
      );
      await buy("early", "item-1", 1, { paidAt: at("08:30") });
      expect(await parts("item-1")).toEqual([-1, 0, 0]);
      await buy("one", "item-1", 10, { status: "cancelled", updatedAt: at("08:31") });
      expect((await world.stored("early")).lines[0]).toMatchObject({ reserved: 1, shortfall: 0 });
      expect((await world.stored("own-0")).lines[0]).toMatchObject({ reserved: 0, shortfall: 1 });
      expect(await parts("item-1")).toEqual([9, 0, 0]);
      // What nobody was promised goes to who waits longest.
      await world.adjust("more", { sku: "A", delta: 1, reason: "receipt" });
      expect((await world.stored("own-0")).lines[0]).toMatchObject({ reserved: 1, shortfall: 0 });
    },
  );

  type Told = { status: string; paidAt?: string };
  const pending = { status: "pending_payment" };
  const paid = { status: "paid", paidAt: at("08:31") };
  const cancelled = { status: "cancelled" };
  it.each<[string, Partial<PlatformTraits>, Told[], number]>([
    ["an unpaid order takes nothing", {}, [pending], 6],
    ["its payment takes the units, once", {}, [pending, paid, paid], 4],
    ["heard of when paid", {}, [paid], 4],
    ["cancelled unpaid: nothing was taken", {}, [pending, cancelled], 6],
    ["heard of when cancelled, nothing told of a payment", {}, [cancelled], 6],
    ["the same where it may have been put back", { restoresPaid: true }, [cancelled], 6],
    ["paid and cancelled, put back", { restoresPaid: true }, [pending, paid, { ...paid, ...cancelled }], 6],
    ["paid and cancelled, not put back", {}, [pending, { ...paid, ...cancelled }], 4],
  ])("where payment takes the unit: %s", async (_, habits, told, after) => {
    const none = { restoresUnpaid: false, restoresPaid: false };
    await splitUp(6, 0, { ...traits, deducts: "paid", ...none, ...habits });
    for (const [index, one] of told.entries())
      await buy("one", "item-1", 2, { ...one, updatedAt: at(`08:3${index}`) });
    expect(await parts("item-1")).toEqual([after, 0, 0]);
  });

  it("offer returned goods again where the platform puts them back", async () => {
    await splitUp(6, 0);
    const shipped = { status: "shipped", paidAt: at("08:30") };
    await buy("one", "item-1", 2, shipped);
    expect(await parts("item-1")).toEqual([4, 0, 0]);
    const refund = { externalId: "r", refundedAt: at("08:40"), amountMinor: 10_000 };
    const refunds = [
      { ...refund, lines: [{ externalLineId: "1", quantity: 1, amountMinor: 10_000, restock: true }] },
    ];
    await buy("one", "item-1", 2, { ...shipped, refunds, updatedAt: at("08:40") });
    expect(await parts("item-1")).toEqual([5, 0, 0]);
    expect(await world.openTasks()).toEqual([]);
  });

  it("leave the shelf with a parcel that is told together with the order", async () => {
    await splitUp(6, 4);
    const shipped = { status: "shipped", paidAt: at("08:30") };
    expect(await buy("one", "item-1", 2, shipped)).toMatchObject({ shortfall: 0 });
    expect(await world.levels("A")).toEqual({ MAIN: [8, 0, 0] });
    expect(await parts("item-1")).toEqual([4, 0, 0]);
    expect((await allocation()).deficit).toBe(0);
    expect(await world.openTasks()).toEqual([]);
  });

  it.each<[string, object, object]>([
    ["the goods of its parcel are heard of late", { status: "shipped", paidAt: at("08:30") }, returned],
    ["its cancel is heard of late", { status: "paid", paidAt: at("08:30") }, { status: "cancelled" }],
  ])("put back, sold again and sent are not sold a third time when %s", async (_, first, back) => {
    await splitUp(1, 9);
    const sent = { status: "shipped", paidAt: at("08:30") };
    await buy("one", "item-1", 1, first);
    await buy("two", "item-1", 1, sent);
    await buy("rest", "item-2", 9, sent);
    expect(await world.openTasks()).toEqual(["shipped_without_stock"]);
    await buy("one", "item-1", 1, { ...first, ...back, updatedAt: at("08:40") });
    // Ten units were there, and ten have left.
    expect(await allocation()).toMatchObject({ available: 0, deficit: 0 });
    expect(await charge("item-2", "w", { quantity: 1 })).toMatchObject({ code: "insufficient_stock" });
    expect(await world.hold("h", [{ sku: "A", quantity: 1 }])).toMatchObject({ code: "insufficient_stock" });
    await world.adjust("count", { sku: "A", count: 0, reason: "count" });
    expect(await world.levels("A")).toEqual({ MAIN: [0, 0, 0] });
    await world.adjust("more", { sku: "A", delta: 1, reason: "receipt" });
    expect(await allocation()).toMatchObject({ available: 1, deficit: 0 });
  });

  it("leave it with a parcel of an order that was cancelled here", async () => {
    await splitUp(6, 4);
    const { orderId } = await buy("one", "item-1", 2);
    await world.submit({ kind: "order.cancel", orderId });
    await buy("one", "item-1", 2, { status: "shipped", paidAt: at("08:30"), updatedAt: at("08:40") });
    expect(await world.levels("A")).toEqual({ MAIN: [8, 0, 0] });
    expect((await world.stored("one")).lines[0]).toMatchObject({ shipped: 2 });
  });

  it("keep an unknown write charged until a look after its time", async () => {
    await splitUp(0, 0);
    await charge("item-1", "w", { quantity: 7 });
    await settle("item-1", "w", "unknown");
    expect(await look("item-1", 0, "08:04")).toMatchObject({ kind: "refused", code: "conflict" });
    expect(await parts("item-1")).toEqual([0, 0, 7]);
    expect(await look("item-1", 0, "08:06")).toMatchObject({ outcome: "unchanged" });
    expect(await parts("item-1")).toEqual([0, 7, 0]);
    expect(await charge("item-2", "x", { quantity: 4 })).toMatchObject({ kind: "refused" });
    await watermark("08:07");
    expect(await parts("item-1")).toEqual([0, 0, 0]);
    expect(await charge("item-2", "x", { quantity: 10 })).toMatchObject({ outcome: "charged" });
  });

  it("are lost with a miscount: the deficit says how many, and waiting orders are served first when they return", async () => {
    await splitUp(6, 4);
    await world.adjust("damage", { sku: "A", delta: -5, reason: "damage" });
    expect((await allocation()).deficit).toBe(5);
    expect(await buy("one", "item-1", 6)).toMatchObject({ shortfall: 1 });
    await world.adjust("found", { sku: "A", delta: 5, reason: "gain" });
    expect((await world.stored("one")).lines[0]).toMatchObject({ shortfall: 0 });
    expect((await allocation()).deficit).toBe(0);
  });

  it.each<[string, () => Promise<Answer>]>([
    [
      "a hold",
      async () => {
        await world.hold("H-1", [{ sku: "A", quantity: 3 }]);
        await lose(3);
        return world.manual({ externalId: "one", lines: [line("1", "A", 3)] }, { holdReference: "H-1" });
      },
    ],
    [
      "a claim",
      async () => {
        const sessionId = await goOnAir(3);
        await world.submit({
          ...{ kind: "comments.take", sessionId },
          comments: [
            {
              ...{ externalId: "c1", room: "room-1", viewer: { externalId: "ann" } },
              ...{ text: "A1 x3", sentAt: at("08:06") },
            },
          ],
        });
        await lose(3);
        return world.order({
          ...{ externalId: "one", liveSession: sessionId, buyer: { externalId: "ann" } },
          lines: [line("1", "A", 3)],
        });
      },
    ],
    [
      "a session's share",
      async () => {
        const sessionId = await goOnAir(3);
        await world.hold("the rest", [{ sku: "A", quantity: 1 }]);
        await lose(2);
        return world.order({ externalId: "one", liveSession: sessionId, lines: [line("1", "A", 3)] });
      },
    ],
  ])("that %s keeps are its order's, although the SKU has lost others", async (_, serve) => {
    await splitUp(4, 2);
    expect(await serve()).toMatchObject({ shortfall: 0 });
    expect((await allocation()).deficit).toBe(2);
    expect((await world.stored("one")).lines[0]).toMatchObject({ shortfall: 0 });
  });

  it("of a parcel that is called back are its order's again, although the SKU has lost others", async () => {
    await splitUp(4, 2);
    const { orderId } = (await world.manual({
      externalId: "one",
      lines: [line("1", "A", 3)],
    })) as OrderAnswer;
    const sent = (await world.ship(orderId)) as OrderAnswer;
    await lose(3);
    await world.recall(orderId, sent.shipmentId ?? "");
    expect((await world.stored("one")).lines[0]).toMatchObject({ shipped: 0, reserved: 3, shortfall: 0 });
    expect((await allocation()).deficit).toBe(2);
  });

  it("of a deleted listing go to whoever waits, once", async () => {
    await splitUp(6, 4);
    await world.adjust("damage", { sku: "A", delta: -5, reason: "damage" });
    expect(await buy("one", "item-1", 6)).toMatchObject({ shortfall: 1 });
    await world.adjust("found", { sku: "A", delta: 3, reason: "gain" });
    await world.order({ externalId: "two", lines: [line("1", "A", 2)] });
    const short = async () => (await world.stored("two")).lines.map(({ shortfall }) => shortfall);
    expect(await short()).toEqual([2]);
    await deleteListing(db, world.runtime, world.merchant.id, idOf("item-2"));
    expect(await short()).toEqual([2]);
    const release = () => world.submit({ kind: "exposure.release", skuIds: [skuId] });
    await release();
    expect(await short()).toEqual([0]);
    const before = await world.levels("A");
    await release();
    expect(await world.levels("A")).toEqual(before);
  });

  it("are shared again when nothing sells them any more, and everybody may have them", async () => {
    await splitUp(6, 4);
    await unlist("item-1");
    expect((await allocation()).state).toBe("split");
    await unlist("item-2");
    expect(await allocation()).toMatchObject({ state: "shared", possibleOversell: 0, deficit: 0 });
    const told = (await world.events("allocation.changed")).at(-1);
    expect(told).toMatchObject({ subject: skuId, data: { state: "shared" } });
    expect(await world.hold("h", [{ sku: "A", quantity: 10 }])).toMatchObject({ outcome: "created" });
    await world.listing("item-3", "A");
    expect((await allocation()).state).toBe("shared");
  });

  it("go back to converging when another listing sells them", async () => {
    await splitUp(5, 5);
    await world.listing("item-3", "A");
    expect((await allocation()).state).toBe("converging");
  });

  it("F088: percentages of one SKU above 100 % are refused, and nothing changes", async () => {
    const share = (percentBp: number) => ({ minimum: null, maximum: null, fixed: null, percentBp });
    const { merchant, runtime } = world;
    await updateListing(db, runtime, merchant.id, idOf("item-1"), { share: share(8000) });
    const second = updateListing(db, runtime, merchant.id, idOf("item-2"), { share: share(5000) });
    await expect(second).rejects.toMatchObject({ code: "invalid_request" });
    expect((await loadListing(db, merchant.id, idOf("item-2"))).share.percentBp).toBeNull();
  });

  it("belong to both components of a bundle that a listing sells", async () => {
    const bId = await world.sku("B", 3);
    await world.sku("SET", 0, {
      kind: "bundle",
      components: [
        { sku: "A", quantity: 2 },
        { sku: "B", quantity: 1 },
      ],
    });
    await world.listing("set-1", "SET");
    for (const listing of (await listListings(db, world.merchant.id, { limit: 10 })).items)
      listings.set(listing.externalId, listing.id);
    await look("set-1", 3, "08:00");
    await watermark("08:01");
    const [a, b] = await readAllocations(db, world.merchant.id, [skuId, bId]);
    expect([a?.possibleOversell, b?.possibleOversell]).toEqual([0, 0]);
    await world.adjust("damage", { sku: "B", delta: -2, reason: "damage" });
    const [, after] = await readAllocations(db, world.merchant.id, [skuId, bId]);
    expect(after?.possibleOversell).toBe(2);
    listings.delete("set-1");
    await updateSku(db, world.runtime, world.merchant.id, "SET", { components: [{ sku: "A", quantity: 1 }] });
  });

  describe("in a bundle whose other part is missing", () => {
    let bId: string;
    const buySet = (id: string, quantity: number, more = {}) =>
      buy(id, "set-1", quantity, {
        lines: [line("1", "SET", quantity, { externalItemId: "set-1" })],
        ...more,
      });
    const heldParts = async (id: string): Promise<number[]> => {
      const rows = await db.query<{ skuId: string; units: number }>(
        `select r.sku_id as "skuId", sum(r.quantity)::int as units from reservations r join orders o on o.id = r.holder_id
         where r.merchant_id = $1 and o.external_id = $2 and r.status = 'held' group by 1`,
        [world.merchant.id, id],
      );
      return [skuId, bId].map((part) => rows.find((row) => row.skuId === part)?.units ?? 0);
    };
    const shortfallOf = async (id: string) => (await world.stored(id)).lines[0]?.shortfall;

    /** Ten of A, split; B is shared and has `others`. A set is two of A and one of B. */
    const bundled = async (others: number): Promise<void> => {
      bId = await world.sku("B", others);
      const components = [
        { sku: "A", quantity: 2 },
        { sku: "B", quantity: 1 },
      ];
      await world.sku("SET", 0, { kind: "bundle", components });
      await splitUp(6, 4);
    };

    it("are kept for the order: nobody else may take them, and it is served when the part comes", async () => {
      await bundled(0);
      await world.adjust("more", { sku: "A", delta: 2, reason: "receipt" });
      expect(await buySet("set", 1)).toMatchObject({ shortfall: 1 });
      expect(await heldParts("set")).toEqual([2, 0]);
      expect(await world.hold("h", [{ sku: "A", quantity: 1 }])).toMatchObject({
        code: "insufficient_stock",
      });
      expect(await charge("item-1", "w", { quantity: 1 })).toMatchObject({ code: "insufficient_stock" });
      await world.adjust("late", { sku: "B", delta: 1, reason: "receipt" });
      expect(await shortfallOf("set")).toBe(0);
      expect(await heldParts("set")).toEqual([2, 1]);
    });

    it("are taken as they come, and given back with the cancel", async () => {
      await bundled(0);
      expect(await buySet("set", 2)).toMatchObject({ shortfall: 2 });
      expect(await heldParts("set")).toEqual([0, 0]);
      await world.adjust("more", { sku: "A", delta: 3, reason: "receipt" });
      expect(await heldParts("set")).toEqual([3, 0]);
      await world.adjust("late", { sku: "B", delta: 2, reason: "receipt" });
      expect([await heldParts("set"), await shortfallOf("set")]).toEqual([[3, 1], 1]);
      await buySet("set", 2, { status: "cancelled", updatedAt: at("08:31") });
      expect(await heldParts("set")).toEqual([0, 0]);
    });

    it("stay with it when the other part is lost, and go with what it does not want any more", async () => {
      await bundled(2);
      await world.adjust("more", { sku: "A", delta: 4, reason: "receipt" });
      expect(await buySet("set", 2)).toMatchObject({ shortfall: 0 });
      await world.adjust("broken", { sku: "B", delta: -2, reason: "damage" });
      expect([await heldParts("set"), await shortfallOf("set")]).toEqual([[4, 0], 2]);
      await buySet("set", 1, { updatedAt: at("08:31") });
      expect([await heldParts("set"), await shortfallOf("set")]).toEqual([[2, 0], 1]);
    });

    it("leave the shelf when the platform sends what we do not have all of", async () => {
      await bundled(0);
      await world.adjust("more", { sku: "A", delta: 4, reason: "receipt" });
      await buySet("set", 2);
      await buySet("set", 2, { status: "shipped", paidAt: at("08:30"), updatedAt: at("08:31") });
      expect(await world.levels("A")).toEqual({ MAIN: [10, 0, 0] });
      expect(await world.openTasks()).toEqual(["shipped_without_stock"]);
    });

    it("stay with the order whose others a parcel took, although the SKU has lost some", async () => {
      await bundled(1);
      await world.adjust("more", { sku: "A", delta: 6, reason: "receipt" });
      expect(await buySet("set", 3)).toMatchObject({ shortfall: 2 });
      expect(await heldParts("set")).toEqual([6, 1]);
      await world.adjust("damage", { sku: "A", delta: -2, reason: "damage" });
      await buySet("set", 3, {
        ...{ status: "partially_shipped", paidAt: at("08:30"), updatedAt: at("08:31") },
        shipments: [
          { externalId: "p", shippedAt: at("08:31"), lines: [{ externalLineId: "1", quantity: 2 }] },
        ],
      });
      expect([await heldParts("set"), await shortfallOf("set")]).toEqual([[2, 0], 1]);
    });

    it("are no reason to take more of a manual order than there is", async () => {
      await bundled(1);
      await world.adjust("more", { sku: "A", delta: 2, reason: "receipt" });
      const order = (updatedAt: string, more: number) =>
        world.manual({
          ...{ externalId: "m", updatedAt },
          lines: [line("1", "SET", 1), ...(more > 0 ? [line("2", "A", more)] : [])],
        });
      expect(await order(at("08:20"), 0)).toMatchObject({ shortfall: 0 });
      await world.adjust("broken", { sku: "B", delta: -1, reason: "damage" });
      expect([await heldParts("m"), await shortfallOf("m")]).toEqual([[2, 0], 1]);
      const before = await world.counts();
      expect(await order(at("08:21"), 2)).toMatchObject({
        ...{ kind: "refused", code: "insufficient_stock" },
        details: { lines: [{ sku: "A", requested: 4, available: 2 }] },
      });
      expect(await world.counts()).toEqual(before);
      await world.adjust("even more", { sku: "A", delta: 2, reason: "receipt" });
      expect(await order(at("08:21"), 2)).toMatchObject({ outcome: "updated", shortfall: 1 });
      expect(await heldParts("m")).toEqual([4, 0]);
    });

    it("are let go when the last listing is gone, to whoever waits for them", async () => {
      await bundled(0);
      await world.adjust("more", { sku: "A", delta: 2, reason: "receipt" });
      await buySet("set", 1);
      await world.order({ externalId: "plain", lines: [line("1", "A", 11)] });
      await unlist("item-1");
      expect([await heldParts("set"), await heldParts("plain")]).toEqual([
        [2, 0],
        [6, 0],
      ]);
      await unlist("item-2");
      expect([await heldParts("set"), await heldParts("plain")]).toEqual([
        [0, 0],
        [11, 0],
      ]);
    });

    it("are let go when the SKU is shared again, to whoever waits for them", async () => {
      await bundled(0);
      await world.adjust("more", { sku: "A", delta: 2, reason: "receipt" });
      await buySet("set", 1);
      await world.order({ externalId: "plain", lines: [line("1", "A", 3)] });
      expect(await shortfallOf("plain")).toBe(3);
      const { version } = await allocation();
      const listingIds = [...listings.values()];
      await world.submit({ kind: "exposure.mode", skuId, state: "shared", version, listingIds });
      expect(await heldParts("set")).toEqual([0, 0]);
      expect(await heldParts("plain")).toEqual([3, 0]);
      await world.adjust("late", { sku: "B", delta: 1, reason: "receipt" });
      expect(await heldParts("set")).toEqual([2, 1]);
    });
  });

  it("show a figure nobody sent as a task with a choice", async () => {
    await splitUp(5, 0);
    await look("item-1", 8, "08:10");
    expect(await world.openTasks()).toEqual([]);
    await watermark("08:11");
    expect(await world.openTasks()).toEqual(["foreign_stock_write"]);
    expect(await parts("item-1")).toEqual([8, 0, 0]);
    expect(await charge("item-1", "w", { quantity: -3 })).toMatchObject({
      kind: "refused",
      code: "conflict",
    });
    const answer = (await world.submit({
      kind: "exposure.halt",
      listingId: idOf("item-1"),
      halt: null,
      overwrites: true,
    })) as ExposureAnswer;
    expect(answer.exposure).toMatchObject({ halt: null, overwrites: 1 });
    expect(await world.openTasks()).toEqual([]);
  });

  /** Raised to five by us, lowered to two by another tool, which the next scheduled look shows. */
  const alternate = async (round: number): Promise<void> => {
    const { after } = await exposureOf("item-1");
    if (after < 5) {
      expect(await charge("item-1", `raise-${round}`, { quantity: 5 - after })).toMatchObject({
        outcome: "charged",
      });
      await settle("item-1", `raise-${round}`, "done");
    }
    await look("item-1", 2, `09:${round}0`);
    await watermark(`09:${round}1`);
  };

  it("ask a person when another tool takes units off the figure again and again", async () => {
    await splitUp(5, 5);
    await alternate(0);
    await alternate(1);
    expect(await world.openTasks()).toEqual([]);
    await alternate(2);
    expect(await world.openTasks()).toEqual(["foreign_stock_write"]);
    expect(await exposureOf("item-1")).toMatchObject({ halt: "asked", lowered: 3, after: 2, before: 0 });
    const held = await parts("item-1");
    expect(await charge("item-1", "fight", { quantity: 3 })).toMatchObject({ code: "conflict" });
    expect(await parts("item-1")).toEqual(held);
    await world.submit({
      kind: "exposure.halt",
      listingId: idOf("item-1"),
      halt: null,
      overwrites: true,
    });
    expect(await world.openTasks()).toEqual([]);
    expect(await exposureOf("item-1")).toMatchObject({ halt: null, lowered: 0, overwrites: 1 });
    await alternate(3);
    expect(await world.openTasks()).toEqual([]);
  });

  it.each([
    ["days apart", async () => world.runtime.advance(25 * 3_600_000), "item-1", 2],
    ["by our own writes", async () => undefined, "item-2", 5],
  ])("do not ask about units that went off %s", async (_, between, item, left) => {
    await splitUp(5, 5);
    for (const round of [0, 1, 2, 3]) {
      await between();
      if (item === "item-1") await alternate(round);
      else {
        await charge(item, `down-${round}`, { quantity: -1 });
        await settle(item, `down-${round}`, "done");
        await look(item, 4 - round, `09:${round}0`);
        await watermark(`09:${round}1`);
      }
    }
    expect(await world.openTasks()).toEqual([]);
    expect(await exposureOf("item-1")).toMatchObject({ halt: null, after: left });
  });
});
