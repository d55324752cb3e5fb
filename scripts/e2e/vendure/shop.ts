import { z } from "zod";
import type { ShopOrder, ShopSide, ShopStock } from "../shop-side.ts";
import { type CreatedProduct, placeOrder, settlePayments } from "../vendure-server/buying.ts";
import { run } from "../vendure-server/requests.ts";
import type { Shop } from "../vendure-server/shop.ts";

/** What Vendure shows, and what its staff does in its dashboard: the admin API, by the superadmin. */

const orderSchema = z.object({
  id: z.string(),
  state: z.string(),
  lines: z.array(
    z.object({
      id: z.string(),
      quantity: z.int(),
      orderPlacedQuantity: z.int(),
      productVariant: z.object({ sku: z.string() }),
    }),
  ),
  payments: z.array(z.object({ id: z.string() })),
  fulfillments: z
    .array(
      z.object({
        id: z.string(),
        state: z.string(),
        trackingCode: z.string(),
        lines: z.array(z.object({ orderLineId: z.string(), quantity: z.int() })),
      }),
    )
    .nullable(),
});
type WireOrder = z.infer<typeof orderSchema>;

const orderFields = `id state lines { id quantity orderPlacedQuantity productVariant { sku } } payments { id }
  fulfillments { id state trackingCode lines { orderLineId quantity } }`;
const refusal = "... on ErrorResult { errorCode message }";

async function ordersOf({ admin }: Shop): Promise<WireOrder[]> {
  const { orders } = await run(
    admin,
    z.object({ orders: z.object({ items: z.array(orderSchema) }) }),
    `query { orders(options: { take: 1000, filter: { orderPlacedAt: { isNull: false } } }) { items { ${orderFields} } } }`,
  );
  return orders.items;
}

async function orderOf({ admin }: Shop, id: string): Promise<WireOrder> {
  const { order } = await run(
    admin,
    z.object({ order: orderSchema }),
    `query ($id: ID!) { order(id: $id) { ${orderFields} } }`,
    { id },
  );
  return order;
}

const levelSchema = z.object({ stockOnHand: z.int(), stockAllocated: z.int() });

async function stockOf({ admin }: Shop): Promise<Record<string, ShopStock>> {
  const { productVariants } = await run(
    admin,
    z.object({
      productVariants: z.object({
        items: z.array(z.object({ sku: z.string(), stockLevels: z.array(levelSchema) })),
      }),
    }),
    "query { productVariants(options: { take: 100 }) { items { sku stockLevels { stockOnHand stockAllocated } } } }",
  );
  return Object.fromEntries(
    productVariants.items.map(({ sku, stockLevels: [level] }) => {
      const [stocked, reserved] = [level?.stockOnHand ?? 0, level?.stockAllocated ?? 0];
      return [sku, { stocked, reserved, sells: stocked - reserved }];
    }),
  );
}

const madeSchema = z.record(z.string(), z.object({ id: z.string() }));

async function mutate(
  { admin }: Shop,
  name: string,
  type: string,
  input: unknown,
  made: string,
): Promise<string> {
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ... on ${made} { id } ${made === "Order" || made === "Fulfillment" || made === "Refund" ? refusal : ""} } }`;
  return (await run(admin, madeSchema, query, { input }))[name]?.id ?? "";
}

const manual = {
  code: "manual-fulfillment",
  arguments: ["method", "trackingCode"].map((name) => ({ name, value: "" })),
};

async function ship(shop: Shop, orderId: string): Promise<void> {
  const { lines } = await orderOf(shop, orderId);
  const input = {
    lines: lines.map(({ id, quantity }) => ({ orderLineId: id, quantity })),
    handler: manual,
  };
  const id = await mutate(shop, "addFulfillmentToOrder", "FulfillOrderInput", input, "Fulfillment");
  await run(
    shop.admin,
    madeSchema,
    `mutation ($id: ID!) { transitionFulfillmentToState(id: $id, state: "Shipped") { ... on Fulfillment { id } ${refusal} } }`,
    { id },
  );
}

async function cancel(shop: Shop, orderId: string, lines?: { orderLineId: string; quantity: number }[]) {
  const input = { orderId, ...(lines ? { lines } : { cancelShipping: true }), reason: "asked for" };
  await mutate(shop, "cancelOrder", "CancelOrderInput", input, "Order");
}

/** Asked for and settled: two steps, as the dummy payment handler leaves every refund pending. */
async function refund(shop: Shop, orderId: string, amountMinor: number): Promise<void> {
  const [payment] = (await orderOf(shop, orderId)).payments;
  // Deprecated beside `amount`, and yet 3.7.3 fails without them.
  const nothingElse = { lines: [], shipping: 0, adjustment: 0 };
  const input = { paymentId: payment?.id, amount: amountMinor, reason: "asked for", ...nothingElse };
  const id = await mutate(shop, "refundOrder", "RefundOrderInput", input, "Refund");
  await mutate(shop, "settleRefund", "SettleRefundInput", { id, transactionId: `refund-${id}` }, "Refund");
}

const paidTotal = 2990;

export const vendureSide = (
  shop: Shop,
  products: readonly CreatedProduct[],
  bridge: ShopSide["bridge"],
): ShopSide => ({
  name: "Vendure",
  buy: async (lines, isPaid) => {
    const variantOf = new Map(products.map((product) => [product.sku, product.variantId]));
    const cart = Object.entries(lines).map(([sku, quantity]) => ({
      variantId: variantOf.get(sku) ?? "",
      quantity,
    }));
    return (await placeOrder(shop, cart, { settle: isPaid })).orderId;
  },
  takeMoney: (orderId) => settlePayments(shop, orderId),
  stock: () => stockOf(shop),
  orders: async () => (await ordersOf(shop)).map(toOrder),
  ship: (orderId) => ship(shop, orderId),
  // Cancelling a unit that has left is Vendure's way of taking it back.
  takeBack: async (orderId) => {
    const [line] = (await orderOf(shop, orderId)).lines;
    await cancel(shop, orderId, [{ orderLineId: line?.id ?? "", quantity: 1 }]);
  },
  refund: (orderId, amountMinor) => refund(shop, orderId, amountMinor),
  cancel: async (orderId) => {
    await cancel(shop, orderId);
    await refund(shop, orderId, paidTotal);
  },
  bridge,
  topics: ["order.state"],
  // Vendure takes what is cancelled before it left off the order; the hub books the money back by itself.
  expected: { statusOfReturned: "shipped", cancelled: { refundedMinor: 2990, totalMinor: 0 } },
});

const toOrder = ({ id, state, lines, fulfillments }: WireOrder): ShopOrder => {
  const parcels = (fulfillments ?? []).filter((parcel) => parcel.state !== "Cancelled");
  return {
    id,
    isCancelled: state === "Cancelled",
    lines: lines.map((line) => ({
      sku: line.productVariant.sku,
      quantity: line.orderPlacedQuantity,
      packed: parcels
        .flatMap((parcel) => parcel.lines)
        .filter(({ orderLineId }) => orderLineId === line.id)
        .reduce((sum, { quantity }) => sum + quantity, 0),
    })),
    parcels: parcels.map((parcel) => ({
      id: parcel.id,
      units: parcel.lines.map(({ quantity }) => quantity),
      isShipped: parcel.state === "Shipped" || parcel.state === "Delivered",
      number: parcel.trackingCode || null,
    })),
  };
};
