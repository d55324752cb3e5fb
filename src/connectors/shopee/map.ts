import {
  type Buyer,
  type OrderLineInput,
  type OrderSnapshot,
  type OrderStatus,
  orderSchema,
  type PlatformRefund,
  type PlatformShipment,
} from "../../core/model/order.ts";
import { currencyExponent, isCurrency } from "../../core/money/currency.ts";
import { splitMinor, sumMinor } from "../../core/money/money.ts";
import type { Json } from "../contract.ts";
import { reasonOfThrow } from "../toolkit/each-order.ts";
import { latestOf } from "../toolkit/freshness.ts";
import { issuesOf } from "../toolkit/http.ts";
import { minorOf } from "../toolkit/money.ts";
import { goneOut, openReturns, paidReturns, statuses } from "./codes.ts";
import {
  orderSnSchema,
  type WireEscrow,
  type WireItem,
  type WireOrder,
  type WireReturn,
  orderSchema as wireOrderSchema,
} from "./wire.ts";

/** From Shopee's order, its escrow and its returns to the hub's order. Pure. */

export type ReadOrder =
  | { kind: "order"; order: OrderSnapshot }
  | { kind: "rejected"; externalId: string; reason: string };

/** `null` where escrow or returns were not read. The reason names fields, never their values. */
export function readOrder(
  row: Json,
  escrow: WireEscrow | null,
  returns: readonly WireReturn[] | null,
): ReadOrder {
  const wire = wireOrderSchema.safeParse(row);
  if (!wire.success) {
    const externalId = orderSnSchema.safeParse(row).data?.order_sn ?? "(no id)";
    return { kind: "rejected", externalId, reason: issuesOf(wire.error) };
  }
  const { order_sn: externalId, currency, order_status } = wire.data;
  if (!isCurrency(currency))
    return { kind: "rejected", externalId, reason: "currency: is no ISO 4217 currency" };
  if (!Object.hasOwn(statuses, order_status))
    return { kind: "rejected", externalId, reason: "order_status: is not known" };
  try {
    const order = orderSchema.safeParse(snapshotOf(wire.data, escrow, returns ?? [], returns !== null));
    if (order.success) return { kind: "order", order: order.data };
    return { kind: "rejected", externalId, reason: issuesOf(order.error) };
  } catch (error) {
    return { kind: "rejected", externalId, reason: reasonOfThrow(error) };
  }
}

export type Amounts = (amount: number | null | undefined) => number;

/** JSON numbers, some with more decimals than the currency has: rounded to those. */
export const amountsIn =
  (currency: string): Amounts =>
  (amount) =>
    minorOf((amount ?? 0).toFixed(currencyExponent(currency)), currency);

function snapshotOf(
  order: WireOrder,
  escrow: WireEscrow | null,
  returns: readonly WireReturn[],
  isReturnsRead: boolean,
): OrderSnapshot {
  const minor = amountsIn(order.currency);
  const keys = lineKeys(order.item_list);
  const lines = order.item_list.map((item, index) => lineOf(order, item, keys[index] ?? "", escrow, minor));
  const money = moneyOf(order, lines, escrow, minor);
  const refunds = returns
    .filter(({ status }) => paidReturns.has(status))
    .map((one) => refundOf(one, order.item_list, keys, minor));
  const snapshot: OrderSnapshot = {
    externalId: order.order_sn,
    updatedAt: latestOf(order.update_time, ...returns.map((one) => one.update_time)),
    placedAt: order.create_time,
    status: statusOf(order, returns, sumMinor(refunds.map((one) => one.amountMinor)), money.totalMinor),
    currency: order.currency,
    lines,
    ...money,
  };
  if (order.pay_time) snapshot.paidAt = order.pay_time;
  const buyer = buyerOf(order);
  if (Object.keys(buyer).length > 0) snapshot.buyer = buyer;
  if (order.message_to_seller) snapshot.note = order.message_to_seller.slice(0, 2000);
  const shipments = shipmentsOf(order, keys);
  if (shipments.length > 0) snapshot.shipments = shipments;
  if (isReturnsRead) snapshot.refunds = refunds;
  return snapshot;
}

const modelOf = (model: string | null | undefined): string => model ?? "0";
const same = (
  a: { item_id: string; model_id?: string | null | undefined },
  b: { item_id: string; model_id?: string | null | undefined },
): boolean => a.item_id === b.item_id && modelOf(a.model_id) === modelOf(b.model_id);

/** Item, model and line; one that comes twice all the same is counted. */
export function lineKeys(items: readonly WireItem[]): string[] {
  const seen = new Map<string, number>();
  return items.map((item) => {
    const key = [item.item_id, modelOf(item.model_id), item.line_item_id ?? item.order_item_id ?? "0"].join(
      "-",
    );
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count === 1 ? key : `${key}-${count}`;
  });
}

/** The price of items in a bundle deal is 0 in the order; the escrow has what they cost together. */
function lineOf(
  order: WireOrder,
  item: WireItem,
  externalLineId: string,
  escrow: WireEscrow | null,
  minor: Amounts,
): OrderLineInput {
  const quantity = item.model_quantity_purchased;
  const told = minor(item.model_discounted_price);
  const rows = (escrow?.order_income?.items ?? []).filter((row) => same(row, item));
  const alike = order.item_list.filter((other) => same(other, item));
  const goods =
    told > 0 || rows.length !== 1 || alike.length !== 1 ? told * quantity : minor(rows[0]?.discounted_price);
  const unitPriceMinor = quantity === 0 || told * quantity === goods ? told : Math.ceil(goods / quantity);
  const line: OrderLineInput = { externalLineId, quantity, unitPriceMinor, externalItemId: item.item_id };
  const off = unitPriceMinor * quantity - goods;
  if (quantity > 0 && off > 0) line.discountMinor = off;
  if (modelOf(item.model_id) !== "0") line.externalVariantId = modelOf(item.model_id);
  const sku = item.model_sku || item.item_sku;
  if (sku) line.sku = sku;
  const title = [item.item_name, item.model_name].filter(Boolean).join(" / ");
  if (title) line.title = title.slice(0, 1000);
  if (order.fulfillment_flag === "fulfilled_by_shopee") line.fulfilledBy = "platform";
  return line;
}

type Money = Pick<OrderSnapshot, "totalMinor" | "shippingMinor" | "discountMinor" | "platformDiscountMinor">;

/**
 * What the buyer paid at checkout, part by part. Fees and taxes that go to Shopee or the state are left out: they are no money of the
 * merchant's. Before the escrow is there, what the total has beyond the goods is freight, and what it lacks is Shopee's discount.
 */
function moneyOf(
  order: WireOrder,
  lines: readonly OrderLineInput[],
  escrow: WireEscrow | null,
  minor: Amounts,
): Money {
  const goods = sumMinor(
    lines.map((line) => line.unitPriceMinor * line.quantity - (line.discountMinor ?? 0)),
  );
  const paid = escrow?.buyer_payment_info;
  if (!paid || typeof paid.merchant_subtotal !== "number") {
    const total =
      typeof order.total_amount === "number" && order.total_amount > 0 ? minor(order.total_amount) : goods;
    const rest = total - goods;
    return rest >= 0
      ? { totalMinor: total, shippingMinor: rest }
      : { totalMinor: total, shippingMinor: 0, platformDiscountMinor: -rest };
  }
  const off = (...amounts: (number | null | undefined)[]) =>
    sumMinor(amounts.map((one) => Math.abs(minor(one))));
  const shippingMinor = minor(paid.shipping_fee);
  // A bundle whose items are told at full price.
  const ofBundle = Math.max(0, goods - minor(paid.merchant_subtotal));
  const discountMinor = off(paid.seller_voucher) + ofBundle;
  const platformDiscountMinor = off(
    paid.shopee_voucher,
    paid.shopee_coins_redeemed,
    paid.credit_card_promotion,
  );
  const subtotal = minor(paid.merchant_subtotal) - off(paid.seller_voucher) - platformDiscountMinor;
  const money: Money = { totalMinor: Math.max(0, subtotal + shippingMinor), shippingMinor };
  if (discountMinor > 0) money.discountMinor = discountMinor;
  if (platformDiscountMinor > 0) money.platformDiscountMinor = platformDiscountMinor;
  return money;
}

function statusOf(
  order: WireOrder,
  returns: readonly WireReturn[],
  refundedMinor: number,
  totalMinor: number,
): OrderStatus {
  const status = statuses[order.order_status] ?? "pending_payment";
  if (status === "cancelled" || status === "pending_payment") return status;
  if (totalMinor > 0 && refundedMinor >= totalMinor) return "refunded";
  if (returns.some((one) => openReturns.has(one.status))) return "refunding";
  const parcels = order.package_list ?? [];
  const isMixed =
    parcels.some((one) => isOut(one)) &&
    parcels.some((one) => !isOut(one)) &&
    /^(paid|shipped)$/.test(status);
  return isMixed ? "partially_shipped" : status;
}

const isOut = ({ logistics_status }: { logistics_status?: string | null | undefined }): boolean =>
  goneOut.has(logistics_status ?? "");

/** Parcels the carrier has. Their tracking numbers are not in the order. */
function shipmentsOf(order: WireOrder, keys: readonly string[]): PlatformShipment[] {
  return (order.package_list ?? []).filter(isOut).map((parcel) => {
    const shipment: PlatformShipment = {
      externalId: parcel.package_number,
      shippedAt: order.pickup_done_time ?? order.update_time,
    };
    const lines = linesOf(parcel.item_list ?? [], order.item_list, keys);
    if (lines.length > 0) shipment.lines = lines;
    if (parcel.shipping_carrier) shipment.carrier = parcel.shipping_carrier.slice(0, 200);
    return shipment;
  });
}

/** Items of a parcel over the order's lines: two lines of one model share what the parcel holds, in their order. */
export function linesOf(
  parcel: readonly {
    item_id: string;
    model_id?: string | null | undefined;
    model_quantity?: number | null | undefined;
  }[],
  items: readonly WireItem[],
  keys: readonly string[],
): { externalLineId: string; quantity: number }[] {
  const left = new Map<string, number>();
  for (const row of parcel) {
    const key = `${row.item_id} ${modelOf(row.model_id)}`;
    left.set(key, (left.get(key) ?? 0) + (row.model_quantity ?? 0));
  }
  return items.flatMap((item, index) => {
    const key = `${item.item_id} ${modelOf(item.model_id)}`;
    const quantity = Math.min(item.model_quantity_purchased, left.get(key) ?? 0);
    left.set(key, (left.get(key) ?? 0) - quantity);
    return quantity > 0 ? [{ externalLineId: keys[index] ?? "", quantity }] : [];
  });
}

/** An accepted return. Units come back only where goods travel, and are on the shelf when somebody has looked at them. */
function refundOf(
  one: WireReturn,
  items: readonly WireItem[],
  keys: readonly string[],
  minor: Amounts,
): PlatformRefund {
  const amountMinor = minor(one.refund_amount);
  const refund: PlatformRefund = { externalId: one.return_sn, refundedAt: one.update_time, amountMinor };
  if (one.reason) refund.reason = one.reason.slice(0, 500);
  const rows = (one.item ?? []).map((row) => ({
    row,
    fitting: items.flatMap((item, index) => (same(row, item) ? [keys[index] ?? ""] : [])),
  }));
  if (rows.length === 0 || rows.some(({ fitting }) => fitting.length !== 1)) return refund;
  const shares = splitMinor(
    amountMinor,
    rows.map(({ row }) => Math.max(1, minor(row.item_price) * row.amount)),
  );
  refund.lines = rows.map(({ row, fitting }, index) => ({
    externalLineId: fitting[0] ?? "",
    amountMinor: shares[index] ?? 0,
    ...(one.needs_logistics ? { quantity: row.amount } : {}),
  }));
  return refund;
}

/** Shopee masks names, numbers and addresses by country and carrier. */
function buyerOf({ recipient_address: to, buyer_user_id }: WireOrder): Buyer {
  const buyer: Buyer = {};
  if (buyer_user_id && buyer_user_id !== "0") buyer.externalId = buyer_user_id;
  if (to?.name) buyer.name = to.name.slice(0, 500);
  if (to?.phone) buyer.phone = to.phone.slice(0, 100);
  const parts = Object.entries({
    line1: to?.full_address,
    town: to?.town,
    district: to?.district,
    city: to?.city,
    province: to?.state,
    postalCode: to?.zipcode,
    country: to?.region,
  }).filter(([, value]) => typeof value === "string" && value !== "");
  if (parts.length > 0) buyer.address = Object.fromEntries(parts);
  if ([to?.name, to?.phone, to?.full_address].some((value) => value?.includes("*"))) buyer.masked = true;
  return buyer;
}
