import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, line, openWorld, type Snapshot, type World } from "../engine/world.ts";

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

describe("an order not paid yet", () => {
  const pending: Snapshot = { externalId: "1", status: "pending_payment", lines: [line("1", "A", 2)] };

  it("holds units where the platform takes them off at placing", async () => {
    expect(await world.order(pending, { reserveFrom: "placed" })).toMatchObject({
      status: "pending_payment",
      shortfall: 0,
    });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 2, 0] });
    expect((await world.events("order.created"))[0]?.data).not.toHaveProperty("paid");
  });

  it("holds none where it takes them off at payment, and takes them then", async () => {
    await world.order(pending, { reserveFrom: "paid" });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 0, 0] });
    const paid = { ...pending, status: "paid" as const, updatedAt: at("08:10"), paidAt: at("08:09") };
    expect(await world.order(paid, { reserveFrom: "paid" })).toMatchObject({
      outcome: "updated",
      shortfall: 0,
    });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 2, 0] });
    expect((await world.events("order.paid"))[0]?.data).toMatchObject({
      paid: { paidAt: at("08:09"), totalMinor: 20_000 },
    });
  });

  it("gives its units back when it is cancelled unpaid, and no money moves", async () => {
    const { orderId } = await world.order(pending);
    await world.order({ ...pending, status: "cancelled", updatedAt: at("08:10") });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 0, 0] });
    expect(await world.balancesOf(orderId)).toEqual({});
  });

  it("F014: of two payers for the last unit the second waits and has a case of his own", async () => {
    await world.sku("LAST", 1);
    await world.order({ externalId: "first", lines: [line("1", "LAST")] });
    const second = await world.order({ externalId: "second", lines: [line("1", "LAST")] });
    expect(second).toMatchObject({ outcome: "created", shortfall: 1 });
    expect(await world.openTasks()).toEqual(["short_order"]);
    const refunded = await world.refund(second.orderId, { amountMinor: 10_000 });
    expect(refunded).toMatchObject({ status: "refunded", shortfall: 0 });
    expect(await world.openTasks()).toEqual([]);
    expect(await world.levels("LAST")).toEqual({ MAIN: [1, 1, 0] });
  });

  it("has no case while it is not paid, and one from then on", async () => {
    await world.sku("NONE");
    const told: Snapshot = { externalId: "1", status: "pending_payment", lines: [line("1", "NONE")] };
    await world.order(told);
    expect(await world.openTasks()).toEqual([]);
    await world.order({ ...told, status: "paid", updatedAt: at("08:10") });
    expect(await world.openTasks()).toEqual(["short_order"]);
    await world.adjust("in", { sku: "NONE", delta: 1, reason: "receipt" });
    expect(await world.openTasks()).toEqual([]);
  });
});
