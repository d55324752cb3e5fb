import type { OrderLineInput, OrderSnapshot } from "../../core/model/order.ts";
import { sumMinor } from "../../core/money/money.ts";
import { minorOf } from "../toolkit/money.ts";
import { goneOut, ownFulfilment, packageGone } from "./codes.ts";
import type { WireItem, WireOrder } from "./wire.ts";

/** An order's units: TikTok lists each by itself, we have lines with a quantity. Pure. */

export type Amounts = (amount: string | null | undefined) => number;

/** Some amounts have more zeros behind the point than the currency has decimals. */
export const amountsIn =
  (currency: string): Amounts =>
  (amount) =>
    amount ? minorOf(amount.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, ""), currency) : 0;

export interface Line {
  /** Of the unit with the smallest id, so that it stays whatever order the units come in. */
  key: string;
  /** By id. */
  items: readonly WireItem[];
}

const byId = (a: WireItem, b: WireItem): number => a.id.length - b.id.length || (a.id < b.id ? -1 : 1);

const contentOf = (item: WireItem): string =>
  JSON.stringify([
    item.sku_id,
    item.original_price ?? "",
    item.sale_price,
    item.seller_discount ?? "",
    item.platform_discount ?? "",
    item.is_gift === true,
  ]);

/** Units of one SKU at one price make a line, whatever has become of each. */
export const linesOf = (order: WireOrder): Line[] =>
  [...Map.groupBy([...order.line_items].sort(byId), contentOf).values()].map((items) => ({
    key: items[0]?.id ?? "",
    items,
  }));

export const isCancelled = (item: WireItem): boolean => /^CANCEL/.test(item.display_status ?? "");

export const isWhollyCancelled = ({ status }: WireOrder): boolean => /^CANCEL/.test(status);

/** The carrier has it; or the seller has told TikTok so, whose own carriers TikTok does not hear of at once. */
export const isGone = (order: WireOrder, item: WireItem): boolean =>
  goneOut.has(item.display_status ?? "") ||
  packageGone.has(item.package_status ?? "") ||
  (order.shipping_type === "SELLER" && item.display_status === "AWAITING_COLLECTION");

/**
 * Units cancelled out of an order that goes on. TikTok does not say whether the order's amounts still hold them: the subtotal tells. Where it
 * does, they stay and come back as a refund; where it does not, they are left out.
 */
export function countedItems(order: WireOrder): { isCounted(item: WireItem): boolean; isReduced: boolean } {
  const minor = amountsIn(order.payment.currency);
  const live = order.line_items.filter((item) => !isCancelled(item));
  const some = live.length > 0 && live.length < order.line_items.length && !isWhollyCancelled(order);
  const worth = sumMinor(live.map((item) => minor(item.sale_price)));
  const isReduced =
    some && typeof order.payment.sub_total === "string" && minor(order.payment.sub_total) === worth;
  return { isCounted: (item) => !isReduced || !isCancelled(item), isReduced };
}

interface Price {
  unitMinor: number;
  discountMinor: number;
  platformMinor: number;
}

/** `sale_price` is what the buyer pays after both discounts; TikTok pays its own, so the seller's price is before it. */
function priceOf(order: WireOrder, item: WireItem, minor: Amounts): Price {
  const [sale, seller, platform] = [item.sale_price, item.seller_discount, item.platform_discount].map(minor);
  const paid = sale ?? 0;
  // Nobody pays for gifts, samples and replacements, whatever discount they are told with.
  const isFree = item.is_gift || order.is_sample_order || order.is_replacement_order;
  if (paid === 0 && isFree) return { unitMinor: 0, discountMinor: 0, platformMinor: 0 };
  const original = minor(item.original_price);
  if (original - (seller ?? 0) - (platform ?? 0) === paid)
    return { unitMinor: original, discountMinor: seller ?? 0, platformMinor: platform ?? 0 };
  return { unitMinor: paid + (platform ?? 0), discountMinor: 0, platformMinor: platform ?? 0 };
}

export function lineOf(order: WireOrder, { key, items }: Line): OrderLineInput {
  const [item] = items as [WireItem];
  const price = priceOf(order, item, amountsIn(order.payment.currency));
  const quantity = items.filter(countedItems(order).isCounted).length;
  const line: OrderLineInput = {
    externalLineId: key,
    quantity,
    unitPriceMinor: price.unitMinor,
    externalItemId: item.product_id,
    externalVariantId: item.sku_id,
  };
  if (price.discountMinor * quantity > 0) line.discountMinor = price.discountMinor * quantity;
  if (item.seller_sku) line.sku = item.seller_sku;
  const title = [item.product_name, item.sku_name].filter(Boolean).join(" / ");
  if (title) line.title = title.slice(0, 1000);
  if ((order.fulfillment_type ?? ownFulfilment) !== ownFulfilment) line.fulfilledBy = "platform";
  return line;
}

type Money = Pick<OrderSnapshot, "totalMinor" | "shippingMinor" | "discountMinor" | "platformDiscountMinor">;

/**
 * What the buyer pays for goods and freight. Taxes and fees that TikTok takes for the state or itself are left out: they are no money of the
 * merchant's. Freight is before TikTok's share of it, which TikTok pays.
 */
export function moneyOf(order: WireOrder, lines: readonly OrderLineInput[]): Money {
  const minor = amountsIn(order.payment.currency);
  const { isCounted } = countedItems(order);
  const { sub_total, shipping_fee, shipping_fee_platform_discount } = order.payment;
  const goods = sumMinor(
    lines.map((line) => line.unitPriceMinor * line.quantity - (line.discountMinor ?? 0)),
  );
  const platform = sumMinor(
    order.line_items.filter(isCounted).map((item) => priceOf(order, item, minor).platformMinor),
  );
  const subtotal = typeof sub_total === "string" && sub_total !== "" ? minor(sub_total) : goods - platform;
  const freightOff = minor(shipping_fee_platform_discount);
  const money: Money = {
    totalMinor: subtotal + minor(shipping_fee),
    shippingMinor: minor(shipping_fee) + freightOff,
  };
  const off = goods - platform - subtotal;
  if (off > 0) money.discountMinor = off;
  if (platform + freightOff > 0) money.platformDiscountMinor = platform + freightOff;
  return money;
}
