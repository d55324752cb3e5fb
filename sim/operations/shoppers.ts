import type { Basket } from "../../src/connectors/sandbox/basket.ts";
import { openOf } from "../../src/connectors/sandbox/order-changes.ts";
import { refundedOf, shippedOf } from "../../src/connectors/sandbox/pricing.ts";
import { refOf } from "../../src/connectors/sandbox/products.ts";
import type { OrderSnapshot } from "../../src/core/model/order.ts";
import { remember, type SimShop } from "../world/shops.ts";
import type { World } from "../world/world.ts";
import type { Operation } from "./operation.ts";

/** What shoppers do, and what a shop's own warehouse does. */
export const shopperOperations: readonly Operation[] = [
  { name: "buy", weight: 50, act: (world) => buy(world, world.anyShop()) },
  {
    name: "pay",
    weight: 14,
    act: (world) => withOrder(world, isUnpaid, ({ sandbox }, id) => sandbox.shop.pay(id)),
  },
  {
    name: "ask",
    weight: 3,
    act: (world) => withOrder(world, isPaid, ({ sandbox }, id) => sandbox.shop.askForShipment(id)),
  },
  {
    name: "cancel",
    feature: "cancels",
    weight: 6,
    act: (world) => withOrder(world, isUnsent, ({ sandbox }, id) => sandbox.shop.cancel(id)),
  },
  { name: "edit", feature: "edits", weight: 6, act: edit },
  { name: "refund", feature: "refunds", weight: 5, act: refund },
  { name: "shop ships", feature: "shop ships", weight: 10, act: shipThere },
  {
    name: "complete",
    weight: 2,
    act: (world) =>
      withOrder(
        world,
        ({ status }) => status === "shipped",
        ({ sandbox }, id) => sandbox.shop.complete(id),
      ),
  },
];

const isUnpaid = ({ status }: OrderSnapshot): boolean => status === "pending_payment";
const isPaid = ({ status }: OrderSnapshot): boolean => status === "paid";
const isUnsent = ({ status }: OrderSnapshot): boolean => status === "pending_payment" || status === "paid";

export function buy(world: World, shop: SimShop, externalId?: string): boolean {
  const { chance } = world;
  const lines = Array.from({ length: chance.oneOf([1, 1, 1, 2, 3]) }, () => {
    const named = shop.sandbox.shop.products.find((product) => product.externalId === externalId);
    const product = named ?? chance.oneOf(shop.sandbox.shop.products);
    return { ...refOf(product), quantity: chance.oneOf([1, 1, 1, 2, 3]) };
  });
  const placed = shop.sandbox.shop.place(basketOf(world, lines));
  if (!placed.ok) return false;
  remember(shop, placed.order.externalId);
  if (chance.happens(0.6)) shop.sandbox.shop.pay(placed.order.externalId);
  return true;
}

function basketOf({ chance }: World, lines: Basket["lines"]): Basket {
  return {
    lines,
    buyer: { name: `Buyer ${chance.between(1, 999)}`, phone: "13800000000", address: "上海市示例路 1 号" },
    ...(chance.happens(0.5) ? { shippingMinor: 800 } : {}),
    ...(chance.happens(0.2) ? { discountMinor: chance.between(1, 500) } : {}),
    ...(chance.happens(0.1) ? { platformDiscountMinor: chance.between(1, 300) } : {}),
  };
}

function withOrder(
  world: World,
  fits: (order: OrderSnapshot) => boolean,
  act: (shop: SimShop, orderId: string, order: OrderSnapshot) => unknown,
): void {
  const shop = world.anyShop();
  const found = shop.recent.filter((id) => {
    const order = shop.sandbox.shop.orders.get(id);
    return order !== undefined && fits(order);
  });
  if (found.length === 0) return;
  const id = world.chance.oneOf(found);
  const order = shop.sandbox.shop.orders.get(id);
  if (order) act(shop, id, order);
}

function edit(world: World): void {
  withOrder(world, isUnsent, ({ sandbox }, id, order) => {
    const line = world.chance.oneOf(order.lines);
    sandbox.shop.editQuantity(id, line.externalLineId, world.chance.between(0, line.quantity + 1));
  });
}

/** Money back; of goods that have left, sometimes the goods too. Units refunded and kept would mean units not sent yet. */
function refund(world: World): void {
  const { chance } = world;
  const isOpen = (order: OrderSnapshot) =>
    order.paidAt !== undefined && refundedOf(order) < order.totalMinor - 1;
  withOrder(world, isOpen, ({ sandbox }, id, order) => {
    const leftMinor = order.totalMinor - refundedOf(order);
    const line = chance.oneOf(order.lines);
    const back = (order.refunds ?? [])
      .flatMap((told) => told.lines ?? [])
      .filter((told) => told.externalLineId === line.externalLineId)
      .reduce((sum, told) => sum + (told.quantity ?? 0), 0);
    const quantity = shippedOf(order, line.externalLineId) - back;
    const amountMinor = chance.happens(0.2) ? leftMinor : chance.between(1, leftMinor - 1);
    const goods = { externalLineId: line.externalLineId, quantity: 1, restock: true };
    sandbox.shop.refund(id, {
      amountMinor,
      ...(quantity > 0 && chance.happens(0.6) ? { line: goods } : {}),
    });
  });
}

function shipThere(world: World): void {
  const { chance } = world;
  withOrder(
    world,
    ({ status }) => status === "paid" || status === "partially_shipped",
    (shop, id, order) => {
      if (!shop.shipsItself) return;
      const open = order.lines.filter((line) => openOf(order, line) > 0);
      const chosen = chance.happens(0.5) ? open : open.slice(0, 1);
      if (chosen.length === 0) return;
      shop.parcels += 1;
      shop.sandbox.shop.ship({
        shipmentId: `${shop.plan.name}-parcel-${shop.parcels}`,
        orderExternalId: id,
        lines: chosen.map((line) => ({
          externalLineId: line.externalLineId,
          quantity: chance.happens(0.6) ? openOf(order, line) : 1,
        })),
      });
    },
  );
}
