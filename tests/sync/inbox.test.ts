import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Webhooks } from "../../src/connectors/contract.ts";
import { updateConnection } from "../../src/core/catalogue/connections.ts";
import type { Database } from "../../src/core/db/database.ts";
import { SluiceError } from "../../src/core/errors.ts";
import { memoryDatabase } from "../support/database.ts";
import { channels } from "./support/channels.ts";
import { deliverOrder, orderBody, signed } from "./support/deliver.ts";
import { inboxOf, ordersOf, updatedAt } from "./support/received.ts";
import { scripted } from "./support/scripted.ts";

// Whole rounds of everything, many times over: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

describe("receiving", () => {
  it("F052: twenty identical deliveries at the same instant are one", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    await hub.sku("MUG", 10);
    await shop.map("MUG");
    const receipts = await Promise.all(
      Array.from({ length: 20 }, () => deliverOrder(hub, shop.connectionId, "msg_1", { externalId: "1001" })),
    );
    expect(receipts.filter((receipt) => receipt.accepted && !receipt.repeated)).toHaveLength(1);
    expect(receipts.filter((receipt) => receipt.accepted && receipt.repeated)).toHaveLength(19);
    expect(await inboxOf(hub)).toStrictEqual([
      { delivery_id: "msg_1", status: "received", error_kind: null, attempts: 0 },
    ]);
    await hub.sync.runDue();
    expect(await inboxOf(hub)).toStrictEqual([
      { delivery_id: "msg_1", status: "applied", error_kind: null, attempts: 1 },
    ]);
    expect(await hub.stock("MUG")).toStrictEqual({ onHand: 10, reserved: 1 });
  });

  it("one delivery id with another content is another delivery", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    await deliverOrder(hub, shop.connectionId, "msg_1", { externalId: "1001" });
    expect(await deliverOrder(hub, shop.connectionId, "msg_1", { externalId: "1002" })).toMatchObject({
      repeated: false,
    });
    await hub.sync.runDue();
    expect((await ordersOf(hub)).map((order) => order.external_id)).toStrictEqual(["1001", "1002"]);
  });

  it("texts with half an emoji are taken in, wherever they stand", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    await hub.sku("MUG", 10);
    await shop.map("MUG");
    const cut = "cut \ud83d";
    const parcel = { externalId: "1", shippedAt: updatedAt(0), trackingNumber: cut, carrier: cut };
    const refund = { externalId: "1", refundedAt: updatedAt(0), amountMinor: 1, reason: cut };
    const texts = {
      note: cut,
      liveSession: cut,
      paymentId: cut,
      buyer: { name: cut, address: { city: cut } },
    };
    await deliverOrder(hub, shop.connectionId, "msg_1", {
      externalId: "1001",
      ...texts,
      shipments: [parcel],
      refunds: [refund],
    });
    await hub.sync.runDue();
    expect(await inboxOf(hub)).toMatchObject([{ delivery_id: "msg_1", status: "applied", attempts: 1 }]);
    const [order] = await hub.query<{ note: string }>("select note from orders where merchant_id = $1", [
      hub.merchant.id,
    ]);
    expect(order?.note).toBe("cut \ufffd");
  });

  it("a delivery that names an order by what cannot be stored is put aside, and holds up no other", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    const named = { type: "order.changed", timestamp: updatedAt(0), data: { externalIds: ["A\u0000"] } };
    await hub.sync.receive(shop.connectionId, signed(hub, "msg_1", JSON.stringify(named)));
    await deliverOrder(hub, shop.connectionId, "msg_2", { externalId: "1001" });
    await hub.sync.runDue();
    expect(await inboxOf(hub)).toMatchObject([
      { delivery_id: "msg_1", status: "quarantined" },
      { delivery_id: "msg_2", status: "applied" },
    ]);
  });

  it("a forged delivery leaves nothing but a counter", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    const forged = signed(
      hub,
      "msg_1",
      orderBody({ externalId: "1" }),
      "whsec_Zm9yZ2VkIGJ5IHNvbWVib2R5IGVsc2UhIQ==",
    );
    expect(await hub.sync.receive(shop.connectionId, forged)).toStrictEqual({
      accepted: false,
      reason: "signature_refused",
    });
    const tampered = {
      ...signed(hub, "msg_2", orderBody({ externalId: "1" })),
      body: new TextEncoder().encode(orderBody({ externalId: "2" })),
    };
    expect(await hub.sync.receive(shop.connectionId, tampered)).toStrictEqual({
      accepted: false,
      reason: "signature_refused",
    });
    expect(await inboxOf(hub)).toStrictEqual([]);
    expect(hub.sync.counters.deliveries).toMatchObject({ forged: 2, accepted: 0 });
  });

  it("refuses what is for nobody, or for a connection that rests", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    const unknown = { accepted: false, reason: "unknown_connection" };
    expect(await deliverOrder(hub, "not an id", "msg_1", { externalId: "1" })).toStrictEqual(unknown);
    expect(
      await deliverOrder(hub, "01a20244-e800-7000-8000-00000000ffff", "msg_1", { externalId: "1" }),
    ).toStrictEqual(unknown);
    await updateConnection(db, hub, hub.merchant.id, shop.connectionId, { status: "paused" });
    expect(await deliverOrder(hub, shop.connectionId, "msg_1", { externalId: "1" })).toStrictEqual({
      accepted: false,
      reason: "paused",
    });
    expect(await inboxOf(hub)).toStrictEqual([]);
  });

  it("the secret before a change counts for a day, the new one at once", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    await deliverOrder(hub, shop.connectionId, "msg_1", { externalId: "1" });
    const next = "whsec_bmV3IHNlY3JldCBvZiB0aGUgc2hvcCBoZXJlIQ==";
    await updateConnection(db, hub, hub.merchant.id, shop.connectionId, { secrets: { webhookSecret: next } });
    await hub.runtime.advance(1_000);
    const byNew = await hub.sync.receive(
      shop.connectionId,
      signed(hub, "msg_2", orderBody({ externalId: "2" }), next),
    );
    const byOld = await deliverOrder(hub, shop.connectionId, "msg_3", { externalId: "3" });
    expect([byNew.accepted, byOld.accepted]).toStrictEqual([true, true]);
    await hub.runtime.advance(24 * 3_600_000);
    expect(await deliverOrder(hub, shop.connectionId, "msg_4", { externalId: "4" })).toMatchObject({
      accepted: false,
    });
    const still = await hub.sync.receive(
      shop.connectionId,
      signed(hub, "msg_5", orderBody({ externalId: "5" }), next),
    );
    expect(still.accepted).toBe(true);
  });

  it("stores the payload sealed", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    await deliverOrder(hub, shop.connectionId, "msg_1", {
      externalId: "1",
      buyer: { name: "张三", phone: "13800138000" },
    });
    const [row] = await hub.query<{ payload: Uint8Array }>(
      "select payload from inbox where merchant_id = $1",
      [hub.merchant.id],
    );
    expect(Buffer.from(row?.payload ?? []).includes("13800138000")).toBe(false);
  });

  it("an id that is longer than an index row may be is stored all the same", async () => {
    const webhooks: Webhooks = {
      verify: () => ({ verified: true, deliveryId: `msg_${"x".repeat(9_000)}`, topic: "to\0pic" }),
      interpret: (topic) => ({ kind: "ignore", reason: `Nothing is known of ${topic}.` }),
    };
    const hub = await channels(db, { connectors: [scripted({ webhooks })] });
    const id = await hub.connect("scripted", "long");
    const delivery = { body: new Uint8Array(), headers: {}, url: "" };
    expect(await hub.sync.receive(id, delivery)).toMatchObject({ repeated: false });
    expect(await hub.sync.receive(id, delivery)).toMatchObject({ repeated: true });
    await hub.sync.runDue();
    expect(await inboxOf(hub)).toMatchObject([{ status: "ignored" }]);
  });

  it("F056: while the database is away nothing is acknowledged, and the repeat brings the order", async () => {
    const away = { until: false };
    const flaky: Database = {
      ...db,
      query: (text, params) =>
        away.until && text.includes("insert into inbox")
          ? Promise.reject(new Error("connection refused"))
          : db.query(text, params),
    };
    const hub = await channels(flaky);
    const shop = await hub.shop("shop");
    await hub.sku("MUG", 10);
    await shop.map("MUG");
    await hub.sync.runDue();
    away.until = true;
    shop.sell(2);
    await hub.runtime.advance(1_000);
    expect(await inboxOf(hub)).toStrictEqual([]);
    expect(hub.sync.counters.deliveries).toMatchObject({ accepted: 0, notStored: 2 });
    const refused = deliverOrder(hub, shop.connectionId, "msg_1", { externalId: "1" });
    await expect(refused).rejects.toBeInstanceOf(SluiceError);
    await expect(refused).rejects.toMatchObject({ code: "unavailable", retryable: true });
    away.until = false;
    await hub.runtime.advance(10_000);
    await hub.whileTimePasses(shop.sandbox.settled());
    expect((await inboxOf(hub)).map((row) => row.status)).toStrictEqual(["received", "received"]);
  });
});
