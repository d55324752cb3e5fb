import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, factsOf, line, openWorld, type World } from "../engine/world.ts";

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
});
afterEach(() => world.expectClean());

let minute = 0;
/** A newer snapshot of the order "1". */
const edit = (lines: ReturnType<typeof line>[], more: object = {}) => {
  minute += 1;
  return world.order({
    externalId: "1",
    lines,
    updatedAt: at(`09:${String(minute % 60).padStart(2, "0")}`),
    ...more,
  });
};

describe("an edited order", () => {
  it("holds more, then less, as its quantity goes up and down", async () => {
    await world.order({ externalId: "1", lines: [line("1", "A", 3)] });
    await edit([line("1", "A", 7)]);
    expect(await world.levels("A")).toEqual({ MAIN: [10, 7, 0] });
    expect(await edit([line("1", "A", 12)])).toMatchObject({ shortfall: 2 });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 10, 0] });
    expect(await edit([line("1", "A", 2)])).toMatchObject({ shortfall: 0 });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 2, 0] });
    const { orderId } = await edit([line("1", "A", 2)], { note: "x" });
    expect(await world.balancesOf(orderId)).toEqual({ ar_platform: 20_000, contract_liab: -20_000 });
  });

  it("F030: a new price changes no reservation, shipped or not", async () => {
    const { orderId } = await world.order({ externalId: "1", lines: [line("1", "A", 3)] });
    const rows = () =>
      db.query("select id, quantity, status from reservations where merchant_id = $1 order by id", [
        world.merchant.id,
      ]);
    const before = await rows();
    await edit([line("1", "A", 3, { unitPriceMinor: 9000 })]);
    expect(await rows()).toEqual(before);
    await world.ship(orderId);
    const shipped = await rows();
    await edit([line("1", "A", 3, { unitPriceMinor: 8000 })]);
    expect(await rows()).toEqual(shipped);
    expect(await world.levels("A")).toEqual({ MAIN: [7, 0, 0] });
    const facts = factsOf(await world.events(), orderId).at(-1);
    expect(facts).not.toHaveProperty("allocation");
    expect(facts?.refunded).toMatchObject([{ amountMinor: 3000, reason: "price lowered after delivery" }]);
    const { cogs: _cost, inventory: _stock, ...money } = await world.balancesOf(orderId);
    expect(money).toEqual({ ar_platform: 24_000, revenue: -24_000 });
  });

  it("a price raised after delivery is earned at once", async () => {
    const { orderId } = await world.order({
      externalId: "1",
      lines: [line("1", "A", 1)],
      shippingMinor: 500,
    });
    await world.ship(orderId);
    await edit([line("1", "A", 1, { unitPriceMinor: 12_000 })], { shippingMinor: 800 });
    const { cogs: _cost, inventory: _stock, ...money } = await world.balancesOf(orderId);
    expect(money).toEqual({ ar_platform: 12_800, freight_income: -800, revenue: -12_000 });
    // Called back, the parcel takes all of it back.
    const [parcel] = await db.query<{ id: string }>("select id from shipments where merchant_id = $1", [
      world.merchant.id,
    ]);
    await world.recall(orderId, parcel?.id ?? "");
    expect(await world.balancesOf(orderId)).toEqual({ ar_platform: 12_800, contract_liab: -12_800 });
  });

  it("F030: an edit that is refused leaves everything as it was", async () => {
    await world.manual({ externalId: "m", lines: [line("1", "A", 3)] });
    const before = [await world.counts(), await world.stored("m"), await world.levels("A")];
    const edited = await world.manual({
      externalId: "m",
      lines: [line("1", "A", 11)],
      updatedAt: at("09:00"),
    });
    expect(edited).toMatchObject({
      kind: "refused",
      code: "insufficient_stock",
      details: { lines: [{ sku: "A", requested: 11, available: 10 }] },
    });
    expect([await world.counts(), await world.stored("m"), await world.levels("A")]).toEqual(before);
  });

  it("a manual order short by a stock-take may be edited as long as it asks for nothing more", async () => {
    await world.manual({ externalId: "m", lines: [line("1", "A", 5)] });
    await world.adjust("count", { sku: "A", count: 3, reason: "count" });
    expect(
      await world.manual({
        externalId: "m",
        lines: [line("1", "A", 5, { unitPriceMinor: 9000 })],
        updatedAt: at("09:00"),
      }),
    ).toMatchObject({ outcome: "updated", shortfall: 2 });
    expect(
      await world.manual({ externalId: "m", lines: [line("1", "A", 4)], updatedAt: at("09:01") }),
    ).toMatchObject({ outcome: "updated", shortfall: 1 });
    expect(
      await world.manual({ externalId: "m", lines: [line("1", "A", 5)], updatedAt: at("09:02") }),
    ).toMatchObject({ kind: "refused", code: "insufficient_stock" });
    expect(await world.levels("A")).toEqual({ MAIN: [3, 3, 0] });
  });

  it("F048: an item swapped for another, and back, holds the final one only", async () => {
    await world.order({ externalId: "1", lines: [line("1", "A", 2)] });
    await edit([line("1", "B", 2)]);
    expect([await world.levels("A"), await world.levels("B")]).toEqual([
      { MAIN: [10, 0, 0] },
      { MAIN: [5, 2, 0] },
    ]);
    await edit([line("1", "A", 2)]);
    expect([await world.levels("A"), await world.levels("B")]).toEqual([
      { MAIN: [10, 2, 0] },
      { MAIN: [5, 0, 0] },
    ]);
    expect((await world.stored("1")).lines).toHaveLength(1);
  });

  it("F048: swapped after it was shipped, what left stays shipped; swapped back, nothing is sent twice", async () => {
    const { orderId } = await world.order({ externalId: "1", lines: [line("1", "A", 1)] });
    await world.ship(orderId);
    expect(await edit([line("1", "B", 1, { unitPriceMinor: 7000 })])).toMatchObject({
      status: "partially_shipped",
    });
    expect([await world.levels("A"), await world.levels("B")]).toEqual([
      { MAIN: [9, 0, 0] },
      { MAIN: [5, 1, 0] },
    ]);
    const { cogs: _cost, inventory: _stock, ...money } = await world.balancesOf(orderId);
    expect(money).toEqual({ ar_platform: 7000, contract_liab: -7000 });
    await edit([line("1", "B", 1, { unitPriceMinor: 7000 })], { note: "again" });
    expect(await world.balancesOf(orderId)).toMatchObject(money);
    expect(await edit([line("1", "A", 1)])).toMatchObject({ status: "shipped" });
    expect([await world.levels("A"), await world.levels("B")]).toEqual([
      { MAIN: [9, 0, 0] },
      { MAIN: [5, 0, 0] },
    ]);
    expect(
      (await world.stored("1")).lines.map(({ key, sku, quantity, shipped }) => ({
        key,
        sku,
        quantity,
        shipped,
      })),
    ).toEqual([
      { key: "1", sku: "A", quantity: 1, shipped: 1 },
      { key: "1#was-2", sku: "B", quantity: 0, shipped: 0 },
    ]);
    const { cogs: _c, inventory: _s, ...end } = await world.balancesOf(orderId);
    expect(end).toEqual({ ar_platform: 10_000, revenue: -10_000 });
  });

  it("a line added, and a line taken away with its discount", async () => {
    await world.order({
      externalId: "1",
      lines: [line("1", "A", 1), line("2", "B", 1, { discountMinor: 500 })],
    });
    const { orderId } = await edit([line("1", "A", 1), line("3", "B", 2)]);
    expect(await world.levels("B")).toEqual({ MAIN: [5, 2, 0] });
    expect(
      (await world.stored("1")).lines.map(({ key, quantity, reserved }) => [key, quantity, reserved]),
    ).toEqual([
      ["1", 1, 1],
      ["2", 0, 0],
      ["3", 2, 2],
    ]);
    expect(await world.openTasks()).toEqual([]);
    expect(await world.balancesOf(orderId)).toEqual({ ar_platform: 30_000, contract_liab: -30_000 });
  });

  it("two lines with one external id stay two lines", async () => {
    await world.order({ externalId: "1", lines: [line("7", "A", 1), line("7", "B", 2)] });
    await edit([line("7", "A", 2), line("7", "B", 1)]);
    expect((await world.stored("1")).lines.map(({ key, sku, reserved }) => [key, sku, reserved])).toEqual([
      ["7", "A", 2],
      ["7#2", "B", 1],
    ]);
  });

  it("units cancelled before shipping are taken off", async () => {
    const { orderId } = await world.order({ externalId: "1", lines: [line("1", "A", 4)] });
    await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }] });
    expect(await edit([line("1", "A", 2)])).toMatchObject({ status: "partially_shipped" });
    expect(await world.levels("A")).toEqual({ MAIN: [9, 1, 0] });
    expect(await edit([line("1", "A", 1)])).toMatchObject({ status: "shipped" });
    expect(await world.levels("A")).toEqual({ MAIN: [9, 0, 0] });
  });

  it("below what has left, the order is shipped and the money goes back", async () => {
    const { orderId } = await world.order({ externalId: "1", lines: [line("1", "A", 3)] });
    await world.ship(orderId, { lines: [{ line: 1, quantity: 2 }] });
    await edit([line("1", "A", 1)]);
    expect(await world.stored("1")).toMatchObject({ status: "shipped", held: 0, refundedMinor: 10_000 });
    const { cogs: _cost, inventory: _stock, ...money } = await world.balancesOf(orderId);
    expect(money).toEqual({ ar_platform: 10_000, revenue: -10_000 });
  });

  it("a corrected tax moves between liability and tax", async () => {
    const { orderId } = await world.order({
      externalId: "1",
      lines: [line("1", "A", 1, { unitPriceMinor: 11_300, taxMinor: 1300 })],
    });
    await edit([line("1", "A", 1, { unitPriceMinor: 11_300, taxMinor: 640 })]);
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 11_300,
      contract_liab: -10_660,
      vat_out_pending: -640,
    });
  });
});
