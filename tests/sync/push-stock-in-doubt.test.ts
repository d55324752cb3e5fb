import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Stock, StockWriteKind } from "../../src/connectors/contract.ts";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { bag, channels, mug, type TestShop } from "./support/channels.ts";
import { mapTo, outboxOf, published, writes } from "./support/pushed.ts";
import { scripted } from "./support/scripted.ts";

// Whole rounds of everything, many times over: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

describe("when it fails", () => {
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
