import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { listQuarantined } from "../../src/core/catalogue/stuck.ts";
import type { Database } from "../../src/core/db/database.ts";
import { SluiceError } from "../../src/core/errors.ts";
import { readDelivery } from "../../src/sync/inbox/dead-letters.ts";
import { memoryDatabase } from "../support/database.ts";
import { channels } from "./support/channels.ts";
import { deliverOrder, signed } from "./support/deliver.ts";
import { inboxOf, ordersOf, updatedAt } from "./support/received.ts";

// Whole rounds of everything, many times over: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

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
