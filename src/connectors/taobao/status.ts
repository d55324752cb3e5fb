import type { OrderStatus } from "../../core/model/order.ts";
import type { WireLine, WireTrade } from "./wire.ts";

/** States of a trade, its lines and its instalments (open.taobao.com, Trade and Order; read 2026-11-22). */
const statuses: Readonly<Record<string, OrderStatus>> = {
  TRADE_NO_CREATE_PAY: "pending_payment",
  WAIT_BUYER_PAY: "pending_payment",
  PAY_PENDING: "pending_payment",
  WAIT_PRE_AUTH_CONFIRM: "pending_payment",
  WAIT_SELLER_SEND_GOODS: "paid",
  SELLER_CONSIGNED_PART: "partially_shipped",
  WAIT_BUYER_CONFIRM_GOODS: "shipped",
  // Cash on delivery, signed for.
  TRADE_BUYER_SIGNED: "shipped",
  TRADE_FINISHED: "completed",
  // Closed after payment, by refund; and before it.
  TRADE_CLOSED: "refunded",
  TRADE_CLOSED_BY_TAOBAO: "cancelled",
};

const openRefunds = new Set([
  "WAIT_SELLER_AGREE",
  "WAIT_BUYER_RETURN_GOODS",
  "WAIT_SELLER_CONFIRM_GOODS",
  "SELLER_REFUSE_BUYER",
]);

/** Null for a state nobody knows: the order is kept aside for a person, and what the hub holds stays. */
export function statusOf(trade: WireTrade): OrderStatus | null {
  if (trade.step_trade_status === "FRONT_PAID_FRONT_FORFEITED") return "cancelled";
  const status = Object.hasOwn(statuses, trade.status) ? statuses[trade.status] : undefined;
  if (status === undefined) return null;
  // Whatever the trade says: without the final payment nothing may be shipped.
  if (status === "paid" && /^FRONT_(NOPAID|PAID)_FINAL_NOPAID$/.test(trade.step_trade_status))
    return "pending_payment";
  const isOver = status === "cancelled" || status === "refunded";
  if (!isOver && trade.orders.some((line) => isLive(line) && openRefunds.has(line.refund_status)))
    return "refunding";
  return status;
}

const isLive = (line: WireLine): boolean => !line.status.startsWith("TRADE_CLOSED");

/** A line closed before payment inside a trade that goes on: nothing of it is ordered any more. */
export const isCancelledLine = (trade: WireTrade, line: WireLine): boolean =>
  line.status === "TRADE_CLOSED_BY_TAOBAO" && trade.status !== "TRADE_CLOSED_BY_TAOBAO";

export const isRefunded = (line: WireLine): boolean =>
  line.refund_status === "SUCCESS" && line.refund_id !== undefined;

/** Paid back, or refused or taken back for good. */
export const hasEndedRefund = (line: WireLine): boolean =>
  isRefunded(line) || (line.refund_status === "CLOSED" && line.refund_id !== undefined);
