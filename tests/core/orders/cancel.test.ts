import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { OrderAnswer } from "../../../src/core/engine/commands.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, line, openWorld, type Snapshot, type World } from "../engine/world.ts";

let db: Database;
let world: World;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  world = await openWorld(db);
  await world.sku("A", 100, { unitCostMinor: 600 });
});
afterEach(() => world.expectClean());

const told: Snapshot = { externalId: "1", lines: [line("1", "A", 2)], paidAt: at("07:59") };

describe("F024: cancelling here", () => {
  it.each<[string, (id: string) => Promise<unknown>, Partial<Snapshot>, string, [number, number]]>([
    ["an unpaid order", async () => {}, { status: "pending_payment" }, "cancelled", [100, 0]],
    ["a paid order", async () => {}, {}, "cancelled", [100, 0]],
    ["an order being refunded", async () => {}, { status: "refunding" }, "cancelled", [100, 0]],
    [
      "an order that waits for stock",
      (_) => world.adjust("c", { sku: "A", count: 1, reason: "count" }),
      {},
      "cancelled",
      [1, 0],
    ],
    [
      "an order partly shipped",
      (id) => world.ship(id, { lines: [{ line: 1, quantity: 1 }] }),
      {},
      "partially_shipped",
      [99, 1],
    ],
    ["a shipped order", (id) => world.ship(id), {}, "shipped", [98, 0]],
    ["a completed order", async () => {}, { status: "completed" }, "completed", [98, 0]],
    ["a refunded order", async () => {}, { status: "refunded" }, "refunded", [100, 0]],
  ])("%s", async (_, prepare, more, status, [onHand, reserved]) => {
    const { orderId } = await world.order({ ...told, ...more });
    await prepare(orderId);
    const before = await world.counts();
    const answer = await world.cancel(orderId);
    const refused = status !== "cancelled";
    expect(answer).toMatchObject(
      refused ? { kind: "refused", code: "illegal_transition" } : { outcome: "updated", status },
    );
    if (refused) expect(await world.counts()).toEqual(before);
    expect(await world.stored("1")).toMatchObject({ status });
    expect(await world.levels("A")).toEqual({ MAIN: [onHand, reserved, 0] });
    if (!refused) expect(await world.cancel(orderId)).toMatchObject({ outcome: "unchanged" });
  });

  it("gives the money back and asks for the same on the platform; a manual order has none to ask", async () => {
    const { orderId } = await world.order({ ...told, platformDiscountMinor: 500 });
    await world.cancel(orderId);
    expect(await world.balancesOf(orderId)).toEqual({});
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 19_500 });
    expect(await world.openTasks()).toEqual(["cancel_on_platform"]);
    const manual = (await world.manual({ externalId: "m", lines: [line("1", "A", 1)] })) as OrderAnswer;
    await world.cancel(manual.orderId);
    expect(await world.openTasks()).toEqual(["cancel_on_platform"]);
  });

  it("holds while the platform has not followed, whatever it tells meanwhile", async () => {
    const { orderId } = await world.order(told);
    await world.cancel(orderId);
    expect(await world.order({ ...told, updatedAt: at("08:10"), note: "x" })).toMatchObject({
      status: "cancelled",
    });
    expect(await world.order({ ...told, updatedAt: at("08:20"), lines: [line("1", "A", 5)] })).toMatchObject({
      status: "cancelled",
    });
    expect(await world.levels("A")).toEqual({ MAIN: [100, 0, 0] });
    expect(await world.order({ ...told, updatedAt: at("08:30"), status: "cancelled" })).toMatchObject({
      status: "cancelled",
    });
    expect(await world.balancesOf(orderId)).toEqual({});
  });

  it("that nobody knows is refused", async () => {
    expect(await world.cancel(world.merchant.id)).toMatchObject({ kind: "refused", code: "not_found" });
  });
});

describe("cancelled on the platform", () => {
  it.each<[string, Partial<Snapshot>]>([
    ["at the same total", {}],
    ["with a total of nothing", { totalMinor: 0 }],
    ["with no units left", { lines: [line("1", "A", 0)], totalMinor: 0 }],
  ])("%s: units come free and all money goes back", async (_, more) => {
    const { orderId } = await world.order(told);
    expect(
      await world.order({ ...told, ...more, status: "cancelled", updatedAt: at("08:10") }),
    ).toMatchObject({ status: "cancelled" });
    expect(await world.levels("A")).toEqual({ MAIN: [100, 0, 0] });
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 20_000, heldReason: null });
    expect(await world.balancesOf(orderId)).toEqual({});
    expect(await world.openTasks()).toEqual([]);
  });

  it("after one parcel had left: that stays sold", async () => {
    const { orderId } = await world.order(told);
    await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }] });
    await world.order({ ...told, status: "cancelled", updatedAt: at("08:10") });
    expect(await world.levels("A")).toEqual({ MAIN: [99, 0, 0] });
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 10_000,
      cogs: 600,
      inventory: -600,
      revenue: -10_000,
    });
  });

  it("a parcel called back after that gives its money back too", async () => {
    const { orderId } = await world.order(told);
    const parcel = world.runtime.ids.next();
    await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }] }, parcel);
    await world.order({ ...told, status: "cancelled", updatedAt: at("08:10") });
    await world.recall(orderId, parcel);
    expect(await world.levels("A")).toEqual({ MAIN: [100, 0, 0] });
    expect(await world.balancesOf(orderId)).toEqual({});
  });
});

describe("F044: refund with restock and cancel, in any order, leave the stock as it was", () => {
  const units = { line: 1, amountMinor: 10_000, quantity: 1, restock: true };
  const refunds = [
    {
      externalId: "r1",
      refundedAt: at("08:05"),
      amountMinor: 10_000,
      lines: [{ externalLineId: "1", amountMinor: 10_000, quantity: 1, restock: true }],
    },
  ];
  const cancelled: Partial<Snapshot> = { status: "cancelled", updatedAt: at("08:10") };

  it.each<[string, (id: string) => Promise<unknown>]>([
    [
      "refund here, cancel here",
      async (id) => {
        await world.refund(id, { amountMinor: 10_000, lines: [units] });
        await world.cancel(id);
      },
    ],
    [
      "cancel here, refund here",
      async (id) => {
        await world.cancel(id);
        await world.refund(id, { amountMinor: 10_000, lines: [units] });
      },
    ],
    [
      "refund there, cancel here",
      async (id) => {
        await world.order({ ...told, refunds, updatedAt: at("08:06") });
        await world.cancel(id);
      },
    ],
    [
      "cancel here, refund there",
      async (id) => {
        await world.cancel(id);
        await world.order({ ...told, refunds, updatedAt: at("08:06") });
      },
    ],
    ["both there at once", () => world.order({ ...told, ...cancelled, refunds })],
    [
      "cancelled there, refund told later",
      async () => {
        await world.order({ ...told, ...cancelled });
        await world.order({ ...told, ...cancelled, updatedAt: at("08:20"), refunds });
      },
    ],
    [
      "refund there, cancelled there",
      async () => {
        await world.order({ ...told, refunds, updatedAt: at("08:06") });
        await world.order({ ...told, ...cancelled, refunds });
      },
    ],
  ])("%s", async (_, run) => {
    const { orderId } = await world.order(told);
    await run(orderId);
    expect(await world.levels("A")).toEqual({ MAIN: [100, 0, 0] });
    expect(await world.stored("1")).toMatchObject({ status: "cancelled", refundedMinor: 20_000 });
    expect(await world.balancesOf(orderId)).toEqual({});
  });

  it("shipped, sent back, and cancelled by the platform", async () => {
    const { orderId } = await world.order(told);
    await world.ship(orderId);
    await world.refund(orderId, {
      amountMinor: 20_000,
      lines: [{ ...units, amountMinor: 20_000, quantity: 2 }],
    });
    await world.order({ ...told, ...cancelled });
    expect(await world.levels("A")).toEqual({ MAIN: [100, 0, 0] });
    expect(await world.balancesOf(orderId)).toEqual({});
  });
});

describe("F046: a cancelled order opened again", () => {
  it("by hand needs stock: without, it is refused and nothing moved", async () => {
    const { orderId } = (await world.manual(told)) as OrderAnswer;
    await world.cancel(orderId);
    await world.order({ externalId: "other", lines: [line("1", "A", 99)] });
    const before = await world.counts();
    expect(await world.manual({ ...told, updatedAt: at("09:00") })).toMatchObject({
      kind: "refused",
      code: "insufficient_stock",
      details: { lines: [{ sku: "A", requested: 2, available: 1 }] },
    });
    expect(await world.counts()).toEqual(before);
    expect(await world.stored("1")).toMatchObject({ status: "cancelled", held: 0 });
  });

  it("by hand with stock holds its units, and its money is due again", async () => {
    const { orderId } = (await world.manual(told)) as OrderAnswer;
    await world.cancel(orderId);
    expect(await world.manual({ ...told, updatedAt: at("09:00") })).toMatchObject({
      outcome: "updated",
      status: "paid",
      shortfall: 0,
    });
    expect(await world.levels("A")).toEqual({ MAIN: [100, 2, 0] });
    expect(await world.balancesOf(orderId)).toEqual({ ar_platform: 20_000, contract_liab: -20_000 });
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 0 });
    await world.ship(orderId);
    expect(await world.balancesOf(orderId)).toMatchObject({ ar_platform: 20_000, revenue: -20_000 });
  });

  it("by hand after its money was given back stays closed", async () => {
    const { orderId } = (await world.manual(told)) as OrderAnswer;
    await world.refund(orderId, { amountMinor: 20_000 });
    expect(await world.manual({ ...told, updatedAt: at("09:00") })).toMatchObject({ status: "refunded" });
    expect(await world.levels("A")).toEqual({ MAIN: [100, 0, 0] });
  });

  it("by the platform is a fact: what is not there is a shortfall", async () => {
    const { orderId } = await world.order({ ...told, platformDiscountMinor: 500 });
    await world.order({ ...told, platformDiscountMinor: 500, status: "cancelled", updatedAt: at("08:10") });
    await world.order({ externalId: "other", lines: [line("1", "A", 99)] });
    expect(await world.order({ ...told, platformDiscountMinor: 500, updatedAt: at("08:20") })).toMatchObject({
      status: "paid",
      shortfall: 1,
    });
    expect(await world.levels("A")).toEqual({ MAIN: [100, 100, 0] });
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 19_500,
      contract_liab: -20_000,
      subsidy_platform: 500,
    });
    expect(await world.openTasks()).toEqual(["short_order"]);
  });

  it("unpaid at first, then paid again, at another price", async () => {
    const { orderId } = await world.order(told);
    await world.order({ ...told, status: "cancelled", updatedAt: at("08:10") });
    const { paidAt: _paidAt, ...open } = told;
    await world.order({ ...open, status: "pending_payment", updatedAt: at("08:20") });
    await world.order({
      ...open,
      status: "paid",
      updatedAt: at("08:30"),
      lines: [line("1", "A", 2, { unitPriceMinor: 9000 })],
    });
    expect(await world.balancesOf(orderId)).toEqual({ ar_platform: 18_000, contract_liab: -18_000 });
  });

  it("a refunded order the platform calls delivered after all is sold again", async () => {
    const { orderId } = await world.order(told);
    await world.ship(orderId);
    await world.order({ ...told, status: "refunded", updatedAt: at("08:10") });
    expect(await world.balancesOf(orderId)).toEqual({ cogs: 1200, inventory: -1200 });
    await world.order({ ...told, status: "completed", updatedAt: at("08:20") });
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 20_000,
      cogs: 1200,
      inventory: -1200,
      revenue: -20_000,
    });
  });
});
