import { instantOf } from "../../core/clock.ts";
import {
  type Buyer,
  type OrderLineInput,
  type OrderSnapshot,
  type OrderStatus,
  orderSchema,
  type PlatformRefund,
  type Presale,
} from "../../core/model/order.ts";
import { sumMinor } from "../../core/money/money.ts";
import type { Json } from "../contract.ts";
import { reasonOfThrow } from "../toolkit/each-order.ts";
import { asOfNewest } from "../toolkit/freshness.ts";
import { issuesOf } from "../toolkit/http.ts";
import { amountsOf } from "./amounts.ts";
import { depositActivity, liveRoomCarrier, openRefund, returned } from "./codes.ts";
import { shipmentsOf } from "./parcels.ts";
import {
  type WireItem,
  type WireOrder,
  type WireRefund,
  type WireStep,
  orderSchema as wireOrderSchema,
} from "./wire.ts";

/** From Kuaishou's order, which holds one SKU and its gifts, to the hub's. Pure; amounts are fen of CNY, times Unix milliseconds. */

export type ReadOrder =
  | { kind: "order"; order: OrderSnapshot }
  | { kind: "rejected"; externalId: string; reason: string };

const named = wireOrderSchema.pick({ orderBaseInfo: true });

/** One order, or why it could not be read: the reason names fields, never their values. */
export function readOrder(row: Json, refunds: readonly WireRefund[]): ReadOrder {
  const wire = wireOrderSchema.safeParse(row);
  if (!wire.success) {
    const externalId = named.safeParse(row).data?.orderBaseInfo.oid ?? "(no id)";
    return { kind: "rejected", externalId, reason: issuesOf(wire.error) };
  }
  const externalId = wire.data.orderBaseInfo.oid;
  try {
    const mapped = snapshotOf(wire.data, refunds);
    if (mapped === null)
      return {
        kind: "rejected",
        externalId,
        reason: `status: ${wire.data.orderBaseInfo.status} is not known`,
      };
    const order = orderSchema.safeParse(mapped);
    if (order.success) return { kind: "order", order: asOfNewest(order.data) };
    return { kind: "rejected", externalId, reason: issuesOf(order.error) };
  } catch (error) {
    return { kind: "rejected", externalId, reason: reasonOfThrow(error) };
  }
}

function snapshotOf(order: WireOrder, paidRefunds: readonly WireRefund[]): OrderSnapshot | null {
  const { orderBaseInfo: base, orderItemInfo: item, subOrderInfo } = order;
  const amounts = amountsOf(order);
  const refunds = paidRefunds.map((refund) => refundOf(refund, order, amounts.totalMinor));
  const status = statusOf(order, sumMinor(refunds.map(({ amountMinor }) => amountMinor)), amounts.totalMinor);
  if (status === null) return null;
  const main: OrderLineInput = {
    ...lineOf(base.oid, item),
    unitPriceMinor: amounts.unitPriceMinor,
    ...(amounts.discountMinor > 0 ? { discountMinor: amounts.discountMinor } : {}),
  };
  // Gifts hang on the order as orders of their own; their units are needed all the same.
  const gifts = subOrderInfo.map((sub) => lineOf(sub.subOrderBaseInfo.oid, sub.subOrderItemInfo));
  const snapshot: OrderSnapshot = {
    externalId: base.oid,
    updatedAt: instantOf(base.updateTime),
    placedAt: instantOf(base.createTime),
    status,
    currency: "CNY",
    lines: [main, ...gifts],
    shippingMinor: amounts.shippingMinor,
    totalMinor: amounts.totalMinor,
  };
  if (base.payTime) snapshot.paidAt = instantOf(base.payTime);
  if (base.carrierType === liveRoomCarrier && base.carrierId) snapshot.liveSession = base.carrierId;
  if (base.remark) snapshot.note = base.remark.slice(0, 2000);
  const presale = presaleOf(order, amounts.totalMinor);
  if (presale) snapshot.presale = presale;
  const buyer = buyerOf(order);
  if (buyer) snapshot.buyer = buyer;
  const shipments = shipmentsOf(order);
  if (shipments.length > 0) snapshot.shipments = shipments;
  if (refunds.length > 0) snapshot.refunds = refunds;
  return snapshot;
}

function lineOf(externalLineId: string, item: WireItem): OrderLineInput {
  const line: OrderLineInput = { externalLineId, quantity: item.num, unitPriceMinor: 0 };
  if (item.skuNick) line.sku = item.skuNick;
  if (item.skuId) line.externalVariantId = item.skuId;
  if (item.itemId) line.externalItemId = item.itemId;
  // Something a person must look at: it is named by itself and waits.
  if (!item.skuNick && !item.skuId && !item.itemId) line.externalItemId = `line-${externalLineId}`;
  const title = [item.itemTitle, item.skuDesc].filter(Boolean).join(" / ");
  if (title) line.title = title.slice(0, 1000);
  return line;
}

const closed = 80;

/** Null for a number that is not in the documents: such an order is kept for a person. */
function statusOf(order: WireOrder, refundedMinor: number, totalMinor: number): OrderStatus | null {
  const { status, payTime } = order.orderBaseInfo;
  if (status === closed) return payTime ? "refunded" : "cancelled";
  if (refundedMinor > 0 && refundedMinor >= totalMinor) return "refunded";
  const plain = plainStatuses[status];
  if (plain === undefined) return null;
  if (plain === "pending_payment") return plain;
  if (order.orderRefundList.some(({ refundStatus }) => openRefund.has(refundStatus))) return "refunding";
  const sent = order.orderDeliveryInfo?.deliveryNum ?? 0;
  return plain === "paid" && sent > 0 && sent < order.orderItemInfo.num ? "partially_shipped" : plain;
}

/** Signed by the buyer (50) is not yet the end: the order succeeds at 70. */
const plainStatuses: Readonly<Record<number, OrderStatus>> = {
  10: "pending_payment",
  30: "paid",
  40: "shipped",
  50: "shipped",
  70: "completed",
};

const stepPaid = 30;

/** A deposit and a final payment. `preSale` is paid at once and only ships later. */
function presaleOf({ orderBaseInfo, orderStepInfo }: WireOrder, totalMinor: number): Presale | undefined {
  const steps = orderStepInfo?.orderPaymentSteps ?? [];
  const [deposit, balance] = [1, 2].map((number) => steps.find(({ payStepNo }) => payStepNo === number));
  if (!orderBaseInfo.allActivityType.includes(depositActivity) || !deposit) return undefined;
  const depositMinor = Math.min(totalMinor, deposit.paymentFee || deposit.stepTotalPrice || 0);
  const presale: Presale = { depositMinor, finalMinor: totalMinor - depositMinor };
  const depositPaidAt = paidAt(deposit);
  const finalPaidAt = paidAt(balance);
  if (depositPaidAt) presale.depositPaidAt = depositPaidAt;
  if (balance?.endPayTime) presale.finalDueAt = instantOf(balance.endPayTime);
  if (finalPaidAt) presale.finalPaidAt = finalPaidAt;
  return presale;
}

const paidAt = (step: WireStep | undefined) =>
  step?.payStepStatus === stepPaid && step.payTime ? instantOf(step.payTime) : undefined;

/** Units are not told: all of them where all the money of the goods went back and the goods came back or never left. */
function refundOf(refund: WireRefund, order: WireOrder, totalMinor: number): PlatformRefund {
  const { orderBaseInfo: base, orderItemInfo: item } = order;
  const freight = base.expressFee ?? 0;
  const amountMinor = refund.refundFee;
  const isWhole = amountMinor >= totalMinor - freight;
  const wasNotSent = !base.sendTime && !order.orderDeliveryInfo?.deliveryNum;
  const shippingMinor = Math.max(0, Math.min(freight, amountMinor - (totalMinor - freight)));
  const tellsUnits = isWhole && (refund.handlingWay === returned || wasNotSent) && item.num > 0;
  const told: PlatformRefund = {
    externalId: refund.refundId,
    refundedAt: instantOf(refund.endTime || refund.updateTime || base.updateTime),
    amountMinor,
    lines: [
      {
        externalLineId: base.oid,
        amountMinor: amountMinor - shippingMinor,
        ...(tellsUnits ? { quantity: item.num } : {}),
      },
    ],
  };
  if (shippingMinor > 0) told.shippingMinor = shippingMinor;
  if (refund.refundReasonDesc) told.reason = refund.refundReasonDesc.slice(0, 500);
  return told;
}

/** Masks in the plain fields; what only the platform opens stays as it is. Empty while the platform holds the order. */
function buyerOf({ orderAddress: address, orderBaseInfo }: WireOrder): Buyer | undefined {
  const buyer: Buyer = {};
  if (orderBaseInfo.buyerOpenId) buyer.externalId = orderBaseInfo.buyerOpenId.slice(0, 256);
  if (address?.desensitiseConsignee) buyer.name = address.desensitiseConsignee.slice(0, 500);
  if (address?.desensitiseMobile) buyer.phone = address.desensitiseMobile.slice(0, 100);
  const parts = Object.entries({
    province: address?.province,
    city: address?.city,
    district: address?.district,
    street: address?.town,
    detail: address?.desensitiseAddress,
  }).filter(([, value]) => Boolean(value));
  if (parts.length > 0) buyer.address = Object.fromEntries(parts);
  const encrypted = Object.entries({
    name: address?.encryptedConsignee,
    phone: address?.encryptedMobile,
    address: address?.encryptedAddress,
  }).flatMap(([field, text]) => (text && text.length <= 4000 ? [[field, text] as const] : []));
  if (encrypted.length > 0) buyer.encrypted = Object.fromEntries(encrypted);
  if (buyer.name !== undefined || buyer.phone !== undefined || buyer.address !== undefined)
    buyer.masked = true;
  return Object.keys(buyer).length > 0 ? buyer : undefined;
}
