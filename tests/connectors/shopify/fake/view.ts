import type { FakeLine, FakeOrder, FakeShop, FakeVariant } from "./shop.ts";

/** How Shopify shows its things in GraphQL. */

const at = (ms: number | null) => (ms === null ? null : `${new Date(ms).toISOString().slice(0, 19)}Z`);
const gid = (kind: string, id: number) => `gid://shopify/${kind}/${id}`;
const money = (cents: number) => ({
  shopMoney: { amount: (cents / 100).toFixed(cents % 10 === 0 ? 1 : 2), currencyCode: "USD" },
});
/** Nested lists give fifty rows, and the rest when asked for by the id of what they belong to. */
export const rowsFrom = <Row>(rows: readonly Row[], from = 0, size = 50) => ({
  pageInfo: { hasNextPage: rows.length > from + size, endCursor: String(from + size) },
  nodes: rows.slice(from, from + size),
});

function lineView(shop: FakeShop, line: FakeLine) {
  const variant = shop.variants.get(line.variant);
  return {
    id: gid("LineItem", line.id),
    sku: variant?.sku ?? null,
    name: variant?.title ?? "gone",
    quantity: line.quantity,
    currentQuantity: line.currentQuantity,
    variant: variant ? { id: gid("ProductVariant", variant.id) } : null,
    originalUnitPriceSet: money(line.price),
    discountAllocations: [],
    taxLines: [],
  };
}

export const lineRows = (shop: FakeShop, order: FakeOrder) => order.lines.map((line) => lineView(shop, line));

export const parcelRows = (parcel: FakeOrder["parcels"][number]) =>
  parcel.lines.map((row) => ({ quantity: row.quantity, lineItem: { id: gid("LineItem", row.line) } }));

export const refundRows = (refund: FakeOrder["refunds"][number]) =>
  refund.lines.map((row) => ({
    quantity: row.quantity,
    restockType: row.restock,
    lineItem: { id: gid("LineItem", row.line) },
    location: { id: gid("Location", 124656943) },
    subtotalSet: money(refund.amount / refund.lines.length),
    totalTaxSet: money(0),
  }));

export const openRows = (shop: FakeShop, order: FakeOrder) =>
  order.lines.map((line) => ({
    id: gid("FulfillmentOrderLineItem", line.id),
    remainingQuantity: line.currentQuantity - shop.shippedOf(order, line.id),
    lineItem: { id: gid("LineItem", line.id) },
  }));

const parcelView = (parcel: FakeOrder["parcels"][number]) => ({
  id: gid("Fulfillment", parcel.id),
  status: "SUCCESS",
  displayStatus: "FULFILLED",
  createdAt: at(parcel.atMs),
  trackingInfo: parcel.number === null ? [] : [{ company: parcel.company, number: parcel.number }],
  fulfillmentLineItems: rowsFrom(parcelRows(parcel)),
});

const metafieldsView = (order: FakeOrder) => ({
  nodes: [...order.metafields].map(([key, value]) => ({ key, value })),
});

export function orderView(shop: FakeShop, order: FakeOrder) {
  const left = order.lines.some((line) => line.currentQuantity > shop.shippedOf(order, line.id));
  return {
    id: gid("Order", order.id),
    legacyResourceId: String(order.id),
    name: `#${order.id % 10_000}`,
    createdAt: at(order.createdMs),
    processedAt: at(order.createdMs),
    updatedAt: at(order.updatedMs),
    cancelledAt: at(order.cancelledMs),
    closedAt: null,
    test: false,
    displayFinancialStatus: order.financial,
    displayFulfillmentStatus:
      order.parcels.length === 0 ? "UNFULFILLED" : left ? "PARTIALLY_FULFILLED" : "FULFILLED",
    returnStatus: "NO_RETURN",
    currencyCode: "USD",
    taxesIncluded: false,
    note: order.note,
    email: "ana@example.com",
    phone: null,
    customer: { id: gid("Customer", 7) },
    totalPriceSet: money(shop.total(order)),
    totalShippingPriceSet: money(order.shipping),
    totalTaxSet: money(0),
    totalDiscountsSet: money(0),
    shippingAddress: {
      name: "Ana Ruiz",
      address1: "1 Broadway",
      city: "Oakland",
      zip: "94607",
      countryCodeV2: "US",
    },
    lineItems: rowsFrom(lineRows(shop, order)),
    fulfillments: order.parcels.map(parcelView),
    refunds: order.refunds.map((refund) => ({
      id: gid("Refund", refund.id),
      createdAt: at(refund.atMs),
      note: null,
      totalRefundedSet: money(refund.amount),
      refundLineItems: rowsFrom(refundRows(refund)),
    })),
    metafields: metafieldsView(order),
  };
}

export const parcelOrderView = (shop: FakeShop, order: FakeOrder) => ({
  id: gid("Order", order.id),
  fulfillments: order.parcels.map(parcelView),
  fulfillmentOrders: {
    nodes: [
      {
        id: gid("FulfillmentOrder", order.id),
        status: "OPEN",
        assignedLocation: { location: { id: gid("Location", 124656943) } },
        supportedActions: order.cancelledMs === null ? [{ action: "CREATE_FULFILLMENT" }] : [],
        lineItems: rowsFrom(openRows(shop, order)),
      },
    ],
  },
  metafields: metafieldsView(order),
});

export const variantView = (variant: FakeVariant, location: string) => ({
  id: gid("ProductVariant", variant.id),
  sku: variant.sku,
  title: "Default Title",
  product: { title: variant.title },
  inventoryItem: {
    id: gid("InventoryItem", variant.id + 2_000_000),
    tracked: variant.tracked,
    inventoryLevel:
      location === gid("Location", 124656943)
        ? { quantities: [{ name: "available", quantity: variant.available }] }
        : null,
  },
});
