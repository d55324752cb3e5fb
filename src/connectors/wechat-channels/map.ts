import { type Instant, instantOf } from "../../core/clock.ts";
import {
  type Buyer,
  type OrderLineInput,
  type OrderSnapshot,
  orderSchema,
  type PlatformShipment,
} from "../../core/model/order.ts";
import { splitMinor, sumMinor } from "../../core/money/money.ts";
import type { Json } from "../contract.ts";
import { issuesOf } from "../toolkit/http.ts";
import { isWaiting, statusOf } from "./status.ts";
import {
  type WireDelivery,
  type WireOrder,
  type WireProduct,
  orderSchema as wireOrderSchema,
} from "./wire.ts";

/** From WeChat's order to the hub's: fen, Unix seconds. Pure. */

export type ReadOrder =
  | { kind: "order"; order: OrderSnapshot; wire: WireOrder }
  | { kind: "rejected"; externalId: string; reason: string };

/** One order without its refunds, or why it could not be read. The reason names fields, never their values. */
export function readOrder(row: Json): ReadOrder {
  const wire = wireOrderSchema.safeParse(row);
  if (!wire.success) {
    const id = wireOrderSchema.pick({ order_id: true }).safeParse(row).data?.order_id;
    return { kind: "rejected", externalId: id ?? "(no id)", reason: issuesOf(wire.error) };
  }
  const externalId = wire.data.order_id;
  const status = statusOf(wire.data);
  if (status === null)
    return { kind: "rejected", externalId, reason: "status: is no state the hub knows; tell its makers" };
  const order = orderSchema.safeParse({ ...snapshotOf(wire.data), status });
  return order.success
    ? { kind: "order", order: order.data, wire: wire.data }
    : { kind: "rejected", externalId, reason: issuesOf(order.error) };
}

export const timeOf = (seconds: number): Instant => instantOf(seconds * 1000);

function snapshotOf(wire: WireOrder): Omit<OrderSnapshot, "status"> {
  const { order_detail: detail } = wire;
  const { price_info: price, pay_info: pay, ext_info: ext } = detail;
  const totalMinor = price.order_price;
  const shippingMinor = price.is_change_freight ? price.change_freight : price.freight;
  const goods = sumMinor(detail.product_infos.map((product) => product.sale_price * product.sku_cnt));
  const saved = Math.max(0, goods + shippingMinor - totalMinor);
  const ofOthers = Math.min(saved, othersPartOf(wire));
  const lines = linesOf(wire, saved - ofOthers);
  const onLines = sumMinor(lines.map((line) => line.discountMinor ?? 0));
  const snapshot: Omit<OrderSnapshot, "status"> = {
    externalId: wire.order_id,
    updatedAt: timeOf(wire.update_time),
    placedAt: timeOf(wire.create_time),
    currency: "CNY",
    lines,
    shippingMinor,
    totalMinor,
  };
  if (saved - ofOthers > onLines) snapshot.discountMinor = saved - ofOthers - onLines;
  if (ofOthers > 0) snapshot.platformDiscountMinor = ofOthers;
  if (pay?.pay_time && !isWaiting(wire)) snapshot.paidAt = timeOf(pay.pay_time);
  if (pay?.transaction_id) snapshot.paymentId = pay.transaction_id.slice(0, 256);
  const buyer = buyerOf(wire);
  if (Object.keys(buyer).length > 0) snapshot.buyer = buyer;
  const waiting = isWaiting(wire) ? "WeChat: 待成团或待收礼 (group or gift is waited for)" : "";
  const note = [waiting, ext?.customer_notes ?? ""].filter(Boolean).join("; ");
  if (note !== "") snapshot.note = note.slice(0, 2000);
  // Scene 2 is a live room; other scenes may name the last one that was seen.
  if (ext?.order_scene === 2 && isSet(ext.live_id ?? ""))
    snapshot.liveSession = (ext.live_id ?? "").slice(0, 256);
  const shipments = (detail.delivery_info?.delivery_product_info ?? []).map((one, index) =>
    shipmentOf(wire, one, index),
  );
  if (shipments.length > 0) snapshot.shipments = shipments;
  return snapshot;
}

const isSet = (id: string): boolean => id !== "" && id !== "0";

/** What a presenter or the platform pays of the discounts: the shop gets it beside what the buyer pays. */
function othersPartOf({ order_detail: { price_info: price } }: WireOrder): number {
  const { merchant_receieve_price: received, order_price, finder_discounted_price } = price;
  return received && received > order_price ? received - order_price : finder_discounted_price;
}

/** Lines have no id: the SKU names them, and from its second line on its place among them. */
export function lineIdsOf(products: readonly WireProduct[]): string[] {
  const seen = new Map<string, number>();
  return products.map(({ sku_id }) => {
    const place = (seen.get(sku_id) ?? 0) + 1;
    seen.set(sku_id, place);
    return place === 1 ? sku_id : `${sku_id}:${place}`;
  });
}

/** `ofShop` is what the shop gave; it goes to the lines as far as their prices fell, in proportion where others gave some, too. */
function linesOf({ order_detail: { product_infos: products } }: WireOrder, ofShop: number): OrderLineInput[] {
  const savings = products.map(({ sale_price, sku_cnt, real_price }) =>
    Math.max(0, sale_price * sku_cnt - (real_price ?? sale_price * sku_cnt)),
  );
  const all = sumMinor(savings);
  const parts = all === 0 ? savings : splitMinor(Math.min(ofShop, all), savings);
  const ids = lineIdsOf(products);
  return products.map((product, index) => {
    const line: OrderLineInput = {
      externalLineId: ids[index] ?? product.sku_id,
      externalItemId: product.product_id,
      externalVariantId: product.sku_id,
      quantity: product.sku_cnt,
      unitPriceMinor: product.sale_price,
    };
    const discountMinor = parts[index] ?? 0;
    if (product.sku_code !== "") line.sku = product.sku_code;
    if (product.title !== "") line.title = product.title.slice(0, 1000);
    if (discountMinor > 0) line.discountMinor = discountMinor;
    return line;
  });
}

/** A parcel is known by its number; virtual goods have none. */
export const parcelIdOf = (delivery: Pick<WireDelivery, "waybill_id">, index: number): string =>
  delivery.waybill_id || `virtual-${index + 1}`;

function shipmentOf(wire: WireOrder, delivery: WireDelivery, index: number): PlatformShipment {
  const products = wire.order_detail.product_infos;
  const ids = lineIdsOf(products);
  const shipment: PlatformShipment = {
    externalId: parcelIdOf(delivery, index),
    shippedAt: timeOf(delivery.delivery_time || wire.update_time),
  };
  const lines = delivery.product_infos.flatMap((row) => {
    const at = products.findIndex((one) => one.product_id === row.product_id && one.sku_id === row.sku_id);
    return at < 0 || row.product_cnt === 0
      ? []
      : [{ externalLineId: ids[at] ?? row.sku_id, quantity: row.product_cnt }];
  });
  if (lines.length > 0) shipment.lines = lines;
  if (delivery.delivery_id !== "") shipment.carrier = delivery.delivery_id.slice(0, 200);
  if (delivery.waybill_id !== "") shipment.trackingNumber = delivery.waybill_id.slice(0, 200);
  return shipment;
}

function buyerOf({ openid, order_detail }: WireOrder): Buyer {
  const address = order_detail.delivery_info?.address_info ?? {};
  const buyer: Buyer = {};
  if (openid !== "") buyer.externalId = openid.slice(0, 256);
  if (address.user_name) buyer.name = address.user_name.slice(0, 500);
  const phone = address.virtual_order_tel_number || address.tel_number;
  if (phone) buyer.phone = phone.slice(0, 100);
  const parts = Object.entries({
    line1: address.detail_info,
    county: address.county_name,
    city: address.city_name,
    province: address.province_name,
    postalCode: address.postal_code,
  }).filter(([, value]) => Boolean(value));
  if (parts.length > 0) buyer.address = Object.fromEntries(parts);
  if ([address.user_name, phone, address.detail_info].some((value) => value?.includes("*")))
    buyer.masked = true;
  return buyer;
}
