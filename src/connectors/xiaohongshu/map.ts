import { instantOf } from "../../core/clock.ts";
import {
  type Buyer,
  type OrderSnapshot,
  type OrderStatus,
  orderSchema,
  type PlatformRefund,
  type PlatformShipment,
  type Presale,
} from "../../core/model/order.ts";
import { sumMinor } from "../../core/money/money.ts";
import type { Json } from "../contract.ts";
import { reasonOfThrow } from "../toolkit/each-order.ts";
import { asOfNewest } from "../toolkit/freshness.ts";
import { issuesOf } from "../toolkit/http.ts";
import { minorOf } from "../toolkit/money.ts";
import { noAfterSale, openAfterSale, orderStatus, refundPaid, tellsUnits } from "./codes.ts";
import { type Line, linesOf, skuOf } from "./lines.ts";
import { type WireCase, type WireOrder, type WireReceiver, orderSchema as wireOrderSchema } from "./wire.ts";

/** From Xiaohongshu's order to the hub's. Pure; orders are in fen of CNY, after-sale cases in yuan, times Unix milliseconds. */

export type ReadOrder =
  | { kind: "order"; order: OrderSnapshot }
  | { kind: "rejected"; externalId: string; reason: string };

export interface Beside {
  cases: readonly WireCase[];
  receiver: WireReceiver | undefined;
  platformWarehouses: readonly string[];
}

/** One order, or why it could not be read: the reason names fields, never their values. */
export function readOrder(row: Json, beside: Beside): ReadOrder {
  const wire = wireOrderSchema.safeParse(row);
  if (!wire.success) {
    const externalId = wireOrderSchema.pick({ orderId: true }).safeParse(row).data?.orderId ?? "(no id)";
    return { kind: "rejected", externalId, reason: issuesOf(wire.error) };
  }
  const externalId = wire.data.orderId;
  try {
    const mapped = snapshotOf(wire.data, beside);
    if (mapped === null)
      return { kind: "rejected", externalId, reason: `orderStatus: ${wire.data.orderStatus} is not known` };
    const order = orderSchema.safeParse(mapped);
    if (order.success) return { kind: "order", order: asOfNewest(order.data, beside.cases.map(changedAt)) };
    return { kind: "rejected", externalId, reason: issuesOf(order.error) };
  } catch (error) {
    return { kind: "rejected", externalId, reason: reasonOfThrow(error) };
  }
}

function snapshotOf(order: WireOrder, { cases, receiver, platformWarehouses }: Beside): OrderSnapshot | null {
  const lines = linesOf(order, platformWarehouses);
  const paid = cases.filter((one) => one.refundStatus === refundPaid);
  const refunds = paid.map((one) => refundOf(one, order, lines));
  const refunded = sumMinor(refunds.map(({ amountMinor }) => amountMinor));
  const status = statusOf(order, refunded);
  if (status === null) return null;
  const snapshot: OrderSnapshot = {
    externalId: order.orderId,
    updatedAt: instantOf(order.updateTime),
    placedAt: instantOf(order.createdTime),
    status,
    currency: "CNY",
    lines: lines.map(({ line }) => line),
    shippingMinor: order.totalShippingFree ?? 0,
    totalMinor: order.totalPayAmount,
  };
  const platformDiscountMinor = sumMinor(order.skuList.map((sku) => sku.totalRedDiscount ?? 0));
  if (platformDiscountMinor > 0) snapshot.platformDiscountMinor = platformDiscountMinor;
  if (order.paidTime && order.paidTime > 0) snapshot.paidAt = instantOf(order.paidTime);
  if (order.customerRemark) snapshot.note = order.customerRemark.slice(0, 2000);
  if (order.outTradeNo) snapshot.paymentId = order.outTradeNo.slice(0, 256);
  const presale = presaleOf(order);
  if (presale) snapshot.presale = presale;
  const buyer = buyerOf(order, receiver);
  if (buyer) snapshot.buyer = buyer;
  const shipments = shipmentsOf(order, lines);
  if (shipments.length > 0) snapshot.shipments = shipments;
  if (refunds.length > 0) snapshot.refunds = refunds;
  return snapshot;
}

const changedAt = ({ updatedAt }: WireCase) => (updatedAt ? instantOf(updatedAt) : null);

const plainStatuses: Readonly<Record<number, OrderStatus>> = {
  1: "pending_payment",
  // Paid, in checks or at customs: its units are held, and shipping is refused until it is 4.
  2: "paid",
  3: "paid",
  4: "paid",
  5: "partially_shipped",
  6: "shipped",
  7: "completed",
  10: "refunding",
};

/** Null for a number that is not in the documents: such an order is kept for a person. */
function statusOf(order: WireOrder, refundedMinor: number): OrderStatus | null {
  if (order.orderStatus === orderStatus.cancelled) return order.paidTime ? "refunded" : "cancelled";
  if (order.orderStatus === orderStatus.closed) return order.paidTime ? "refunded" : "cancelled";
  if (refundedMinor > 0 && refundedMinor >= order.totalPayAmount) return "refunded";
  const plain = plainStatuses[order.orderStatus];
  if (plain === undefined) return null;
  const isOpen = openAfterSale.has(order.orderAfterSalesStatus ?? noAfterSale) || order.cancelStatus === 1;
  return isOpen && plain !== "pending_payment" ? "refunding" : plain;
}

const depositOrder = 2;

/** A deposit, then the rest. The other pre-sales are paid at once and only ship later. When the deposit was paid is not told. */
function presaleOf(order: WireOrder): Presale | undefined {
  const deposit = order.totalDepositAmount ?? 0;
  if (order.orderType !== depositOrder || deposit === 0) return undefined;
  const depositMinor = Math.min(deposit, order.totalPayAmount);
  const presale: Presale = {
    depositMinor,
    depositPaidAt: instantOf(order.createdTime),
    finalMinor: order.totalPayAmount - depositMinor,
  };
  if (order.orderStatus !== orderStatus.awaitingPayment && order.paidTime)
    presale.finalPaidAt = instantOf(order.paidTime);
  return presale;
}

/** One parcel for all, or one per part: orders are split by SKU, never within one. */
export function shipmentsOf(order: WireOrder, lines: readonly Line[]): PlatformShipment[] {
  const shippedAt = instantOf(order.deliveryTime || order.updateTime);
  const parts =
    order.simpleDeliveryOrderList.length > 0
      ? order.simpleDeliveryOrderList
      : [{ ...order, skuIdList: null }];
  const shipments = new Map<string, PlatformShipment>();
  for (const { expressTrackingNo, expressCompanyCode, skuIdList } of parts) {
    const trackingNumber = expressTrackingNo?.trim().slice(0, 200);
    if (!trackingNumber) continue;
    const within = lines.filter(({ skuId }) => skuIdList === null || skuIdList.includes(skuId));
    const shipment = shipments.get(trackingNumber) ?? {
      externalId: trackingNumber,
      trackingNumber,
      shippedAt,
      lines: [],
      ...(expressCompanyCode ? { carrier: expressCompanyCode } : {}),
    };
    const told = within.flatMap(({ line }) =>
      line.quantity > 0 ? [{ externalLineId: line.externalLineId, quantity: line.quantity }] : [],
    );
    shipments.set(trackingNumber, { ...shipment, lines: [...(shipment.lines ?? []), ...told] });
  }
  return [...shipments.values()];
}

const yuan = (amount: number | string | null | undefined): number =>
  amount == null ? 0 : minorOf(amount, "CNY");

/** What was really paid back; units where they came back or never left. What came back has been looked at by nobody yet. */
function refundOf(one: WireCase, order: WireOrder, lines: readonly Line[]): PlatformRefund {
  const amountMinor = yuan(one.refundAmountYuan);
  const shippingMinor = Math.min(amountMinor, yuan(one.appliedShipFeeAmountYuan));
  const ofGoods = amountMinor - shippingMinor;
  const rows = one.skus.flatMap((sku) => {
    const own = lines.filter(({ skuId }) => skuOf(skuId) === sku.skuId);
    const [only] = own;
    // A bundle is several lines here, and its refund names no parts.
    return own.length === 1 && only ? [{ sku, line: only.line }] : [];
  });
  const named = sumMinor(rows.map(({ sku }) => yuan(sku.appliedTotalAmountYuan)));
  const isWhole = rows.length === one.skus.length && (rows.length === 1 || named === ofGoods);
  const refund: PlatformRefund = {
    externalId: one.returnsId,
    refundedAt: instantOf(one.refundTime || one.updatedAt || order.updateTime),
    amountMinor,
  };
  if (shippingMinor > 0) refund.shippingMinor = shippingMinor;
  if (isWhole && rows.length > 0)
    refund.lines = rows.map(({ sku, line }) => ({
      externalLineId: line.externalLineId,
      amountMinor: rows.length === 1 ? ofGoods : yuan(sku.appliedTotalAmountYuan),
      ...(tellsUnits.has(one.returnType ?? 0) && sku.appliedCount ? { quantity: sku.appliedCount } : {}),
    }));
  if (one.reasonNameZh) refund.reason = one.reasonNameZh.slice(0, 500);
  return refund;
}

/** The region is plain; name, phone and address are ciphertexts that only the platform opens. */
function buyerOf(order: WireOrder, receiver: WireReceiver | undefined): Buyer | undefined {
  const buyer: Buyer = {};
  if (order.userId) buyer.externalId = order.userId.slice(0, 256);
  const parts = Object.entries({
    province: order.receiverProvinceName,
    city: order.receiverCityName,
    district: order.receiverDistrictName,
  }).filter(([, value]) => Boolean(value));
  if (parts.length > 0) Object.assign(buyer, { address: Object.fromEntries(parts), masked: true });
  const encrypted = Object.entries({
    openAddressId: order.openAddressId,
    name: receiver?.receiverName,
    phone: receiver?.receiverPhone,
    address: receiver?.receiverAddress,
  }).flatMap(([field, value]) => (value && value.length <= 4000 ? [[field, value] as const] : []));
  if (encrypted.length > 0) buyer.encrypted = Object.fromEntries(encrypted);
  return Object.keys(buyer).length > 0 ? buyer : undefined;
}
