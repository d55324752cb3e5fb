import {
  type Buyer,
  type OrderLineInput,
  type OrderSnapshot,
  type OrderStatus,
  orderSchema,
  type PlatformRefund,
  type PlatformShipment,
} from "../../core/model/order.ts";
import { isCurrency } from "../../core/money/currency.ts";
import { sumMinor } from "../../core/money/money.ts";
import type { Json } from "../contract.ts";
import { reasonOfThrow } from "../toolkit/each-order.ts";
import { latestOf } from "../toolkit/freshness.ts";
import { issuesOf } from "../toolkit/http.ts";
import { minorOf } from "../toolkit/money.ts";
import { goneOut, statuses } from "./codes.ts";
import { marketplaceOf } from "./marketplaces.ts";
import { refundsOf } from "./refunds.ts";
import {
  stampSchema,
  type WireItem,
  type WireMoney,
  type WireOrder,
  type WireTransaction,
  orderSchema as wireOrderSchema,
} from "./wire.ts";

/** From Amazon's order to the hub's. Pure. */

export type ReadOrder =
  | { kind: "order"; order: OrderSnapshot }
  /** Sold on a marketplace of another connection, or on another channel and only shipped by Amazon: it comes from there. */
  | { kind: "elsewhere" }
  | { kind: "rejected"; externalId: string; reason: string };

/** One order, with its finance records where they were read, or why it could not be read. The reason names fields, never their values. */
export function readOrder(
  row: Json,
  marketplaceIds: readonly string[],
  transactions: readonly WireTransaction[] | null = null,
): ReadOrder {
  const wire = wireOrderSchema.safeParse(row);
  if (!wire.success) {
    const externalId = stampSchema.pick({ orderId: true }).safeParse(row).data?.orderId ?? "(no id)";
    return { kind: "rejected", externalId, reason: issuesOf(wire.error) };
  }
  const externalId = wire.data.orderId;
  const { channelName, marketplaceId } = wire.data.salesChannel;
  if (channelName === "NON_AMAZON" || (marketplaceId && !marketplaceIds.includes(marketplaceId)))
    return { kind: "elsewhere" };
  const currency = currencyOf(wire.data);
  if (currency === undefined || !isCurrency(currency))
    return { kind: "rejected", externalId, reason: "currency: is no ISO 4217 currency" };
  const status = statusOf(wire.data);
  if (status === undefined)
    return { kind: "rejected", externalId, reason: "fulfillment.fulfillmentStatus: is not known" };
  try {
    const order = orderSchema.safeParse(snapshotOf(wire.data, status, currency, transactions));
    if (order.success) return { kind: "order", order: order.data };
    return { kind: "rejected", externalId, reason: issuesOf(order.error) };
  } catch (error) {
    return { kind: "rejected", externalId, reason: reasonOfThrow(error) };
  }
}

/** Pending orders may hide their amounts; then the marketplace tells. */
function currencyOf({ proceeds, orderItems, salesChannel }: WireOrder): string | undefined {
  const named =
    proceeds?.grandTotal?.currencyCode ??
    orderItems.find((item) => item.product.price?.unitPrice)?.product.price?.unitPrice?.currencyCode;
  return named ?? marketplaceOf(salesChannel.marketplaceId ?? "")?.currency;
}

export function statusOf({ fulfillment, orderItems, packages }: WireOrder): OrderStatus | undefined {
  const name = fulfillment.fulfillmentStatus;
  const status = Object.hasOwn(statuses, name) ? statuses[name] : undefined;
  // A buyer's wish to cancel: nothing more leaves until somebody has decided.
  const isAsked = orderItems.some(
    ({ cancellation }) => cancellation?.cancellationRequest && !cancellation.cancellationExecution,
  );
  if (isAsked && (status === "paid" || status === "partially_shipped")) return "refunding";
  const parcels = (packages ?? []).filter((parcel) => parcel.packageStatus?.status !== "CANCELLED");
  const isThere = parcels.length > 0 && parcels.every((one) => one.packageStatus?.status === "DELIVERED");
  return status === "shipped" && isThere ? "completed" : status;
}

function snapshotOf(
  order: WireOrder,
  status: OrderStatus,
  currency: string,
  transactions: readonly WireTransaction[] | null,
): OrderSnapshot {
  const minor = (money: WireMoney | null | undefined): number =>
    money ? minorOf(money.amount, currency) : 0;
  const isAmazons = order.fulfillment.fulfilledBy === "AMAZON";
  const read = order.orderItems.map((item) => lineOf(item, minor, status === "cancelled"));
  const tips = (order.proceeds?.breakdowns ?? []).filter(
    (one) => one.type === "DELIVERY_TIP" && one.status !== "PENDING",
  );
  const shipping = sumMinor([
    ...read.map((one) => one.extrasMinor),
    ...tips.map((tip) => minor(tip.subtotal)),
  ]);
  const goods = sumMinor(
    read.map(({ line }) => line.unitPriceMinor * line.quantity - (line.discountMinor ?? 0)),
  );
  // While an order is pending its total may be hidden although its prices are not.
  const { totalMinor, remittedMinor } = totalOf(
    order.proceeds?.grandTotal ? minor(order.proceeds.grandTotal) : Math.max(0, goods + shipping),
    goods + shipping,
    sumMinor(read.map((one) => one.taxMinor)),
    sumMinor(read.filter((one) => one.isRemitted).map((one) => one.taxMinor)),
  );
  const snapshot: OrderSnapshot = {
    externalId: order.orderId,
    updatedAt: order.lastUpdatedTime,
    placedAt: order.createdTime,
    status,
    currency,
    lines: read.map(({ line, taxMinor, isRemitted }) => ({
      ...line,
      taxMinor: isRemitted && remittedMinor > 0 ? 0 : taxMinor,
      ...(isAmazons ? { fulfilledBy: "platform" as const } : {}),
    })),
    shippingMinor: Math.max(0, shipping),
    totalMinor,
  };
  // More off the freight than it costs comes off the goods.
  if (shipping < 0) snapshot.discountMinor = -shipping;
  const buyer = buyerOf(order);
  if (Object.keys(buyer).length > 0) snapshot.buyer = buyer;
  const replaced = order.associatedOrders?.find((one) => one.orderId);
  if (replaced?.orderId) snapshot.note = `Replaces order ${replaced.orderId}`;
  const shipments = shipmentsOf(order);
  if (shipments.length > 0) snapshot.shipments = shipments;
  return transactions === null ? snapshot : withRefunds(snapshot, refundsOf(transactions, order, currency));
}

/**
 * Tax that Amazon collects and remits itself (marketplace facilitator) is no money of the merchant's: where it stands on top of the prices
 * it is left out of total and lines. Where prices hold it, there is nothing to take out.
 */
function totalOf(
  grandTotal: number,
  beforeTax: number,
  tax: number,
  remitted: number,
): { totalMinor: number; remittedMinor: number } {
  const isOnTop = Math.abs(grandTotal - beforeTax - tax) < Math.abs(grandTotal - beforeTax);
  const remittedMinor = isOnTop ? remitted : 0;
  return { totalMinor: grandTotal - remittedMinor, remittedMinor };
}

interface ReadLine {
  line: OrderLineInput;
  /** Freight, gift wrap and the like, less what is off them; may be below zero. */
  extrasMinor: number;
  taxMinor: number;
  /** Amazon remits the tax. */
  isRemitted: boolean;
}

/** The sign of discounts is not documented: their amount counts. */
function lineOf(
  item: WireItem,
  minor: (money: WireMoney | null | undefined) => number,
  isCancelled: boolean,
): ReadLine {
  const rows = item.proceeds?.breakdowns ?? [];
  const sumOf = (...types: string[]) =>
    sumMinor(rows.filter((row) => types.includes(row.type)).map((row) => minor(row.subtotal)));
  const discounts = rows.filter((row) => row.type === "DISCOUNT");
  const discount = sumMinor(discounts.map((row) => Math.abs(minor(row.subtotal))));
  const ofExtras = discounts
    .flatMap((row) => row.detailedBreakdowns ?? [])
    .filter(({ subtype }) => subtype && !/^(ITEM|DISCOUNT)$/.test(subtype));
  const offExtras = Math.min(discount, sumMinor(ofExtras.map(({ value }) => Math.abs(minor(value)))));
  const quantity = quantityOf(item, isCancelled);
  const goods = rows.some((row) => row.type === "ITEM")
    ? sumOf("ITEM")
    : minor(item.product.price?.unitPrice) * quantity;
  const told = minor(item.product.price?.unitPrice);
  const unitPriceMinor = quantity === 0 || told * quantity === goods ? told : Math.ceil(goods / quantity);
  const line: OrderLineInput = { externalLineId: item.orderItemId, quantity, unitPriceMinor };
  const off = discount - offExtras + (quantity === 0 ? 0 : unitPriceMinor * quantity - goods);
  if (off > 0) line.discountMinor = off;
  const { sellerSku, asin, title } = item.product;
  if (sellerSku) line.sku = sellerSku;
  line.externalItemId = sellerSku || asin || `item-${item.orderItemId}`;
  if (title) line.title = title.slice(0, 1000);
  return {
    line,
    extrasMinor: sumOf("SHIPPING", "GIFT_WRAP", "COD_FEE", "OTHER") - offExtras,
    taxMinor: Math.max(0, sumOf("TAX")),
    isRemitted: item.tax?.taxCollections?.some(({ model }) => model === "MARKETPLACE_FACILITATOR") ?? false,
  };
}

/** Units cancelled out of an order that goes on are neither fulfilled nor to be. */
function quantityOf({ quantityOrdered, fulfillment, cancellation }: WireItem, isCancelled: boolean): number {
  if (isCancelled || !cancellation?.cancellationExecution) return quantityOrdered;
  const { quantityFulfilled, quantityUnfulfilled } = fulfillment ?? {};
  if (typeof quantityFulfilled !== "number" || typeof quantityUnfulfilled !== "number")
    return quantityOrdered;
  return Math.max(0, Math.min(quantityOrdered, quantityFulfilled + quantityUnfulfilled));
}

function shipmentsOf({ packages, lastUpdatedTime }: WireOrder): PlatformShipment[] {
  return (packages ?? []).flatMap((parcel) => {
    const status = parcel.packageStatus?.status;
    if (status === undefined ? !parcel.shipTime : !goneOut.has(status)) return [];
    const shipment: PlatformShipment = {
      externalId: parcel.packageReferenceId,
      shippedAt: parcel.shipTime ?? parcel.createdTime ?? lastUpdatedTime,
    };
    const lines = (parcel.packageItems ?? []).filter(({ quantity }) => quantity > 0);
    if (lines.length > 0)
      shipment.lines = lines.map(({ orderItemId, quantity }) => ({ externalLineId: orderItemId, quantity }));
    if (parcel.carrier) shipment.carrier = parcel.carrier.slice(0, 200);
    if (parcel.trackingNumber) shipment.trackingNumber = parcel.trackingNumber.slice(0, 200);
    return [shipment];
  });
}

/** Refunds do not move the order's own time: the later of both is how fresh this is. */
function withRefunds(snapshot: OrderSnapshot, refunds: readonly PlatformRefund[]): OrderSnapshot {
  const updatedAt = latestOf(snapshot.updatedAt, ...refunds.map((refund) => refund.refundedAt));
  return { ...snapshot, updatedAt, refunds: [...refunds] };
}

/** Amazon gives a relay address for mail, and hides the rest without the roles for it, and some weeks after delivery. */
function buyerOf({ buyer, recipient }: WireOrder): Buyer {
  const told: Buyer = {};
  const to = recipient?.deliveryAddress;
  const name = to?.name || buyer?.buyerName;
  if (name) told.name = name.slice(0, 500);
  if (to?.phone) told.phone = to.phone.slice(0, 100);
  if (buyer?.buyerEmail) told.email = buyer.buyerEmail.slice(0, 320);
  const parts = Object.entries({
    company: to?.companyName || buyer?.buyerCompanyName,
    line1: to?.addressLine1,
    line2: to?.addressLine2,
    line3: to?.addressLine3,
    district: to?.districtOrCounty,
    city: to?.city || to?.municipality,
    province: to?.stateOrRegion,
    postalCode: to?.postalCode,
    country: to?.countryCode,
  }).filter(([, value]) => typeof value === "string" && value !== "");
  if (parts.length > 0) told.address = Object.fromEntries(parts);
  return told;
}
