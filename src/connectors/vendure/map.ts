import type { Instant } from "../../core/clock.ts";
import { type Buyer, type OrderLineInput, type OrderSnapshot, orderSchema } from "../../core/model/order.ts";
import { isCurrency } from "../../core/money/currency.ts";
import type { Json } from "../contract.ts";
import { reasonOfThrow } from "../toolkit/each-order.ts";
import { latestOf } from "../toolkit/freshness.ts";
import { issuesOf } from "../toolkit/http.ts";
import { amountsOf, type LineAmounts, minorBy } from "./amounts.ts";
import { liveParcels, sentUnits, shipmentsOf } from "./parcels.ts";
import { paymentsIn, refundsOf } from "./refunds.ts";
import { statusOf } from "./status.ts";
import { placeSchema, type WireOrder, type WireStamps, orderSchema as wireOrderSchema } from "./wire.ts";

/** From Vendure's order to the hub's. Pure. */

export interface MapOptions {
  captureAtShipment: boolean;
  /** Digits of the server's amounts. */
  precision: number;
}

export type ReadOrder =
  | { kind: "order"; order: OrderSnapshot }
  /** Carts and drafts; and the whole of a purchase in a marketplace, whose parts per seller are orders of their own. */
  | { kind: "none" }
  | { kind: "rejected"; externalId: string; reason: string };

/** One order, or why it could not be read. The reason names fields, never their values. */
export function readOrder(row: Json, options: MapOptions): ReadOrder {
  const wire = wireOrderSchema.safeParse(row);
  if (!wire.success) {
    const externalId = placeSchema.pick({ id: true }).safeParse(row).data?.id ?? "(no id)";
    return { kind: "rejected", externalId, reason: issuesOf(wire.error) };
  }
  const { id: externalId, currencyCode, orderPlacedAt, type } = wire.data;
  if (orderPlacedAt === null || type === "Aggregate") return { kind: "none" };
  if (!isCurrency(currencyCode))
    return { kind: "rejected", externalId, reason: "currencyCode: is no ISO 4217 currency" };
  try {
    const order = orderSchema.safeParse(snapshotOf(wire.data, orderPlacedAt, options));
    if (order.success) return { kind: "order", order: order.data };
    return { kind: "rejected", externalId, reason: issuesOf(order.error) };
  } catch (error) {
    return { kind: "rejected", externalId, reason: reasonOfThrow(error) };
  }
}

function snapshotOf(order: WireOrder, placedAt: Instant, options: MapOptions): OrderSnapshot {
  const minor = minorBy(options.precision, order.currencyCode);
  const parcels = liveParcels(order);
  const amounts = amountsOf(order, sentUnits(parcels), options.precision);
  const refunds = refundsOf(order, amounts, minor);
  const status = statusOf(order, { amounts, parcels, refunds }, minor, options.captureAtShipment);
  const snapshot: OrderSnapshot = {
    externalId: order.id,
    updatedAt: changedAt({ ...order, orderPlacedAt: placedAt }),
    placedAt,
    status,
    currency: order.currencyCode,
    lines: amounts.lines.map(lineOf),
    shippingMinor: amounts.shippingMinor,
    totalMinor: amounts.totalMinor,
  };
  if (amounts.discountMinor > 0) snapshot.discountMinor = amounts.discountMinor;
  const paidAt = status === "pending_payment" ? undefined : paymentTime(order, options);
  if (paidAt !== undefined) snapshot.paidAt = paidAt;
  const buyer = buyerOf(order);
  if (Object.keys(buyer).length > 0) snapshot.buyer = buyer;
  const shipments = shipmentsOf(parcels, order.history);
  if (shipments.length > 0) snapshot.shipments = shipments;
  if (refunds.length > 0) snapshot.refunds = refunds;
  return snapshot;
}

/** Prices include tax. */
function lineOf({ line, units, unitPriceMinor, discountMinor, taxMinor }: LineAmounts): OrderLineInput {
  const { id, sku, name } = line.productVariant;
  const input: OrderLineInput = {
    externalLineId: line.id,
    externalVariantId: id,
    quantity: units,
    unitPriceMinor,
    taxMinor,
  };
  if (sku) input.sku = sku;
  if (discountMinor > 0) input.discountMinor = discountMinor;
  if (name) input.title = name.slice(0, 1000);
  return input;
}

/**
 * The newest time anywhere in the order. Vendure's own `updatedAt` stands still while an order is placed, paid, packed, shipped and
 * paid back (seen on 3.7.3), and a snapshot with an old time would be taken for an old one.
 */
export function changedAt(order: Omit<WireStamps, "id">): Instant {
  return latestOf(
    order.updatedAt,
    order.orderPlacedAt,
    ...(order.payments ?? []).flatMap((payment) => [
      payment.updatedAt,
      ...payment.refunds.map((refund) => refund.updatedAt),
    ]),
    ...(order.fulfillments ?? []).map((fulfillment) => fulfillment.updatedAt),
  );
}

/** When money was first taken; where it is taken at shipment, when it was promised. */
function paymentTime(order: WireOrder, { captureAtShipment }: MapOptions): Instant | undefined {
  const settled = paymentsIn(order, "Settled").map((payment) => payment.updatedAt);
  const promised = captureAtShipment
    ? paymentsIn(order, "Authorized").map((payment) => payment.createdAt)
    : [];
  return [...settled, ...promised].sort()[0];
}

function buyerOf({ customer, shippingAddress: address }: WireOrder): Buyer {
  const buyer: Buyer = {};
  if (customer) buyer.externalId = customer.id.slice(0, 256);
  if (customer?.emailAddress) buyer.email = customer.emailAddress.slice(0, 320);
  const phone = address?.phoneNumber || customer?.phoneNumber;
  if (phone) buyer.phone = phone.slice(0, 100);
  const name = address?.fullName || [customer?.firstName, customer?.lastName].filter(Boolean).join(" ");
  if (name) buyer.name = name.slice(0, 500);
  if (!address) return buyer;
  const parts = Object.entries({
    company: address.company,
    line1: address.streetLine1,
    line2: address.streetLine2,
    city: address.city,
    province: address.province,
    postalCode: address.postalCode,
    country: address.countryCode,
  }).filter(([, value]) => Boolean(value));
  if (parts.length > 0) buyer.address = Object.fromEntries(parts);
  return buyer;
}
