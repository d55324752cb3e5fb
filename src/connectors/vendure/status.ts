import type { OrderStatus, PlatformRefund } from "../../core/model/order.ts";
import { sumMinor } from "../../core/money/money.ts";
import type { OrderAmounts, ToMinor } from "./amounts.ts";
import { isSent, type LiveParcel, sentUnits } from "./parcels.ts";
import { paymentsIn, refundsIn, settledMinor } from "./refunds.ts";
import type { WireOrder } from "./wire.ts";

/**
 * The order's status in the hub's words, counted from payments and parcels. Vendure's own state is a free text that plugins add
 * to, knows no refunds, and hides what it was while an order is `Modifying`; of it only `Cancelled` counts. An order all of whose
 * goods left and came back is `Cancelled` there, too.
 */
export function statusOf(
  order: WireOrder,
  facts: { amounts: OrderAmounts; parcels: readonly LiveParcel[]; refunds: readonly PlatformRefund[] },
  minor: ToMinor,
  captureAtShipment: boolean,
): OrderStatus {
  const { amounts, parcels, refunds } = facts;
  const sent = sentUnits(parcels);
  if (order.state === "Cancelled")
    return sent.size === 0 ? "cancelled" : owesMoney(order) ? "refunding" : "refunded";
  const refundedMinor = sumMinor(refunds.map((refund) => refund.amountMinor));
  if (refundedMinor > 0 && refundedMinor >= amounts.totalMinor) return "refunded";
  if (refundsIn(order, "Pending").length > 0) return "refunding";
  const isOut = amounts.lines.every(({ line, units }) => (sent.get(line.id) ?? 0) >= units);
  if (isOut && sent.size > 0) {
    const isDelivered = parcels.filter(isSent).every(({ fulfillment }) => fulfillment.state === "Delivered");
    return isDelivered ? "completed" : "shipped";
  }
  if (sent.size > 0) return "partially_shipped";
  const settled = settledMinor(order, minor);
  if (settled >= amounts.totalMinor) return "paid";
  const promised = sumMinor(paymentsIn(order, "Authorized").map((payment) => minor(payment.amount)));
  return captureAtShipment && settled + promised >= amounts.totalMinor ? "paid" : "pending_payment";
}

/** Money that was taken is neither for what is left of the order nor paid back. */
function owesMoney(order: WireOrder): boolean {
  const taken = sumMinor(paymentsIn(order, "Settled").map((payment) => payment.amount));
  const back = sumMinor(refundsIn(order, "Settled").map((refund) => refund.total));
  return taken - back > order.totalWithTax;
}
