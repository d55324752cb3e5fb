import type { Instant } from "../../core/clock.ts";
import { type Buyer, type OrderLineInput, type OrderSnapshot, orderSchema } from "../../core/model/order.ts";
import { isCurrency } from "../../core/money/currency.ts";
import type { Json } from "../contract.ts";
import { reasonOfThrow } from "../toolkit/each-order.ts";
import { latestOf } from "../toolkit/freshness.ts";
import { issuesOf } from "../toolkit/http.ts";
import { amountsOf, type LineAmounts } from "./amounts.ts";
import { shipmentsOf } from "./parcels.ts";
import { refundsOf } from "./refunds.ts";
import { owesMoney, statusOf } from "./status.ts";
import { orderStampSchema, type WireOrder, wireOrderSchema } from "./wire.ts";

/** From Medusa's order to the hub's. Pure. */

export interface MapOptions {
  stockLocationId: string;
  captureAtShipment: boolean;
}

export type ReadOrder =
  | { ok: true; order: OrderSnapshot; owesMoney: boolean }
  | { ok: false; externalId: string; reason: string };

/** One order, or why it could not be read. The reason names fields, never their values. */
export function readOrder(row: Json, options: MapOptions): ReadOrder {
  const externalId = orderStampSchema.pick({ id: true }).safeParse(row).data?.id ?? "(no id)";
  const wire = wireOrderSchema.safeParse(row);
  if (!wire.success) return { ok: false, externalId, reason: issuesOf(wire.error) };
  if (!isCurrency(wire.data.currency_code)) {
    return { ok: false, externalId, reason: "currency_code: is no ISO 4217 currency" };
  }
  try {
    const order = orderSchema.safeParse(snapshotOf(wire.data, options));
    if (order.success) return { ok: true, order: order.data, owesMoney: owesMoney(wire.data) };
    return { ok: false, externalId, reason: issuesOf(order.error) };
  } catch (error) {
    return { ok: false, externalId, reason: reasonOfThrow(error) };
  }
}

function snapshotOf(order: WireOrder, options: MapOptions): OrderSnapshot {
  const amounts = amountsOf(order);
  const status = statusOf(order, options);
  const items = amounts.lines.map((line) => line.item);
  const shipments = shipmentsOf(order.fulfillments, items);
  const refunds = refundsOf(order, amounts, options.stockLocationId);
  const snapshot: OrderSnapshot = {
    externalId: order.id,
    updatedAt: changedAt(order),
    placedAt: order.created_at,
    status,
    currency: order.currency_code,
    lines: amounts.lines.map(lineOf),
    shippingMinor: amounts.shippingMinor,
    totalMinor: amounts.totalMinor,
  };
  if (amounts.discountMinor > 0) snapshot.discountMinor = amounts.discountMinor;
  const paidAt = status === "pending_payment" ? undefined : paymentTime(order, options);
  if (paidAt !== undefined) snapshot.paidAt = paidAt;
  const buyer = buyerOf(order);
  if (Object.keys(buyer).length > 0) snapshot.buyer = buyer;
  if (shipments.length > 0) snapshot.shipments = shipments;
  if (refunds.length > 0) snapshot.refunds = refunds;
  return snapshot;
}

function lineOf({ item, unitPriceMinor, discountMinor, taxMinor }: LineAmounts): OrderLineInput {
  const line: OrderLineInput = { externalLineId: item.id, quantity: item.quantity, unitPriceMinor, taxMinor };
  if (item.variant_sku) line.sku = item.variant_sku;
  if (item.variant_id) line.externalVariantId = item.variant_id;
  // A line the staff typed in has neither; it is named by itself and waits for a person.
  else line.externalItemId = item.product_id ?? item.id;
  if (discountMinor > 0) line.discountMinor = discountMinor;
  const title = titleOf(item.product_title ?? item.title, item.variant_title);
  if (title !== undefined) line.title = title;
  return line;
}

/** "Product / Variant"; a variant that is called like its product adds nothing. */
export function titleOf(
  product: string | null | undefined,
  variant: string | null | undefined,
): string | undefined {
  const names = [product, variant].filter((name): name is string => Boolean(name));
  return names.length === 0 ? undefined : [...new Set(names)].join(" / ").slice(0, 1000);
}

/**
 * The newest time anywhere in the order. `updated_at` alone stands still when money is captured or paid back, and a snapshot
 * with an old time would be taken for an old one.
 */
function changedAt(order: WireOrder): Instant {
  return latestOf(
    order.updated_at,
    ...order.payment_collections.flatMap(({ updated_at, payments }) => [
      updated_at,
      ...payments.flatMap((payment) => [
        payment.updated_at,
        ...payment.captures.map((capture) => capture.created_at),
        ...payment.refunds.map((refund) => refund.created_at),
      ]),
    ]),
    ...order.fulfillments.flatMap((row) => [
      row.packed_at,
      row.shipped_at,
      row.delivered_at,
      row.canceled_at,
    ]),
    ...order.returns.map((row) => row.updated_at),
  );
}

/** When money was taken; where it is taken at shipment, when it was promised. */
function paymentTime(order: WireOrder, { captureAtShipment }: MapOptions): Instant | undefined {
  const payments = order.payment_collections.flatMap((collection) => collection.payments);
  const captured = payments.flatMap((payment) => payment.captured_at ?? []);
  const promised =
    captureAtShipment && order.payment_status === "authorized" ? payments.map((one) => one.created_at) : [];
  return [...captured, ...promised].sort()[0];
}

function buyerOf(order: WireOrder): Buyer {
  const address = order.shipping_address;
  const buyer: Buyer = {};
  if (order.customer_id) buyer.externalId = order.customer_id.slice(0, 256);
  if (order.email) buyer.email = order.email.slice(0, 320);
  if (!address) return buyer;
  const name = [address.first_name, address.last_name].filter(Boolean).join(" ").slice(0, 500);
  if (name !== "") buyer.name = name;
  if (address.phone) buyer.phone = address.phone.slice(0, 100);
  const lines = Object.entries({
    company: address.company,
    line1: address.address_1,
    line2: address.address_2,
    city: address.city,
    province: address.province,
    postalCode: address.postal_code,
    country: address.country_code?.toUpperCase(),
  }).filter(([, value]) => Boolean(value));
  if (lines.length > 0) buyer.address = Object.fromEntries(lines);
  return buyer;
}
