import type { Timers } from "../../core/clock.ts";
import type { OrderSnapshot } from "../../core/model/order.ts";
import type { Basket } from "./basket.ts";
import { refundedOf } from "./pricing.ts";
import { refOf } from "./products.ts";
import type { Chance } from "./random.ts";
import type { Shop } from "./shop.ts";

/** A crowd that buys, pays, changes its mind and asks, the same for the same seed. */
export interface Shoppers {
  /** One of them does one thing, now. Most of the time that is buying. */
  act(): void;
  /** Keeps them acting, about so often, until stopped. Starting twice only changes the pace. */
  start(actsPerMinute: number): void;
  stop(): void;
}

/** How often each wish comes up, out of 100. */
const wishes = [
  { act: "buy", share: 55 },
  { act: "pay", share: 22 },
  { act: "cancel", share: 6 },
  { act: "edit", share: 6 },
  { act: "refund", share: 4 },
  { act: "ask", share: 4 },
  { act: "complete", share: 3 },
] as const;

type Act = (typeof wishes)[number]["act"];

/** Shoppers remember their newest orders only; the shop keeps all. */
const rememberedOrders = 500;

export function createShoppers(shop: Shop, chance: Chance, timers: Timers): Shoppers {
  const recent: string[] = [];
  let pace = 0;
  let running: AbortController | null = null;

  const recentWith = (fits: (order: OrderSnapshot) => boolean): OrderSnapshot | undefined => {
    const found = recent.flatMap((id) => shop.orders.get(id) ?? []).filter(fits);
    return found.length === 0 ? undefined : chance.oneOf(found);
  };
  const buy = () => {
    const result = shop.place(basket(shop, chance));
    if (!result.ok) return;
    recent.push(result.order.externalId);
    if (recent.length > rememberedOrders) recent.shift();
    if (chance.happens(0.6)) shop.pay(result.order.externalId);
  };
  const others: Record<Exclude<Act, "buy">, () => void> = {
    pay: () => withOrder(recentWith(isUnpaid), (order) => shop.pay(order.externalId)),
    cancel: () => withOrder(recentWith(isUnshipped), (order) => shop.cancel(order.externalId)),
    edit: () =>
      withOrder(recentWith(isUnshipped), (order) => {
        const line = chance.oneOf(order.lines);
        shop.editQuantity(order.externalId, line.externalLineId, chance.between(0, line.quantity + 1));
      }),
    refund: () =>
      withOrder(recentWith(isPaid), (order) => {
        const leftMinor = order.totalMinor - refundedOf(order);
        if (leftMinor > 1) shop.refund(order.externalId, { amountMinor: chance.between(1, leftMinor - 1) });
      }),
    ask: () =>
      withOrder(
        recentWith((order) => order.status === "paid"),
        (order) => shop.askForShipment(order.externalId),
      ),
    complete: () =>
      withOrder(
        recentWith((order) => order.status === "shipped"),
        (order) => shop.complete(order.externalId),
      ),
  };
  const act = () => {
    const wish = wishFor(chance.between(1, 100));
    if (wish === "buy") buy();
    else others[wish]();
  };
  const run = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      // Between nothing and twice the mean, so that acts bunch up as people's do.
      await timers.sleep(Math.max(1, Math.round((chance.fraction() * 120_000) / pace)), signal);
      if (!signal.aborted) act();
    }
  };
  return {
    act,
    start(actsPerMinute) {
      pace = actsPerMinute;
      if (running !== null) return;
      running = new AbortController();
      void run(running.signal);
    },
    stop() {
      running?.abort();
      running = null;
    },
  };
}

const isUnpaid = (order: OrderSnapshot) => order.status === "pending_payment";
const isUnshipped = (order: OrderSnapshot) => order.status === "pending_payment" || order.status === "paid";
const isPaid = (order: OrderSnapshot) => order.paidAt !== undefined && order.status !== "cancelled";

const withOrder = (order: OrderSnapshot | undefined, act: (order: OrderSnapshot) => unknown): void => {
  if (order) act(order);
};

function wishFor(drawn: number): Act {
  let upTo = 0;
  for (const { act, share } of wishes) {
    upTo += share;
    if (drawn <= upTo) return act;
  }
  return "buy";
}

/** One to three lines; the first product of the shop is the one everybody wants. */
function basket(shop: Shop, chance: Chance): Basket {
  const lines = Array.from({ length: chance.oneOf([1, 1, 1, 2, 3]) }, () => {
    const product = chance.happens(0.4) ? shop.products[0] : chance.oneOf(shop.products);
    return { ...refOf(product ?? chance.oneOf(shop.products)), quantity: chance.oneOf([1, 1, 1, 2, 3]) };
  });
  const number = chance.between(10_000, 99_999);
  const name = chance.oneOf(["李雷", "韩梅梅", "王芳", "Ana Silva", "Jonas Weber"]);
  const buyer = {
    externalId: `B${number}`,
    name,
    phone: `138000${number}`,
    address: `上海市示例路 ${number} 号`,
  };
  return {
    lines,
    buyer,
    ...(chance.happens(0.5) ? { shippingMinor: 800 } : {}),
    ...(chance.happens(0.2) ? { discountMinor: chance.between(1, 500) } : {}),
    ...(chance.happens(0.1) ? { platformDiscountMinor: chance.between(1, 300) } : {}),
    ...(chance.happens(0.2) ? { liveSession: "LIVE-1" } : {}),
  };
}
