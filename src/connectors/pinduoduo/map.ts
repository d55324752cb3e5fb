import { type Instant, instantOf } from "../../core/clock.ts";
import {
  type Buyer,
  orderSchema as modelSchema,
  type OrderLineInput,
  type OrderSnapshot,
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
import { isHeld, statusOf } from "./status.ts";
import { orderSchema, type WireGift, type WireItem, type WireOrder, type WireRefund } from "./wire.ts";

/** From Pinduoduo's order to the hub's. Pure; yuan in, fen out. */

export type ReadOrder =
  | { ok: true; order: OrderSnapshot }
  | { ok: false; externalId: string; reason: string };

const fen = (yuan: string | number | undefined): number => minorOf(yuan ?? 0, "CNY");

/** One order with its settled refund, if any, or why it could not be read. The reason names fields, never their values. */
export function readOrder(row: Json, refund: WireRefund | null): ReadOrder {
  const wire = orderSchema.safeParse(row);
  if (!wire.success) {
    const id = orderSchema.pick({ order_sn: true }).safeParse(row).data?.order_sn;
    return { ok: false, externalId: id ?? "(no id)", reason: issuesOf(wire.error) };
  }
  const externalId = wire.data.order_sn;
  const paid = fen(wire.data.pay_amount);
  if (refund && refund.refund_amount > paid)
    return { ok: false, externalId, reason: "refund_amount: is more than was paid; it may not be in fen" };
  const status = statusOf(wire.data, refund !== null && refund.refund_amount >= paid);
  if (status === null)
    return { ok: false, externalId, reason: "order_status, refund_status: are none the hub knows" };
  try {
    const order = modelSchema.safeParse({ ...snapshotOf(wire.data, refund), status });
    if (order.success) return { ok: true, order: asOfNewest(order.data) };
    return { ok: false, externalId, reason: issuesOf(order.error) };
  } catch (error) {
    return { ok: false, externalId, reason: reasonOfThrow(error) };
  }
}

function snapshotOf(order: WireOrder, refund: WireRefund | null): Omit<OrderSnapshot, "status"> {
  const prices = sumMinor(order.item_list.map((item) => fen(item.goods_price) * item.goods_count));
  // What the seller changed by hand is in `goods_amount` and in no price.
  const changed = prices - fen(order.goods_amount);
  const services = [order.delivery_install_value, order.delivery_home_value, order.home_install_value].map(
    fen,
  );
  const snapshot: Omit<OrderSnapshot, "status"> = {
    externalId: order.order_sn,
    updatedAt: order.updated_at,
    // Before it is concluded a sale is no order the shop can see.
    placedAt: order.confirm_time ?? order.created_time,
    currency: "CNY",
    lines: linesOf(order),
    shippingMinor: fen(order.postage) + sumMinor(services) + Math.max(0, -changed),
    totalMinor: fen(order.pay_amount),
  };
  const discount = fen(order.seller_discount) + fen(order.capital_free_discount) + Math.max(0, changed);
  if (discount > 0) snapshot.discountMinor = discount;
  const platformDiscount = fen(order.platform_discount);
  if (platformDiscount > 0) snapshot.platformDiscountMinor = platformDiscount;
  if (order.pay_time && !isHeld(order)) snapshot.paidAt = order.pay_time;
  const presale = presaleOf(order);
  if (presale) snapshot.presale = presale;
  const buyer = buyerOf(order);
  if (Object.keys(buyer).length > 1) snapshot.buyer = buyer;
  if (order.buyer_memo) snapshot.note = order.buyer_memo.slice(0, 2000);
  if (order.pay_no) snapshot.paymentId = order.pay_no.slice(0, 256);
  if (order.order_status > 1) snapshot.shipments = [shipmentOf(order)];
  if (refund) snapshot.refunds = [refundOf(order, refund)];
  return snapshot;
}

/** Lines have no ids; a SKU stands once in an order, and once among its gifts. */
export const lineId = (order: WireOrder, item: WireItem): string => {
  const same = order.item_list.filter(({ sku_id }) => sku_id === item.sku_id);
  const place = same.indexOf(item);
  return place > 0 ? `${item.sku_id}-${place + 1}` : item.sku_id;
};

function linesOf(order: WireOrder): OrderLineInput[] {
  const sold = order.item_list.map((item) => ({
    ...goodsOf(item),
    externalLineId: lineId(order, item),
    unitPriceMinor: fen(item.goods_price),
  }));
  const gifts = order.gift_list.map((gift, index) => ({
    ...goodsOf(gift),
    externalLineId: `gift-${index + 1}-${gift.sku_id}`,
    unitPriceMinor: 0,
  }));
  return [...sold, ...gifts];
}

const goodsOf = (item: WireGift) => {
  const title = [item.goods_name, item.goods_spec].filter(Boolean).join(" / ");
  return {
    quantity: item.goods_count,
    externalItemId: item.goods_id,
    externalVariantId: item.sku_id,
    ...(item.outer_id ? { sku: item.outer_id } : {}),
    ...(title ? { title: title.slice(0, 1000) } : {}),
  };
};

/** The deposit's own time is not told; the order's holds the units as early as can be. */
function presaleOf(order: WireOrder): Presale | undefined {
  const step = order.step_order_info;
  if (!step || step.step_trade_status < 1) return undefined;
  const depositMinor = fen(step.advanced_paid_fee);
  const isPaid = step.step_trade_status >= 2;
  return {
    depositMinor,
    depositPaidAt: isPaid ? order.created_time : (order.pay_time ?? order.created_time),
    finalMinor: Math.max(0, fen(order.pay_amount) - depositMinor),
    ...(isPaid && order.pay_time ? { finalPaidAt: order.pay_time } : {}),
  };
}

/** Ciphertexts are there while the order waits for shipment and is not under review; otherwise the fields are empty. */
function buyerOf(order: WireOrder): Buyer {
  const buyer: Buyer = { masked: true };
  if (order.receiver_name_mask) buyer.name = order.receiver_name_mask.slice(0, 500);
  if (order.receiver_phone_mask) buyer.phone = order.receiver_phone_mask.slice(0, 100);
  const parts = Object.entries({
    line1: order.receiver_address_mask,
    district: order.town,
    city: order.city,
    province: order.province,
  }).filter(([, value]) => value !== "");
  if (parts.length > 0) buyer.address = { ...Object.fromEntries(parts), country: "CN" };
  const sealed = Object.entries({
    name: order.receiver_name,
    phone: order.receiver_phone || order.contact_mobile,
    address: order.receiver_address,
  }).filter(([, value]) => value !== "");
  if (sealed.length > 0)
    buyer.encrypted = Object.fromEntries(sealed.map(([name, value]) => [name, value.slice(0, 4000)]));
  return buyer;
}

/** One parcel for the whole order, named by order and waybill. */
export const parcelId = (order_sn: string, waybill: string): string =>
  `${order_sn}-${waybill || "none"}`.slice(0, 256);

function shipmentOf(order: WireOrder): PlatformShipment {
  const shipment: PlatformShipment = {
    externalId: parcelId(order.order_sn, order.tracking_number),
    shippedAt: order.shipping_time ?? order.updated_at,
    lines: linesOf(order).map(({ externalLineId, quantity }) => ({ externalLineId, quantity })),
  };
  if (order.tracking_number) shipment.trackingNumber = order.tracking_number.slice(0, 200);
  if (order.logistics_id && order.logistics_id !== "0") shipment.carrier = order.logistics_id;
  return shipment;
}

/** Units are given up only where all money went back before anything left. Goods that come back are booked by a person. */
function refundOf(order: WireOrder, refund: WireRefund): PlatformRefund {
  const entry: PlatformRefund = {
    externalId: refund.id,
    refundedAt: instantOfRefund(refund) ?? order.updated_at,
    amountMinor: refund.refund_amount,
  };
  const postage = fen(order.postage);
  const [only, ...more] = order.item_list;
  const isWhole = refund.refund_amount >= fen(order.pay_amount);
  if (isWhole && order.order_status === 1 && only) {
    // Which line the money is for does not matter where all of it went back: the first carries it.
    const amounts = [refund.refund_amount - Math.min(postage, refund.refund_amount), ...more.map(() => 0)];
    entry.lines = order.item_list.map((item, index) => ({
      externalLineId: lineId(order, item),
      amountMinor: amounts[index] ?? 0,
      quantity: item.goods_count,
    }));
    if (postage > 0) entry.shippingMinor = Math.min(postage, refund.refund_amount);
  } else if (only && more.length === 0) {
    entry.lines = [{ externalLineId: lineId(order, only), amountMinor: refund.refund_amount }];
  }
  return entry;
}

/** Seconds, milliseconds or China's time. */
function instantOfRefund({ updated_time }: WireRefund): Instant | undefined {
  if (typeof updated_time !== "number") return updated_time;
  return instantOf(updated_time > 100_000_000_000 ? updated_time : updated_time * 1000);
}
