import type { OrderStatus } from "../../core/model/order.ts";
import { minorUnit } from "./decimals.ts";
import { exact, type WireItem, type WireOrder } from "./wire.ts";

/**
 * The order's status in the hub's words. Medusa has three: of the order, of its payments and of its parcels. Neither
 * `completed` nor `fulfilled` means that anything left the house: the first is a button for the staff, the second means
 * packed. So what is shipped is counted from the lines.
 */
export function statusOf(
  order: WireOrder,
  { captureAtShipment }: { captureAtShipment: boolean },
): OrderStatus {
  if (order.status === "canceled") return "cancelled";
  if (order.payment_status === "refunded") return "refunded";
  if (order.items.some((item) => item.detail.return_requested_quantity > 0) || owesMoney(order))
    return "refunding";
  const closed = order.status === "completed" || order.status === "archived";
  if (order.items.length > 0 && order.items.every((item) => sentUnits(item, closed) >= item.quantity)) {
    return closed || order.items.every(isDelivered) ? "completed" : "shipped";
  }
  if (order.items.some((item) => sentUnits(item, false) > 0)) return "partially_shipped";
  switch (order.payment_status) {
    case "captured":
    case "partially_refunded":
      return "paid";
    case "authorized":
      return captureAtShipment ? "paid" : "pending_payment";
    default:
      return "pending_payment";
  }
}

/**
 * Whether the shop owes the buyer money it has taken, e.g. after a return or an edit. Paying it back changes no time
 * stamp of order or payment (seen on 2.21.2), so such orders are read again until it is done.
 */
export function owesMoney(order: WireOrder): boolean {
  const { summary } = order;
  const pending = exact(summary.raw_pending_difference, summary.pending_difference);
  return pending <= -minorUnit(order.currency_code) && exact(summary.raw_paid_total, summary.paid_total) > 0n;
}

/** Goods without shipping (downloads) are never shipped: they are done when fulfilled, or when the order is closed. */
function sentUnits(item: WireItem, orderClosed: boolean): number {
  const { fulfilled_quantity, shipped_quantity, delivered_quantity } = item.detail;
  if (item.requires_shipping) return Math.max(shipped_quantity, delivered_quantity);
  return orderClosed ? item.quantity : fulfilled_quantity;
}

const isDelivered = (item: WireItem): boolean =>
  !item.requires_shipping || item.detail.delivered_quantity >= item.quantity;
