import { z } from "zod";
import {
  type CreatedProduct,
  callAdmin,
  capturePayments,
  type MedusaServer,
  placeOrder,
} from "../medusa-server.ts";
import type { ShopOrder, ShopSide, ShopStock } from "../shop-side.ts";

/** What Medusa shows, and what its staff does in its admin. */

export interface Shop {
  server: MedusaServer;
  products: CreatedProduct[];
}

const levelSchema = z.object({
  location_id: z.string(),
  stocked_quantity: z.number(),
  reserved_quantity: z.number(),
});

const itemsSchema = z.object({
  inventory_items: z.array(z.object({ sku: z.string(), location_levels: z.array(levelSchema) })),
});

/** By SKU, at the shop's one location. */
async function shopStock({ server }: Shop): Promise<Record<string, ShopStock>> {
  const { inventory_items } = await callAdmin(server, itemsSchema, {
    path: "/admin/inventory-items?limit=100&fields=sku,*location_levels",
  });
  return Object.fromEntries(
    inventory_items.map(({ sku, location_levels: [level] }) => {
      const [stocked, reserved] = [level?.stocked_quantity ?? 0, level?.reserved_quantity ?? 0];
      return [sku, { stocked, reserved, sells: stocked - reserved }];
    }),
  );
}

const fulfillmentSchema = z.object({
  id: z.string(),
  shipped_at: z.string().nullable(),
  canceled_at: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()).nullable(),
  items: z.array(z.object({ line_item_id: z.string(), quantity: z.number() })),
  labels: z.array(z.object({ tracking_number: z.string() })),
});

const orderSchema = z.object({
  id: z.string(),
  status: z.string(),
  total: z.number(),
  items: z.array(
    z.object({
      id: z.string(),
      variant_sku: z.string(),
      quantity: z.number(),
      detail: z.object({ fulfilled_quantity: z.number() }),
    }),
  ),
  fulfillments: z.array(fulfillmentSchema),
  payment_collections: z.array(z.object({ payments: z.array(z.object({ id: z.string() })) })),
  returns: z.array(z.object({ id: z.string() })),
});
type WireOrder = z.infer<typeof orderSchema>;

const fields =
  "id,status,total,*items,*items.detail,*fulfillments,*fulfillments.items,*fulfillments.labels,*payment_collections.payments,*returns";

async function shopOrders({ server }: Shop): Promise<WireOrder[]> {
  const { orders } = await callAdmin(server, z.object({ orders: z.array(orderSchema) }), {
    path: `/admin/orders?limit=1000&fields=${encodeURIComponent(fields)}`,
  });
  return orders;
}

async function shopOrder({ server }: Shop, orderId: string): Promise<WireOrder> {
  const { order } = await callAdmin(server, z.object({ order: orderSchema }), {
    path: `/admin/orders/${orderId}?fields=${encodeURIComponent(fields)}`,
  });
  return order;
}

const post = ({ server }: Shop, path: string, body: unknown = {}): Promise<unknown> =>
  callAdmin(server, z.unknown(), { method: "POST", path, body });

const unitsOf = (order: WireOrder) => order.items.map(({ id, quantity }) => ({ id, quantity }));

/** Staff packs and ships the whole order. */
async function shipInShop(shop: Shop, orderId: string): Promise<void> {
  const items = unitsOf(await shopOrder(shop, orderId));
  const path = `/admin/orders/${orderId}/fulfillments`;
  await post(shop, path, { items, location_id: shop.server.stockLocationId, no_notification: true });
  const [made] = (await shopOrder(shop, orderId)).fulfillments;
  await post(shop, `${path}/${made?.id}/shipments`, { items, labels: [] });
}

/** Asks one unit of the order's first line back and receives it, whole. */
async function takeBackInShop(shop: Shop, orderId: string): Promise<void> {
  const [item] = (await shopOrder(shop, orderId)).items;
  const items = [{ id: item?.id, quantity: 1 }];
  const asked = z.object({ return: z.object({ id: z.string() }) });
  const { return: returned } = await callAdmin(shop.server, asked, {
    method: "POST",
    path: "/admin/returns",
    body: { order_id: orderId, location_id: shop.server.stockLocationId },
  });
  const path = `/admin/returns/${returned.id}`;
  await post(shop, `${path}/request-items`, { items });
  await post(shop, `${path}/request`);
  await post(shop, `${path}/receive`);
  await post(shop, `${path}/receive-items`, { items });
  await post(shop, `${path}/receive/confirm`);
}

async function refundInShop(shop: Shop, orderId: string, amount: number): Promise<void> {
  const [collection] = (await shopOrder(shop, orderId)).payment_collections;
  await post(shop, `/admin/payments/${collection?.payments[0]?.id}/refund`, { amount });
}

const cancelInShop = (shop: Shop, orderId: string): Promise<unknown> =>
  post(shop, `/admin/orders/${orderId}/cancel`);

/** The same as the round trip sees it. */
export const medusaSide = (shop: Shop, bridge: ShopSide["bridge"]): ShopSide => ({
  name: "Medusa",
  buy: async (lines, isPaid) => {
    const variantOf = new Map(shop.products.map((product) => [product.sku, product.variantId]));
    const cart = Object.entries(lines).map(([sku, quantity]) => ({
      variantId: variantOf.get(sku) ?? "",
      quantity,
    }));
    return (await placeOrder(shop.server, cart, { capture: isPaid })).orderId;
  },
  takeMoney: async (orderId) => void (await capturePayments(shop.server, orderId)),
  stock: () => shopStock(shop),
  orders: async () => (await shopOrders(shop)).map(toOrder),
  ship: (orderId) => shipInShop(shop, orderId),
  takeBack: (orderId) => takeBackInShop(shop, orderId),
  refund: (orderId, amountMinor) => refundInShop(shop, orderId, amountMinor / 100),
  cancel: async (orderId) => void (await cancelInShop(shop, orderId)),
  bridge,
  topics: ["order.placed", "payment.captured"],
  // Medusa lists what was ordered and beside it what was paid back.
  expected: { statusOfReturned: "refunding", cancelled: { refundedMinor: 2990, totalMinor: 2990 } },
});

const toOrder = ({ id, status, items, fulfillments }: WireOrder): ShopOrder => ({
  id,
  isCancelled: status === "canceled",
  lines: items.map(({ variant_sku: sku, quantity, detail }) => ({
    sku,
    quantity,
    packed: detail.fulfilled_quantity,
  })),
  parcels: fulfillments
    .filter((parcel) => parcel.canceled_at === null)
    .map((parcel) => ({
      id: parcel.id,
      units: parcel.items.map((item) => item.quantity),
      isShipped: parcel.shipped_at !== null,
      number: parcel.labels[0]?.tracking_number ?? null,
    })),
});
