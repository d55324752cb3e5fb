import type { OrderStatus } from "../../core/model/order.ts";
import type { WireOrder } from "./wire.ts";

/**
 * Five fields in the hub's one word. Money given back in part leaves an order what it is: the platform says "refund done" whatever
 * the amount. Under review, in a group that is not formed or before the final payment nothing may be shipped, but units are held.
 * Null for a state nobody knows: the order is kept aside for a person.
 */
export function statusOf(order: WireOrder, isWhollyRefunded: boolean): OrderStatus | null {
  if (order.confirm_status === 2 || order.group_status === 2)
    return isWhollyRefunded ? "refunded" : "cancelled";
  if (order.refund_status === 4 && isWhollyRefunded) return "refunded";
  if (order.refund_status === 2 || order.refund_status === 3) return "refunding";
  if (order.refund_status !== 1 && order.refund_status !== 4) return null;
  if (order.order_status === 1) return isHeld(order) ? "pending_payment" : "paid";
  if (order.order_status === 2) return "shipped";
  return order.order_status === 3 ? "completed" : null;
}

export const isHeld = (order: WireOrder): boolean =>
  order.confirm_status !== 1 ||
  order.group_status !== 1 ||
  order.risk_control_status === 1 ||
  isUnpaidStep(order);

const isUnpaidStep = ({ step_order_info }: WireOrder): boolean =>
  step_order_info !== null && step_order_info !== undefined && step_order_info.step_trade_status < 2;

/** Refunds that are done have figures of their own. */
export const isRefunded = (order: WireOrder): boolean => order.refund_status === 4;
