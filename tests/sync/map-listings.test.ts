import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Product } from "../../src/connectors/sandbox/index.ts";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { bag, type Channels, channels, mug, type TestShop } from "./support/channels.ts";

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const mapNow = (hub: Channels, { connectionId }: Pick<TestShop, "connectionId">) =>
  hub.sync.mapListings(hub.merchant.id, connectionId);

describe("mapping a platform's items", () => {
  it("maps those with exactly the code of a SKU, leaves the others to a person, and a repeat makes nothing", async () => {
    const hub = await channels(db);
    await hub.sku("MUG", 5);
    await hub.sku("bag", 5);
    const shop = await hub.shop("shop", { products: [mug, bag, { ...mug, externalId: "P3", sku: " MUG " }] });
    expect(await mapNow(hub, shop)).toEqual({
      listed: 3,
      created: 2,
      changedHands: 0,
      known: 0,
      unmatched: [{ externalId: "P2", externalVariantId: "V2", sku: "BAG", title: "Bag", quantity: 0 }],
    });
    const made = await hub.query<{ item: string; code: string }>(
      `select l.external_id as item, s.code from listings l join skus s on s.merchant_id = l.merchant_id and s.id = l.sku_id
       where l.merchant_id = $1 order by item`,
      [hub.merchant.id],
    );
    expect(made).toEqual([
      { item: "P1", code: "MUG" },
      { item: "P3", code: "MUG" },
    ]);
    expect(await mapNow(hub, shop)).toMatchObject({ listed: 3, created: 0, known: 2 });
    await hub.sku("BAG", 5);
    expect(await mapNow(hub, shop)).toMatchObject({ listed: 3, created: 1, known: 2, unmatched: [] });
  });

  it("gives orders that waited their units", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { products: [{ ...mug, quantity: 5 }] });
    shop.sell(2);
    await hub.sync.runDue();
    await hub.sku("MUG", 5);
    expect((await hub.stock("MUG")).reserved).toBe(0);
    expect(await mapNow(hub, shop)).toMatchObject({ created: 1 });
    expect(await hub.stock("MUG")).toEqual({ onHand: 5, reserved: 2 });
  });

  it("maps nothing when the list breaks off", async () => {
    const hub = await channels(db);
    await hub.sku("MUG", 5);
    const shop = await hub.shop("shop", { products: [mug] });
    shop.intercept = async () => new Response("no", { status: 403 });
    await expect(mapNow(hub, shop)).rejects.toMatchObject({ code: "connection_failed" });
    expect(await hub.query("select 1 from listings where merchant_id = $1", [hub.merchant.id])).toEqual([]);
  });

  it("takes no unit of ours for goods the platform keeps, and writes no figure for them", async () => {
    const hub = await channels(db);
    await hub.sku("MUG", 5);
    const kept = { ...mug, quantity: 40, managedBy: "platform" } as const;
    const shop = await hub.shop("shop", { products: [kept] });
    expect(await mapNow(hub, shop)).toMatchObject({ created: 1, changedHands: 0 });
    shop.sell(3, kept);
    await hub.sync.runDue();
    expect(await hub.stock("MUG")).toEqual({ onHand: 5, reserved: 0 });
    expect(shop.calls).not.toContain("POST /stock");
    expect(await mapNow(hub, shop)).toMatchObject({ known: 1, changedHands: 0 });
    const rows = "select managed_by, published_quantity from listings where merchant_id = $1";
    expect(await hub.query(rows, [hub.merchant.id])).toEqual([
      { managed_by: "platform", published_quantity: 37 },
    ]);
    const lines = await hub.query<{ units: number; sku: string | null }>(
      "select units_per as units, sku_id as sku from order_lines where merchant_id = $1",
      [hub.merchant.id],
    );
    expect(lines).toMatchObject([{ units: 0, sku: expect.any(String) }]);
  });

  it("follows goods that the platform takes over, and keeps what a person set", async () => {
    const hub = await channels(db);
    await hub.sku("MUG", 5);
    const product: Product = { ...mug };
    const shop = await hub.shop("shop", { products: [product] });
    const listingId = await shop.map("MUG", product, { buffer: 1 });
    await hub.sync.runDue();
    expect(shop.figure(product)).toBe(4);
    product.managedBy = "platform";
    expect(await mapNow(hub, shop)).toMatchObject({ created: 0, changedHands: 1, known: 0 });
    await hub.adjust("MUG", { delta: 5, reason: "receipt" });
    await hub.sync.runDue();
    expect(shop.figure(product)).toBe(4);
    const rows = "select id <> $2 as fresh, managed_by, buffer from listings where merchant_id = $1";
    expect(await hub.query(rows, [hub.merchant.id, listingId])).toEqual([
      { fresh: true, managed_by: "platform", buffer: 1 },
    ]);
    const owed = "select 1 from outbox where merchant_id = $1 and kind = 'stock' and status <> 'done'";
    expect(await hub.query(owed, [hub.merchant.id])).toEqual([]);
  });
});
