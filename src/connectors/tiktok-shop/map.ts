import type { Instant } from "../../core/clock.ts";
import {
  type Buyer,
  type OrderSnapshot,
  type OrderStatus,
  orderSchema,
  type PlatformRefund,
  type PlatformShipment,
} from "../../core/model/order.ts";
import { isCurrency } from "../../core/money/currency.ts";
import { splitMinor, sumMinor } from "../../core/money/money.ts";
import type { Json } from "../contract.ts";
import { reasonOfThrow } from "../toolkit/each-order.ts";
import { latestOf } from "../toolkit/freshness.ts";
import { issuesOf } from "../toolkit/http.ts";
import { doneCancellations, openReturns, paidReturns, statuses } from "./codes.ts";
import {
  type Amounts,
  amountsIn,
  countedItems,
  isGone,
  isWhollyCancelled,
  type Line,
  lineOf,
  linesOf,
  moneyOf,
} from "./units.ts";
import {
  orderHeadSchema,
  type WireCancellation,
  type WireOrder,
  type WireRefundAmount,
  type WireReturn,
  orderSchema as wireOrderSchema,
} from "./wire.ts";

/** From TikTok's order and its after-sales to the hub's order. Pure. */

export type ReadOrder =
  | { kind: "order"; order: OrderSnapshot }
  | { kind: "rejected"; externalId: string; reason: string };

export interface AfterSales {
  returns: readonly WireReturn[];
  cancellations: readonly WireCancellation[];
}

/** `afterSales` is null where they could not be read: then the order says nothing of refunds. The reason names fields, never their values. */
export function readOrder(row: Json, afterSales: AfterSales | null, liveSession?: string): ReadOrder {
  const wire = wireOrderSchema.safeParse(row);
  const externalId = orderHeadSchema.safeParse(row).data?.id ?? "(no id)";
  const rejected = (reason: string): ReadOrder => ({ kind: "rejected", externalId, reason });
  if (!wire.success) return rejected(issuesOf(wire.error));
  if (!isCurrency(wire.data.payment.currency)) return rejected("payment.currency: is no ISO 4217 currency");
  if (!Object.hasOwn(statuses, wire.data.status)) return rejected("status: is not known");
  try {
    const snapshot = snapshotOf(wire.data, afterSales);
    if (liveSession !== undefined) snapshot.liveSession = liveSession;
    const order = orderSchema.safeParse(snapshot);
    return order.success ? { kind: "order", order: order.data } : rejected(issuesOf(order.error));
  } catch (error) {
    return rejected(reasonOfThrow(error));
  }
}

function snapshotOf(order: WireOrder, afterSales: AfterSales | null): OrderSnapshot {
  const groups = linesOf(order);
  const lines = groups.map((group) => lineOf(order, group));
  const money = moneyOf(order, lines);
  const { returns, cancellations } = afterSales ?? { returns: [], cancellations: [] };
  const refunds = refundsOf(order, groups, returns, cancellations);
  const snapshot: OrderSnapshot = {
    externalId: order.id,
    updatedAt: latestOf(order.update_time, ...[...returns, ...cancellations].map((one) => one.update_time)),
    placedAt: order.create_time,
    status: statusOf(order, returns, sumMinor(refunds.map((one) => one.amountMinor)), money.totalMinor),
    currency: order.payment.currency,
    lines,
    ...money,
  };
  if (order.paid_time) snapshot.paidAt = order.paid_time;
  const buyer = buyerOf(order);
  if (Object.keys(buyer).length > 0) snapshot.buyer = buyer;
  if (order.buyer_message) snapshot.note = order.buyer_message.slice(0, 2000);
  const shipments = shipmentsOf(order, groups);
  if (shipments.length > 0) snapshot.shipments = shipments;
  if (afterSales) snapshot.refunds = refunds;
  return snapshot;
}

/** A wish to cancel and an open return hold everything back until they are decided. */
function statusOf(
  order: WireOrder,
  returns: readonly WireReturn[],
  refundedMinor: number,
  totalMinor: number,
): OrderStatus {
  const status = statuses[order.status] ?? "pending_payment";
  if (status === "cancelled" || status === "pending_payment") return status;
  // A pre-order is charged shortly before its release; until then nothing is paid.
  if (order.status === "ON_HOLD" && order.order_type === "PRE_ORDER" && !order.paid_time)
    return "pending_payment";
  if (totalMinor > 0 && refundedMinor >= totalMinor) return "refunded";
  if (order.is_buyer_request_cancel || returns.some((one) => openReturns.has(one.return_status)))
    return "refunding";
  return order.status === "AWAITING_COLLECTION" && order.shipping_type === "SELLER" ? "shipped" : status;
}

/** Parcels that have left. */
function shipmentsOf(order: WireOrder, groups: readonly Line[]): PlatformShipment[] {
  const gone = order.line_items.filter((item) => isGone(order, item));
  const parcels = Map.groupBy(
    gone,
    (item) => item.package_id ?? item.tracking_number ?? `${order.id}-parcel`,
  );
  return [...parcels].map(([externalId, items]) => {
    const [first] = items;
    const shipment: PlatformShipment = {
      externalId,
      shippedAt: first?.rts_time ?? order.rts_time ?? order.update_time,
      lines: perLine(
        groups,
        items.map((item) => item.id),
      ),
    };
    const carrier = first?.shipping_provider_name || order.shipping_provider;
    if (carrier) shipment.carrier = carrier.slice(0, 200);
    if (first?.tracking_number) shipment.trackingNumber = first.tracking_number.slice(0, 200);
    return shipment;
  });
}

/** Units by their own ids over our lines. */
export const perLine = (
  groups: readonly Line[],
  itemIds: readonly string[],
): { externalLineId: string; quantity: number }[] =>
  groups.flatMap(({ key, items }) => {
    const quantity = items.filter((item) => itemIds.includes(item.id)).length;
    return quantity > 0 ? [{ externalLineId: key, quantity }] : [];
  });

function refundsOf(
  order: WireOrder,
  groups: readonly Line[],
  returns: readonly WireReturn[],
  cancellations: readonly WireCancellation[],
): PlatformRefund[] {
  const minor = amountsIn(order.payment.currency);
  const paid = returns.filter((one) => paidReturns.has(one.return_status) && one.refund_amount);
  // A whole cancel is told by the order's state, and units left out of the amounts are not given back again.
  const isTold = isWhollyCancelled(order) || countedItems(order).isReduced;
  const cancelled = isTold ? [] : cancellations.filter((one) => doneCancellations.has(one.cancel_status));
  return [
    ...paid.map((one) =>
      refundOf(groups, minor, {
        id: one.return_id,
        at: one.update_time,
        reason: one.return_reason_text,
        amount: one.refund_amount,
        items: one.return_line_items ?? [],
        // Goods are on the shelf when somebody has looked at them.
        units: one.return_type === "RETURN_AND_REFUND" ? {} : null,
      }),
    ),
    ...cancelled.map((one) =>
      refundOf(groups, minor, {
        id: one.cancel_id,
        at: one.update_time,
        reason: one.cancel_reason_text,
        amount: one.refund_amount,
        items: one.cancel_line_items ?? [],
        // Never sent, so never off the shelf.
        units: { restock: true },
      }),
    ),
  ];
}

interface GivenBack {
  id: string;
  at: Instant;
  reason: string | null | undefined;
  amount: WireRefundAmount | null | undefined;
  items: readonly { order_line_item_id: string; refund_amount?: WireRefundAmount | null | undefined }[];
  /** Null where only money goes back. */
  units: { restock?: true } | null;
}

/** Goods and freight, as in the order's total: taxes and fees are left out. */
function partsOf(
  amount: WireRefundAmount | null | undefined,
  minor: Amounts,
): { goods: number; freight: number } {
  const freight = minor(amount?.refund_shipping_fee);
  if (typeof amount?.refund_subtotal === "string" && amount.refund_subtotal !== "")
    return { goods: minor(amount.refund_subtotal), freight };
  const others = [amount?.refund_tax, amount?.retail_delivery_fee, amount?.buyer_service_fee].map(minor);
  return { goods: Math.max(0, minor(amount?.refund_total) - freight - sumMinor(others)), freight };
}

function refundOf(groups: readonly Line[], minor: Amounts, one: GivenBack): PlatformRefund {
  const { goods, freight } = partsOf(one.amount, minor);
  const refund: PlatformRefund = { externalId: one.id, refundedAt: one.at, amountMinor: goods + freight };
  if (freight > 0) refund.shippingMinor = freight;
  if (one.reason) refund.reason = one.reason.slice(0, 500);
  const touched = groups.flatMap(({ key, items }) => {
    const rows = one.items.filter((row) => items.some((item) => item.id === row.order_line_item_id));
    const weight = sumMinor(rows.map((row) => partsOf(row.refund_amount, minor).goods));
    return rows.length === 0 ? [] : [{ key, quantity: rows.length, weight: Math.max(1, weight) }];
  });
  if (touched.length === 0) return refund;
  const shares = splitMinor(
    goods,
    touched.map(({ weight }) => weight),
  );
  refund.lines = touched.map(({ key, quantity }, index) => ({
    externalLineId: key,
    amountMinor: shares[index] ?? 0,
    ...(one.units === null ? {} : { quantity, ...one.units }),
  }));
  return refund;
}

const levels: Readonly<Record<string, string>> = { L1: "province", L2: "city", L3: "district", L4: "town" };

/** TikTok masks by market, carrier and state of the order, and gives no address before the order may be shipped. */
function buyerOf({ recipient_address: to, user_id, buyer_email }: WireOrder): Buyer {
  const buyer: Buyer = {};
  if (user_id) buyer.externalId = user_id;
  if (to?.name) buyer.name = to.name.slice(0, 500);
  if (to?.phone_number) buyer.phone = to.phone_number.slice(0, 100);
  if (buyer_email) buyer.email = buyer_email.slice(0, 320);
  const districts = (to?.district_info ?? []).map(
    ({ address_level, address_name }) => [levels[address_level ?? ""] ?? "", address_name] as const,
  );
  const parts = [
    ["line1", to?.address_line1 || to?.address_detail || to?.full_address],
    ["line2", to?.address_line2],
    ["line3", to?.address_line3],
    ["line4", to?.address_line4],
    ...districts,
    ["postTown", to?.post_town],
    ["postalCode", to?.postal_code],
    ["country", to?.region_code],
  ].filter(([name, value]) => name !== "" && value);
  if (parts.length > 0) buyer.address = Object.fromEntries(parts);
  if ([to?.name, to?.phone_number, ...parts.map(([, value]) => value)].some((value) => value?.includes("*")))
    buyer.masked = true;
  return buyer;
}
