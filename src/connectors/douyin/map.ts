import { instantOf } from "../../core/clock.ts";
import {
  type Buyer,
  type OrderLineInput,
  type OrderSnapshot,
  orderSchema,
  type PlatformRefund,
  type PlatformShipment,
} from "../../core/model/order.ts";
import { sumMinor } from "../../core/money/money.ts";
import type { Json } from "../contract.ts";
import { reasonOfThrow } from "../toolkit/each-order.ts";
import { asOfNewest } from "../toolkit/freshness.ts";
import { issuesOf } from "../toolkit/http.ts";
import { type Amounts, amountsOf, isGift } from "./amounts.ts";
import { afterSaleType } from "./codes.ts";
import { presaleOf, statusOf } from "./status.ts";
import {
  type PaidRefund,
  type WireLine,
  type WireOrder,
  type WireParcel,
  orderSchema as wireOrderSchema,
} from "./wire.ts";

/** From Douyin's shop order to the hub's. Pure; amounts are fen of CNY, times Unix seconds. */

export type ReadOrder =
  | { kind: "order"; order: OrderSnapshot }
  | { kind: "rejected"; externalId: string; reason: string };

/** One order, or why it could not be read: the reason names fields, never their values. */
export function readOrder(
  row: Json,
  refunds: readonly PaidRefund[],
  platformWarehouses: readonly string[],
): ReadOrder {
  const wire = wireOrderSchema.safeParse(row);
  if (!wire.success) {
    const named = wireOrderSchema.pick({ order_id: true }).safeParse(row).data?.order_id;
    return { kind: "rejected", externalId: named ?? "(no id)", reason: issuesOf(wire.error) };
  }
  const externalId = wire.data.order_id;
  try {
    const mapped = snapshotOf(wire.data, refunds, platformWarehouses);
    if (mapped === null)
      return { kind: "rejected", externalId, reason: `order_status: ${wire.data.order_status} is not known` };
    const order = orderSchema.safeParse(mapped);
    if (order.success) return { kind: "order", order: asOfNewest(order.data) };
    return { kind: "rejected", externalId, reason: issuesOf(order.error) };
  } catch (error) {
    return { kind: "rejected", externalId, reason: reasonOfThrow(error) };
  }
}

const at = (seconds: number) => instantOf(seconds * 1000);

function snapshotOf(
  order: WireOrder,
  paidRefunds: readonly PaidRefund[],
  platformWarehouses: readonly string[],
): OrderSnapshot | null {
  const amounts = amountsOf(order);
  const refunds = paidRefunds.map(refundOf);
  const refundedMinor = sumMinor(refunds.map((refund) => refund.amountMinor));
  const status = statusOf(order, refundedMinor, amounts.totalMinor);
  if (status === null) return null;
  const rooms = new Set(order.sku_order_list.flatMap((line) => line.room_id_str ?? []));
  const snapshot: OrderSnapshot = {
    externalId: order.order_id,
    updatedAt: at(order.update_time),
    placedAt: at(order.create_time),
    status,
    currency: "CNY",
    lines: order.sku_order_list.map((line, index) => lineOf(line, index, amounts, platformWarehouses)),
    shippingMinor: amounts.shippingMinor,
    totalMinor: amounts.totalMinor,
  };
  const [room] = rooms;
  if (room !== undefined) snapshot.liveSession = room;
  if (rooms.size > 1)
    for (const [index, line] of order.sku_order_list.entries())
      if (line.room_id_str !== undefined)
        Object.assign(snapshot.lines[index] ?? {}, { liveSession: line.room_id_str });
  if (amounts.discountMinor > 0) snapshot.discountMinor = amounts.discountMinor;
  if (amounts.platformDiscountMinor > 0) snapshot.platformDiscountMinor = amounts.platformDiscountMinor;
  if (order.pay_time) snapshot.paidAt = at(order.pay_time);
  if (order.channel_payment_no) snapshot.paymentId = order.channel_payment_no.slice(0, 256);
  if (order.buyer_words) snapshot.note = order.buyer_words.slice(0, 2000);
  const presale = presaleOf(order, amounts.totalMinor);
  if (presale) snapshot.presale = presale;
  const buyer = buyerOf(order);
  if (buyer) snapshot.buyer = buyer;
  const shipments = order.logistics_info.flatMap((parcel) => shipmentOf(parcel, order) ?? []);
  if (shipments.length > 0) snapshot.shipments = shipments;
  if (refunds.length > 0) snapshot.refunds = refunds;
  return snapshot;
}

function lineOf(
  line: WireLine,
  index: number,
  { lineDiscounts }: Amounts,
  platformWarehouses: readonly string[],
): OrderLineInput {
  const mapped: OrderLineInput = {
    externalLineId: line.order_id,
    quantity: line.item_num,
    unitPriceMinor: isGift(line) && !line.pay_amount ? 0 : line.origin_amount,
  };
  const itemId = line.product_id_str ?? line.product_id;
  if (line.code) mapped.sku = line.code;
  if (line.sku_id) mapped.externalVariantId = line.sku_id;
  if (itemId) mapped.externalItemId = itemId;
  // Something a person must look at: it is named by itself and waits.
  if (!line.code && !line.sku_id && !itemId) mapped.externalItemId = `line-${line.order_id}`;
  const discount = lineDiscounts[index] ?? 0;
  if (discount > 0) mapped.discountMinor = discount;
  if (line.tax_amount) mapped.taxMinor = line.tax_amount;
  if (line.product_name) mapped.title = line.product_name.slice(0, 1000);
  if (isKeptByPlatform(line, platformWarehouses)) mapped.fulfilledBy = "platform";
  return mapped;
}

const cloudWarehouse = 2;

const isKeptByPlatform = ({ inventory_list }: WireLine, platformWarehouses: readonly string[]): boolean =>
  inventory_list.length > 0 &&
  inventory_list.every(
    ({ warehouse_type, out_warehouse_id }) =>
      warehouse_type === cloudWarehouse || platformWarehouses.includes(out_warehouse_id ?? ""),
  );

/** A parcel without a number is none: goods that are topped up or redeemed have such entries. */
export function shipmentOf(parcel: WireParcel, order: WireOrder): PlatformShipment | null {
  const trackingNumber = parcel.tracking_no?.trim();
  if (!trackingNumber) return null;
  const shipment: PlatformShipment = {
    externalId: parcel.delivery_id ?? trackingNumber,
    shippedAt: at(parcel.ship_time || order.ship_time || order.update_time),
    trackingNumber: trackingNumber.slice(0, 200),
  };
  const counted = new Map<string, number>();
  for (const { sku_order_id, product_count } of parcel.product_info)
    if (sku_order_id && product_count)
      counted.set(sku_order_id, (counted.get(sku_order_id) ?? 0) + product_count);
  if (counted.size > 0)
    shipment.lines = [...counted].map(([externalLineId, quantity]) => ({ externalLineId, quantity }));
  if (parcel.company) shipment.carrier = parcel.company.slice(0, 200);
  return shipment;
}

/**
 * Units are told where they came back (0) or were never sent (2); nobody has looked at what came back, so it is no stock yet.
 * Money alone (after shipping, price protection) tells none.
 */
function refundOf({ row, amountMinor, reason }: PaidRefund): PlatformRefund {
  const { aftersale_info: info, order_info } = row;
  const shippingMinor = Math.min(amountMinor, info.refund_post_amount ?? 0);
  const ofGoods = amountMinor - shippingMinor;
  const related = order_info?.related_order_info ?? [];
  const named = sumMinor(related.map((line) => line.aftersale_pay_amount ?? 0));
  const tellsUnits =
    info.aftersale_type === afterSaleType.returned || info.aftersale_type === afterSaleType.beforeShipping;
  const refund: PlatformRefund = {
    externalId: info.aftersale_id,
    refundedAt: at(info.update_time),
    amountMinor,
  };
  if (shippingMinor > 0) refund.shippingMinor = shippingMinor;
  if (related.length === 1 || (related.length > 1 && named === ofGoods))
    refund.lines = related.map((line) => {
      const quantity = line.aftersale_item_num ?? (related.length === 1 ? info.aftersale_num : 0) ?? 0;
      return {
        externalLineId: line.sku_order_id,
        amountMinor: related.length === 1 ? ofGoods : (line.aftersale_pay_amount ?? 0),
        ...(tellsUnits && quantity > 0 ? { quantity } : {}),
      };
    });
  if (reason) refund.reason = reason.slice(0, 500);
  return refund;
}

/** Masks in the plain fields; what only the platform opens stays as it is. */
function buyerOf(order: WireOrder): Buyer | undefined {
  const buyer: Buyer = {};
  if (order.doudian_open_id) buyer.externalId = order.doudian_open_id.slice(0, 256);
  if (order.mask_post_receiver) buyer.name = order.mask_post_receiver.slice(0, 500);
  if (order.mask_post_tel) buyer.phone = order.mask_post_tel.slice(0, 100);
  const shown = order.mask_post_addr ?? order.post_addr;
  const parts = Object.entries({
    province: shown?.province?.name,
    city: shown?.city?.name,
    district: shown?.town?.name,
    street: shown?.street?.name,
    detail: order.mask_post_addr?.detail,
  }).filter(([, value]) => Boolean(value));
  if (parts.length > 0) buyer.address = Object.fromEntries(parts);
  const encrypted = Object.entries({
    name: order.encrypt_post_receiver,
    phone: order.encrypt_post_tel,
    address: order.post_addr?.encrypt_detail,
  }).flatMap(([field, text]) => (text && text.length <= 4000 ? [[field, text] as const] : []));
  if (encrypted.length > 0) buyer.encrypted = Object.fromEntries(encrypted);
  if (buyer.name !== undefined || buyer.phone !== undefined || buyer.address !== undefined)
    buyer.masked = true;
  return Object.keys(buyer).length > 0 ? buyer : undefined;
}

/** Units of Douyin's own warehouses are told per line; which SKUs are deducted at payment, too. */
export const deductsAtPayment = (order: WireOrder): boolean =>
  order.sku_order_list.some((line) => line.reduce_stock_type === 2);
