import { msOf } from "../../core/clock.ts";
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
import { sumMinor } from "../../core/money/money.ts";
import type { Json } from "../contract.ts";
import { reasonOfThrow } from "../toolkit/each-order.ts";
import { latestOf } from "../toolkit/freshness.ts";
import { issuesOf } from "../toolkit/http.ts";
import { minorOf } from "../toolkit/money.ts";
import { type ItemState, itemStates, paidBack, stillOpen } from "./codes.ts";
import { countries, type LazadaSettings } from "./settings.ts";
import {
  isSet,
  stampSchema,
  type WireItem,
  type WireOrder,
  type WireReverse,
  orderSchema as wireOrderSchema,
} from "./wire.ts";

/** From Lazada's order, its units and its returns to the hub's order. Pure. */

export type ReadOrder =
  | { kind: "order"; order: OrderSnapshot }
  | { kind: "rejected"; externalId: string; reason: string };

/** `null` where returns were not read. The reason names fields, never their values. */
export function readOrder(
  row: Json,
  items: readonly WireItem[],
  reverses: readonly WireReverse[] | null,
  { country }: Pick<LazadaSettings, "country">,
): ReadOrder {
  const wire = wireOrderSchema.safeParse(row);
  if (!wire.success) {
    const externalId = stampSchema.pick({ order_id: true }).safeParse(row).data?.order_id ?? "(no id)";
    return { kind: "rejected", externalId, reason: issuesOf(wire.error) };
  }
  const externalId = wire.data.order_id;
  const unknown = items.find((item) => !Object.hasOwn(itemStates, item.status));
  if (unknown) return { kind: "rejected", externalId, reason: "status of an item: is not known" };
  const currency = items[0]?.currency ?? countries[country].currency;
  if (!isCurrency(currency))
    return { kind: "rejected", externalId, reason: "currency: is no ISO 4217 currency" };
  try {
    const order = orderSchema.safeParse(snapshotOf(wire.data, items, reverses, currency));
    if (order.success) return { kind: "order", order: order.data };
    return { kind: "rejected", externalId, reason: issuesOf(order.error) };
  } catch (error) {
    return { kind: "rejected", externalId, reason: reasonOfThrow(error) };
  }
}

export const stateOf = ({ status }: WireItem): ItemState => itemStates[status] ?? "paid";

type Amount = string | number | null | undefined;
type Minor = (amount: Amount) => number;

/** Text or numbers, with and without decimals; "39.80" and 39.8 are the same. */
const minorIn =
  (currency: string): Minor =>
  (amount) => {
    if (amount === null || amount === undefined || amount === "") return 0;
    const text =
      typeof amount === "number" ? amount.toFixed(currencyExponent(currency)) : amount.replaceAll(",", "");
    return minorOf(text, currency);
  };

function snapshotOf(
  order: WireOrder,
  items: readonly WireItem[],
  reverses: readonly WireReverse[] | null,
  currency: string,
): OrderSnapshot {
  const minor = minorIn(currency);
  const isOver = items.every((item) => stateOf(item) === "cancelled");
  const reverseLines = (reverses ?? []).flatMap((one) =>
    (one.reverse_order_lines ?? []).map((line) => ({ one, line })),
  );
  const isOpen = reverseLines.some(({ line }) => stillOpen.test(line.reverse_status ?? ""));
  const isAsked = isSet(order.need_cancel_confirm) || items.some((item) => isSet(item.need_cancel_confirm));
  const status = foldedStatus(items.map(stateOf));
  const held =
    (isOpen || isAsked) && status !== "cancelled" && status !== "pending_payment" && status !== "refunded";
  const snapshot: OrderSnapshot = {
    externalId: order.order_id,
    updatedAt: latestOf(
      order.updated_at,
      ...items.map((item) => item.updated_at),
      ...reverseLines.map(({ line }) => line.return_order_line_gmt_modified),
    ),
    placedAt: order.created_at,
    status: held ? "refunding" : status,
    currency,
    lines: items.map((item) => lineOf(item, isOver, minor)),
    ...moneyOf(order, items, isOver, minor),
  };
  const paidAt = items.find((item) => item.payment_time)?.payment_time;
  if (paidAt) snapshot.paidAt = paidAt;
  const buyer = buyerOf(order, items);
  if (Object.keys(buyer).length > 0) snapshot.buyer = buyer;
  if (order.buyer_note) snapshot.note = order.buyer_note.slice(0, 2000);
  const shipments = shipmentsOf(items);
  if (shipments.length > 0) snapshot.shipments = shipments;
  if (reverses !== null) snapshot.refunds = refundsOf(reverses);
  return snapshot;
}

/** There is no order status: it is what its units come to. Cancelled ones do not count while others go on. */
export function foldedStatus(states: readonly ItemState[]): OrderStatus {
  const alive = states.filter((state) => state !== "cancelled");
  if (alive.length === 0) return "cancelled";
  const kept = alive.filter((state) => state !== "refunded");
  if (kept.length === 0) return "refunded";
  if (kept.includes("pending_payment")) return "pending_payment";
  const waiting = kept.filter((state) => state === "paid").length;
  if (waiting === kept.length) return "paid";
  if (waiting > 0) return "partially_shipped";
  return kept.every((state) => state === "completed") ? "completed" : "shipped";
}

/** One order item is one unit. */
function lineOf(item: WireItem, isOver: boolean, minor: Minor): OrderLineInput {
  const isGone = stateOf(item) === "cancelled" && !isOver;
  const line: OrderLineInput = {
    externalLineId: item.order_item_id,
    quantity: isGone ? 0 : 1,
    unitPriceMinor: minor(item.item_price),
  };
  if (item.product_id) line.externalItemId = item.product_id;
  else if (!item.sku) line.externalItemId = `item-${item.order_item_id}`;
  if (item.sku_id) line.externalVariantId = item.sku_id;
  if (item.sku) line.sku = item.sku;
  const title = [item.name, item.variation].filter(Boolean).join(" / ");
  if (title) line.title = title.slice(0, 1000);
  const taxMinor = minor(item.tax_amount);
  if (taxMinor > 0 && !isGone) line.taxMinor = taxMinor;
  if (isSet(item.is_fbl)) line.fulfilledBy = "platform";
  return line;
}

type Money = Pick<OrderSnapshot, "totalMinor" | "shippingMinor" | "discountMinor" | "platformDiscountMinor">;

/** The buyer pays price less vouchers plus freight. Where some units are cancelled, the order's figures still hold them: then the units are added up. */
function moneyOf(order: WireOrder, items: readonly WireItem[], isOver: boolean, minor: Minor): Money {
  const kept = items.filter((item) => isOver || stateOf(item) !== "cancelled");
  const isWhole = kept.length === items.length;
  const sumOf = (field: "item_price" | "shipping_amount" | "voucher_seller" | "voucher_platform") =>
    sumMinor(kept.map((item) => minor(item[field])));
  const shippingMinor = isWhole ? minor(order.shipping_fee) : sumOf("shipping_amount");
  const platformMinor = isWhole ? minor(order.voucher_platform) : sumOf("voucher_platform");
  const voucherMinor = isWhole ? minor(order.voucher) : sumOf("voucher_seller") + platformMinor;
  // Vouchers that nobody is named for are the seller's.
  const discountMinor = Math.max(0, voucherMinor - platformMinor);
  const goodsMinor = isWhole ? minor(order.price) : sumOf("item_price");
  const money: Money = { totalMinor: Math.max(0, goodsMinor - voucherMinor + shippingMinor), shippingMinor };
  if (discountMinor > 0) money.discountMinor = discountMinor;
  if (platformMinor > 0) money.platformDiscountMinor = platformMinor;
  return money;
}

/** Parcels the carrier has, by package. */
function shipmentsOf(items: readonly WireItem[]): PlatformShipment[] {
  const out = items.filter(
    (item) => item.package_id && !/^(pending_payment|paid|cancelled)$/.test(stateOf(item)),
  );
  return [...Map.groupBy(out, (item) => item.package_id ?? "")].map(([externalId, units]) => {
    const shipment: PlatformShipment = {
      externalId,
      shippedAt: units.map((unit) => unit.updated_at).reduce((a, b) => (msOf(a) <= msOf(b) ? a : b)),
      lines: units.map((unit) => ({ externalLineId: unit.order_item_id, quantity: 1 })),
    };
    const [first] = units;
    if (first?.shipment_provider) shipment.carrier = first.shipment_provider.slice(0, 200);
    if (first?.tracking_code) shipment.trackingNumber = first.tracking_code.slice(0, 200);
    return shipment;
  });
}

/**
 * Money that went back after the goods had left. Amounts here are whole cents (dong in Vietnam), other than in orders. A cancel is off the
 * order's units already. Goods that come back are on the shelf when somebody has looked at them.
 */
function refundsOf(reverses: readonly WireReverse[]): PlatformRefund[] {
  return reverses
    .filter((one) => one.request_type !== "CANCEL")
    .flatMap((one) =>
      (one.reverse_order_lines ?? []).flatMap((line): PlatformRefund[] => {
        const at = line.return_order_line_gmt_modified ?? line.return_order_line_gmt_create;
        if (!paidBack.test(line.reverse_status ?? "") || !at || !line.refund_amount) return [];
        const amountMinor = line.refund_amount;
        const refund: PlatformRefund = {
          externalId: line.reverse_order_line_id,
          refundedAt: at,
          amountMinor,
        };
        if (line.reason_text) refund.reason = line.reason_text.slice(0, 500);
        if (line.trade_order_line_id)
          refund.lines = [
            {
              externalLineId: line.trade_order_line_id,
              amountMinor,
              ...(one.request_type === "RETURN" ? { quantity: 1 } : {}),
            },
          ];
        return [refund];
      }),
    );
}

/** Names and numbers come masked. */
function buyerOf({ address_shipping: to }: WireOrder, items: readonly WireItem[]): Buyer {
  const buyer: Buyer = {};
  const buyerId = items.find((item) => item.buyer_id)?.buyer_id;
  if (buyerId && buyerId !== "0") buyer.externalId = buyerId;
  const name = [to?.first_name, to?.last_name].filter(Boolean).join(" ").trim();
  if (name) buyer.name = name.slice(0, 500);
  if (to?.phone) buyer.phone = to.phone.slice(0, 100);
  const parts = Object.entries({
    line1: to?.address1,
    line2: to?.address2,
    province: to?.address3,
    city: to?.city || to?.address4,
    district: to?.address5,
    postalCode: to?.post_code,
    country: to?.country,
  }).filter(([, value]) => typeof value === "string" && value !== "");
  if (parts.length > 0) buyer.address = Object.fromEntries(parts);
  if ([name, to?.phone, to?.address1].some((value) => value?.includes("*"))) buyer.masked = true;
  return buyer;
}
