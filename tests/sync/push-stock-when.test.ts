import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Stock } from "../../src/connectors/contract.ts";
import { createListings } from "../../src/core/catalogue/listings.ts";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { bag, channels, mug } from "./support/channels.ts";
import { mapTo, published, writes } from "./support/pushed.ts";
import { scripted } from "./support/scripted.ts";

// Whole rounds of everything, many times over: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

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
