import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, factsOf, line, openWorld, type Snapshot, type World } from "../engine/world.ts";

let db: Database;
let world: World;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  world = await openWorld(db, { settings: { roundingToleranceMinor: 2 } });
  await world.sku("A", 10, { unitCostMinor: 600 });
  await world.sku("B", 5, { unitCostMinor: 100 });
});
afterEach(() => world.expectClean());

describe("an order that does not add up", () => {
  it("keeps its units and waits for a person; accepted, it is booked at what the buyer paid", async () => {
    const answer = await world.order({ externalId: "1", totalMinor: 15_000, lines: [line("1", "A", 2)] });
    expect(answer).toMatchObject({ outcome: "created", heldReason: "totals_mismatch", shortfall: 0 });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 2, 0] });
    expect(await world.openTasks()).toEqual(["held_order"]);
    expect(await world.balancesOf(answer.orderId)).toEqual({});
    expect(await world.ship(answer.orderId)).toMatchObject({ kind: "refused", code: "illegal_transition" });
    expect(await world.accept(answer.orderId)).toMatchObject({ outcome: "updated" });
    expect(await world.openTasks()).toEqual([]);
    expect(await world.balancesOf(answer.orderId)).toEqual({ ar_platform: 15_000, contract_liab: -15_000 });
    expect(await world.accept(answer.orderId)).toMatchObject({ outcome: "unchanged" });
  });

  it("goes on by itself when a corrected snapshot comes", async () => {
    const { orderId } = await world.order({ externalId: "1", totalMinor: 15_000 });
    expect(await world.order({ externalId: "1", updatedAt: at("08:10") })).not.toHaveProperty("heldReason");
    expect(await world.openTasks()).toEqual([]);
    expect(await world.balancesOf(orderId)).toEqual({ ar_platform: 10_000, contract_liab: -10_000 });
  });

  it("within the tolerance is rounding", async () => {
    const { orderId } = await world.order({ externalId: "1", totalMinor: 10_002 });
    expect(await world.openTasks()).toEqual([]);
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 10_002,
      contract_liab: -10_000,
      rounding: -2,
    });
  });

  it("parcels and refunds told while it waited are booked when it is accepted, each once", async () => {
    const shipments = [
      { externalId: "p1", shippedAt: at("08:03"), lines: [{ externalLineId: "1", quantity: 1 }] },
      { externalId: "p2", shippedAt: at("08:04"), lines: [{ externalLineId: "1", quantity: 1 }] },
    ];
    const refunds = [
      {
        externalId: "r1",
        refundedAt: at("08:05"),
        amountMinor: 4000,
        lines: [{ externalLineId: "1", amountMinor: 4000, quantity: 1, restock: true }],
      },
    ];
    const told: Snapshot = {
      externalId: "1",
      totalMinor: 24_000,
      lines: [line("1", "A", 3)],
      status: "partially_shipped",
      shipments,
      refunds,
    };
    const { orderId } = await world.order(told);
    expect(await world.levels("A")).toEqual({ MAIN: [9, 1, 0] });
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 0, heldReason: "totals_mismatch" });
    await world.accept(orderId);
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 4000, heldReason: null });
    const { cogs: _cost, inventory: _stock, ...money } = await world.balancesOf(orderId);
    expect(money).toEqual({ ar_platform: 20_000, contract_liab: -8000, revenue: -12_000 });
    const facts = factsOf(await world.events(), orderId).at(-1);
    expect(facts?.shipped?.map(({ revenue }) => revenue[0]?.grossMinor)).toEqual([8000, 8000]);
    await world.order({ ...told, updatedAt: at("08:20"), note: "x" });
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 4000 });
  });

  it("cancelled before anybody looked needs nobody any more, and nothing is owed", async () => {
    const { orderId } = await world.order({ externalId: "1", totalMinor: 15_000 });
    await world.order({ externalId: "1", totalMinor: 15_000, status: "cancelled", updatedAt: at("08:10") });
    expect(await world.openTasks()).toEqual([]);
    expect(await world.stored("1")).toMatchObject({ status: "cancelled", heldReason: null });
    expect(await world.balancesOf(orderId)).toEqual({});
    await world.order({ externalId: "2", totalMinor: 15_000, paidAt: at("08:00") });
    const second = await world.stored("2");
    await world.cancel(second.id);
    expect(await world.openTasks()).toEqual(["cancel_on_platform"]);
    expect(await world.balancesOf(second.id)).toEqual({});
  });

  it("by hand is refused, and nothing moved", async () => {
    const before = await world.counts();
    expect(await world.manual({ externalId: "1", totalMinor: 15_000 })).toMatchObject({
      kind: "refused",
      code: "totals_mismatch",
      details: { expectedMinor: 10_000, givenMinor: 15_000 },
    });
    expect(await world.counts()).toEqual(before);
  });
});
