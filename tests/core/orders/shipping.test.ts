import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { memoryDatabase } from "../../support/database.ts";
import { line, openWorld, type World } from "../engine/world.ts";
import { newer, parcel, stock, told } from "./parcels.ts";

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

describe("shipping here", () => {
  it("takes everything reserved, or the lines named; the same parcel twice is one", async () => {
    const { orderId } = await world.order(told);
    const id = world.runtime.ids.next();
    expect(
      await world.ship(
        orderId,
        {
          lines: [
            { line: 1, quantity: 1 },
            { line: 1, quantity: 1 },
          ],
        },
        id,
      ),
    ).toMatchObject({ outcome: "updated", status: "partially_shipped", shipmentId: id });
    expect(await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }] }, id)).toMatchObject({
      outcome: "unchanged",
      shipmentId: id,
    });
    expect(await stock(world)).toEqual([
      [8, 1, 0],
      [5, 2, 0],
    ]);
    expect(await world.ship(orderId)).toMatchObject({ status: "shipped" });
    expect(await stock(world)).toEqual([
      [7, 0, 0],
      [3, 0, 0],
    ]);
  });

  it.each<[string, (id: string) => Promise<unknown>, object]>([
    [
      "more than is left",
      (id) => world.ship(id, { lines: [{ line: 1, quantity: 4 }] }),
      { code: "illegal_transition", details: { line: 1, open: 3 } },
    ],
    [
      "a line that is not there",
      (id) => world.ship(id, { lines: [{ line: 9, quantity: 1 }] }),
      { code: "invalid_request" },
    ],
    [
      "what is not reserved",
      async (id) => {
        await world.adjust("c", { sku: "A", count: 1, reason: "count" });
        return world.ship(id, { lines: [{ line: 1, quantity: 2 }] });
      },
      { code: "insufficient_stock", details: { lines: [{ line: 1, requested: 2, available: 1 }] } },
    ],
    ["an order nobody knows", () => world.ship(world.merchant.id), { code: "not_found" }],
    [
      "a cancelled order",
      async (id) => {
        await world.cancel(id);
        return world.ship(id);
      },
      { code: "illegal_transition" },
    ],
    [
      "a shipped order once more",
      async (id) => {
        await world.ship(id);
        return world.ship(id);
      },
      { code: "illegal_transition" },
    ],
  ])("refuses %s", async (_, run, refusal) => {
    const { orderId } = await world.order(told);
    expect(await run(orderId)).toMatchObject({ kind: "refused", ...refusal });
  });

  it("refuses an order that is not paid", async () => {
    const { orderId } = await world.order({ ...told, status: "pending_payment" });
    const before = await world.counts();
    expect(await world.ship(orderId)).toMatchObject({ kind: "refused", code: "illegal_transition" });
    expect(await world.counts()).toEqual(before);
  });

  it("ships from every place the units are held at, each at its own cost", async () => {
    await world.place("EAST");
    await world.adjust("east", {
      sku: "A",
      location: "EAST",
      delta: 5,
      unitCostMinor: 1000,
      reason: "receipt",
    });
    const { orderId } = await world.order({ externalId: "1", lines: [line("1", "A", 12)] });
    await world.ship(orderId);
    expect(await world.levels("A")).toEqual({ MAIN: [0, 0, 0], EAST: [3, 0, 0] });
    expect(await world.balancesOf(orderId)).toMatchObject({ cogs: 8000, inventory: -8000 });
  });
});

describe("calling a parcel back", () => {
  it("F026: on hand and reserved return to what they were, at the same cost", async () => {
    const { orderId } = await world.order(told);
    const before = [await stock(world), await world.stock("A"), await world.stored("1")];
    const id = world.runtime.ids.next();
    await world.ship(orderId, {}, id);
    await world.adjust("dear", { sku: "A", delta: 10, unitCostMinor: 9900, reason: "receipt" });
    await world.adjust("gone", { sku: "A", delta: -10, reason: "damage" });
    expect(await world.recall(orderId, id)).toMatchObject({
      outcome: "updated",
      status: "paid",
      shortfall: 0,
    });
    expect([await stock(world), (await world.stored("1")).lines]).toEqual([
      before[0],
      (before[2] as { lines: unknown }).lines,
    ]);
    expect(await world.recall(orderId, id)).toMatchObject({ outcome: "unchanged" });
    expect(await world.balancesOf(orderId)).toEqual({ ar_platform: 50_600, contract_liab: -50_600 });
    await world.ship(orderId);
    expect(await stock(world)).toEqual([
      [7, 0, 0],
      [3, 0, 0],
    ]);
  });

  it("F032: is allowed when stock is at nothing, and serves the order first", async () => {
    const { orderId } = await world.order({ externalId: "1", lines: [line("1", "A", 10)] });
    const id = world.runtime.ids.next();
    await world.ship(orderId, {}, id);
    await world.order({ externalId: "2", lines: [line("1", "A", 4)] });
    expect(await world.adjust("less", { sku: "A", delta: -1, reason: "loss" })).toMatchObject({
      kind: "refused",
      code: "insufficient_stock",
    });
    expect(await world.recall(orderId, id)).toMatchObject({ outcome: "updated", shortfall: 0 });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 10, 0] });
    const kinds = await db.query(
      "select kind, quantity from movements where merchant_id = $1 and kind like 'shipment%' order by event_seq",
      [world.merchant.id],
    );
    expect(kinds).toEqual([
      { kind: "shipment", quantity: -10 },
      { kind: "shipment_cancelled", quantity: 10 },
    ]);
  });

  it("one of two: the freight stays earned with the other", async () => {
    const { orderId } = await world.order(told);
    const first = world.runtime.ids.next();
    await world.ship(orderId, { lines: [{ line: 1, quantity: 3 }] }, first);
    await world.ship(orderId, { lines: [{ line: 2, quantity: 2 }] });
    expect(await world.recall(orderId, first)).toMatchObject({ status: "partially_shipped" });
    expect(await world.balancesOf(orderId)).toMatchObject({
      contract_liab: -30_000,
      freight_income: -600,
      revenue: -20_000,
    });
  });

  it("whose units have come back already is refused", async () => {
    const { orderId } = await world.order(told);
    const id = world.runtime.ids.next();
    await world.ship(orderId, {}, id);
    await world.refund(orderId, {
      amountMinor: 10_000,
      lines: [{ line: 1, amountMinor: 10_000, quantity: 1, restock: true }],
    });
    const before = await world.counts();
    expect(await world.recall(orderId, id)).toMatchObject({ kind: "refused", code: "illegal_transition" });
    expect(await world.counts()).toEqual(before);
    expect(await world.recall(orderId, world.merchant.id)).toMatchObject({
      kind: "refused",
      code: "not_found",
    });
  });

  it("the platform still lists it and calls the order shipped: the units stay", async () => {
    const { orderId } = await world.order(told);
    const id = world.runtime.ids.next();
    await world.ship(orderId, {}, id);
    const p1 = parcel(
      "p1",
      [
        ["1", 3],
        ["2", 2],
      ],
      { reference: id },
    );
    await newer(world, "08:31", { status: "shipped", shipments: [p1] });
    await world.recall(orderId, id);
    expect(await stock(world)).toEqual([
      [10, 3, 0],
      [5, 2, 0],
    ]);
    await newer(world, "08:32", { status: "shipped", shipments: [p1], note: "x" });
    expect((await stock(world))[0]?.[0]).toBe(10);
  });
});
