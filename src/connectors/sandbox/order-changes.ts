import type { Instant } from "../../core/clock.ts";
import type { OrderSnapshot, PlatformRefund, PlatformShipment } from "../../core/model/order.ts";
import { goodsOf, type OrderLine, refundedOf, shippedOf, totalOf, unitsOf } from "./pricing.ts";

/** How one order changes. Pure: an order in, the changed order or a refusal out; `updatedAt` is set by the shop. */
export type Refused = { ok: false; code: "not_found" | "sold_out" | "not_allowed" | "invalid" };
export type Changed = { ok: true; order: OrderSnapshot } | Refused;

const changed = (order: OrderSnapshot): Changed => ({ ok: true, order });
export const refused = (code: Refused["code"]): Refused => ({ ok: false, code });

export const isPaid = (order: OrderSnapshot): boolean => order.paidAt !== undefined;

const isUnshipped = (order: OrderSnapshot) => order.status === "pending_payment" || order.status === "paid";

export const paid = (order: OrderSnapshot, at: Instant): Changed =>
  order.status === "pending_payment"
    ? changed({ ...order, status: "paid", paidAt: at })
    : refused("not_allowed");

/** A paid order gives back what has not been given back yet. */
export function cancelled(order: OrderSnapshot, at: Instant): Changed {
  if (!isUnshipped(order)) return refused("not_allowed");
  const dueMinor = isPaid(order) ? order.totalMinor - refundedOf(order) : 0;
  const closed: OrderSnapshot = { ...order, status: "cancelled" };
  return changed(dueMinor > 0 ? withRefund(closed, { refundedAt: at, amountMinor: dueMinor }) : closed);
}

/** The total follows the lines. Discounts never exceed the goods, so the total never falls below the freight. */
export function edited(order: OrderSnapshot, externalLineId: string, quantity: number): Changed {
  const isWhole = Number.isInteger(quantity) && quantity >= 0;
  if (!isUnshipped(order) || order.refunds !== undefined) return refused("not_allowed");
  if (!isWhole || !order.lines.some((line) => line.externalLineId === externalLineId))
    return refused("invalid");
  const lines = order.lines.map((line) =>
    line.externalLineId === externalLineId ? { ...line, quantity } : line,
  );
  if (unitsOf(lines) === 0) return refused("not_allowed");
  const next = withDiscountsWithin({ ...order, lines });
  return changed({ ...next, totalMinor: totalOf(next) });
}

function withDiscountsWithin(order: OrderSnapshot): OrderSnapshot {
  const goodsMinor = goodsOf(order.lines);
  const discountMinor = Math.min(order.discountMinor ?? 0, goodsMinor);
  const platformDiscountMinor = Math.min(order.platformDiscountMinor ?? 0, goodsMinor - discountMinor);
  return {
    ...order,
    ...(order.discountMinor === undefined ? {} : { discountMinor }),
    ...(order.platformDiscountMinor === undefined ? {} : { platformDiscountMinor }),
  };
}

export interface RefundRequest {
  amountMinor: number;
  /** Goods that come back with it. */
  line?: { externalLineId: string; quantity: number; restock: boolean } | undefined;
}

export function refunded(order: OrderSnapshot, { amountMinor, line }: RefundRequest, at: Instant): Changed {
  const leftMinor = order.totalMinor - refundedOf(order);
  const isOpen = isPaid(order) && order.status !== "cancelled" && order.status !== "refunded";
  if (!isOpen || amountMinor < 1 || amountMinor > leftMinor) return refused("not_allowed");
  // Goods can only come back when they have left.
  if (line && line.quantity > shippedOf(order, line.externalLineId)) return refused("not_allowed");
  const next = withRefund(order, {
    refundedAt: at,
    amountMinor,
    ...(line ? { lines: [{ ...line, amountMinor }] } : {}),
  });
  return changed(amountMinor === leftMinor ? { ...next, status: "refunded" } : next);
}

function withRefund(order: OrderSnapshot, refund: Omit<PlatformRefund, "externalId">): OrderSnapshot {
  const refunds = order.refunds ?? [];
  return {
    ...order,
    refunds: [...refunds, { ...refund, externalId: `${order.externalId}-R${refunds.length + 1}` }],
  };
}

export const asked = (order: OrderSnapshot): Changed =>
  order.status === "paid" ? changed({ ...order, note: "When will it be sent?" }) : refused("not_allowed");

export const completed = (order: OrderSnapshot): Changed =>
  order.status === "shipped" ? changed({ ...order, status: "completed" }) : refused("not_allowed");

export interface Parcel {
  shipmentId: string;
  orderExternalId: string;
  lines: { externalLineId: string; quantity: number }[];
  carrier?: string | undefined;
  trackingNumber?: string | undefined;
}

export const shipmentOf = (order: OrderSnapshot, shipmentId: string): PlatformShipment | undefined =>
  order.shipments?.find((shipment) => shipment.reference === shipmentId);

/** A parcel leaves: only what was paid and has not left yet. */
export function shipped(order: OrderSnapshot, parcel: Parcel, at: Instant): Changed {
  if (order.status !== "paid" && order.status !== "partially_shipped") return refused("not_allowed");
  const fits = parcel.lines.every(({ externalLineId, quantity }) => {
    const line = order.lines.find((one) => one.externalLineId === externalLineId);
    return line !== undefined && quantity >= 1 && quantity <= openOf(order, line);
  });
  if (!fits || parcel.lines.length === 0) return refused("invalid");
  const shipments = order.shipments ?? [];
  const shipment: PlatformShipment = {
    externalId: `${order.externalId}-S${shipments.length + 1}`,
    shippedAt: at,
    lines: parcel.lines,
    reference: parcel.shipmentId,
    ...(parcel.carrier === undefined ? {} : { carrier: parcel.carrier }),
    ...(parcel.trackingNumber === undefined ? {} : { trackingNumber: parcel.trackingNumber }),
  };
  const next: OrderSnapshot = { ...order, shipments: [...shipments, shipment] };
  const isDone = next.lines.every((line) => openOf(next, line) === 0);
  return changed({ ...next, status: isDone ? "shipped" : "partially_shipped" });
}

export const openOf = (order: OrderSnapshot, line: OrderLine): number =>
  line.quantity - shippedOf(order, line.externalLineId);
