import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, factsOf, line, openWorld, type Snapshot, type World } from "../engine/world.ts";
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

const refund = (
  externalId: string,
  amountMinor: number,
  units: { quantity?: number; restock?: boolean; amountMinor?: number } | null = null,
) => ({
  externalId,
  refundedAt: at("08:40"),
  amountMinor,
  ...(units === null
    ? {}
    : {
        lines: [
          {
            externalLineId: "1",
            amountMinor: units.amountMinor ?? amountMinor,
            ...(units.quantity === undefined ? {} : { quantity: units.quantity }),
            ...(units.restock === undefined ? {} : { restock: units.restock }),
          },
        ],
      }),
});

describe("a refund the platform reports", () => {
  const newer = (time: string, more: Partial<Snapshot>) =>
    world.order({ ...told, updatedAt: at(time), ...more });

  it.each<[string, boolean, Parameters<typeof refund>[2], [number, number], object]>([
    ["of money only, before shipping", false, null, [10, 4], { shipped: 0, returned: 0, cancelled: 0 }],
    [
      "of one unit, before shipping",
      false,
      { quantity: 1 },
      [10, 3],
      { shipped: 0, returned: 0, cancelled: 1 },
    ],
    [
      "of one unit back on the shelf, before shipping",
      false,
      { quantity: 1, restock: true },
      [10, 3],
      { shipped: 0, returned: 0, cancelled: 1 },
    ],
    ["of money only, after shipping", true, null, [6, 0], { shipped: 4, returned: 0, cancelled: 0 }],
    ["of one unit the buyer keeps", true, { quantity: 1 }, [6, 0], { shipped: 4, returned: 0, cancelled: 0 }],
    [
      "of one unit back on the shelf",
      true,
      { quantity: 1, restock: true },
      [7, 0],
      { shipped: 4, returned: 1, cancelled: 0 },
    ],
    [
      "of more units than were sent",
      true,
      { quantity: 9, restock: true },
      [10, 0],
      { shipped: 4, returned: 4, cancelled: 0 },
    ],
  ])("%s", async (_, isShipped, units, [onHand, reserved], row) => {
    const { orderId } = await world.order(told);
    if (isShipped) await world.ship(orderId);
    const refunds = [refund("r1", 10_000, units)];
    await newer("08:41", { refunds });
    expect(await levels(world)).toEqual([onHand, reserved, 0]);
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 10_000, lines: [row] });
    const before = await world.balancesOf(orderId);
    expect(before.ar_platform).toBe(30_600);
    await newer("08:42", { refunds, note: "again" });
    expect(await world.balancesOf(orderId)).toEqual(before);
    expect(await levels(world)).toEqual([onHand, reserved, 0]);
  });

  it("goods come back at the cost they left at, whatever the average is by now", async () => {
    const { orderId } = await world.order(told);
    await world.ship(orderId);
    await world.adjust("dear", { sku: "A", delta: 4, unitCostMinor: 9900, reason: "receipt" });
    await newer("08:41", { refunds: [refund("r1", 0, { quantity: 3, restock: true, amountMinor: 0 })] });
    await newer("08:42", {
      refunds: [
        refund("r1", 0, { quantity: 3, restock: true, amountMinor: 0 }),
        refund("r2", 0, { quantity: 1, restock: true, amountMinor: 0 }),
      ],
    });
    const facts = factsOf(await world.events(), orderId).flatMap((event) => event.refunded ?? []);
    expect(
      facts.map(({ amountMinor, restocked }) => [
        amountMinor,
        restocked[0]?.quantity,
        restocked[0]?.costMinor,
      ]),
    ).toEqual([
      [0, 3, 1800],
      [0, 1, 600],
    ]);
    expect(await world.balancesOf(orderId)).not.toHaveProperty("cogs");
  });

  it("of a whole line's money: its units are not owed any more", async () => {
    const { orderId } = await world.order({ ...told, lines: [line("1", "A", 2), line("2", "A", 1)] });
    await world.order({
      ...told,
      lines: [line("1", "A", 2), line("2", "A", 1)],
      updatedAt: at("08:41"),
      refunds: [refund("r1", 20_000, {})],
    });
    expect(await levels(world)).toEqual([10, 1, 0]);
    await world.ship(orderId);
    expect(await world.stored("1")).toMatchObject({ status: "shipped" });
  });

  it("of all the money with the status refunded: nothing is left of the order", async () => {
    const { orderId } = await world.order({ ...told, platformDiscountMinor: 1000 });
    await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }] });
    await newer("08:41", {
      platformDiscountMinor: 1000,
      status: "refunded",
      refunds: [refund("r1", 39_600)],
    });
    expect(await levels(world)).toEqual([9, 0, 0]);
    expect(await world.balancesOf(orderId)).toEqual({ cogs: 600, inventory: -600 });
  });

  it("of nothing leaves no record and no entry; of no money with units it does", async () => {
    const { orderId } = await world.order(told);
    await newer("08:30", { refunds: [refund("r0", 0), refund("r1", 0, { quantity: 0 })] });
    expect((await world.counts()).refunds).toBe(0);
    expect(factsOf(await world.events(), orderId).flatMap((fact) => fact.refunded ?? [])).toEqual([]);
    await newer("08:31", { refunds: [refund("r0", 0), refund("r2", 0, { quantity: 1 })] });
    expect((await world.counts()).refunds).toBe(1);
    expect(await levels(world)).toEqual([10, 3, 0]);
  });

  it("of more than is left: a person must look, once", async () => {
    const { orderId } = await world.order(told);
    await newer("08:41", { refunds: [refund("r1", 40_600), refund("r2", 5000)] });
    expect(await world.openTasks()).toEqual(["refund_exceeds_order"]);
    expect(await world.balancesOf(orderId)).toEqual({});
  });

  it("shows that the order was paid", async () => {
    const { orderId } = await world.order({ ...told, status: "cancelled", refunds: [refund("r1", 40_600)] });
    const facts = factsOf(await world.events(), orderId)[0];
    expect(facts).toMatchObject({ paid: { totalMinor: 40_600 }, refunded: [{ amountMinor: 40_600 }] });
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 40_600 });
  });

  it("goods that come back unpaid move stock and no money", async () => {
    const { orderId } = await world.order({ ...told, status: "pending_payment" });
    await newer("08:41", {
      status: "pending_payment",
      shipments: [{ externalId: "p", shippedAt: at("08:39"), lines: [{ externalLineId: "1", quantity: 2 }] }],
      refunds: [refund("r1", 0, { quantity: 1, restock: true })],
    });
    expect(await levels(world)).toEqual([9, 2, 0]);
    expect(await world.balancesOf(orderId)).toEqual({ cogs: 600, inventory: -600 });
  });

  it("of a new order puts units on the shelf, for those who wait when somebody has counted", async () => {
    await world.order({ externalId: "big", lines: [line("1", "A", 8)] });
    await world.order({ externalId: "waits", lines: [line("1", "A", 4)] });
    await world.order({
      ...told,
      lines: [line("1", "A", 2)],
      status: "completed",
      refunds: [refund("r1", 0, { quantity: 2, restock: true })],
    });
    // They had left although the hub had none to spare: they may be those that were reserved.
    expect(await levels(world)).toEqual([12, 10, 0]);
    expect(await world.stored("waits")).toMatchObject({ held: 2, lines: [{ shortfall: 2 }] });
    expect(await world.openTasks()).toEqual(["shipped_without_stock", "short_order"]);
    await world.adjust("counted", { sku: "A", count: 12, reason: "count" });
    expect(await levels(world)).toEqual([12, 12, 0]);
    expect(await world.stored("waits")).toMatchObject({ held: 4, lines: [{ shortfall: 0 }] });
  });

  it("is the echo of ours when we made one of that amount before; the next of that amount is not", async () => {
    const { orderId } = await world.order(told);
    await world.refund(orderId, { reference: "goodwill", amountMinor: 5000 });
    await newer("08:41", { refunds: [refund("r1", 5000)] });
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 5000 });
    await newer("08:42", { refunds: [refund("r1", 5000), refund("r2", 5000)] });
    expect(await world.stored("1")).toMatchObject({ refundedMinor: 10_000 });
    expect(await world.balancesOf(orderId)).toMatchObject({ ar_platform: 30_600 });
  });
});
