import {
  type Buyer,
  type OrderLineInput,
  type OrderSnapshot,
  type OrderStatus,
  orderSchema,
  type PlatformRefund,
} from "../../core/model/order.ts";
import { isCurrency } from "../../core/money/currency.ts";
import { sumMinor } from "../../core/money/money.ts";
import type { Json } from "../contract.ts";
import { reasonOfThrow } from "../toolkit/each-order.ts";
import { asOfNewest } from "../toolkit/freshness.ts";
import { issuesOf } from "../toolkit/http.ts";
import { addedUp, cutTo, feesOf, freightBack, freightOf, minorIn, type ToMinor } from "./amounts.ts";
import { parcelsOf } from "./parcels.ts";
import { refundRows, type SoldLine, soldLines, unitsOf } from "./sets.ts";
import type { WooSettings } from "./settings.ts";
import { stampSchema, type WireOrder, type WireRefund, orderSchema as wireOrderSchema } from "./wire.ts";

/** From WooCommerce's order to the hub's. Pure. */

export type ReadOrder =
  | { kind: "order"; order: OrderSnapshot }
  /** A checkout that was begun and is no order yet. */
  | { kind: "draft" }
  | { kind: "rejected"; externalId: string; reason: string };

type Options = Pick<WooSettings, "paidStatuses" | "shippedStatuses">;

/** One order with its refunds, or why it could not be read. The reason names fields, never their values. */
export function readOrder(row: Json, refunds: readonly WireRefund[], options: Options): ReadOrder {
  const wire = wireOrderSchema.safeParse(row);
  if (!wire.success) {
    const id = stampSchema.pick({ id: true }).safeParse(row).data?.id;
    return {
      kind: "rejected",
      externalId: id === undefined ? "(no id)" : String(id),
      reason: issuesOf(wire.error),
    };
  }
  const externalId = String(wire.data.id);
  if (/^(checkout-draft|auto-draft)$/.test(wire.data.status)) return { kind: "draft" };
  if (!isCurrency(wire.data.currency))
    return { kind: "rejected", externalId, reason: "currency: is no ISO 4217 currency" };
  try {
    const order = orderSchema.safeParse(snapshotOf(wire.data, refunds, options));
    if (order.success) return { kind: "order", order: asOfNewest(order.data) };
    return { kind: "rejected", externalId, reason: issuesOf(order.error) };
  } catch (error) {
    return { kind: "rejected", externalId, reason: reasonOfThrow(error) };
  }
}

/** A status of a plugin is what the settings say of it; otherwise the money decides. */
export function statusOf({ status, date_paid_gmt }: WireOrder, options: Options): OrderStatus {
  if (options.paidStatuses.includes(status)) return "paid";
  if (options.shippedStatuses.includes(status)) return "shipped";
  switch (status) {
    case "pending":
    case "failed":
    case "on-hold":
      return "pending_payment";
    case "processing":
      return "paid";
    case "completed":
      return "completed";
    case "cancelled":
    case "trash":
      return "cancelled";
    case "refunded":
      return "refunded";
    default:
      return date_paid_gmt ? "paid" : "pending_payment";
  }
}

function snapshotOf(order: WireOrder, refunds: readonly WireRefund[], options: Options): OrderSnapshot {
  const minor = minorIn(order.currency);
  const fees = feesOf(order, minor);
  const snapshot: OrderSnapshot = {
    externalId: String(order.id),
    updatedAt: order.date_modified_gmt,
    placedAt: order.date_created_gmt,
    status: statusOf(order, options),
    currency: order.currency,
    lines: soldLines(order.line_items, minor).map(lineOf),
    // A fee is paid like freight; a negative one is a discount.
    shippingMinor: freightOf(order, minor) + Math.max(0, fees),
    totalMinor: minor(order.total),
  };
  if (fees < 0) snapshot.discountMinor = -fees;
  if (order.date_paid_gmt) snapshot.paidAt = order.date_paid_gmt;
  const buyer = buyerOf(order);
  if (Object.keys(buyer).length > 0) snapshot.buyer = buyer;
  if (order.customer_note) snapshot.note = order.customer_note.slice(0, 2000);
  if (order.transaction_id) snapshot.paymentId = order.transaction_id.slice(0, 256);
  const parcels = parcelsOf(order.meta_data);
  if (parcels.length > 0)
    snapshot.shipments = parcels.map(({ shipmentId, ...parcel }) => ({
      externalId: shipmentId,
      reference: shipmentId,
      ...parcel,
    }));
  if (refunds.length > 0) snapshot.refunds = refunds.map((refund) => refundOf(refund, order, minor));
  return addedUp(snapshot, order);
}

/**
 * Prices net, tax on top: `total` and `subtotal` are without tax, whatever the catalogue says, and `price` is a rounded float. The
 * price of a unit is rounded up and the difference given as discount, so that the line adds up.
 */
function lineOf({ line, subtotal, total, tax }: SoldLine): OrderLineInput {
  const quantity = unitsOf(line);
  const unitPriceMinor = quantity === 0 ? 0 : Math.ceil(Math.max(subtotal, total) / quantity);
  const mapped: OrderLineInput = {
    externalLineId: String(line.id),
    quantity,
    unitPriceMinor,
    taxMinor: tax,
  };
  const discountMinor = unitPriceMinor * quantity - total;
  if (discountMinor > 0) mapped.discountMinor = discountMinor;
  if (line.sku) mapped.sku = line.sku;
  if (line.product_id > 0) mapped.externalItemId = String(line.product_id);
  // A product that was deleted: the line is named by itself and waits for a person.
  else mapped.externalItemId = `line-${line.id}`;
  if (line.variation_id > 0) mapped.externalVariantId = String(line.variation_id);
  if (line.name) mapped.title = line.name.slice(0, 1000);
  return mapped;
}

/**
 * A refund's lines carry negative figures and the id of the order's line in `_refunded_item_id`. Whether the goods are back on
 * the shelf is not told: they are not, until a person says so.
 */
function refundOf(refund: WireRefund, order: WireOrder, minor: ToMinor): PlatformRefund {
  const rows = refund.line_items.flatMap((row) => {
    const line = row.meta_data.find(({ key }) => key === "_refunded_item_id")?.value;
    if (typeof line !== "string" && typeof line !== "number") return [];
    const amountMinor = Math.abs(minor(row.total)) + Math.abs(minor(row.total_tax));
    return [{ lineId: String(line), amountMinor, quantity: Math.abs(Math.trunc(row.quantity)) }];
  });
  const lines = refundRows(rows, order.line_items, minor).map(({ lineId, ...amounts }) => ({
    externalLineId: lineId,
    ...amounts,
  }));
  const amountMinor = Math.abs(minor(refund.amount));
  const amounts = lines.map((line) => line.amountMinor);
  const fitted = cutTo(amounts, amountMinor);
  const entry: PlatformRefund = {
    externalId: String(refund.id),
    refundedAt: refund.date_created_gmt,
    amountMinor,
  };
  if (lines.length > 0)
    entry.lines = lines.map((line, index) => ({ ...line, amountMinor: fitted[index] ?? 0 }));
  const shippingMinor = freightBack(refund, order, sumMinor(amounts), minor);
  if (shippingMinor !== undefined) entry.shippingMinor = shippingMinor;
  if (refund.reason) entry.reason = refund.reason.slice(0, 500);
  return entry;
}

/** Goods go to the shipping address; shops that sell downloads leave it empty. */
function buyerOf({ customer_id, billing, shipping }: WireOrder): Buyer {
  const textOf = (from: Record<string, unknown>, field: string): string => {
    const value = from[field];
    return typeof value === "string" ? value.trim() : "";
  };
  const to = textOf(shipping, "address_1") || textOf(shipping, "last_name") ? shipping : billing;
  const buyer: Buyer = {};
  if (customer_id > 0) buyer.externalId = String(customer_id);
  const name = `${textOf(to, "first_name")} ${textOf(to, "last_name")}`.trim();
  if (name) buyer.name = name.slice(0, 500);
  const phone = textOf(to, "phone") || textOf(billing, "phone");
  if (phone) buyer.phone = phone.slice(0, 100);
  const email = textOf(billing, "email");
  if (email) buyer.email = email.slice(0, 320);
  const parts = Object.entries({
    company: textOf(to, "company"),
    line1: textOf(to, "address_1"),
    line2: textOf(to, "address_2"),
    city: textOf(to, "city"),
    province: textOf(to, "state"),
    postalCode: textOf(to, "postcode"),
    country: textOf(to, "country"),
  }).filter(([, value]) => value !== "");
  if (parts.length > 0) buyer.address = Object.fromEntries(parts);
  return buyer;
}
