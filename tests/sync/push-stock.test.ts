import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Stock, StockOutcome, StockWrite, StockWriteKind } from "../../src/connectors/contract.ts";
import { updateConnection } from "../../src/core/catalogue/connections.ts";
import {
  createListing,
  createListings,
  deleteListing,
  updateListing,
} from "../../src/core/catalogue/listings.ts";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { bag, type Channels, channels, mug, type TestShop } from "./support/channels.ts";
import { scripted } from "./support/scripted.ts";

// Whole rounds of everything, many times over: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const writes = (shop: TestShop) => shop.calls.filter((call) => call === "POST /stock").length;

const outboxOf = (hub: Channels) =>
  hub.query<{ status: string; attempts: number; error_kind: string | null }>(
    "select status, attempts, error_kind from outbox where merchant_id = $1 and kind = 'stock' order by subject_id",
    [hub.merchant.id],
  );

const published = async (hub: Channels) =>
  (
    await hub.query<{ published_quantity: number | null }>(
      "select published_quantity from listings where merchant_id = $1 order by id",
      [hub.merchant.id],
    )
  ).map((row) => row.published_quantity);

const openTasks = (hub: Channels) =>
  hub.query<{ kind: string; subject: string }>(
    "select kind, subject from tasks where merchant_id = $1 and status = 'open' order by kind",
    [hub.merchant.id],
  );

describe("what is shown", () => {
  it("F076: on hand 80, reserved 29 is pushed as 51", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop");
    await hub.sku("MUG", 80);
    await hub.submit({
      kind: "hold.create",
      input: { reference: "h", lines: [{ sku: "MUG", quantity: 29 }] },
      expiresAt: null,
    });
    await shop.map("MUG");
    await hub.sync.runDue();
    expect(shop.figure()).toBe(51);
    expect(await published(hub)).toStrictEqual([51]);
  });

  it("F080: a bundle shows what its scarcest component allows, and follows each of them", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop");
    await hub.sku("A", 7);
    await hub.sku("B", 5);
    await hub.sku("SET", 0, {
      kind: "bundle",
      components: [
        { sku: "A", quantity: 2 },
        { sku: "B", quantity: 1 },
      ],
    });
    await shop.map("SET");
    await hub.sync.runDue();
    expect(shop.figure()).toBe(3);
    await hub.adjust("A", { delta: 100 });
    await hub.sync.runDue();
    expect(shop.figure()).toBe(5);
    await hub.adjust("B", { delta: -4, reason: "damage" });
    await hub.sync.runDue();
    expect(shop.figure()).toBe(1);
  });

  it("obeys pack size, buffer and cap, and a change of them", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop");
    await hub.sku("MUG", 50);
    const listing = await shop.map("MUG", mug, { unitsPer: 6, buffer: 2 });
    await hub.sync.runDue();
    expect(shop.figure()).toBe(8);
    await updateListing(db, hub.runtime, hub.merchant.id, listing, { cap: 5 });
    await hub.sync.runDue();
    expect(shop.figure()).toBe(5);
  });

  it("F078: an item that existed long before it is mapped gets its figure", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { products: [{ ...mug, quantity: 999 }, bag] });
    await hub.sku("MUG", 12);
    await hub.sync.runDue();
    expect([shop.figure(), writes(shop)]).toStrictEqual([999, 0]);
    await shop.map("MUG");
    await hub.sync.runDue();
    expect([shop.figure(), writes(shop)]).toStrictEqual([12, 1]);
  });

  it("F078: the first reconciliation finds it even if its event was missed", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { products: [{ ...mug, quantity: 999 }, bag] });
    await hub.sku("MUG", 12);
    await shop.map("MUG");
    await hub.query(
      `insert into cursors (merchant_id, name, value, updated_at)
       select merchant_id, 'consumer:stock', jsonb_build_object('seq', last_event_seq), created_at from merchants where merchant_id = $1`,
      [hub.merchant.id],
    );
    await hub.sync.runDue();
    expect(shop.figure()).toBe(12);
  });

  it("F082: a sale without any product event reaches the other shop", async () => {
    const hub = await channels(db);
    const selling = await hub.shop("selling");
    const other = await hub.shop("other");
    await hub.sku("MUG", 10);
    await selling.map("MUG");
    await other.map("MUG");
    await hub.sync.runDue();
    selling.sell(4);
    await hub.whileTimePasses(selling.sandbox.settled());
    await hub.sync.runDue();
    expect([selling.figure(), other.figure()]).toStrictEqual([6, 6]);
  });

  it("a listing that is not mapped any more is left alone", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop");
    await hub.sku("MUG", 10);
    const listing = await shop.map("MUG");
    await deleteListing(db, hub.runtime, hub.merchant.id, listing);
    await hub.sync.runDue();
    expect([shop.figure(), writes(shop), await outboxOf(hub)]).toStrictEqual([0, 0, []]);
  });
});

describe("when it is sent", () => {
  it("F058: a thousand recalculations that change nothing cause no remote write", async () => {
    const products = Array.from({ length: 100 }, (_, index) => ({
      ...mug,
      externalId: `P${index}`,
      externalVariantId: `V${index}`,
    }));
    const hub = await channels(db);
    const shop = await hub.shop("shop", { products });
    await hub.sku("MUG", 100);
    const connection = shop.connectionId;
    const more = { connection, sku: "MUG", unitsPer: 1, buffer: 0, cap: 10 };
    await createListings(
      db,
      hub.runtime,
      hub.merchant.id,
      products.map(({ externalId, externalVariantId }) => ({ ...more, externalId, externalVariantId })),
    );
    await hub.sync.runDue();
    expect(hub.sync.counters.stock).toMatchObject({ sent: 100, skipped: 0 });
    const before = writes(shop);
    for (let round = 0; round < 10; round += 1) {
      await hub.adjust("MUG", { delta: round % 2 === 0 ? -1 : 1, reason: "other" });
      await hub.sync.runDue();
    }
    expect(hub.sync.counters.stock).toMatchObject({ sent: 100, skipped: 1000 });
    expect([writes(shop) - before, shop.figure(products[99])]).toStrictEqual([0, 10]);
  });

  it("changes of one listing are one write", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop");
    await hub.sku("MUG", 1);
    await shop.map("MUG");
    for (let step = 0; step < 20; step += 1) await hub.adjust("MUG", { delta: 1 });
    await hub.sync.runDue();
    expect([shop.figure(), writes(shop)]).toStrictEqual([21, 1]);
  });

  it("is written again after a sale of the shop's own, even when the target equals the last figure", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop");
    await hub.sku("MUG", 10);
    await shop.map("MUG");
    await hub.sync.runDue();
    shop.sell(3);
    await hub.whileTimePasses(shop.sandbox.settled());
    await hub.adjust("MUG", { delta: 3 });
    expect(shop.figure()).toBe(7);
    await hub.sync.runDue();
    expect(shop.figure()).toBe(10);
  });

  it.each([
    ["restores it by itself", true],
    ["does not", false],
  ])(
    "F062: after a cancel the figure is the hub's, whether the platform %s",
    async (_, restoresOnUnpaidCancel) => {
      const hub = await channels(db);
      const shop = await hub.shop("shop", {
        behaviour: { restoresOnUnpaidCancel },
        settings: { restoresOnUnpaidCancel },
      });
      await hub.sku("MUG", 10);
      await shop.map("MUG");
      await hub.sync.runDue();
      const placed = shop.sandbox.shop.place({ lines: [{ ...mug, quantity: 4 }] });
      const orderId = placed.ok ? placed.order.externalId : "";
      await hub.whileTimePasses(shop.sandbox.settled());
      await hub.sync.runDue();
      expect(shop.figure()).toBe(6);
      shop.sandbox.shop.cancel(orderId);
      await hub.whileTimePasses(shop.sandbox.settled());
      await hub.sync.runDue();
      expect([shop.figure(), await hub.stock("MUG")]).toStrictEqual([10, { onHand: 10, reserved: 0 }]);
    },
  );

  it("a cancelled sale that had found no units is written over when the platform puts its unit back", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { products: [{ ...mug, quantity: 2 }, bag] });
    await hub.sku("MUG", 0);
    // The shop still had two units of its own when it was connected, and sold them before it heard of the hub.
    const placed = shop.sandbox.shop.place({ lines: [{ ...mug, quantity: 2 }] });
    await shop.map("MUG");
    await hub.whileTimePasses(shop.sandbox.settled());
    await hub.sync.runDue();
    expect([shop.figure(), await published(hub)]).toStrictEqual([0, [0]]);
    shop.sandbox.shop.cancel(placed.ok ? placed.order.externalId : "");
    expect(shop.figure()).toBe(2);
    await hub.whileTimePasses(shop.sandbox.settled());
    await hub.sync.runDue();
    expect([shop.figure(), await hub.stock("MUG")]).toStrictEqual([0, { onHand: 0, reserved: 0 }]);
  });

  it("F062: a platform that restores later, or loses a write, is found by comparing", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop");
    await hub.sku("MUG", 10);
    await shop.map("MUG");
    await hub.sync.runDue();
    shop.sandbox.shop.shelf.putBack(mug, 5);
    await hub.runtime.advance(600_000);
    await hub.sync.runDue();
    expect(shop.figure()).toBe(10);
    shop.sandbox.shop.shelf.take(mug, 4);
    await hub.runtime.advance(600_000);
    await hub.sync.runDue();
    expect([shop.figure(), hub.sync.counters.stock.drifted]).toStrictEqual([10, 2]);
  });

  it("a figure below the target is not written over before the orders were looked at", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    await hub.sku("MUG", 10);
    await shop.map("MUG");
    await hub.sync.runDue();
    await hub.runtime.advance(600_000);
    // Sold between this run's pull and its comparison: the platform shows 7, the hub has not heard of it.
    shop.intercept = async (input) => {
      const request = input as Request;
      if (request.method === "GET" && new URL(request.url).pathname === "/stock" && shop.figure() === 10)
        shop.sell(3);
      return shop.sandbox.fetch(request);
    };
    const before = writes(shop);
    await hub.sync.runDue();
    const figures = shop.sandbox.journal
      .entries()
      .flatMap((entry) => (entry.kind === "stock_written" ? [entry.figure] : []));
    expect(figures.slice(before).every((figure) => figure <= 7)).toBe(true);
    expect([shop.figure(), await hub.stock("MUG")]).toStrictEqual([7, { onHand: 10, reserved: 3 }]);
  });

  it("S06: the figure is computed when the call's turn has come, not while it waits for it", async () => {
    const sent: number[] = [];
    const stock: Stock = {
      push: async (batch) => {
        sent.push(...batch.map((write) => write.quantity));
        return batch.map(() => ({ ok: true }));
      },
    };
    const limits = { ordersPerPage: 10, stockWritesPerCall: 10, callsPerSecond: 0.2, burst: 1 };
    const hub = await channels(db, {
      connectors: [scripted({ stock }, { limits })],
      sync: { patienceMs: 10_000 },
    });
    const connection = await hub.connect("scripted", "slow");
    await hub.sku("MUG", 10);
    await mapTo(hub, connection, "MUG");
    await hub.sync.runDue();
    await hub.adjust("MUG", { delta: 1 });
    const pushing = hub.sync.runDue();
    // The lease is kept alive by one sleep, the wait for the budget is another.
    await vi.waitUntil(() => hub.runtime.sleeping() === 2, { timeout: 20_000 });
    await hub.adjust("MUG", { delta: 5 });
    await hub.whileTimePasses(pushing);
    expect(sent).toStrictEqual([10, 16]);
  });

  it("S06: each write carries the figure of its own moment", async () => {
    const sent: { externalId: string; quantity: number; core: number }[] = [];
    let sell: (skuCode: string) => Promise<void> = async () => {};
    const core = new Map<string, number>();
    const stock: Stock = {
      push: async (batch) => {
        for (const write of batch)
          sent.push({
            externalId: write.externalId,
            quantity: write.quantity,
            core: core.get(write.externalId) ?? -1,
          });
        // While this call is under way, others sell from listings that wait and from one that was just sent.
        for (const code of ["S10", "S59", batch[0]?.externalId ?? ""]) await sell(code);
        return batch.map(() => ({ ok: true }));
      },
    };
    const limits = { ordersPerPage: 10, stockWritesPerCall: 10, callsPerSecond: 1000, burst: 1000 };
    const hub = await channels(db, { connectors: [scripted({ stock }, { limits })] });
    const connection = await hub.connect("scripted", "slow");
    for (let index = 10; index < 60; index += 1) {
      const code = `S${index}`;
      await hub.sku(code, 100);
      core.set(code, 100);
      await mapTo(hub, connection, code);
    }
    let sales = 0;
    sell = async (code) => {
      if (sales >= 30) return;
      sales += 1;
      core.set(code, (core.get(code) ?? 0) - 1);
      await hub.adjust(code, { delta: -1, reason: "other" });
    };
    await hub.sync.runDue();
    expect(sent.length).toBeGreaterThanOrEqual(50);
    expect(sent.filter((write) => write.quantity !== write.core)).toStrictEqual([]);
    const last = new Map(sent.map((write) => [write.externalId, write.quantity]));
    expect([...last]).toStrictEqual([...last.keys()].map((code) => [code, core.get(code)]));
  });
});

const mapTo = async (hub: Channels, connectionId: string, code: string): Promise<string> => {
  const made = await createListing(db, hub.runtime, hub.merchant.id, {
    connection: connectionId,
    externalId: code,
    sku: code,
    unitsPer: 1,
    buffer: 0,
    cap: null,
  });
  return made.listing.id;
};

describe("when it fails", () => {
  it.each([
    ["with Retry-After", 20],
    ["without Retry-After", null],
  ])(
    "F084: ten minutes of 429 %s: nothing is lost, the newest figure wins, calls stay within the budget",
    async (_, retryAfterSeconds) => {
      const hub = await channels(db);
      const shop = await hub.shop("shop", { webhooks: false, settings: { callsPerSecond: 2, burst: 4 } });
      await hub.sku("MUG", 10);
      await hub.sku("BAG", 10);
      await shop.map("MUG");
      await shop.map("BAG", bag);
      Object.assign(shop.sandbox.faults, { rateLimit: 1, retryAfterSeconds });
      const start = hub.runtime.clock.nowMs();
      for (let minute = 0; minute < 10; minute += 1) {
        await hub.adjust("MUG", { delta: 1 });
        for (let look = 0; look < 3; look += 1) {
          await hub.sync.runDue();
          await hub.runtime.advance(20_000);
        }
      }
      const seconds = (hub.runtime.clock.nowMs() - start) / 1000;
      expect(shop.calls.length).toBeLessThanOrEqual(4 + 2 * seconds);
      // A blocked account is asked again when its time is over, not by every job at every look.
      expect(shop.calls.length).toBeLessThanOrEqual(31);
      expect([shop.figure(), shop.figure(bag)]).toStrictEqual([0, 0]);
      shop.sandbox.faults.rateLimit = 0;
      for (let look = 0; look < 4; look += 1) {
        await hub.runtime.advance(90_000);
        await hub.sync.runDue();
      }
      expect([shop.figure(), shop.figure(bag)]).toStrictEqual([20, 10]);
      expect((await outboxOf(hub)).map((row) => [row.status, row.attempts])).toStrictEqual([
        ["done", 0],
        ["done", 0],
      ]);
    },
  );

  it("a write that took effect but was never answered is in doubt, then settled by repeating it", async () => {
    const hub = await channels(db, { sync: { callMs: 2_000 } });
    const shop = await hub.shop("shop", { faults: { writeAppliedButTimedOut: 1 } });
    await hub.sku("MUG", 10);
    await shop.map("MUG");
    await hub.whileTimePasses(hub.sync.runDue());
    expect([shop.figure(), await published(hub)]).toStrictEqual([10, [null]]);
    expect(await outboxOf(hub)).toMatchObject([{ status: "unknown", error_kind: "unknown" }]);
    expect(await hub.sync.states(hub.merchant.id)).toMatchObject([{ unknown: 1, pending: 0 }]);
    shop.sandbox.faults.writeAppliedButTimedOut = 0;
    await hub.runtime.advance(300_000);
    await hub.sync.runDue();
    expect([shop.figure(), await published(hub)]).toStrictEqual([10, [10]]);
    expect(await outboxOf(hub)).toStrictEqual([{ status: "done", attempts: 0, error_kind: null }]);
  });

  it.each([["compareAndSet"], ["delta"]] as const)(
    "where only %s may be written, a doubtful write is settled by reading first",
    async (kind) => {
      const hub = await channels(db, { sync: { callMs: 2_000 } });
      const shop = await hub.shop("shop", {
        products: [{ ...mug, quantity: 4 }, bag],
        settings: { stockWrites: [kind] },
      });
      await hub.sku("MUG", 10);
      await shop.map("MUG");
      shop.sandbox.faults.writeAppliedButTimedOut = 1;
      await hub.whileTimePasses(hub.sync.runDue());
      expect([shop.figure(), (await outboxOf(hub))[0]?.status]).toStrictEqual([10, "unknown"]);
      shop.sandbox.faults.writeAppliedButTimedOut = 0;
      const before = writes(shop);
      await hub.runtime.advance(300_000);
      await hub.sync.runDue();
      expect([shop.figure(), writes(shop) - before, await published(hub)]).toStrictEqual([10, 0, [10]]);
    },
  );

  it("a conditional write that meets another figure reads it and tries again", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", {
      products: [{ ...mug, quantity: 4 }, bag],
      webhooks: false,
      settings: { stockWrites: ["compareAndSet"] },
    });
    await hub.sku("MUG", 10);
    await shop.map("MUG");
    let sold = false;
    shop.intercept = async (input) => {
      const request = input as Request;
      if (request.method === "POST" && !sold) {
        sold = true;
        shop.sandbox.shop.shelf.take(mug, 1);
      }
      return shop.sandbox.fetch(request);
    };
    await hub.sync.runDue();
    expect([shop.figure(), writes(shop), await published(hub)]).toStrictEqual([10, 2, [10]]);
  });

  it("what a shop may have sold unheard does not add up with every figure it gets", async () => {
    const hub = await channels(db);
    await hub.sku("MUG", 152);
    const kinds: StockWriteKind[][] = [["set", "delta", "compareAndSet"], ["delta"], ["set"]];
    const shops: TestShop[] = [];
    for (const [index, stockWrites] of kinds.entries()) {
      const shop = await hub.shop(`shop-${index}`, { webhooks: false, settings: { stockWrites } });
      await shop.map("MUG");
      shops.push(shop);
    }
    await hub.sync.runDue();
    for (let round = 0; round < 4; round += 1) {
      await hub.adjust("MUG", { delta: -1 });
      await hub.sync.runDue();
      await hub.runtime.advance(1_000);
    }
    expect(shops.map((shop) => shop.figure())).toEqual([148, 148, 148]);
    const [first, second, plain] = await hub.query<{ sum: number }>(
      "select after + before + in_flight as sum from exposures where merchant_id = $1 order by listing_id",
      [hub.merchant.id],
    );
    // A change by a difference forgets no sale. A plain set does: each may have hidden a whole figure.
    expect([first?.sum, second?.sum, plain?.sum]).toEqual([152, 152, 152 + 151 + 150 + 149 + 148]);
  });

  it("an order first heard of when it is over leaves its shop owed a figure, even one that cannot be read", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", {
      webhooks: false,
      behaviour: { restoresOnUnpaidCancel: false },
      settings: { stockWrites: ["set"], offers: ["listings"], restoresOnUnpaidCancel: false },
    });
    await hub.sku("MUG", 10);
    await shop.map("MUG");
    await hub.sync.runDue();
    const placed = shop.sandbox.shop.place({ lines: [{ ...mug, quantity: 3 }] });
    if (!placed.ok) throw new Error("no order");
    shop.sandbox.shop.cancel(placed.order.externalId);
    expect(shop.figure()).toBe(7);
    await hub.runtime.advance(61_000);
    await hub.sync.runDue();
    expect(shop.figure()).toBe(10);
  });

  it("what will not work as it is is parked with a task, tried once more on request, and the task closed", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { settings: { stockWrites: ["set"] } });
    await hub.sku("MUG", 10);
    await hub.sku("GONE", 5);
    await shop.map("MUG");
    const gone = await shop.map("GONE", { ...mug, externalId: "P9" });
    await hub.sync.runDue();
    expect([shop.figure(), await published(hub)]).toStrictEqual([10, [10, null]]);
    expect(await outboxOf(hub)).toStrictEqual([
      { status: "done", attempts: 0, error_kind: null },
      { status: "parked", attempts: 1, error_kind: "not_found" },
    ]);
    expect(await openTasks(hub)).toStrictEqual([{ kind: "stock_push_parked", subject: gone }]);
    // A change of stock does not revive it: a person must act.
    const before = writes(shop);
    await hub.adjust("GONE", { delta: 1 });
    await hub.sync.runDue();
    expect([writes(shop) - before, (await outboxOf(hub))[1]?.status]).toStrictEqual([0, "parked"]);
    expect(await hub.sync.retryParked(hub.merchant.id, shop.connectionId)).toBe(1);
    expect(await openTasks(hub)).toStrictEqual([]);
    await hub.sync.runDue();
    expect([writes(shop) - before, (await outboxOf(hub))[1]?.status]).toStrictEqual([1, "parked"]);
  });

  it("a listing that was corrected is taken up again by itself", async () => {
    const answers: StockOutcome[] = [{ ok: false, kind: "invalid", message: "too many for this item" }];
    const pushed: StockWrite[] = [];
    const stock: Stock = {
      push: async (batch) => {
        pushed.push(...batch);
        return batch.map(() => answers.shift() ?? { ok: true });
      },
    };
    const hub = await channels(db, { connectors: [scripted({ stock })] });
    const connection = await hub.connect("scripted", "strict");
    await hub.sku("MUG", 10);
    const listing = await mapTo(hub, connection, "MUG");
    await hub.sync.runDue();
    expect(await outboxOf(hub)).toMatchObject([{ status: "parked", error_kind: "invalid" }]);
    await updateListing(db, hub.runtime, hub.merchant.id, listing, { cap: 3 });
    await hub.sync.runDue();
    expect(pushed.map((write) => write.quantity)).toStrictEqual([10, 3]);
    expect([await outboxOf(hub), await openTasks(hub)]).toStrictEqual([
      [{ status: "done", attempts: 0, error_kind: null }],
      [],
    ]);
  });

  it("refused credentials stop the lane; new ones let it go on from where it stood", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { apiToken: "right" });
    await hub.sku("MUG", 10);
    await shop.map("MUG");
    await hub.sync.runDue();
    expect(await hub.sync.states(hub.merchant.id)).toMatchObject([
      { status: "refused", pending: 1, parked: 0 },
    ]);
    const { calls } = shop;
    const before = calls.length;
    await hub.runtime.advance(3_600_000);
    await hub.sync.runDue();
    expect(calls.length).toBe(before);
    await updateConnection(db, hub, hub.merchant.id, shop.connectionId, { secrets: { apiToken: "right" } });
    await hub.runtime.advance(5_000);
    await hub.sync.runDue();
    expect([shop.figure(), await openTasks(hub)]).toStrictEqual([10, []]);
  });

  it("a platform that is down opens its circuit and delays nobody else", async () => {
    const hub = await channels(db);
    const down = await hub.shop("down", { webhooks: false, faults: { serverError: 1 } });
    const up = await hub.shop("up", { webhooks: false });
    await hub.sku("MUG", 10);
    await down.map("MUG");
    await up.map("MUG");
    for (let minute = 0; minute < 12; minute += 1) {
      await hub.adjust("MUG", { delta: 1 });
      await hub.sync.runDue();
      expect(up.figure()).toBe(11 + minute);
      await hub.runtime.advance(60_000);
    }
    expect(down.calls.length).toBeLessThan(16);
    expect(await hub.sync.states(hub.merchant.id)).toMatchObject([
      { name: "down", circuit: "open", pending: 1 },
      { name: "up", circuit: "closed", pending: 0 },
    ]);
    down.sandbox.faults.serverError = 0;
    await hub.runtime.advance(720_000);
    await hub.sync.runDue();
    expect(down.figure()).toBe(22);
    expect(await hub.sync.states(hub.merchant.id)).toMatchObject([{ circuit: "closed", pending: 0 }, {}]);
  });

  it("a process that lost its lease in the middle of a call writes nothing down", async () => {
    const figures: number[] = [];
    let steal: () => Promise<unknown> = async () => {};
    const stock: Stock = {
      push: async (batch) => {
        figures.push(...batch.map((write) => write.quantity));
        await steal();
        return batch.map(() => ({ ok: true }));
      },
    };
    const hub = await channels(db, { connectors: [scripted({ stock })] });
    const connection = await hub.connect("scripted", "slow");
    await hub.sku("MUG", 10);
    await mapTo(hub, connection, "MUG");
    steal = () =>
      hub.query("update leases set token = token + 1 where merchant_id = $1 and name like 'push-stock:%'", [
        hub.merchant.id,
      ]);
    await hub.sync.runDue();
    expect([await outboxOf(hub), await published(hub)]).toMatchObject([[{ status: "sending" }], [null]]);
    expect(hub.logged.map((line) => line.message)).toStrictEqual(["A push failed; what it owed stays owed."]);
    steal = async () => {};
    await hub.runtime.advance(60_000);
    await hub.sync.runDue();
    expect([await outboxOf(hub), await published(hub), figures]).toMatchObject([
      [{ status: "done" }],
      [10],
      [10, 10],
    ]);
  });

  it("a connection that cannot even be opened stops nobody else", async () => {
    const hub = await channels(db);
    const broken = await hub.shop("broken");
    const shop = await hub.shop("shop");
    await hub.sku("MUG", 10);
    await broken.map("MUG");
    await shop.map("MUG");
    await hub.query("update connections set settings = '{}' where id = $1", [broken.connectionId]);
    await hub.sync.runDue();
    expect([broken.figure(), shop.figure()]).toStrictEqual([0, 10]);
    expect(hub.logged.map((line) => line.level)).toContain("error");
    await hub.query("update connections set settings = $2::jsonb where id = $1", [
      broken.connectionId,
      JSON.stringify({ baseUrl: "https://broken.test" }),
    ]);
    await hub.runtime.advance(600_000);
    await hub.sync.runDue();
    expect(broken.figure()).toBe(10);
  });

  it("a row that a dead process left half sent is sent again when that call's time is over", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    await hub.sku("MUG", 10);
    await shop.map("MUG");
    await hub.sync.runDue();
    // It had sent 11, which took effect, and died; now the target is what the platform confirmed before.
    const later = new Date(hub.runtime.clock.nowMs() + 60_000).toISOString();
    await hub.query(
      "update outbox set status = 'sending', quantity = 11, requested = 9, not_before = $2 where merchant_id = $1",
      [hub.merchant.id, later],
    );
    shop.sandbox.shop.shelf.putBack(mug, 1);
    await hub.sync.runDue();
    expect([shop.figure(), await published(hub)]).toStrictEqual([11, [10]]);
    await hub.runtime.advance(60_000);
    await hub.sync.runDue();
    expect([shop.figure(), (await outboxOf(hub))[0]?.status]).toStrictEqual([10, "done"]);
  });

  it("a connector that throws is logged as a bug, and its write stays in doubt", async () => {
    const stock: Stock = { push: () => Promise.reject(new Error("no way for a-word-of-ours")) };
    const hub = await channels(db, { connectors: [scripted({ stock })] });
    const connection = await hub.connect("scripted", "broken", { secrets: { word: "a-word-of-ours" } });
    await hub.sku("MUG", 10);
    await mapTo(hub, connection, "MUG");
    await hub.sync.runDue();
    expect(await outboxOf(hub)).toMatchObject([{ status: "unknown" }]);
    const told = hub.logText.join("\n");
    expect(told).toContain("no way for [secret]");
    expect(told).not.toContain("a-word-of-ours");
    expect(hub.logged).toMatchObject([
      { level: "error", message: "A connector threw instead of answering; this is a bug in it." },
    ]);
  });
});
