import type { OrderStatus } from "../../core/model/order.ts";
import type { WireOrder } from "./wire.ts";

/** Waits although it is paid: a gift that nobody has accepted yet, a group that is not complete. */
export const isWaiting = ({ status }: Pick<WireOrder, "status">): boolean => status === 12 || status === 13;

/**
 * WeChat's state in the hub's word; null when it is not known. What waits for an acceptance or a group must not be shipped, so it
 * counts as not paid yet; its units are held from the order on. An open after-sale stands above all but the end.
 */
export function statusOf(order: WireOrder): OrderStatus | null {
  const status = bare[order.status];
  if (status === undefined) return null;
  const isOpen =
    (order.aftersale_detail?.on_aftersale_order_cnt ?? 0) > 0 ||
    order.order_detail.product_infos.some((product) => product.on_aftersale_sku_cnt > 0);
  return isOpen && order.status >= 20 && order.status <= 100 ? "refunding" : status;
}

const bare: Readonly<Record<number, OrderStatus>> = {
  10: "pending_payment",
  12: "pending_payment",
  13: "pending_payment",
  20: "paid",
  21: "partially_shipped",
  30: "shipped",
  100: "completed",
  200: "refunded",
  250: "cancelled",
};
