import type { FakeFulfillment, FakeOrder, FakePayment, FakeShop, FakeVariant } from "./shop.ts";

/** How Vendure shows its things in GraphQL: an order with all fields of the connector's documents. VAT of 21 % is in the prices. */

const at = (ms: number) => new Date(ms).toISOString();
const net = (gross: number) => Math.round(gross / 1.21);

export const fulfillmentView = (parcel: FakeFulfillment) => ({
  id: parcel.id,
  state: parcel.state,
  method: parcel.method,
  trackingCode: parcel.trackingCode,
  createdAt: at(parcel.createdMs),
  updatedAt: at(parcel.updatedMs),
  lines: parcel.lines.map(({ id, quantity }) => ({ orderLineId: id, quantity })),
});

const paymentView = (payment: FakePayment) => ({
  id: payment.id,
  state: payment.state,
  amount: payment.amount,
  createdAt: at(payment.createdMs),
  updatedAt: at(payment.updatedMs),
  refunds: payment.refunds.map((refund) => ({
    id: refund.id,
    state: refund.state,
    total: refund.total,
    reason: "asked for",
    createdAt: at(refund.createdMs),
    updatedAt: at(refund.updatedMs),
  })),
});

const historyView = (order: FakeOrder) => ({
  items: order.history
    .filter(({ type }) => type === "ORDER_NOTE" || type === "ORDER_FULFILLMENT_TRANSITION")
    .map(({ type, atMs, data }) => ({ type, createdAt: at(atMs), data })),
});

const lineView = ({ id, variant, quantity }: FakeOrder["lines"][number]) => ({
  id,
  quantity,
  unitPriceWithTax: variant.price,
  proratedUnitPriceWithTax: variant.price,
  proratedLinePriceWithTax: variant.price * quantity,
  proratedLinePrice: net(variant.price * quantity),
  taxRate: 21,
  productVariant: { id: variant.id, sku: variant.sku, name: variant.name },
});

export const orderView = (shop: FakeShop, order: FakeOrder) => ({
  id: order.id,
  code: `C${order.id}`,
  type: order.type,
  state: order.state,
  createdAt: at(order.updatedMs - 60_000),
  updatedAt: at(order.updatedMs),
  orderPlacedAt: order.placedMs === null ? null : at(order.placedMs),
  currencyCode: order.currency,
  shippingWithTax: order.shipping,
  totalWithTax: shop.total(order),
  customer: {
    id: "77",
    emailAddress: "ana@example.com",
    firstName: "Ana",
    lastName: "Ruiz",
    phoneNumber: null,
  },
  shippingAddress: {
    fullName: "Ana Ruiz",
    company: "",
    streetLine1: "Calle Mayor 1",
    streetLine2: "",
    city: "Madrid",
    province: "",
    postalCode: "28013",
    countryCode: "ES",
    phoneNumber: "+34600000000",
  },
  lines: order.lines.map(lineView),
  surcharges: [] as { priceWithTax: number }[],
  payments: order.payments.map(paymentView),
  fulfillments: order.fulfillments.map(fulfillmentView),
  history: historyView(order),
});

export const variantView = (variant: FakeVariant, locationId: string) => ({
  id: variant.id,
  sku: variant.sku,
  name: variant.name,
  trackInventory: variant.track,
  outOfStockThreshold: variant.threshold ?? 0,
  useGlobalOutOfStockThreshold: variant.threshold === null,
  stockLevels: [
    { stockLocationId: locationId, stockOnHand: variant.onHand, stockAllocated: variant.allocated },
  ],
});
