import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, factsOf, line, openWorld, type Snapshot, type World } from "../engine/world.ts";
import { parcel, price, rf } from "./grown.ts";

// Refunds and parcels are states by their id: what they have grown by counts, once; what became less is for a person.

let db: Database;
let world: World;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  world = await openWorld(db);
  await world.sku("A", 10, { unitCostMinor: 600 });
  await world.sku("B", 5, { unitCostMinor: 100 });
  minute = 0;
});
afterEach(() => world.expectClean());

let minute = 0;
/** The order as the platform tells it a minute later. */
const tell = (more: Partial<Snapshot>) => {
  minute += 1;
  return world.order({ externalId: "1", updatedAt: at(`07:${20 + minute}`), ...more });
};
const units = async () =>
  (await world.stored("1")).lines.map(({ shipped, returned, cancelled, reserved }) => [
    shipped,
    returned,
    cancelled,
    reserved,
  ]);
const money = async (orderId: string) => {
  const { cogs: _cost, inventory: _stock, ...rest } = await world.balancesOf(orderId);
  return rest;
};
const lastTask = async (kind: string) => {
  const [task] = await db.query<{ message: string; status: string }>(
    "select message, status from tasks where merchant_id = $1 and kind = $2",
    [world.merchant.id, kind],
  );
  return task;
};

describe("a refund told again", () => {
  it("money first, goods later: the goods are on the shelf, once, dated when they were told", async () => {
    const lines = [line("1", "A", 1, price)];
    const { orderId } = await tell({ lines, status: "shipped" });
    await tell({ lines, status: "shipped", refunds: [rf(5000, { 1: { quantity: 1, restock: false } })] });
    expect(await world.levels("A")).toEqual({ MAIN: [9, 0, 0] });
    const refunds = [rf(5000, { 1: { quantity: 1, restock: true } })];
    await tell({ lines, status: "shipped", refunds });
    await tell({ lines, status: "shipped", refunds, note: "again" });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 0, 0] });
    expect(await units()).toEqual([[1, 1, 0, 0]]);
    expect(await world.balancesOf(orderId)).toEqual({});
    const facts = factsOf(await world.events(), orderId).flatMap(({ refunded }) => refunded ?? []);
    expect(
      facts.map(({ refundedAt, amountMinor, restocked }) => [refundedAt, amountMinor, restocked.length]),
    ).toEqual([
      [at("07:15"), 5000, 0],
      [at("07:23"), 0, 1],
    ]);
    expect(new Set(facts.map(({ refundId }) => refundId)).size).toBe(1);
  });

  it("of more money: the difference is an entry of its own", async () => {
    const lines = [line("1", "A", 2, price)];
    const { orderId } = await tell({ lines });
    await tell({ lines, refunds: [rf(3000)] });
    await tell({ lines, refunds: [rf(5000)] });
    await tell({ lines, refunds: [rf(5000)], note: "again" });
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 5000 });
    expect(await money(orderId)).toEqual({ ar_platform: 5000, contract_liab: -5000 });
    const facts = factsOf(await world.events(), orderId).flatMap(({ refunded }) => refunded ?? []);
    expect(facts.map(({ amountMinor }) => amountMinor)).toEqual([3000, 2000]);
    expect((await world.counts()).refunds).toBe(1);
    expect(await world.openTasks()).toEqual([]);
  });

  it.each<[string, ReturnType<typeof rf>[]]>([
    ["smaller", [rf(1000)]],
    ["gone", []],
  ])("%s: what is booked stays, and a person must look, once", async (_, refunds) => {
    const lines = [line("1", "A", 2, price)];
    const { orderId } = await tell({ lines });
    await tell({ lines, refunds: [rf(3000)] });
    await tell({ lines, refunds });
    expect(await money(orderId)).toEqual({ ar_platform: 7000, contract_liab: -7000 });
    expect(await world.openTasks()).toEqual(["refund_lowered"]);
    const task = await lastTask("refund_lowered");
    for (const word of ["rf", "order 1", "3000", refunds.length === 0 ? "no more" : "1000"])
      expect(task?.message).toContain(word);
    // Closed by a person it stays closed while nothing else is told.
    await db.query("update tasks set status = 'done' where merchant_id = $1", [world.merchant.id]);
    await tell({ lines, refunds, note: "x" });
    expect(await world.openTasks()).toEqual([]);
    await tell({ lines, refunds: [rf(3500)] });
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 3500 });
  });

  it("a task that the platform's next word settles closes by itself; a snapshot without refunds says nothing", async () => {
    const lines = [line("1", "A", 2, price)];
    await tell({ lines, refunds: [rf(3000)] });
    await tell({ lines, note: "no word" });
    expect(await world.openTasks()).toEqual([]);
    await tell({ lines, refunds: [rf(1000)] });
    expect(await world.openTasks()).toEqual(["refund_lowered"]);
    await tell({ lines, refunds: [rf(3000)] });
    expect(await world.openTasks()).toEqual([]);
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 3000 });
  });

  it("first without lines, then with them: the units follow, and the money stands for what came back", async () => {
    const lines = [line("1", "A", 2, price)];
    const { orderId } = await tell({
      lines,
      status: "partially_shipped",
      shipments: [parcel("p", { 1: 1 })],
      refunds: [rf(5000)],
    });
    expect(await money(orderId)).toEqual({ ar_platform: 5000, revenue: -5000 });
    await tell({
      lines,
      status: "partially_shipped",
      refunds: [rf(5000, { 1: { quantity: 1, restock: true } })],
    });
    expect(await units()).toEqual([[1, 1, 0, 1]]);
    expect(await world.balancesOf(orderId)).toEqual({ ar_platform: 5000, contract_liab: -5000 });
  });

  it("of a unit not sent, as it seemed, that is on the shelf again: the unit not sent is owed after all", async () => {
    const lines = [line("1", "A", 2, price)];
    const partly = { lines, status: "partially_shipped" as const };
    const { orderId } = await tell({ ...partly, shipments: [parcel("p", { 1: 1 })] });
    await tell({ ...partly, refunds: [rf(5000, { 1: { quantity: 1 } })] });
    expect(await units()).toEqual([[1, 0, 1, 0]]);
    await tell({ ...partly, refunds: [rf(5000, { 1: { quantity: 1, restock: true } })] });
    expect(await units()).toEqual([[1, 1, 0, 1]]);
    expect(await world.balancesOf(orderId)).toEqual({ ar_platform: 5000, contract_liab: -5000 });
  });

  it("of a held order is booked with all it grew by", async () => {
    const held = { lines: [line("1", "A", 2, price)], totalMinor: 9000, status: "shipped" as const };
    const { orderId } = await tell({ ...held, refunds: [rf(1000)] });
    await tell({ ...held, refunds: [rf(4500, { 1: { quantity: 1, restock: true } })] });
    await world.accept(orderId);
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 4500 });
    expect(await money(orderId)).toEqual({ ar_platform: 4500, revenue: -4500 });
    expect(await units()).toEqual([[2, 1, 0, 0]]);
  });

  it("that is ours gives back nothing twice, but puts the goods on the shelf that ours did not", async () => {
    const lines = [line("1", "A", 2, price)];
    const { orderId } = await tell({ lines, status: "shipped" });
    await world.refund(orderId, { reference: "goodwill", amountMinor: 2000 });
    const refunds = [rf(2000, { 1: { quantity: 1, restock: true } })];
    await tell({ lines, status: "shipped", refunds });
    await tell({ lines, status: "shipped", refunds, note: "again" });
    expect(await world.levels("A")).toEqual({ MAIN: [9, 0, 0] });
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 2000 });
    await tell({ lines, status: "shipped", refunds: [rf(2500, { 1: { quantity: 1, restock: true } })] });
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 2500 });
    expect(await units()).toEqual([[2, 1, 0, 0]]);
  });

  it("that is ours, with goods, is no more than ours when the platform knows less of it", async () => {
    const lines = [line("1", "A", 2, price)];
    const { orderId } = await tell({ lines, status: "shipped" });
    await world.refund(orderId, {
      amountMinor: 5000,
      lines: [{ line: 1, amountMinor: 5000, quantity: 1, restock: true }],
    });
    await tell({ lines, status: "shipped", refunds: [rf(5000)] });
    await tell({ lines, status: "shipped", refunds: [rf(5000, { 1: { quantity: 1, restock: true } })] });
    expect(await units()).toEqual([[2, 1, 0, 0]]);
    expect(await world.openTasks()).toEqual([]);
  });
});

describe("a parcel told again", () => {
  const lines = [line("1", "A", 3), line("2", "B", 2)];
  const partly = { lines, status: "partially_shipped" as const };

  it("with more units, and with another line: the difference leaves, once, as the same parcel", async () => {
    const { orderId } = await tell({ ...partly, shipments: [parcel("p1", { 1: 1 })] });
    await tell({ ...partly, shipments: [parcel("p1", { 1: 2 })] });
    expect(await units()).toEqual([
      [2, 0, 0, 1],
      [0, 0, 0, 2],
    ]);
    const shipments = [parcel("p1", { 1: 2, 2: 2 })];
    await tell({ ...partly, shipments });
    await tell({ ...partly, shipments, note: "again" });
    expect(await units()).toEqual([
      [2, 0, 0, 1],
      [2, 0, 0, 0],
    ]);
    expect((await world.counts()).shipments).toBe(1);
    expect(await money(orderId)).toEqual({ ar_platform: 50_000, contract_liab: -10_000, revenue: -40_000 });
    const [row] = await db.query<{ id: string }>("select id from shipments where merchant_id = $1", [
      world.merchant.id,
    ]);
    expect(await world.recall(orderId, row?.id ?? "")).toMatchObject({ outcome: "updated" });
    expect(await world.balancesOf(orderId)).toEqual({ ar_platform: 50_000, contract_liab: -50_000 });
  });

  it("with fewer units: what left stays, and a person must look", async () => {
    await tell({ ...partly, shipments: [parcel("p1", { 1: 2 })] });
    await tell({ ...partly, shipments: [parcel("p1", { 1: 1 })] });
    expect((await units())[0]).toEqual([2, 0, 0, 1]);
    expect(await world.openTasks()).toEqual(["parcel_lowered"]);
    expect((await lastTask("parcel_lowered"))?.message).toContain(
      "Parcel p1 of order 1 held line 1: 2 units, and the platform now says line 1: 1 units.",
    );
    await tell({ ...partly, shipments: [parcel("p1", { 1: 3 })] });
    expect((await units())[0]).toEqual([3, 0, 0, 0]);
    expect(await world.openTasks()).toEqual([]);
  });

  it("with its content told later: nothing more than left already, less is for a person", async () => {
    await tell({ ...partly, shipments: [parcel("p1")] });
    await tell({ ...partly, shipments: [parcel("p1", { 1: 3, 2: 2 })] });
    expect(await world.openTasks()).toEqual([]);
    expect((await world.counts()).shipments).toBe(1);
    await tell({ ...partly, shipments: [parcel("p1", { 1: 3 })] });
    expect(await world.openTasks()).toEqual(["parcel_lowered"]);
  });

  it("with a line that has its SKU by now: that leaves too", async () => {
    const unmapped = [line("1", "A", 1), line("2", "NEW", 1)];
    const shipments = [parcel("p1", { 1: 1, 2: 1 })];
    const { orderId } = await tell({ ...partly, lines: unmapped, shipments });
    await world.sku("NEW", 4);
    await world.map(orderId);
    await tell({ ...partly, lines: unmapped, shipments, note: "x" });
    expect((await units()).map(([shipped]) => shipped)).toEqual([1, 1]);
    expect(await world.levels("NEW")).toEqual({ MAIN: [3, 0, 0] });
  });

  it("beyond what was ordered: what is open leaves, and a person must look", async () => {
    await tell({ ...partly, shipments: [parcel("p1", { 1: 2 })] });
    await tell({ ...partly, shipments: [parcel("p1", { 1: 5 })] });
    expect((await units())[0]).toEqual([3, 0, 0, 0]);
    expect(await world.openTasks()).toEqual(["shipment_exceeds_order"]);
  });

  it("of a line swapped for another since: the other stays here", async () => {
    const shipments = [parcel("p1", { 1: 1 })];
    await tell({ lines: [line("1", "A", 1)], status: "shipped", shipments });
    await tell({ lines: [line("1", "B", 1)], status: "partially_shipped", shipments });
    expect(await units()).toEqual([
      [1, 0, 0, 0],
      [0, 0, 0, 1],
    ]);
  });

  it.each([
    ["of our own", { trackingNumber: "OURS" }],
    ["none of ours", {}],
  ])("a parcel alike with a tracking number of its own is another one (%s)", async (_, input) => {
    const { orderId } = await tell({ lines });
    await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }], ...input });
    const shipments = [parcel("p1", { 1: 1 }, { trackingNumber: "THEIRS" })];
    await tell({ ...partly, shipments });
    expect((await units())[0]).toEqual([2, 0, 0, 1]);
    await tell({ ...partly, shipments: [...shipments, parcel("p2", { 1: 1 })], note: "ours" });
    expect((await units())[0]).toEqual([2, 0, 0, 1]);
  });

  it("one of ours that the platform tells to hold more: the difference leaves", async () => {
    const { orderId } = await tell({ lines });
    const id = world.runtime.ids.next();
    await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }] }, id);
    await tell({ ...partly, shipments: [parcel("p1", { 1: 1 }, { reference: id })] });
    await tell({ ...partly, shipments: [parcel("p1", { 1: 2 }, { reference: id })] });
    expect((await units())[0]).toEqual([2, 0, 0, 1]);
  });
});
