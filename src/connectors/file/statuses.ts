import type { OrderStatus } from "../../core/model/order.ts";
import { plainHeader } from "./columns.ts";

/** What shops call the states of an order, in English and Chinese. */
const words: Record<OrderStatus, readonly string[]> = {
  pending_payment: [
    "pending_payment",
    "pending",
    "unpaid",
    "awaiting payment",
    "待付款",
    "等待买家付款",
    "未付款",
    "待支付",
  ],
  paid: [
    "paid",
    "processing",
    "unfulfilled",
    "awaiting shipment",
    "待发货",
    "买家已付款",
    "等待卖家发货",
    "已付款",
    "已支付",
  ],
  partially_shipped: ["partially_shipped", "partially fulfilled", "partial", "部分发货", "卖家部分发货"],
  shipped: [
    "shipped",
    "fulfilled",
    "dispatched",
    "in transit",
    "已发货",
    "卖家已发货",
    "等待买家确认收货",
    "待收货",
  ],
  completed: ["completed", "complete", "closed", "delivered", "交易成功", "已完成", "交易完成", "已签收"],
  cancelled: ["cancelled", "canceled", "voided", "交易关闭", "已取消", "已关闭"],
  refunding: ["refunding", "refund requested", "退款中"],
  refunded: ["refunded", "退款成功", "已退款"],
};

const byWord = new Map(
  Object.entries(words).flatMap(([status, spellings]) =>
    spellings.map((word): [string, OrderStatus] => [plainHeader(word), status as OrderStatus]),
  ),
);

export const statusOf = (text: string): OrderStatus | undefined => byWord.get(plainHeader(text));

export const knownStatuses = Object.keys(words).join(", ");
