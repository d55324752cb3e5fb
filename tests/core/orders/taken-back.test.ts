import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, line, openWorld, type Snapshot, type World } from "../engine/world.ts";

// Which units a refund takes back, and which money stands for them.

let db: Database;
let world: World;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  world = await openWorld(db);
  await world.sku("A", 10, { unitCostMinor: 600 });
  minute = 0;
});
afterEach(() => world.expectClean());

let minute = 0;
const tell = (more: Partial<Snapshot>) => {
  minute += 1;
  return world.order({ externalId: "1", updatedAt: at(`07:${20 + minute}`), ...more });
};
const two = [line("1", "A", 2, { unitPriceMinor: 5000 })];
const one = [line("1", "A", 1, { unitPriceMinor: 5000 })];
const unit = (more: object = {}) => ({
  amountMinor: 5000,
  lines: [{ line: 1, amountMinor: 5000, quantity: 1, ...more }],
});
const rf = (more: object = {}) => ({
  externalId: "rf",
  refundedAt: at("07:15"),
  amountMinor: 5000,
  lines: [{ externalLineId: "1", amountMinor: 5000, quantity: 1, ...more }],
});
const units = async () =>
  (await world.stored("1")).lines.map(({ quantity, shipped, returned, cancelled, reserved }) => ({
    quantity,
    shipped,
    returned,
    cancelled,
    reserved,
  }));

describe("a refund of units that the platform tells as a lower quantity", () => {
  it("made here: the unit is cancelled once, the other is the buyer's", async () => {
    const { orderId } = await tell({ lines: two });
    await world.refund(orderId, unit());
    await tell({ lines: one });
    expect(await units()).toEqual([{ quantity: 1, shipped: 0, returned: 0, cancelled: 0, reserved: 1 }]);
    expect(await world.balancesOf(orderId)).toEqual({ ar_platform: 5000, contract_liab: -5000 });
    expect(await world.stored("1")).toMatchObject({ totalMinor: 5000, refundedMinor: 5000, status: "paid" });
    await tell({ lines: one, status: "shipped" });
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 5000,
      cogs: 600,
      inventory: -600,
      revenue: -5000,
    });
    expect(await world.openTasks()).toEqual([]);
    // The last unit can be given back too.
    expect(await world.refund(orderId, unit({ restock: true }))).toMatchObject({ status: "refunded" });
    expect(await world.balancesOf(orderId)).toEqual({});
  });

  it.each<[string, number, number, object]>([
    ["of less than its price", 3000, 5000, { ar_platform: 5000, contract_liab: -5000 }],
    ["of more than its price", 6000, 5000, { ar_platform: 4000, contract_liab: -4000 }],
  ])("%s: the platform's price counts", async (_, amountMinor, _price, balances) => {
    const { orderId } = await tell({ lines: two });
    await world.refund(orderId, { amountMinor, lines: [{ line: 1, amountMinor, quantity: 1 }] });
    await tell({ lines: one });
    expect(await world.balancesOf(orderId)).toEqual(balances);
    expect(await units()).toMatchObject([{ quantity: 1, cancelled: 0, reserved: 1 }]);
  });

  it("of a unit that came back: it is given back once", async () => {
    const { orderId } = await tell({ lines: two, status: "shipped" });
    await world.refund(orderId, unit({ restock: true }));
    await tell({ lines: one, status: "shipped" });
    expect(await units()).toMatchObject([{ quantity: 1, shipped: 2, returned: 1, reserved: 0 }]);
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 5000,
      cogs: 600,
      inventory: -600,
      revenue: -5000,
    });
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 5000 });
  });

  it("told as a refund first: no more than one or the other, and nothing to look at", async () => {
    const { orderId } = await tell({ lines: two });
    await tell({ lines: two, refunds: [rf()] });
    await tell({ lines: one, refunds: [] });
    expect(await units()).toMatchObject([{ quantity: 1, cancelled: 0, reserved: 1 }]);
    expect(await world.balancesOf(orderId)).toEqual({ ar_platform: 5000, contract_liab: -5000 });
    expect(await world.openTasks()).toEqual([]);
  });

  it("that it lists as well: the quantity was lowered for something else", async () => {
    const three = [line("1", "A", 3, { unitPriceMinor: 5000 })];
    const { orderId } = await tell({ lines: three });
    await tell({ lines: three, refunds: [rf()] });
    await tell({ lines: two, refunds: [rf()] });
    expect(await units()).toMatchObject([{ quantity: 2, cancelled: 1, reserved: 1 }]);
    expect(await world.balancesOf(orderId)).toEqual({ ar_platform: 5000, contract_liab: -5000 });
  });

  it("with a share that the platform paid: that is taken off once too", async () => {
    const { orderId } = await tell({ lines: two, platformDiscountMinor: 4000 });
    await world.refund(orderId, { amountMinor: 3000, lines: [{ line: 1, amountMinor: 3000, quantity: 1 }] });
    const left = { ar_platform: 3000, subsidy_platform: 2000, contract_liab: -5000 };
    expect(await world.balancesOf(orderId)).toEqual(left);
    await tell({ lines: one, platformDiscountMinor: 2000 });
    expect(await world.balancesOf(orderId)).toEqual(left);
    expect(await units()).toMatchObject([{ quantity: 1, cancelled: 0, reserved: 1 }]);
  });
});

describe("a refund of a sent unit while another is owed", () => {
  const partly = { lines: two, status: "partially_shipped" as const };
  const shipments = [
    { externalId: "p", shippedAt: at("07:10"), lines: [{ externalLineId: "1", quantity: 1 }] },
  ];

  it.each(["here", "by the platform"])("made %s takes the money out of revenue", async (where) => {
    const { orderId } = await tell({ ...partly, shipments });
    if (where === "here") await world.refund(orderId, unit({ restock: true }));
    else await tell({ ...partly, shipments, refunds: [rf({ restock: true })] });
    expect(await units()).toEqual([{ quantity: 2, shipped: 1, returned: 1, cancelled: 0, reserved: 1 }]);
    expect(await world.balancesOf(orderId)).toEqual({ ar_platform: 5000, contract_liab: -5000 });
    const refunds = where === "here" ? {} : { refunds: [rf({ restock: true })] };
    await tell({ ...partly, ...refunds, status: "cancelled" });
    expect(await world.balancesOf(orderId)).toEqual({});
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 10_000, held: 0 });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 0, 0] });
  });

  it("of both units takes its share of each", async () => {
    const { orderId } = await tell({ ...partly, shipments });
    await world.refund(orderId, {
      amountMinor: 6000,
      lines: [{ line: 1, amountMinor: 6000, quantity: 2, restock: true }],
    });
    expect(await units()).toMatchObject([{ shipped: 1, returned: 1, cancelled: 1, reserved: 0 }]);
    // What the buyer is not given back of the unit that is not sent is earned.
    expect(await world.balancesOf(orderId)).toEqual({ ar_platform: 4000, revenue: -4000 });
  });
});

describe("a refund of a line that the platform paid in part", () => {
  const lines = [line("1", "A", 1, { unitPriceMinor: 1000 }), line("2", "A", 1, { unitPriceMinor: 1000 })];

  it.each<[string, object]>([
    ["with its units", { quantity: 1 }],
    ["without a word about units", {}],
  ])("of all its cash, %s: the platform's share goes back too, and nothing is earned", async (_, more) => {
    const { orderId } = await tell({ lines, platformDiscountMinor: 1000 });
    await world.refund(orderId, { amountMinor: 500, lines: [{ line: 1, amountMinor: 500, ...more }] });
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 500,
      subsidy_platform: 500,
      contract_liab: -1000,
    });
    expect(await units()).toMatchObject([{ cancelled: 1 }, { cancelled: 0, reserved: 1 }]);
    await tell({ lines, platformDiscountMinor: 1000, status: "shipped" });
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 500,
      subsidy_platform: 500,
      cogs: 600,
      inventory: -600,
      revenue: -1000,
    });
  });

  it("of part of its cash: the platform's share in proportion", async () => {
    const { orderId } = await tell({ lines, platformDiscountMinor: 1000 });
    await world.refund(orderId, { amountMinor: 300, lines: [{ line: 1, amountMinor: 300, quantity: 1 }] });
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 700,
      subsidy_platform: 700,
      contract_liab: -1400,
    });
  });

  it("of money only is the merchant's own", async () => {
    const { orderId } = await tell({ lines, platformDiscountMinor: 1000 });
    await world.refund(orderId, { amountMinor: 200, lines: [{ line: 1, amountMinor: 200 }] });
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 800,
      subsidy_platform: 1000,
      contract_liab: -1800,
    });
  });
});

describe("a refund made here", () => {
  it("of more units than can come back is refused, and nothing moved", async () => {
    const { orderId } = await tell({ lines: one, status: "shipped" });
    const before = await world.counts();
    const refund = (quantity: number) =>
      world.refund(orderId, {
        reference: `r${quantity}`,
        amountMinor: 0,
        lines: [{ line: 1, amountMinor: 0, quantity, restock: true }],
      });
    expect(await refund(5)).toMatchObject({
      kind: "refused",
      code: "illegal_transition",
      details: { line: 1, refundable: 1, requested: 5 },
    });
    expect(await world.counts()).toEqual(before);
    expect(await refund(1)).toMatchObject({ outcome: "updated" });
    expect(await refund(2)).toMatchObject({ kind: "refused" });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 0, 0] });
  });

  it("with a used reference: the same again is one, other lines are a conflict", async () => {
    const { orderId } = await tell({ lines: two, status: "shipped" });
    const input = { reference: "r", ...unit() };
    const first = await world.refund(orderId, input);
    const before = await world.counts();
    expect(await world.refund(orderId, input)).toMatchObject({
      outcome: "unchanged",
      refundId: (first as { refundId: string }).refundId,
    });
    for (const other of [unit({ restock: true }), unit({ quantity: 2 }), { amountMinor: 5000 }])
      expect(await world.refund(orderId, { reference: "r", ...other })).toMatchObject({ code: "conflict" });
    expect(await world.counts()).toEqual(before);
  });
});
