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
  world = await openWorld(db);
  await world.sku("A", 10, { unitCostMinor: 600 });
  await world.sku("B", 5, { unitCostMinor: 100 });
});
afterEach(() => world.expectClean());

const told: Snapshot = { externalId: "1", lines: [line("1", "A", 3), line("2", "B", 2)], shippingMinor: 600 };
const parcel = (externalId: string, lines?: [string, number][], more: object = {}) => ({
  externalId,
  shippedAt: at("08:30"),
  ...(lines === undefined
    ? {}
    : { lines: lines.map(([externalLineId, quantity]) => ({ externalLineId, quantity })) }),
  ...more,
});
const newer = (time: string, more: Partial<Snapshot>) =>
  world.order({ ...told, updatedAt: at(time), ...more });
const stock = async () => [(await world.levels("A")).MAIN, (await world.levels("B")).MAIN];

describe("parcels the platform reports", () => {
  it("with their content, one after the other; each ships once however often it is told", async () => {
    const { orderId } = await world.order(told);
    const p1 = parcel("p1", [["1", 2]]);
    const p2 = parcel("p2", [
      ["1", 1],
      ["2", 2],
    ]);
    expect(await newer("08:31", { status: "partially_shipped", shipments: [p1] })).toMatchObject({
      status: "partially_shipped",
    });
    expect(await stock()).toEqual([
      [8, 1, 0],
      [5, 2, 0],
    ]);
    await newer("08:32", { status: "partially_shipped", shipments: [p1], note: "again" });
    expect(await stock()).toEqual([
      [8, 1, 0],
      [5, 2, 0],
    ]);
    expect(await newer("08:33", { status: "shipped", shipments: [p1, p2, p2] })).toMatchObject({
      status: "shipped",
    });
    expect(await stock()).toEqual([
      [7, 0, 0],
      [3, 0, 0],
    ]);
    await newer("08:34", { status: "completed", shipments: [p2, p1] });
    expect(await stock()).toEqual([
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
    await newer("08:31", { status: "partially_shipped", shipments: [parcel("p1", [["1", 1]])] });
    await newer("08:32", { status: "shipped", shipments: [parcel("p1", [["1", 1]]), parcel("p2")] });
    expect(await stock()).toEqual([
      [7, 0, 0],
      [3, 0, 0],
    ]);
    expect((await world.counts()).shipments).toBe(2);
  });

  it("no parcel at all: a shipped order has left as a whole", async () => {
    await world.order({ ...told, status: "completed" });
    expect(await stock()).toEqual([
      [7, 0, 0],
      [3, 0, 0],
    ]);
    expect((await world.counts()).shipments).toBe(1);
  });

  it("more than was ordered, and of lines nobody knows: what is open counts, and a person must look", async () => {
    const { orderId } = await world.order(told);
    await newer("08:31", {
      status: "partially_shipped",
      shipments: [
        parcel("p1", [
          ["1", 9],
          ["77", 1],
        ]),
        parcel("p2", [["77", 1]]),
      ],
    });
    expect(await stock()).toEqual([
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
    await newer("08:31", { status: "partially_shipped", shipments: [first] });
    expect(await world.openTasks()).toEqual([]);
    const shipments = [first, parcel("p2", [["1", 1]])];
    await newer("08:32", { status: "partially_shipped", shipments });
    await newer("08:33", { status: "shipped", shipments });
    expect(await world.openTasks()).toEqual(["shipment_exceeds_order"]);
    expect(await stock()).toEqual([
      [7, 0, 0],
      [3, 0, 0],
    ]);
  });

  it("listed only after the order was told shipped as a whole, or lines lowered later, are not too much", async () => {
    await world.order(told);
    await newer("08:31", { status: "shipped" });
    const shipments = [
      parcel("p1", [
        ["1", 3],
        ["2", 2],
      ]),
    ];
    await newer("08:32", { status: "shipped", shipments });
    await world.order({ ...told, externalId: "2" });
    await newer("08:33", { externalId: "2", status: "shipped", shipments });
    await newer("08:34", {
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
    await newer("08:31", {
      status: "shipped",
      shipments: [
        parcel("p1", [
          ["1", 3],
          ["2", 2],
        ]),
      ],
    });
    expect(await stock()).toEqual([
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
    await newer("08:31", { lines: [line("1", "A", 3)], status: "shipped" });
    expect(await world.levels("A")).toEqual({ MAIN: [7, 0, 0] });
    expect(await world.openTasks()).toEqual(["cancel_on_platform"]);
  });
});

describe("the echo of our own parcel", () => {
  const sent = async (input = {}) => {
    const { orderId } = await world.order(told);
    const id = world.runtime.ids.next();
    await world.ship(orderId, { lines: [{ line: 1, quantity: 2 }], ...input }, id);
    return { orderId, id };
  };

  it.each<[string, (id: string) => ReturnType<typeof parcel>, object]>([
    ["by our id", (id) => parcel("p1", [["1", 2]], { reference: id }), {}],
    ["by our id, though its content is not told", (id) => parcel("p1", undefined, { reference: id }), {}],
    ["by its content", () => parcel("p1", [["1", 2]]), {}],
    [
      "by its tracking number",
      () => parcel("p1", undefined, { trackingNumber: "SF1" }),
      { trackingNumber: "SF1" },
    ],
  ])("%s ships nothing again", async (_, echo, input) => {
    const { id } = await sent(input);
    await newer("08:31", { status: "partially_shipped", shipments: [echo(id)] });
    expect(await stock()).toEqual([
      [8, 1, 0],
      [5, 2, 0],
    ]);
    const [row] = await db.query<{ externalId: string }>(
      `select external_id as "externalId" from shipments where merchant_id = $1`,
      [world.merchant.id],
    );
    expect(row).toEqual({ externalId: "p1" });
  });

  it("by the platform's id, once the upload told it", async () => {
    const { id } = await sent();
    await db.query("update shipments set external_id = 'p9' where merchant_id = $1 and id = $2", [
      world.merchant.id,
      id,
    ]);
    await newer("08:31", { status: "partially_shipped", shipments: [parcel("p9", [["1", 1]])] });
    expect(await stock()).toEqual([
      [8, 1, 0],
      [5, 2, 0],
    ]);
  });

  it("two parcels alike are told twice and are two", async () => {
    const { orderId } = await sent({ lines: [{ line: 1, quantity: 1 }] });
    await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }] });
    await newer("08:31", {
      status: "partially_shipped",
      shipments: [parcel("p1", [["1", 1]]), parcel("p2", [["1", 1]]), parcel("p3", [["1", 1]])],
    });
    expect(await stock()).toEqual([
      [7, 0, 0],
      [5, 2, 0],
    ]);
    expect((await world.counts()).shipments).toBe(3);
  });

  it("the platform's id, set while a batch has the parcel, is not wiped out", async () => {
    const { orderId, id } = await sent();
    const recall = world.recall(orderId, id);
    await db.query("update shipments set external_id = 'p9' where merchant_id = $1 and id = $2", [
      world.merchant.id,
      id,
    ]);
    await recall;
    const [row] = await db.query<{ externalId: string; status: string }>(
      `select external_id as "externalId", status from shipments where merchant_id = $1`,
      [world.merchant.id],
    );
    expect(row).toEqual({ externalId: "p9", status: "cancelled" });
  });
});

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
    expect(await stock()).toEqual([
      [8, 1, 0],
      [5, 2, 0],
    ]);
    expect(await world.ship(orderId)).toMatchObject({ status: "shipped" });
    expect(await stock()).toEqual([
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
    const before = [await stock(), await world.stock("A"), await world.stored("1")];
    const id = world.runtime.ids.next();
    await world.ship(orderId, {}, id);
    await world.adjust("dear", { sku: "A", delta: 10, unitCostMinor: 9900, reason: "receipt" });
    await world.adjust("gone", { sku: "A", delta: -10, reason: "damage" });
    expect(await world.recall(orderId, id)).toMatchObject({
      outcome: "updated",
      status: "paid",
      shortfall: 0,
    });
    expect([await stock(), (await world.stored("1")).lines]).toEqual([
      before[0],
      (before[2] as { lines: unknown }).lines,
    ]);
    expect(await world.recall(orderId, id)).toMatchObject({ outcome: "unchanged" });
    expect(await world.balancesOf(orderId)).toEqual({ ar_platform: 50_600, contract_liab: -50_600 });
    await world.ship(orderId);
    expect(await stock()).toEqual([
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
    await newer("08:31", { status: "shipped", shipments: [p1] });
    await world.recall(orderId, id);
    expect(await stock()).toEqual([
      [10, 3, 0],
      [5, 2, 0],
    ]);
    await newer("08:32", { status: "shipped", shipments: [p1], note: "x" });
    expect((await stock())[0]?.[0]).toBe(10);
  });
});
