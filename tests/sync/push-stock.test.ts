import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { deleteListing, updateListing } from "../../src/core/catalogue/listings.ts";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { bag, channels, mug } from "./support/channels.ts";
import { outboxOf, published, writes } from "./support/pushed.ts";

// Whole rounds of everything, many times over: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

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
