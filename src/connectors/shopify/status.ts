import type { OrderStatus } from "../../core/model/order.ts";
import type { WireOrder } from "./wire.ts";

/** Payment, parcels and returns in the hub's one word. A cancelled order whose money is kept stays cancelled: the money is a matter of its own. */
export function statusOf(order: WireOrder, captureAtShipment: boolean): OrderStatus {
  const financial = order.displayFinancialStatus;
  if (order.cancelledAt) return "cancelled";
  if (financial === "REFUNDED") return "refunded";
  if (returning.has(order.returnStatus ?? "")) return "refunding";
  const isOut = order.displayFulfillmentStatus === "FULFILLED";
  const live = order.fulfillments.filter((parcel) => parcel.status !== "CANCELLED");
  const isDelivered = live.length > 0 && live.every((parcel) => parcel.displayStatus === "DELIVERED");
  if (isOut && (order.closedAt || isDelivered)) return "completed";
  if (isOut) return "shipped";
  if (order.displayFulfillmentStatus === "PARTIALLY_FULFILLED") return "partially_shipped";
  if (financial === "PAID" || financial === "PARTIALLY_REFUNDED") return "paid";
  return financial === "AUTHORIZED" && captureAtShipment ? "paid" : "pending_payment";
}

const returning = new Set(["RETURN_REQUESTED", "IN_PROGRESS", "INSPECTION_COMPLETE"]);
