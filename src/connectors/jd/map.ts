import { isSluiceError } from "../../core/errors.ts";
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
import { minorOf } from "../toolkit/money.ts";
import { localInstant } from "../toolkit/time.ts";
import { carrierName, platformCoupons, platformStores } from "./codes.ts";
import type { JdSettings } from "./settings.ts";
import { timeZone } from "./sign.ts";
import { isPaused, paidAtOf, statusOf } from "./status.ts";
import { type WireItem, type WireOrder, orderSchema as wireOrderSchema } from "./wire.ts";

/** From JD's order to the hub's: yuan as text, local times without a zone. Pure. */

export type ReadOrder =
  | { kind: "order"; order: OrderSnapshot; wire: WireOrder }
  | { kind: "rejected"; externalId: string; reason: string };

type Options = Pick<JdSettings, "shipBeforePayment" | "encryptedBuyers" | "venderId">;

/** One order without its refunds, or why it could not be read. The reason names fields, never their values. */
export function readOrder(row: Json, options: Options): ReadOrder {
  const wire = wireOrderSchema.safeParse(row);
  if (!wire.success) {
    const id = wireOrderSchema.pick({ orderId: true }).safeParse(row).data?.orderId;
    return { kind: "rejected", externalId: id ?? "(no id)", reason: issuesOf(wire.error) };
  }
  const externalId = wire.data.orderId;
  if (wire.data.venderId !== "" && wire.data.venderId !== options.venderId)
    return {
      kind: "rejected",
      externalId,
      reason: "venderId: is another shop than the one in the settings; grant access as that shop",
    };
  const status = statusOf(wire.data, options);
  if (status === null)
    return { kind: "rejected", externalId, reason: "orderState: is no state the hub knows; tell its makers" };
  try {
    const order = orderSchema.safeParse({ ...snapshotOf(wire.data, options), status });
    if (order.success) return { kind: "order", order: order.data, wire: wire.data };
    return { kind: "rejected", externalId, reason: issuesOf(order.error) };
  } catch (error) {
    const reason = isSluiceError(error) ? "a time or an amount is unreadable" : reasonOfThrow(error);
    return { kind: "rejected", externalId, reason };
  }
}

const currency = "CNY";
export const minor = (amount: string): number => (amount === "" ? 0 : minorOf(amount, currency));

function snapshotOf(order: WireOrder, options: Options): Omit<OrderSnapshot, "status"> {
  const paidAt = paidAtOf(order);
  const lines = linesOf(order);
  const goods = sumMinor(lines.map((line) => line.unitPriceMinor * line.quantity));
  const shippingMinor = minor(order.freightPrice);
  const ofShop = minor(order.sellerDiscount);
  const onLines = sumMinor(lines.map((line) => line.discountMinor ?? 0));
  // `actualPay` is what was paid; before that, `shouldPay` is what will be. `orderPayment` is not kept up since October 2024.
  const totalMinor = minor(
    (paidAt === null ? order.shouldPay : order.actualPay) || order.shouldPay || order.actualPay,
  );
  // What the buyer saved beyond the shop's discounts came from JD.
  const ofPlatform = goods + shippingMinor - ofShop - totalMinor;
  const snapshot: Omit<OrderSnapshot, "status"> = {
    externalId: order.orderId,
    updatedAt: localInstant(order.modified, timeZone),
    placedAt: localInstant(order.orderStartTime, timeZone),
    currency,
    lines,
    shippingMinor,
    totalMinor,
  };
  if (ofShop > onLines) snapshot.discountMinor = ofShop - onLines;
  if (ofPlatform > 0) snapshot.platformDiscountMinor = ofPlatform;
  if (paidAt !== null) snapshot.paidAt = paidAt;
  const buyer = buyerOf(order, options.encryptedBuyers);
  if (Object.keys(buyer).length > 0) snapshot.buyer = buyer;
  const note = [isPaused(order) ? "JD: 订单暂停 (paused)" : "", order.orderRemark].filter(Boolean).join("; ");
  if (note !== "") snapshot.note = note.slice(0, 2000);
  // One payment over several shops or warehouses is cut into orders below one root.
  if (isSet(order.parentOrderId)) snapshot.paymentId = order.parentOrderId;
  const shipments = shipmentsOf(order, snapshot.updatedAt);
  if (shipments.length > 0) snapshot.shipments = shipments;
  return snapshot;
}

export const isSet = (id: string): boolean => id !== "" && id !== "0";

/** Lines have no id: the SKU names them, and from its second line on its place among them. */
function linesOf(order: WireOrder): OrderLineInput[] {
  let left = minor(order.sellerDiscount);
  const seen = new Map<string, number>();
  const coupons = couponsOf(order);
  return order.itemInfoList.map((item) => {
    const place = (seen.get(item.skuId) ?? 0) + 1;
    seen.set(item.skuId, place);
    const amount = minor(item.jdPrice) * item.itemTotal;
    const discount = Math.min(coupons.get(item.skuId) ?? 0, amount, left);
    left -= discount;
    coupons.set(item.skuId, (coupons.get(item.skuId) ?? 0) - discount);
    return lineOf(order, item, place, discount);
  });
}

/** The shop's discounts that name a SKU. */
function couponsOf(order: WireOrder): Map<string, number> {
  const bySku = new Map<string, number>();
  for (const { skuId, couponType, couponPrice } of order.couponDetailList ?? []) {
    if (!isSet(skuId) || platformCoupons.has(couponType.split("-")[0] ?? "")) continue;
    bySku.set(skuId, (bySku.get(skuId) ?? 0) + minor(couponPrice));
  }
  return bySku;
}

function lineOf(order: WireOrder, item: WireItem, place: number, discount: number): OrderLineInput {
  const line: OrderLineInput = {
    externalLineId: place === 1 ? item.skuId : `${item.skuId}:${place}`,
    externalVariantId: item.skuId,
    quantity: item.itemTotal,
    unitPriceMinor: minor(item.jdPrice),
  };
  if (item.outerSkuId !== "") line.sku = item.outerSkuId;
  if (item.skuName !== "") line.title = item.skuName.slice(0, 1000);
  if (discount > 0) line.discountMinor = discount;
  if (platformStores.has(order.storeOrder)) line.fulfilledBy = "platform";
  return line;
}

/** JD ships an order as a whole. Several numbers of one carrier are parted by commas, carriers by a bar. */
function shipmentsOf(order: WireOrder, shippedAt: string): PlatformShipment[] {
  const isOut = /^(WAIT_GOODS_RECEIVE_CONFIRM|RECEIPT_CONFIRM|FINISHED_L)$/.test(order.orderState);
  if (!isOut && order.waybill === "") return [];
  const shipment: PlatformShipment = { externalId: order.orderId, shippedAt };
  if (isSet(order.logisticsId))
    shipment.carrier = order.logisticsId.split("|").map(carrierName).join("|").slice(0, 200);
  if (order.waybill !== "") shipment.trackingNumber = order.waybill.slice(0, 200);
  return [shipment];
}

function buyerOf(order: WireOrder, encrypted: boolean): Buyer {
  const {
    fullname = "",
    mobile = "",
    telephone = "",
    fullAddress = "",
    ...region
  } = order.consigneeInfo ?? {};
  const buyer: Buyer = {};
  const id = order.open_id_buyer || order.xidBuyer;
  if (id !== "") buyer.externalId = id.slice(0, 256);
  const personal = Object.entries({
    name: fullname,
    phone: mobile || telephone,
    address: fullAddress,
  }).filter(([, value]) => value !== "");
  const places = Object.entries(region).filter(([, value]) => value !== "");
  if (encrypted) {
    if (personal.length > 0)
      buyer.encrypted = Object.fromEntries(personal.map(([name, value]) => [name, value.slice(0, 4000)]));
    if (places.length > 0) buyer.address = Object.fromEntries(places);
    return buyer;
  }
  const { name, phone, address } = Object.fromEntries(personal);
  if (name) buyer.name = name.slice(0, 500);
  if (phone) buyer.phone = phone.slice(0, 100);
  if (address || places.length > 0)
    buyer.address = Object.fromEntries([...(address ? [["line1", address] as const] : []), ...places]);
  if (personal.some(([, value]) => value.includes("*"))) buyer.masked = true;
  return buyer;
}

/** The order with its refunds. JD does not move its time for one, so the latest of them makes it newer. */
export const withRefunds = (order: OrderSnapshot, refunds: readonly PlatformRefund[]): OrderSnapshot =>
  refunds.length === 0 ? order : asOfNewest({ ...order, refunds: [...refunds] });
