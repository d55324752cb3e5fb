import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { createLanes } from "../../src/sync/lanes.ts";
import { createRounds } from "../../src/sync/rounds.ts";
import { cronTable } from "../../src/sync/schedule.ts";
import { memoryDatabase } from "../support/database.ts";
import { type Channels, channels, mug } from "./support/channels.ts";
import { deliverOrder } from "./support/deliver.ts";

// Whole rounds of everything, many times over: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

/** Lets the clock run until `reached`, at most `steps` of 20 ms. */
async function until(hub: Channels, reached: () => Promise<boolean> | boolean, steps = 2_000): Promise<void> {
  for (let step = 0; step < steps; step += 1) {
    if (await reached()) return;
    await hub.runtime.advance(20);
  }
  throw new Error("It never came to that.");
}

describe("a lasting process", () => {
  it("takes a delivery to the other shop's figure by itself", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { products: [{ ...mug, quantity: 10 }] });
    const other = await hub.shop("other");
    await hub.sku("MUG", 10);
    await shop.map("MUG");
    await other.map("MUG");
    hub.sync.start();
    hub.sync.start();
    await until(hub, () => other.figure() === 10);
    const startedAt = hub.runtime.clock.nowMs();
    shop.sell(4);
    await until(hub, () => other.figure() === 6);
    expect(hub.runtime.clock.nowMs() - startedAt).toBeLessThan(10_000);
    await hub.sync.stop();
    expect(
      await hub.query("select status, attempts from inbox where merchant_id = $1 and status <> 'ignored'", [
        hub.merchant.id,
      ]),
    ).toStrictEqual([
      { status: "applied", attempts: 0 },
      { status: "applied", attempts: 0 },
    ]);
    expect(
      await hub.query("select holder from leases where merchant_id = $1 and expires_at > $2", [
        hub.merchant.id,
        new Date(hub.runtime.clock.nowMs()).toISOString(),
      ]),
    ).toStrictEqual([]);
  });

  it("notices what the API changed without being told", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop");
    await hub.sku("MUG", 10);
    await shop.map("MUG");
    hub.sync.start();
    await until(hub, () => shop.figure() === 10);
    await hub.submit({
      kind: "hold.create",
      input: { reference: "h", lines: [{ sku: "MUG", quantity: 3 }] },
      expiresAt: null,
    });
    await until(hub, () => shop.figure() === 7);
  });

  it("answers a rush first and works on it afterwards", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    hub.sync.start();
    const rush = Array.from({ length: 100 }, (_, index) =>
      deliverOrder(hub, shop.connectionId, `msg_${index}`, { externalId: String(index) }),
    );
    const receipts = await Promise.all(rush);
    expect(receipts.every((receipt) => receipt.accepted)).toBe(true);
    const count = async (status: string) =>
      (
        await hub.query("select 1 from inbox where merchant_id = $1 and status = $2", [
          hub.merchant.id,
          status,
        ])
      ).length;
    expect(await count("received")).toBe(100);
    await until(hub, async () => (await count("applied")) === 100);
  });

  it("stops cleanly in the middle of everything, and another process goes on", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { products: [{ ...mug, quantity: 500 }] });
    await hub.sku("MUG", 500);
    await shop.map("MUG");
    hub.sync.start();
    for (let sale = 0; sale < 40; sale += 1) shop.sell();
    await hub.runtime.advance(10);
    await hub.sync.stop();
    const waiting = hub.runtime.sleeping();
    await hub.runtime.advance(60_000);
    expect(hub.runtime.sleeping()).toBeLessThanOrEqual(waiting);
    const next = hub.process("next");
    await next.runDue();
    expect(await hub.stock("MUG")).toStrictEqual({ onHand: 500, reserved: 40 });
    expect(shop.figure()).toBe(460);
  });

  it("expires holds whose time is over, once", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop");
    await hub.sku("MUG", 10);
    await shop.map("MUG");
    const expiresAt = new Date(hub.runtime.clock.nowMs() + 60_000).toISOString();
    await hub.submit({
      kind: "hold.create",
      input: { reference: "h", lines: [{ sku: "MUG", quantity: 4 }] },
      expiresAt,
    });
    await hub.sync.runDue();
    expect(shop.figure()).toBe(6);
    await hub.runtime.advance(60_000);
    await hub.sync.runDue();
    expect([shop.figure(), hub.sync.counters.holds.expired]).toStrictEqual([10, 1]);
    expect(
      await hub.query("select status from holds where merchant_id = $1", [hub.merchant.id]),
    ).toStrictEqual([{ status: "expired" }]);
  });

  it("keeps the books along the way", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { products: [{ ...mug, quantity: 10 }] });
    await hub.sku("MUG", 10);
    await shop.map("MUG");
    shop.sell(2);
    await hub.sync.runDue();
    const [books] = await hub.query<{ entries: number }>(
      "select count(*) as entries from journal_entries where merchant_id = $1",
      [hub.merchant.id],
    );
    expect(books?.entries).toBeGreaterThan(0);
  });

  it("forgets closed deliveries and old runs in time, never quarantined ones", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    await deliverOrder(hub, shop.connectionId, "msg_1", { externalId: "1" });
    await hub.sync.runDue();
    await deliverOrder(hub, shop.connectionId, "msg_2", { externalId: "2" });
    await hub.sync.runDue();
    await hub.query(
      "update inbox set status = 'quarantined' where merchant_id = $1 and delivery_id = 'msg_2'",
      [hub.merchant.id],
    );
    await hub.query("update connections set status = 'paused' where merchant_id = $1", [hub.merchant.id]);
    const left = async () => [
      (await hub.query("select delivery_id from inbox where merchant_id = $1", [hub.merchant.id])).length,
      (await hub.query("select id from sync_runs where merchant_id = $1", [hub.merchant.id])).length > 0,
    ];
    await hub.runtime.advance(6 * 86_400_000);
    await hub.sync.runDue();
    expect(await left()).toStrictEqual([2, true]);
    await hub.runtime.advance(2 * 86_400_000);
    await hub.sync.runDue();
    expect(await left()).toStrictEqual([2, false]);
    await hub.runtime.advance(23 * 86_400_000);
    await hub.sync.runDue();
    expect(
      await hub.query("select delivery_id from inbox where merchant_id = $1", [hub.merchant.id]),
    ).toStrictEqual([{ delivery_id: "msg_2" }]);
  });

  it("has a time for every job", () => {
    expect(cronTable.map(({ job }) => job).toSorted()).toStrictEqual([
      "checkPromises",
      "compareWithPlatforms",
      "expireHolds",
      "keepHouse",
      "pullOrders",
      "reportGaps",
    ]);
  });
});

describe("lanes", () => {
  it("run one at a time per key, and once more for any number of kicks meanwhile", async () => {
    const runs: string[] = [];
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const lanes = createLanes(
      async (key) => {
        runs.push(key);
        if (runs.length === 1) await gate;
      },
      () => {},
    );
    lanes.kick("a");
    lanes.kick("a");
    lanes.kick("a");
    lanes.kick("b");
    expect(runs).toStrictEqual(["a", "b"]);
    open();
    await lanes.idle();
    expect(runs).toStrictEqual(["a", "b", "a"]);
    await lanes.stop();
    lanes.kick("a");
    expect(runs).toHaveLength(3);
  });

  it("one that fails says so and is run again when kicked", async () => {
    const errors: string[] = [];
    const lanes = createLanes(
      () => Promise.reject(new Error("broken")),
      (key) => errors.push(key),
    );
    lanes.kick("a");
    await lanes.idle();
    lanes.kick("a");
    await lanes.idle();
    expect(errors).toStrictEqual(["a", "a"]);
  });
});

describe("rounds", () => {
  it("the first item goes alone, the rest together, never more than allowed", async () => {
    const sets: number[][] = [];
    const rounds = createRounds<number>(3, async (items) => {
      sets.push(items);
      await Promise.resolve();
    });
    for (let item = 1; item <= 8; item += 1) rounds.add(item);
    await rounds.idle();
    expect(sets).toStrictEqual([[1], [2, 3, 4], [5, 6, 7], [8]]);
  });
});
