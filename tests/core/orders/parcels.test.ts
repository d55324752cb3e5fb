import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, factsOf, line, openWorld, type World } from "../engine/world.ts";
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

describe("parcels the platform reports", () => {
  it("with their content, one after the other; each ships once however often it is told", async () => {
    const { orderId } = await world.order(told);
    const p1 = parcel("p1", [["1", 2]]);
    const p2 = parcel("p2", [
      ["1", 1],
      ["2", 2],
    ]);
    expect(await newer(world, "08:31", { status: "partially_shipped", shipments: [p1] })).toMatchObject({
      status: "partially_shipped",
    });
    expect(await stock(world)).toEqual([
      [8, 1, 0],
      [5, 2, 0],
    ]);
    await newer(world, "08:32", { status: "partially_shipped", shipments: [p1], note: "again" });
    expect(await stock(world)).toEqual([
      [8, 1, 0],
      [5, 2, 0],
    ]);
    expect(await newer(world, "08:33", { status: "shipped", shipments: [p1, p2, p2] })).toMatchObject({
      status: "shipped",
    });
    expect(await stock(world)).toEqual([
      [7, 0, 0],
      [3, 0, 0],
    ]);
    await newer(world, "08:34", { status: "completed", shipments: [p2, p1] });
    expect(await stock(world)).toEqual([
      [7, 0, 0],
      [3, 0, 0],
    ]);
    const facts = factsOf(await world.events(), orderId).flatMap((event) => event.shipped ?? []);
    expect(
      facts.map(({ lines, revenue }) => [
        lines,
        revenue.map(({ lineNo, grossMinor }) => [lineNo, grossMinor]),
      ]),
    ).toEqual([
      [
        [{ lineNo: 1, quantity: 2 }],
        [
          [1, 20_000],
          [0, 600],
        ],
      ],
      [
        [
          { lineNo: 1, quantity: 1 },
          { lineNo: 2, quantity: 2 },
        ],
        [
          [1, 10_000],
          [2, 20_000],
        ],
      ],
    ]);
    expect(await world.balancesOf(orderId)).toEqual({
      ar_platform: 50_600,
      cogs: 2000,
      freight_income: -600,
      inventory: -2000,
      revenue: -50_000,
    });
  });

  it("without content: everything that was left", async () => {
    await world.order(told);
    await newer(world, "08:31", { status: "partially_shipped", shipments: [parcel("p1", [["1", 1]])] });
    await newer(world, "08:32", { status: "shipped", shipments: [parcel("p1", [["1", 1]]), parcel("p2")] });
    expect(await stock(world)).toEqual([
      [7, 0, 0],
      [3, 0, 0],
    ]);
    expect((await world.counts()).shipments).toBe(2);
  });

  it("no parcel at all: a shipped order has left as a whole", async () => {
    await world.order({ ...told, status: "completed" });
    expect(await stock(world)).toEqual([
      [7, 0, 0],
      [3, 0, 0],
    ]);
    expect((await world.counts()).shipments).toBe(1);
  });

  it("more than was ordered, and of lines nobody knows: what is open counts, and a person must look", async () => {
    const { orderId } = await world.order(told);
    await newer(world, "08:31", {
      status: "partially_shipped",
      shipments: [
        parcel("p1", [
          ["1", 9],
          ["77", 1],
        ]),
        parcel("p2", [["77", 1]]),
      ],
    });
    expect(await stock(world)).toEqual([
      [7, 0, 0],
      [5, 2, 0],
    ]);
    expect((await world.counts()).shipments).toBe(1);
    const [task, ...more] = await world.db.query(
      "select kind, subject, message, detail from tasks where merchant_id = $1",
      [world.merchant.id],
    );
    expect(more).toEqual([]);
    expect(task).toEqual({
      kind: "shipment_exceeds_order",
      subject: `${orderId}:p1`,
      message:
        "The platform shipped more of order 1 than was ordered (line 1: 9 units shipped, 3 ordered). Only what was ordered is taken off the stock: find out what left, and post the rest as an adjustment.",
      detail: { orderId, shipment: "p1", lines: [{ line: 1, shipped: 9, ordered: 3 }] },
    });
  });

  it("each within the order, together more: the second is too much, once", async () => {
    await world.order(told);
    const first = parcel("p1", [["1", 3]]);
    await newer(world, "08:31", { status: "partially_shipped", shipments: [first] });
    expect(await world.openTasks()).toEqual([]);
    const shipments = [first, parcel("p2", [["1", 1]])];
    await newer(world, "08:32", { status: "partially_shipped", shipments });
    await newer(world, "08:33", { status: "shipped", shipments });
    expect(await world.openTasks()).toEqual(["shipment_exceeds_order"]);
    expect(await stock(world)).toEqual([
      [7, 0, 0],
      [3, 0, 0],
    ]);
  });

  it("listed only after the order was told shipped as a whole, or lines lowered later, are not too much", async () => {
    await world.order(told);
    await newer(world, "08:31", { status: "shipped" });
    const shipments = [
      parcel("p1", [
        ["1", 3],
        ["2", 2],
      ]),
    ];
    await newer(world, "08:32", { status: "shipped", shipments });
    await world.order({ ...told, externalId: "2" });
    await newer(world, "08:33", { externalId: "2", status: "shipped", shipments });
    await newer(world, "08:34", {
      externalId: "2",
      status: "shipped",
      shipments,
      lines: [line("1", "A", 1), line("2", "B", 2)],
    });
    expect(await world.openTasks()).toEqual([]);
  });

  it("in place of one called back here is not too much", async () => {
    const { orderId } = await world.order({ externalId: "1", lines: [line("1", "A", 2)] });
    const shipmentId = world.runtime.ids.next();
    await world.ship(orderId, {}, shipmentId);
    await world.recall(orderId, shipmentId);
    const lines = [line("1", "A", 2)];
    const shipments = [parcel("p1", [["1", 2]], { reference: shipmentId }), parcel("p2", [["1", 2]])];
    await world.order({ externalId: "1", lines, updatedAt: at("08:31"), status: "shipped", shipments });
    expect(await world.openTasks()).toEqual([]);
    expect((await world.levels("A")).MAIN).toEqual([8, 0, 0]);
  });

  it("of units the hub does not have: a person must count", async () => {
    await world.adjust("count", { sku: "A", count: 1, reason: "count" });
    const { orderId } = await world.order(told);
    await newer(world, "08:31", {
      status: "shipped",
      shipments: [
        parcel("p1", [
          ["1", 3],
          ["2", 2],
        ]),
      ],
    });
    expect(await stock(world)).toEqual([
      [0, 0, 0],
      [3, 0, 0],
    ]);
    expect(await world.openTasks()).toEqual(["shipped_without_stock"]);
    expect(await world.stored("1")).toMatchObject({
      status: "shipped",
      held: 0,
      lines: [{ shipped: 3, shortfall: 0 }, { shipped: 2 }],
    });
    expect(await world.balancesOf(orderId)).toMatchObject({ cogs: 800, revenue: -50_000 });
  });

  it("of an order that waited take what there is now, before others can", async () => {
    await world.order({ externalId: "first", lines: [line("1", "A", 10)] });
    await world.order({ ...told, lines: [line("1", "A", 3)] });
    await world.cancel((await world.stored("first")).id);
    expect(await world.levels("A")).toEqual({ MAIN: [10, 3, 0] });
    await newer(world, "08:31", { lines: [line("1", "A", 3)], status: "shipped" });
    expect(await world.levels("A")).toEqual({ MAIN: [7, 0, 0] });
    expect(await world.openTasks()).toEqual(["cancel_on_platform"]);
  });
});
