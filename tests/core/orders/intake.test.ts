import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createConnection } from "../../../src/core/catalogue/connections.ts";
import type { Database } from "../../../src/core/db/database.ts";
import { openBuyer } from "../../../src/core/orders/buyer.ts";
import { memoryDatabase } from "../../support/database.ts";
import { snapshotOf } from "../../support/hub.ts";
import { testVault } from "../../support/merchant.ts";
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

describe("a snapshot of an order", () => {
  it("is created once, a duplicate after that, and updates when it is newer", async () => {
    const first = await world.order({ externalId: "1", lines: [line("1", "A", 3)] });
    expect(first).toMatchObject({ outcome: "created", status: "paid", shortfall: 0, unmapped: 0 });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 3, 0] });
    const before = await world.counts();
    expect(await world.order({ externalId: "1", lines: [line("1", "A", 3)] })).toEqual({
      ...first,
      outcome: "duplicate",
    });
    expect(
      await world.order({ externalId: "1", lines: [line("1", "A", 9)], updatedAt: at("07:00") }),
    ).toEqual({ ...first, outcome: "stale" });
    expect(await world.counts()).toEqual(before);
    expect(
      await world.order({ externalId: "1", lines: [line("1", "A", 4)], updatedAt: at("08:01") }),
    ).toEqual({ ...first, outcome: "updated" });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 4, 0] });
  });

  it("of one instant: the one further along wins, whichever came first", async () => {
    await world.order({ externalId: "1", status: "cancelled", paidAt: at("07:59") });
    expect(await world.order({ externalId: "1", status: "paid" })).toMatchObject({
      outcome: "stale",
      status: "cancelled",
    });
    await world.order({ externalId: "2", status: "paid" });
    expect(await world.order({ externalId: "2", status: "cancelled" })).toMatchObject({
      outcome: "updated",
      status: "cancelled",
    });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 0, 0] });
  });

  it("repeated within one batch gets the first answer, and the newest wins", async () => {
    const told: Snapshot[] = [
      { externalId: "1", lines: [line("1", "A", 2)] },
      { externalId: "1", lines: [line("1", "A", 2)] },
      { externalId: "1", lines: [line("1", "A", 5)], updatedAt: at("08:05") },
      { externalId: "1", lines: [line("1", "A", 3)], updatedAt: at("08:02") },
    ];
    const answers = await Promise.all(told.map((snapshot) => world.order(snapshot)));
    expect(answers.map(({ outcome }) => outcome)).toEqual(["created", "duplicate", "updated", "stale"]);
    expect(new Set(answers.map(({ orderId }) => orderId)).size).toBe(1);
    expect(await world.levels("A")).toEqual({ MAIN: [10, 5, 0] });
  });

  it("F054: ends in the same state in any order of arrival", async () => {
    await world.adjust(
      "more",
      { sku: "A", delta: 990, reason: "receipt" },
      { sku: "B", delta: 995, reason: "receipt" },
    );
    const lines = [line("1", "A", 2), line("2", "B", 1)];
    const base = { externalId: "x", lines, shippingMinor: 600 };
    const paidAt = at("08:01");
    const shipments = [
      { externalId: "p1", shippedAt: at("08:03"), lines: [{ externalLineId: "1", quantity: 1 }] },
    ];
    const refunds = [
      {
        externalId: "r1",
        refundedAt: at("08:04"),
        amountMinor: 10_000,
        lines: [{ externalLineId: "1", amountMinor: 10_000, quantity: 1, restock: true }],
      },
    ];
    const life: Snapshot[] = [
      {
        ...base,
        status: "pending_payment",
        updatedAt: at("08:00"),
        lines: [line("1", "A", 3), line("2", "B", 1)],
      },
      { ...base, status: "paid", updatedAt: at("08:01"), paidAt },
      { ...base, status: "partially_shipped", updatedAt: at("08:03"), paidAt, shipments },
      { ...base, status: "partially_shipped", updatedAt: at("08:04"), paidAt, shipments, refunds },
      { ...base, status: "cancelled", updatedAt: at("08:05"), paidAt, shipments, refunds },
    ];
    // All orders of arrival side by side: each step of all of them is one batch.
    const arrivals = permutations(life);
    await Promise.all(
      arrivals.map((order, index) => world.order({ ...(order[0] as Snapshot), externalId: `x${index}` })),
    );
    for (const step of [1, 2, 3, 4]) {
      await Promise.all(
        arrivals.map((order, index) =>
          world.order({ ...(order[step] as Snapshot), externalId: `x${index}` }),
        ),
      );
    }
    const seen = new Set<string>();
    for (const index of arrivals.keys()) {
      const { id: _id, ...state } = await world.stored(`x${index}`);
      seen.add(JSON.stringify(state));
    }
    expect([...seen].map((text) => JSON.parse(text))).toEqual([
      {
        status: "cancelled",
        toldStatus: "cancelled",
        totalMinor: 30_600,
        // The freight of the parcel that was sent is all that stays.
        refundedMinor: 30_000,
        heldReason: null,
        held: 0,
        lines: [
          {
            line: 1,
            key: "1",
            sku: "A",
            quantity: 2,
            shipped: 1,
            returned: 1,
            cancelled: 0,
            shortfall: 0,
            reserved: 0,
          },
          {
            line: 2,
            key: "2",
            sku: "B",
            quantity: 1,
            shipped: 0,
            returned: 0,
            cancelled: 0,
            shortfall: 0,
            reserved: 0,
          },
        ],
      },
    ]);
    expect(await world.levels("A")).toEqual({ MAIN: [1000, 0, 0] });
    expect(await world.levels("B")).toEqual({ MAIN: [1000, 0, 0] });
  });

  it("S02: two shops may use one number", async () => {
    const vault = testVault(world.runtime);
    const other = await createConnection(db, { vault, runtime: world.runtime }, world.merchant.id, {
      connector: "generic",
      name: "second shop",
      settings: {},
      secrets: {},
    });
    const first = await world.order({ externalId: "1001" });
    const second = await world.submit({
      kind: "order.apply",
      connectionId: other.id,
      snapshot: snapshotOf({ externalId: "1001" }),
      mayRefuse: false,
      reserveFrom: "placed",
    });
    expect(second).toMatchObject({ kind: "order", outcome: "created" });
    expect(second).not.toMatchObject({ orderId: first.orderId });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 2, 0] });
  });

  it("keeps the buyer sealed, and the one it had when a later snapshot names none", async () => {
    const buyer = { name: "王小明", phone: "13800000000" };
    const { orderId } = await world.order({ externalId: "1", buyer });
    await world.order({ externalId: "1", updatedAt: at("08:10"), note: "gift" });
    const [row] = await db.query<{ buyer: Uint8Array }>("select buyer from orders where merchant_id = $1", [
      world.merchant.id,
    ]);
    expect(Buffer.from(row?.buyer ?? []).toString("utf8")).not.toContain("1380");
    const key = testVault(world.runtime).keyFor(world.merchant.wrappedKey);
    expect(
      openBuyer(key, { connectionId: world.connectionId, externalId: "1" }, row?.buyer as Uint8Array),
    ).toEqual(buyer);
    const told = JSON.stringify(await world.events());
    expect(told).not.toContain("小明");
    expect(factsOf(await world.events(), orderId)).toHaveLength(2);
  });

  it("F060: a thousand at the same moment are a thousand orders, each with its own events", async () => {
    await world.adjust("more", { sku: "A", delta: 2000, reason: "receipt" });
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, index) => world.order({ externalId: `n${index}` })),
    );
    expect(answers.every(({ outcome }) => outcome === "created")).toBe(true);
    expect(new Set(answers.map(({ orderId }) => orderId)).size).toBe(1000);
    expect(await world.levels("A")).toEqual({ MAIN: [2010, 1000, 0] });
    const numbers = (await world.events()).map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  it("refuses more units than can be counted, and nothing moves", async () => {
    await world.listing("PACK", "A", { unitsPer: 1_000_000_000 });
    const before = await world.counts();
    const order = world.order({
      externalId: "1",
      lines: [{ externalLineId: "1", externalItemId: "PACK", quantity: 1_000_000_000, unitPriceMinor: 1 }],
    });
    await expect(order).rejects.toMatchObject({ code: "number_out_of_range" });
    expect(await world.counts()).toEqual(before);
  });
});

describe("one order with two lines of one SKU", () => {
  const twice = { externalId: "1", lines: [line("1", "LAST"), line("2", "LAST")] };
  beforeEach(async () => {
    await world.sku("LAST", 1);
  });

  it("F002: by hand is refused whole", async () => {
    const before = await world.counts();
    expect(await world.manual(twice)).toMatchObject({
      kind: "refused",
      code: "insufficient_stock",
      details: { lines: [{ sku: "LAST", requested: 2, available: 1 }] },
    });
    expect(await world.counts()).toEqual(before);
  });

  it("F002: from a platform is short by one", async () => {
    expect(await world.order(twice)).toMatchObject({ outcome: "created", shortfall: 1 });
    expect(await world.levels("LAST")).toEqual({ MAIN: [1, 1, 0] });
  });
});

describe("several places", () => {
  it("S10: demand 5 over 3 and 4 is held at both, never 5 at one", async () => {
    await world.place("EAST");
    await world.sku("S", 3);
    await world.adjust("east", { sku: "S", location: "EAST", delta: 4, reason: "receipt" });
    expect(await world.order({ externalId: "1", lines: [line("1", "S", 5)] })).toMatchObject({
      shortfall: 0,
    });
    expect(await world.levels("S")).toEqual({ MAIN: [3, 3, 0], EAST: [4, 2, 0] });
    expect(await world.manual({ externalId: "2", lines: [line("1", "S", 3)] })).toMatchObject({
      kind: "refused",
      code: "insufficient_stock",
    });
    expect(await world.levels("S")).toEqual({ MAIN: [3, 3, 0], EAST: [4, 2, 0] });
  });

  it("F100: what a platform keeps in its own warehouse serves no order of ours", async () => {
    await world.place("FBA", "platform");
    await world.sku("S");
    await world.adjust("fba", { sku: "S", location: "FBA", delta: 4, reason: "receipt" });
    expect(await world.order({ externalId: "1", lines: [line("1", "S", 1)] })).toMatchObject({
      shortfall: 1,
    });
    expect(await world.levels("S")).toEqual({ MAIN: [0, 0, 0], FBA: [4, 0, 0] });
  });
});

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}
