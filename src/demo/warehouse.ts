import { z } from "zod";
import { refundedOf } from "../connectors/sandbox/pricing.ts";
import { type Chance, createChance } from "../connectors/sandbox/random.ts";
import { msOf } from "../core/clock.ts";
import { isSluiceError } from "../core/errors.ts";
import type { Runtime } from "../core/runtime.ts";
import { demoGoods } from "./goods.ts";
import type { HubClient } from "./hub-client.ts";
import type { DemoShop } from "./shops.ts";

/** What the people in the warehouse have done so far. */
export interface Work {
  shipped: number;
  refunded: number;
  received: number;
}

interface Bench {
  hub: HubClient;
  runtime: Runtime;
  chance: Chance;
  work: Work;
  shops: readonly DemoShop[];
  /** Orders shipped lately, of which some come back. */
  shipped: { connection: string; externalId: string }[];
}

const restMs = 1_500;
/** Goods are packed a while after the order came in. */
const packingMs = 6_000;
const parcelsPerTurn = 8;
const rememberedOrders = 100;

/** People who ship paid orders, take some back, and buy new goods. The hub they tell through the API, as any warehouse system would. */
export function startWarehouse(
  runtime: Runtime,
  hub: HubClient,
  shops: readonly DemoShop[],
  seed: number,
  stopping: AbortSignal,
): { work: Readonly<Work>; done: Promise<void> } {
  const bench: Bench = {
    hub,
    runtime,
    chance: createChance(seed ^ 0x77),
    work: { shipped: 0, refunded: 0, received: 0 },
    shops,
    shipped: [],
  };
  const run = async () => {
    for (;;) {
      await runtime.timers.sleep(restMs, stopping);
      if (stopping.aborted) return;
      for (const task of [shipSome, takeBackOne, receiveGoods]) await unlessRefused(() => task(bench));
    }
  };
  return { work: bench.work, done: run() };
}

/** A refusal is part of the day: a buyer cancelled while the parcel was packed. Anything else ends the demo. */
async function unlessRefused(task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    if (!isSluiceError(error)) throw error;
  }
}

const ordersSchema = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      connection: z.string(),
      externalId: z.string(),
      receivedAt: z.string(),
      heldReason: z.string().nullable(),
      shortfall: z.number(),
      unmapped: z.number(),
    }),
  ),
});

async function shipSome({ hub, runtime, work, shipped }: Bench): Promise<void> {
  const { items } = await hub.call("GET", "/v1/orders?status=paid&limit=500", ordersSchema);
  const before = runtime.clock.nowMs() - packingMs;
  const ready = items.filter(
    (order) =>
      order.heldReason === null &&
      order.shortfall === 0 &&
      order.unmapped === 0 &&
      msOf(order.receivedAt) < before,
  );
  // The list begins with the newest; who ordered first is served first.
  for (const { id, connection, externalId } of ready.slice(-parcelsPerTurn).reverse()) {
    await unlessRefused(async () => {
      const parcel = { carrier: "SF Express", trackingNumber: `SF${id.slice(-12).toUpperCase()}` };
      await hub.call("POST", `/v1/orders/${id}/shipments`, z.unknown(), parcel);
      work.shipped += 1;
      shipped.push({ connection, externalId });
    });
  }
  shipped.splice(0, Math.max(0, shipped.length - rememberedOrders));
}

/** Now and then a unit comes back in good order: the shop pays the buyer back, the unit is on our shelf again. */
async function takeBackOne({ shops, chance, work, shipped }: Bench): Promise<void> {
  if (shipped.length === 0 || !chance.happens(0.15)) return;
  const { connection, externalId } = chance.oneOf(shipped);
  const shop = shops.find(({ id }) => id === connection)?.sandbox.shop;
  const order = shop?.orders.get(externalId);
  const line = order?.lines.find(({ quantity }) => quantity > 0);
  if (!shop || !order || !line) return;
  const amountMinor = Math.min(line.unitPriceMinor, order.totalMinor - refundedOf(order));
  const isBack = shop.refund(externalId, {
    amountMinor,
    line: { externalLineId: line.externalLineId, quantity: 1, restock: true },
  }).ok;
  // An order comes back once.
  shipped.splice(
    shipped.findIndex((one) => one.externalId === externalId),
    1,
  );
  if (isBack) work.refunded += 1;
}

const stockSchema = z.object({ items: z.array(z.object({ sku: z.string() })) });
const reorderBelow = 20;
const lotUnits = 140;

/** A delivery takes its time, so shelves run empty before it comes. */
async function receiveGoods({ hub, chance, runtime, work }: Bench): Promise<void> {
  if (!chance.happens(0.25)) return;
  const { items } = await hub.call("GET", `/v1/stock?below=${reorderBelow}&limit=100`, stockSchema);
  if (items.length === 0) return;
  const { sku } = chance.oneOf(items);
  const good = demoGoods.find((one) => one.sku === sku);
  if (!good) return;
  // Buying prices move a little, so that the moving average does too.
  const unitCostMinor = Math.round((good.unitCostMinor * chance.between(95, 108)) / 100);
  await hub.call("POST", "/v1/stock/adjustments", z.unknown(), {
    reference: `receipt ${runtime.ids.next()}`,
    lines: [{ sku, delta: lotUnits, unitCostMinor, reason: "receipt" }],
  });
  work.received += lotUnits;
}
