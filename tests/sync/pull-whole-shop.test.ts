import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { deleteListing } from "../../src/core/catalogue/listings.ts";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { channels, mug } from "./support/channels.ts";
import { orderIds } from "./support/pulled.ts";

// Whole rounds of everything, many times over: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

describe("a whole shop", () => {
  it("F070: history of every status is fetched", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { products: [{ ...mug, quantity: 50 }], webhooks: false });
    const { shop: inside } = shop.sandbox;
    const ids = [shop.sell(), shop.sell(), shop.sell(), shop.sell()];
    inside.cancel(ids[0] ?? "");
    inside.refund(ids[1] ?? "", { amountMinor: mug.priceMinor });
    inside.ship({
      orderExternalId: ids[2] ?? "",
      shipmentId: "s",
      lines: [{ externalLineId: "L1", quantity: 1 }],
    });
    inside.complete(ids[2] ?? "");
    await hub.sync.runDue();
    const rows = await hub.query<{ external_id: string; told_status: string }>(
      "select external_id, told_status from orders where merchant_id = $1",
      [hub.merchant.id],
    );
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(row.told_status).toBe(inside.orders.get(row.external_id)?.status);
  });

  it.each(["UTC", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu"])(
    "F066: the zone of the hub's process (%s) changes nothing",
    async (zone) => {
      const before = process.env.TZ;
      process.env.TZ = zone;
      try {
        const hub = await channels(db);
        const shop = await hub.shop("shop", { products: [{ ...mug, quantity: 50 }], webhooks: false });
        shop.sell();
        await hub.sync.runDue();
        await hub.runtime.advance(3 * 3_600_000);
        const recent = shop.sell();
        await hub.sync.runDue();
        const rows = await hub.query<{ external_id: string; placed_at: string }>(
          "select external_id, placed_at from orders where merchant_id = $1 order by placed_at",
          [hub.merchant.id],
        );
        expect(rows.map((row) => row.placed_at)).toStrictEqual([
          "2026-11-22T08:00:00.000Z",
          "2026-11-22T11:00:00.000Z",
        ]);
        expect(rows.at(-1)?.external_id).toBe(recent);
        await hub.close();
      } finally {
        if (before === undefined) delete process.env.TZ;
        else process.env.TZ = before;
      }
    },
  );

  it("F068: a shop whose clock runs ahead goes on being read, and nothing is missed", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", {
      products: [{ ...mug, quantity: 50 }],
      webhooks: false,
      faults: { clockSkewMs: 7_200_000 },
    });
    shop.sell();
    await hub.sync.runDue();
    shop.sandbox.faults.clockSkewMs = 0;
    await hub.runtime.advance(3_600_000);
    shop.sell();
    await hub.sync.runDue();
    expect(await orderIds(hub)).toHaveLength(2);
  });

  it("F072: with one delivery in ten dropped, one poll makes it complete", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", {
      products: [{ ...mug, quantity: 200 }],
      seed: 7,
      faults: { dropWebhooks: 0.1 },
    });
    await hub.sku("MUG", 200);
    await shop.map("MUG");
    const sold = Array.from({ length: 100 }, () => shop.sell());
    await hub.whileTimePasses(shop.sandbox.settled());
    expect(shop.sandbox.journal.counts().webhook_dropped).toBeGreaterThan(5);
    await hub.sync.runDue();
    expect(await orderIds(hub)).toStrictEqual(sold.toSorted());
    expect(await hub.stock("MUG")).toStrictEqual({ onHand: 200, reserved: 100 });
    expect(shop.figure()).toBe(100);
  });

  it("F074: after a listing was deleted its orders wait for a mapping and book on no other SKU", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", {
      products: [
        { ...mug, quantity: 5 },
        { ...mug, externalId: "P1b", externalVariantId: "V1b", quantity: 5 },
      ],
    });
    await hub.sku("MUG", 5);
    const listing = await shop.map("MUG");
    await deleteListing(db, hub.runtime, hub.merchant.id, listing);
    // The seller made the item anew: other ids, the same seller's code.
    await shop.map("MUG", { ...mug, externalId: "P1b", externalVariantId: "V1b" });
    const old = shop.sell(2);
    await hub.whileTimePasses(shop.sandbox.settled());
    await hub.sync.runDue();
    expect(
      await hub.query(
        "select external_id, sku_id, external_item_id from order_lines join orders using (merchant_id) where merchant_id = $1 and id = order_id",
        [hub.merchant.id],
      ),
    ).toStrictEqual([{ external_id: old, sku_id: null, external_item_id: "P1" }]);
    expect(await hub.stock("MUG")).toStrictEqual({ onHand: 5, reserved: 0 });
    expect(
      await hub.query("select kind from tasks where merchant_id = $1 and status = 'open'", [hub.merchant.id]),
    ).toHaveLength(1);
  });
});
