import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { type Channels, channels, mug, type TestShop } from "./support/channels.ts";

// Whole rounds of everything, many times over: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

interface Habits {
  deducts?: "placed" | "paid";
  restoresOnPaidRefund?: boolean;
  orderWatermark?: boolean;
}

/** A shop that takes units off its figure with the payment, and of which only the orders tell what it shows. */
async function blindShop({ orderWatermark = true, ...given }: Habits = {}): Promise<[Channels, TestShop]> {
  const hub = await channels(db);
  const habits = { deducts: "paid", restoresOnUnpaidCancel: false, ...given } as const;
  const settings = { ...habits, orderWatermark, stockWrites: ["set"], offers: ["listings"] };
  const shop = await hub.shop("shop", { webhooks: false, behaviour: habits, settings });
  await hub.sku("MUG", 10);
  await shop.map("MUG", mug, { cap: 5 });
  await hub.sync.runDue();
  expect(shop.figure()).toBe(5);
  return [hub, shop];
}

/** An order that the hub has heard of before it was paid. */
async function placed(hub: Channels, { sandbox }: TestShop): Promise<string> {
  const order = sandbox.shop.place({ lines: [{ ...mug, quantity: 2 }] });
  if (!order.ok) throw new Error("no order");
  await pull(hub);
  return order.order.externalId;
}

async function pull(hub: Channels): Promise<void> {
  await hub.runtime.advance(61_000);
  await hub.sync.runDue();
}

const parcel = (orderExternalId: string) => ({
  orderExternalId,
  shipmentId: "S1",
  lines: [{ externalLineId: "L1", quantity: 2 }],
});

describe("a shop whose figure cannot be read, told late what it sold", () => {
  it.each<[string, Habits]>([
    ["and takes back", {}],
    ["and takes back, without a watermark of its orders", { orderWatermark: false }],
  ])("gets its figure again for an order it sells %s between two pulls", async (_, more) => {
    const [hub, shop] = await blindShop(more);
    const orderId = await placed(hub, shop);
    expect(shop.sandbox.shop.pay(orderId).ok).toBe(true);
    expect(shop.sandbox.shop.cancel(orderId).ok).toBe(true);
    expect(shop.figure()).toBe(3);
    await pull(hub);
    expect([shop.figure(), await hub.stock("MUG")]).toStrictEqual([5, { onHand: 10, reserved: 0 }]);
  });

  it("gets its figure again for an order it sells and sends between two pulls", async () => {
    const [hub, shop] = await blindShop();
    const orderId = await placed(hub, shop);
    expect(shop.sandbox.shop.pay(orderId).ok).toBe(true);
    expect(shop.sandbox.shop.ship(parcel(orderId)).ok).toBe(true);
    await pull(hub);
    expect([shop.figure(), await hub.stock("MUG")]).toStrictEqual([5, { onHand: 8, reserved: 0 }]);
  });

  it("gets its figure again for an order that was cancelled here and is paid all the same", async () => {
    const [hub, shop] = await blindShop();
    const externalId = await placed(hub, shop);
    const [order] = await hub.query<{ id: string }>("select id from orders where merchant_id = $1", [
      hub.merchant.id,
    ]);
    await hub.submit({ kind: "order.cancel", orderId: order?.id ?? "" });
    expect(shop.sandbox.shop.pay(externalId).ok).toBe(true);
    expect(shop.figure()).toBe(3);
    await pull(hub);
    expect(shop.figure()).toBe(5);
  });

  it("gets its figure again for goods that came back and that it offers anew", async () => {
    const [hub, shop] = await blindShop({ restoresOnPaidRefund: true });
    const orderId = await placed(hub, shop);
    shop.sandbox.shop.pay(orderId);
    await pull(hub);
    shop.sandbox.shop.ship(parcel(orderId));
    await pull(hub);
    expect(shop.figure()).toBe(5);
    const line = { externalLineId: "L1", quantity: 1, restock: true };
    expect(shop.sandbox.shop.refund(orderId, { amountMinor: 5_000, line }).ok).toBe(true);
    expect(shop.figure()).toBe(6);
    await pull(hub);
    expect([shop.figure(), await hub.stock("MUG")]).toStrictEqual([5, { onHand: 9, reserved: 0 }]);
  });

  it.each<[string, Habits, (shop: TestShop, orderId: string) => boolean]>([
    ["ends unpaid", {}, ({ sandbox }, id) => sandbox.shop.cancel(id).ok],
    [
      "is paid after its units were taken",
      { deducts: "placed" },
      ({ sandbox }, id) => sandbox.shop.pay(id).ok,
    ],
  ])("is written nothing for an order that %s", async (_, more, act) => {
    const [hub, shop] = await blindShop(more);
    const orderId = await placed(hub, shop);
    const writes = () => shop.calls.filter((call) => call === "POST /stock").length;
    const before = [shop.figure(), writes()];
    expect(act(shop, orderId)).toBe(true);
    await pull(hub);
    expect([shop.figure(), writes()]).toStrictEqual(before);
  });
});
