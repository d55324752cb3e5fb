import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Account, Orders, Webhooks } from "../../src/connectors/contract.ts";
import { updateConnection } from "../../src/core/catalogue/connections.ts";
import { listQuarantined } from "../../src/core/catalogue/stuck.ts";
import type { Database } from "../../src/core/db/database.ts";
import { SluiceError } from "../../src/core/errors.ts";
import { readDelivery } from "../../src/sync/inbox/dead-letters.ts";
import { memoryDatabase } from "../support/database.ts";
import { snapshotOf } from "../support/hub.ts";
import { type Channels, channels } from "./support/channels.ts";
import { deliverOrder, orderBody, signed } from "./support/deliver.ts";
import { scripted } from "./support/scripted.ts";

// Whole rounds of everything, many times over: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const inboxOf = (hub: Channels) =>
  hub.query<{ delivery_id: string; status: string; error_kind: string | null; attempts: number }>(
    "select delivery_id, status, error_kind, attempts from inbox where merchant_id = $1 order by delivery_id, digest",
    [hub.merchant.id],
  );

const ordersOf = (hub: Channels) =>
  hub.query<{ external_id: string; status: string }>(
    "select external_id, status from orders where merchant_id = $1 order by external_id",
    [hub.merchant.id],
  );

const updatedAt = (second: number) => `2026-11-22T08:00:${String(second).padStart(2, "0")}.000Z`;

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

describe("draining", () => {
  it("F054: any order of arrival ends in the same state", async () => {
    const states = ["pending_payment", "paid", "paid", "cancelled"] as const;
    const permutations = [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [1, 0, 3, 2],
      [2, 3, 0, 1],
      [3, 0, 2, 1],
    ];
    const ends: unknown[] = [];
    for (const order of permutations) {
      const hub = await channels(db);
      const shop = await hub.shop("shop", { webhooks: false });
      await hub.sku("MUG", 10);
      await shop.map("MUG");
      for (const step of order) {
        const status = states[step] ?? "paid";
        const paid = status === "pending_payment" ? {} : { paidAt: updatedAt(1) };
        await deliverOrder(hub, shop.connectionId, `msg_${step}`, {
          externalId: "1001",
          status,
          updatedAt: updatedAt(step),
          ...paid,
        });
        await hub.sync.runDue();
      }
      ends.push({ orders: await ordersOf(hub), stock: await hub.stock("MUG") });
      await hub.close();
    }
    const end = {
      orders: [{ external_id: "1001", status: "cancelled" }],
      stock: { onHand: 10, reserved: 0 },
    };
    expect(ends).toStrictEqual(permutations.map(() => end));
  });

  it("what is older than what we hold is ignored, and says so", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    await deliverOrder(hub, shop.connectionId, "msg_2", {
      externalId: "1",
      status: "paid",
      updatedAt: updatedAt(9),
    });
    await hub.sync.runDue();
    await deliverOrder(hub, shop.connectionId, "msg_1", {
      externalId: "1",
      status: "pending_payment",
      updatedAt: updatedAt(1),
    });
    await hub.sync.runDue();
    expect((await inboxOf(hub)).map((row) => [row.delivery_id, row.status])).toStrictEqual([
      ["msg_1", "ignored"],
      ["msg_2", "applied"],
    ]);
  });

  it("S04: a process that dies after it answered loses nothing", async () => {
    const hub = await channels(db, { sync: { keepMs: 60_000 } });
    const shop = await hub.shop("shop", { webhooks: false });
    const dying = hub.process("dying");
    dying.start();
    // It has answered, and hangs before the engine has the order.
    const submit = hub.engine.submit;
    let release = () => {};
    let hangs = () => {};
    const isHanging = new Promise<void>((resolve) => {
      hangs = resolve;
    });
    hub.engine.submit = () =>
      new Promise((_, reject) => {
        release = () => reject(new SluiceError("unavailable", "The process is gone."));
        hangs();
      });
    expect(await deliverOrder(hub, shop.connectionId, "msg_1", { externalId: "1001" }, dying)).toMatchObject({
      accepted: true,
    });
    await isHanging;
    hub.engine.submit = submit;
    await hub.sync.runDue();
    expect(await inboxOf(hub)).toMatchObject([{ status: "received", attempts: 0 }]);
    expect(await ordersOf(hub)).toStrictEqual([]);
    await hub.runtime.advance(60_000);
    await hub.sync.runDue();
    expect(await inboxOf(hub)).toMatchObject([{ status: "applied", attempts: 1 }]);
    expect(await ordersOf(hub)).toStrictEqual([{ external_id: "1001", status: "paid" }]);
    release();
  });

  it("a booked order that comes back in another currency is kept aside, and stays as it was booked", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    await hub.sku("MUG", 10);
    await shop.map("MUG");
    await deliverOrder(hub, shop.connectionId, "msg_1", { externalId: "1001", updatedAt: updatedAt(1) });
    await hub.sync.runDue();
    await deliverOrder(hub, shop.connectionId, "msg_2", {
      externalId: "1001",
      updatedAt: updatedAt(2),
      currency: "USD",
    });
    await hub.sync.runDue();
    expect(await inboxOf(hub)).toMatchObject([
      { delivery_id: "msg_1", status: "applied" },
      { delivery_id: "msg_2", status: "quarantined", error_kind: "conflict" },
    ]);
    expect(
      await hub.query("select currency, status, updated_at from orders where merchant_id = $1", [
        hub.merchant.id,
      ]),
    ).toMatchObject([{ currency: "CNY", status: "paid" }]);
  });

  it("an authentic delivery that nobody can use is kept, shown and can be tried again", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    const body = JSON.stringify({
      type: "order.upserted",
      timestamp: updatedAt(0),
      data: { externalId: "1", phone: "13800138000" },
    });
    expect(await hub.sync.receive(shop.connectionId, signed(hub, "msg_1", body))).toMatchObject({
      accepted: true,
      repeated: false,
    });
    await hub.sync.runDue();
    const { items } = await listQuarantined(db, hub.merchant.id, shop.connectionId, { limit: 10 });
    expect(items).toHaveLength(1);
    const [kept] = items;
    expect(kept).toMatchObject({ deliveryId: "msg_1", errorKind: "malformed" });
    expect(kept?.errorMessage).not.toContain("13800138000");
    expect(
      await hub.query("select kind, subject, status from tasks where merchant_id = $1", [hub.merchant.id]),
    ).toStrictEqual([{ kind: "quarantined_orders", subject: shop.connectionId, status: "open" }]);
    expect(await hub.sync.states(hub.merchant.id)).toMatchObject([
      { connectionId: shop.connectionId, quarantined: 1 },
    ]);
    const key = { connectionId: shop.connectionId, deliveryId: "msg_1", digest: kept?.digest ?? "" };
    expect(await readDelivery(hub, hub.merchant.id, key)).toBe(body);
    await expect(readDelivery(hub, shop.connectionId, key)).rejects.toMatchObject({ code: "not_found" });
    expect(await hub.sync.retryQuarantined(hub.merchant.id, shop.connectionId)).toBe(1);
    expect(await inboxOf(hub)).toMatchObject([{ status: "received", attempts: 0 }]);
    expect(
      await hub.query("select status from tasks where merchant_id = $1", [hub.merchant.id]),
    ).toStrictEqual([{ status: "done" }]);
  });

  it("an engine that cannot work now gets the delivery again later", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    const busy = hub.process("busy");
    const submit = hub.engine.submit;
    hub.engine.submit = () => Promise.reject(new SluiceError("overloaded", "The queue is full."));
    await deliverOrder(hub, shop.connectionId, "msg_1", { externalId: "1" });
    await busy.runDue();
    expect(await inboxOf(hub)).toStrictEqual([
      { delivery_id: "msg_1", status: "received", error_kind: "overloaded", attempts: 1 },
    ]);
    hub.engine.submit = submit;
    await busy.runDue();
    expect(await ordersOf(hub)).toStrictEqual([]);
    await hub.runtime.advance(2_000);
    await busy.runDue();
    expect(await inboxOf(hub)).toStrictEqual([
      { delivery_id: "msg_1", status: "applied", error_kind: null, attempts: 2 },
    ]);
    expect(await ordersOf(hub)).toStrictEqual([{ external_id: "1", status: "paid" }]);
  });
});

describe("deliveries that only name an order", () => {
  const webhooks: Webhooks = {
    verify: ({ headers }) => ({ verified: true, deliveryId: headers.id ?? "", topic: "orders" }),
    interpret: (_topic, body) => ({ kind: "fetch", externalIds: new TextDecoder().decode(body).split(" ") }),
    acknowledgement: { status: 200, body: "success", contentType: "text/plain" },
  };
  const deliver = (hub: Channels, connectionId: string, id: string, ids: string) =>
    hub.sync.receive(connectionId, { body: new TextEncoder().encode(ids), headers: { id }, url: "" });

  /** Orders 1 to 9 exist; `fail` makes the next calls fail. */
  function platform(): {
    account: Partial<Account>;
    asked: string[][];
    failures: ("unavailable" | "auth")[];
  } {
    const asked: string[][] = [];
    const failures: ("unavailable" | "auth")[] = [];
    const empty = { rejected: [], cursor: null, more: false };
    const orders: Orders = {
      pull: async () => ({ ok: true, value: { orders: [], ...empty } }),
      list: async () => ({ ok: true, value: { externalIds: [] } }),
      fetch: async (ids) => {
        const kind = failures.shift();
        if (kind) return { ok: false, kind, message: "not now" };
        asked.push([...ids]);
        const known = ids.filter((id) => /^[1-9]$/.test(id));
        return {
          ok: true,
          value: { orders: known.map((externalId) => snapshotOf({ externalId })), ...empty },
        };
      },
    };
    return { account: { webhooks, orders }, asked, failures };
  }

  it("are fetched once each, a page at a time", async () => {
    const shop = platform();
    const hub = await channels(db, { connectors: [scripted(shop.account)] });
    const id = await hub.connect("scripted", "thin");
    const receipt = await deliver(hub, id, "a", "1 2");
    expect(receipt).toMatchObject({
      acknowledgement: { status: 200, body: "success", contentType: "text/plain" },
    });
    await deliver(hub, id, "b", "2 3");
    await deliver(hub, id, "c", "1");
    await hub.sync.runDue();
    expect(shop.asked).toStrictEqual([["1", "2"], ["3"]]);
    expect((await ordersOf(hub)).map((order) => order.external_id)).toStrictEqual(["1", "2", "3"]);
    expect((await inboxOf(hub)).map((row) => row.status)).toStrictEqual(["applied", "applied", "applied"]);
  });

  it("wait while the platform is away, and are kept aside when it does not know the order", async () => {
    const shop = platform();
    const hub = await channels(db, { connectors: [scripted(shop.account)] });
    const id = await hub.connect("scripted", "thin");
    shop.failures.push("unavailable");
    await deliver(hub, id, "a", "1");
    await deliver(hub, id, "b", "unheard-of");
    await hub.sync.runDue();
    expect((await inboxOf(hub)).map((row) => [row.status, row.error_kind])).toStrictEqual([
      ["received", "unavailable"],
      ["received", "unavailable"],
    ]);
    await hub.runtime.advance(2_000);
    await hub.sync.runDue();
    expect((await inboxOf(hub)).map((row) => [row.status, row.error_kind])).toStrictEqual([
      ["applied", null],
      ["quarantined", "malformed"],
    ]);
  });

  it("refused credentials stop the connection, raise a task, and lose no delivery", async () => {
    const shop = platform();
    const hub = await channels(db, { connectors: [scripted(shop.account)] });
    const id = await hub.connect("scripted", "thin");
    shop.failures.push("auth");
    await deliver(hub, id, "a", "1");
    await hub.sync.runDue();
    expect(await hub.sync.states(hub.merchant.id)).toMatchObject([{ status: "refused", quarantined: 0 }]);
    expect(
      await hub.query("select kind, subject from tasks where merchant_id = $1", [hub.merchant.id]),
    ).toStrictEqual([{ kind: "connection_refused", subject: id }]);
    await updateConnection(db, hub, hub.merchant.id, id, { secrets: {} });
    await hub.runtime.advance(5_000);
    await hub.sync.runDue();
    expect(await inboxOf(hub)).toMatchObject([{ status: "applied" }]);
    expect(
      await hub.query("select status from tasks where merchant_id = $1 and kind = 'connection_refused'", [
        hub.merchant.id,
      ]),
    ).toStrictEqual([{ status: "done" }]);
  });
});
