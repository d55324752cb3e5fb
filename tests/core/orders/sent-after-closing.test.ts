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
  world = await openWorld(db);
  await world.sku("A", 10, { unitCostMinor: 600 });
});
afterEach(() => world.expectClean());

const told: Snapshot = { externalId: "1", lines: [line("1", "A", 2)], paidAt: at("07:59") };
const sold = { ar_platform: 20_000, cogs: 1200, inventory: -1200, revenue: -20_000 };
const parcel = (quantity: number) => ({
  externalId: `p${quantity}`,
  shippedAt: at("08:10"),
  lines: [{ externalLineId: "1", quantity }],
});

describe("cancelled here, and then sent by the platform", () => {
  it.each<[string, Partial<Snapshot>]>([
    ["shipped", { status: "shipped" }],
    ["completed", { status: "completed" }],
    ["shipped, with its parcel", { status: "shipped", shipments: [parcel(2)] }],
    ["still paid, with its parcel", { shipments: [parcel(2)] }],
  ])("told as %s: it is open again and sold", async (_, more) => {
    const { orderId } = await world.order(told);
    await world.cancel(orderId);
    expect(await world.openTasks()).toEqual(["cancel_on_platform"]);
    await world.order({ ...told, ...more, updatedAt: at("08:10") });
    expect(await world.stored("1")).toMatchObject({
      status: more.status ?? "shipped",
      refundedMinor: 0,
      lines: [{ shipped: 2 }],
    });
    expect(await world.balancesOf(orderId)).toEqual(sold);
    expect(await world.levels("A")).toEqual({ MAIN: [8, 0, 0] });
    expect(await world.openTasks()).toEqual([]);
  });

  it("a part of it: that is sold, and the rest is wanted again", async () => {
    const { orderId } = await world.order(told);
    await world.cancel(orderId);
    await world.order({
      ...told,
      status: "partially_shipped",
      shipments: [parcel(1)],
      updatedAt: at("08:10"),
    });
    expect(await world.stored("1")).toMatchObject({ status: "partially_shipped", held: 1 });
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 20_000,
      cogs: 600,
      contract_liab: -10_000,
      inventory: -600,
      revenue: -10_000,
    });
    await world.ship(orderId);
    expect(await world.balancesOf(orderId)).toEqual(sold);
  });

  it("before it was paid: the platform's word counts", async () => {
    const { paidAt: _, ...unpaid } = told;
    const { orderId } = await world.order({ ...unpaid, status: "pending_payment" });
    await world.cancel(orderId);
    await world.order({
      ...told,
      status: "partially_shipped",
      shipments: [parcel(1)],
      updatedAt: at("08:10"),
    });
    expect(await world.balancesOf(orderId)).toMatchObject({ contract_liab: -10_000, revenue: -10_000 });
  });

  it("after a part of its money was given back: that stays with the buyer", async () => {
    const { orderId } = await world.order(told);
    await world.refund(orderId, { amountMinor: 3000 });
    await world.cancel(orderId);
    await world.order({ ...told, status: "shipped", updatedAt: at("08:10") });
    expect(await world.stored("1")).toMatchObject({ status: "shipped", refundedMinor: 3000 });
    expect(await world.balancesOf(orderId)).toMatchObject({ ar_platform: 17_000, revenue: -17_000 });
  });

  it("a parcel called back here before is no parcel: it stays cancelled", async () => {
    const { orderId } = await world.order(told);
    const shipmentId = world.runtime.ids.next();
    await world.ship(orderId, { trackingNumber: "T1" }, shipmentId);
    const shipped: Partial<Snapshot> = {
      status: "shipped",
      shipments: [{ externalId: "P1", shippedAt: at("08:10"), trackingNumber: "T1" }],
    };
    await world.order({ ...told, ...shipped, updatedAt: at("08:10") });
    await world.recall(orderId, shipmentId);
    await world.cancel(orderId);
    await world.order({ ...told, ...shipped, updatedAt: at("08:20"), note: "x" });
    expect(await world.stored("1")).toMatchObject({ status: "cancelled" });
    expect(await world.balancesOf(orderId)).toEqual({});
    expect(await world.openTasks()).toEqual(["cancel_on_platform"]);
  });
});

describe("the task to cancel on the platform", () => {
  it.each(["cancelled", "refunded"] as const)("is done when the platform says %s", async (status) => {
    const { orderId } = await world.order(told);
    await world.cancel(orderId);
    await world.order({ ...told, updatedAt: at("08:05"), note: "x" });
    expect(await world.openTasks()).toEqual(["cancel_on_platform"]);
    await world.order({ ...told, status, updatedAt: at("08:10") });
    expect(await world.openTasks()).toEqual([]);
  });
});

describe("given back in full here, and then sent by the platform", () => {
  it("stays refunded, and a person is told what the goods were worth", async () => {
    const { orderId } = await world.order(told);
    await world.refund(orderId, { amountMinor: 20_000 });
    await world.order({ ...told, status: "shipped", updatedAt: at("08:10") });
    expect(await world.stored("1")).toMatchObject({ status: "refunded", lines: [{ shipped: 2 }] });
    expect(await world.balancesOf(orderId)).toEqual({ cogs: 1200, inventory: -1200 });
    expect(await world.openTasks()).toEqual(["shipped_after_refund"]);
    const [task] = await db.query<{ message: string }>(
      "select message from tasks where merchant_id = $1 and kind = 'shipped_after_refund'",
      [world.merchant.id],
    );
    expect(task?.message).toContain("20000");
  });
});
