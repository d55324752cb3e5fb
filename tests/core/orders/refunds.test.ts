import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, line, openWorld, type World } from "../engine/world.ts";
import { levels, told } from "./refunds.ts";

let db: Database;
let world: World;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  world = await openWorld(db);
  await world.sku("A", 10, { unitCostMinor: 600 });
});
afterEach(() => world.expectClean());

describe("a refund made here", () => {
  it("is one by its reference, and conflicts with another amount", async () => {
    const { orderId } = await world.order(told);
    const input = {
      reference: "r",
      amountMinor: 5000,
      lines: [{ line: 1, amountMinor: 5000, quantity: 0 }],
      reason: "late",
    };
    const first = await world.refund(orderId, input);
    expect(first).toMatchObject({ outcome: "updated", status: "paid" });
    const before = await world.counts();
    expect(await world.refund(orderId, input)).toMatchObject({
      outcome: "unchanged",
      refundId: (first as { refundId: string }).refundId,
    });
    expect(await world.refund(orderId, { ...input, amountMinor: 6000 })).toMatchObject({
      kind: "refused",
      code: "conflict",
    });
    expect(await world.counts()).toEqual(before);
    expect(await world.refund(orderId, { amountMinor: 5000 })).toMatchObject({ outcome: "updated" });
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 10_000 });
  });

  it.each<[string, object, object]>([
    [
      "more than is left",
      { amountMinor: 40_601 },
      { code: "illegal_transition", details: { refundableMinor: 40_600, requestedMinor: 40_601 } },
    ],
    [
      "lines above the amount",
      { amountMinor: 10, lines: [{ line: 1, amountMinor: 11 }] },
      { code: "illegal_transition" },
    ],
    ["freight above the amount", { amountMinor: 10, shippingMinor: 11 }, { code: "illegal_transition" }],
    [
      "a line that is not there",
      { amountMinor: 10, lines: [{ line: 9, amountMinor: 10 }] },
      { code: "invalid_request" },
    ],
  ])("of %s is refused, and nothing moved", async (_, input, refusal) => {
    const { orderId } = await world.order(told);
    const before = await world.counts();
    expect(await world.refund(orderId, input as never)).toMatchObject({ kind: "refused", ...refusal });
    expect(await world.counts()).toEqual(before);
  });

  it.each([
    ["no lines", {}],
    ["a line without units", { lines: [{ line: 1, amountMinor: 0 }] }],
    ["a line of no units", { lines: [{ line: 1, amountMinor: 0, quantity: 0, restock: true }] }],
  ])("of nothing, with %s, is refused", async (_, more) => {
    const { orderId } = await world.order(told);
    const before = await world.counts();
    expect(await world.refund(orderId, { amountMinor: 0, ...more })).toMatchObject({
      kind: "refused",
      code: "invalid_request",
    });
    expect(await world.counts()).toEqual(before);
  });

  it("of no money with units: they are on the shelf again", async () => {
    const { orderId } = await world.order(told);
    await world.ship(orderId);
    const lines = [{ line: 1, amountMinor: 0, quantity: 2, restock: true }];
    expect(await world.refund(orderId, { amountMinor: 0, lines })).toMatchObject({ outcome: "updated" });
    expect(await levels(world)).toEqual([8, 0, 0]);
  });

  it("of an unpaid order, or one nobody knows, is refused", async () => {
    const { orderId } = await world.order({ ...told, status: "pending_payment" });
    expect(await world.refund(orderId, { amountMinor: 1 })).toMatchObject({
      kind: "refused",
      code: "illegal_transition",
    });
    expect(await world.refund(world.merchant.id, { amountMinor: 1 })).toMatchObject({
      kind: "refused",
      code: "not_found",
    });
  });

  it("of everything closes the order and frees its units", async () => {
    const { orderId } = await world.order(told);
    expect(await world.refund(orderId, { amountMinor: 40_600 })).toMatchObject({ status: "refunded" });
    expect(await levels(world)).toEqual([10, 0, 0]);
    expect(await world.order({ ...told, updatedAt: at("09:00"), note: "x" })).toMatchObject({
      status: "refunded",
    });
  });

  it("S08: of units not sent, in part: what the buyer is not given back is earned when the rest is sent", async () => {
    const { orderId } = await world.order(told);
    await world.refund(orderId, { amountMinor: 7000, lines: [{ line: 1, amountMinor: 7000, quantity: 1 }] });
    expect(await levels(world)).toEqual([10, 3, 0]);
    await world.ship(orderId);
    expect(await world.stored("1")).toMatchObject({ status: "shipped" });
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 33_600,
      cogs: 1800,
      freight_income: -600,
      inventory: -1800,
      revenue: -33_000,
    });
  });

  it("of all units in part, and the platform calls the order done: the rest is earned", async () => {
    const { orderId } = await world.order(told);
    await world.refund(orderId, {
      amountMinor: 36_000,
      lines: [{ line: 1, amountMinor: 36_000, quantity: 4 }],
    });
    await world.order({ ...told, status: "completed", updatedAt: at("09:00") });
    expect(await levels(world)).toEqual([10, 0, 0]);
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 4600,
      freight_income: -600,
      revenue: -4000,
    });
  });

  it("with goods back serves who waits for them", async () => {
    const { orderId } = await world.order({ ...told, lines: [line("1", "A", 10)] });
    await world.ship(orderId);
    await world.order({ externalId: "waits", lines: [line("1", "A", 2)] });
    await world.refund(orderId, {
      amountMinor: 30_000,
      lines: [{ line: 1, amountMinor: 30_000, quantity: 3, restock: true }],
    });
    expect(await levels(world)).toEqual([3, 2, 0]);
    expect(await world.stored("waits")).toMatchObject({ held: 2 });
  });
});
