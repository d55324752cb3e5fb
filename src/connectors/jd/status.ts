import type { Instant } from "../../core/clock.ts";
import { isSluiceError } from "../../core/errors.ts";
import type { OrderStatus } from "../../core/model/order.ts";
import { localInstant } from "../toolkit/time.ts";
import type { JdSettings } from "./settings.ts";
import { timeZone } from "./sign.ts";
import type { WireOrder } from "./wire.ts";

/** A local time of China; null for what is no time. */
export function timeOf(text: string): Instant | null {
  try {
    return localInstant(text, timeZone);
  } catch (error) {
    if (isSluiceError(error)) return null;
    throw error;
  }
}

/** `0001-01-01 00:00:00` and nothing at all both mean that nothing was paid. */
export const paidAtOf = ({ paymentConfirmTime }: Pick<WireOrder, "paymentConfirmTime">): Instant | null =>
  paymentConfirmTime === "" || paymentConfirmTime.startsWith("0001")
    ? null
    : localInstant(paymentConfirmTime, timeZone);

export const isPaused = ({ orderState }: Pick<WireOrder, "orderState">): boolean =>
  orderState === "PAUSE" || orderState === "POP_ORDER_PAUSE";

/**
 * JD's state in the hub's word; null when it is not known. "Waiting for stock-out" also holds for orders that are paid on delivery,
 * monthly or later: these wait until they are paid, unless the shop ships them before. A paused order keeps what it was; JD
 * refuses to ship it.
 */
export function statusOf(
  order: WireOrder,
  options: Pick<JdSettings, "shipBeforePayment">,
): OrderStatus | null {
  const isPaid = paidAtOf(order) !== null;
  switch (order.orderState) {
    case "NOT_PAY":
      return "pending_payment";
    case "WAIT_SELLER_STOCK_OUT":
    case "WAIT_SELLER_DELIVERY":
      return isPaid || options.shipBeforePayment ? "paid" : "pending_payment";
    case "PAUSE":
    case "POP_ORDER_PAUSE":
      if (order.waybill !== "") return "shipped";
      return isPaid || options.shipBeforePayment ? "paid" : "pending_payment";
    case "WAIT_GOODS_RECEIVE_CONFIRM":
      return "shipped";
    case "RECEIPT_CONFIRM":
    case "FINISHED_L":
      return "completed";
    case "LOCKED":
    case "DELIVERY_RETURN":
      return "refunding";
    case "TRADE_CANCELED":
      return isPaid ? "refunded" : "cancelled";
    default:
      return null;
  }
}
