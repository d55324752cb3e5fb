import {
  type Buyer,
  type OrderLineInput,
  type OrderSnapshot,
  orderSchema,
  type PlatformRefund,
  type PlatformShipment,
} from "../../core/model/order.ts";
import { isCurrency } from "../../core/money/currency.ts";
import { sumMinor } from "../../core/money/money.ts";
import type { Json } from "../contract.ts";
import { reasonOfThrow } from "../toolkit/each-order.ts";
import { asOfNewest } from "../toolkit/freshness.ts";
import { issuesOf } from "../toolkit/http.ts";
import { minorOf } from "../toolkit/money.ts";
import { linesOf, notesOf, parcelOf } from "./parcels.ts";
import type { ShopifySettings } from "./settings.ts";
import { statusOf } from "./status.ts";
import { numberOf, type WireLine, type WireOrder, orderSchema as wireOrderSchema } from "./wire.ts";

/** From Shopify's order to the hub's, in the shop's currency. Pure. */

export type ReadOrder =
  | { kind: "order"; order: OrderSnapshot }
  | { kind: "test" }
  | { kind: "rejected"; externalId: string; reason: string };

type Options = Pick<ShopifySettings, "captureAtShipment" | "locationId">;

/** One order, or why it could not be read. Orders of Shopify's test gateway are none. The reason names fields, never their values. */
export function readOrder(row: Json, options: Options): ReadOrder {
  const wire = wireOrderSchema.safeParse(row);
  if (!wire.success) {
    const id = wireOrderSchema.pick({ legacyResourceId: true }).safeParse(row).data?.legacyResourceId;
    return { kind: "rejected", externalId: id ?? "(no id)", reason: issuesOf(wire.error) };
  }
  const externalId = wire.data.legacyResourceId;
  if (wire.data.test) return { kind: "test" };
  if (!isCurrency(wire.data.currencyCode))
    return { kind: "rejected", externalId, reason: "currencyCode: is no ISO 4217 currency" };
  try {
    const order = orderSchema.safeParse(snapshotOf(wire.data, options));
    if (order.success) return { kind: "order", order: asOfNewest(order.data) };
    return { kind: "rejected", externalId, reason: issuesOf(order.error) };
  } catch (error) {
    return { kind: "rejected", externalId, reason: reasonOfThrow(error) };
  }
}

type Money = { shopMoney: { amount: string } };

function snapshotOf(order: WireOrder, options: Options): OrderSnapshot {
  const currency = order.currencyCode;
  const minor = (money: Money | null | undefined) => (money ? minorOf(money.shopMoney.amount, currency) : 0);
  const status = statusOf(order, options.captureAtShipment);
  const refunds = refundsOf(order, options.locationId, minor);
  const lines = order.lineItems.nodes.map((line) => lineOf(line, orderedUnits(order, line), minor));
  const lineTax = sumMinor(lines.map((line) => line.taxMinor ?? 0));
  const lineDiscounts = sumMinor(lines.map((line) => line.discountMinor ?? 0));
  // Tax on freight is the rest of the order's; on top of the prices it is paid with the freight.
  const freightTax = order.taxesIncluded ? 0 : Math.max(0, minor(order.totalTaxSet) - lineTax);
  const snapshot: OrderSnapshot = {
    externalId: order.legacyResourceId,
    updatedAt: order.updatedAt,
    placedAt: order.createdAt,
    status,
    currency,
    lines,
    shippingMinor: minor(order.totalShippingPriceSet) + freightTax,
    totalMinor: minor(order.totalPriceSet),
  };
  // What of the discounts is on no line is on the freight.
  const discountMinor = Math.max(0, minor(order.totalDiscountsSet) - lineDiscounts);
  if (discountMinor > 0) snapshot.discountMinor = discountMinor;
  const isPaid = /^(PAID|PARTIALLY_REFUNDED|REFUNDED)$/.test(order.displayFinancialStatus ?? "");
  if (isPaid) snapshot.paidAt = order.processedAt ?? order.createdAt;
  const buyer = buyerOf(order);
  if (Object.keys(buyer).length > 0) snapshot.buyer = buyer;
  if (order.note) snapshot.note = order.note.slice(0, 2000);
  const shipments = shipmentsOf(order);
  if (shipments.length > 0) snapshot.shipments = shipments;
  if (refunds.length > 0) snapshot.refunds = refunds;
  return snapshot;
}

/** `quantity` counts what an edit took out, too; `currentQuantity` leaves out what was refunded, which is told by the refund. */
function orderedUnits(order: WireOrder, line: WireLine): number {
  const refunded = order.refunds
    .flatMap((refund) => refund.refundLineItems.nodes)
    .filter((row) => row.lineItem.id === line.id)
    .reduce((sum, row) => sum + row.quantity, 0);
  return Math.min(line.quantity, line.currentQuantity + refunded);
}

function lineOf(line: WireLine, quantity: number, minor: (money: Money) => number): OrderLineInput {
  const discountMinor = sumMinor(line.discountAllocations.map((row) => minor(row.allocatedAmountSet)));
  const mapped: OrderLineInput = {
    externalLineId: numberOf(line.id),
    quantity,
    unitPriceMinor: minor(line.originalUnitPriceSet),
    taxMinor: sumMinor(line.taxLines.map((row) => minor(row.priceSet))),
  };
  if (line.sku) mapped.sku = line.sku;
  if (line.variant) mapped.externalVariantId = numberOf(line.variant.id);
  // A line the staff typed in, or of a variant that was deleted: it is named by itself and waits for a person.
  else mapped.externalItemId = `line-${numberOf(line.id)}`;
  if (discountMinor > 0) mapped.discountMinor = discountMinor;
  if (line.name) mapped.title = line.name.slice(0, 1000);
  return mapped;
}

function shipmentsOf(order: WireOrder): PlatformShipment[] {
  const notes = notesOf(order.metafields);
  return order.fulfillments
    .filter(
      (parcel) => parcel.status !== "CANCELLED" && parcel.status !== "ERROR" && parcel.status !== "FAILURE",
    )
    .map((parcel) => {
      const shipment: PlatformShipment = {
        externalId: numberOf(parcel.id),
        shippedAt: parcel.createdAt ?? order.updatedAt,
        lines: linesOf(parcel).map(({ id, quantity }) => ({ externalLineId: id, quantity })),
      };
      const [tracking] = parcel.trackingInfo;
      if (tracking?.company) shipment.carrier = tracking.company.slice(0, 200);
      if (tracking?.number) shipment.trackingNumber = tracking.number.slice(0, 200);
      const note = notes.find((note) => parcelOf(note, order.fulfillments)?.id === parcel.id);
      if (note) shipment.reference = note.shipmentId;
      return shipment;
    });
}

/** Goods are back on the shelf when they were restocked at our location; Shopify puts them into its own figure, too. */
function refundsOf(order: WireOrder, locationId: string, minor: (money: Money) => number): PlatformRefund[] {
  return order.refunds.map((refund) => {
    const lines = refund.refundLineItems.nodes.map((row) => ({
      externalLineId: numberOf(row.lineItem.id),
      amountMinor: minor(row.subtotalSet) + (order.taxesIncluded ? 0 : minor(row.totalTaxSet)),
      quantity: row.quantity,
      restock: row.restockType === "RETURN" && (!row.location || numberOf(row.location.id) === locationId),
    }));
    const amountMinor = minor(refund.totalRefundedSet);
    const ofLines = sumMinor(lines.map((line) => line.amountMinor));
    const entry: PlatformRefund = {
      externalId: numberOf(refund.id),
      refundedAt: refund.createdAt ?? order.updatedAt,
      amountMinor,
    };
    // Money that did not move is no line's: an unpaid order that was cancelled, a return without payment.
    if (lines.length > 0)
      entry.lines = amountMinor === 0 ? lines.map((line) => ({ ...line, amountMinor: 0 })) : lines;
    if (amountMinor > ofLines)
      entry.shippingMinor = Math.min(amountMinor - ofLines, minor(order.totalShippingPriceSet));
    if (refund.note) entry.reason = refund.note.slice(0, 500);
    return entry;
  });
}

/** Without Shopify's approval for buyers' data all of it is null. */
function buyerOf(order: WireOrder): Buyer {
  const address = order.shippingAddress;
  const buyer: Buyer = {};
  if (order.customer) buyer.externalId = numberOf(order.customer.id);
  if (order.email) buyer.email = order.email.slice(0, 320);
  const phone = address?.phone ?? order.phone;
  if (phone) buyer.phone = phone.slice(0, 100);
  if (!address) return buyer;
  if (address.name) buyer.name = address.name.slice(0, 500);
  const parts = Object.entries({
    company: address.company,
    line1: address.address1,
    line2: address.address2,
    city: address.city,
    province: address.province,
    postalCode: address.zip,
    country: address.countryCodeV2,
  }).filter(([, value]) => Boolean(value));
  if (parts.length > 0) buyer.address = Object.fromEntries(parts);
  return buyer;
}
