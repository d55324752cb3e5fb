import { sumMinor } from "../../core/money/money.ts";
import type { WireLine, WireOrder } from "./wire.ts";

/**
 * Whose money a discount is. Pure; fen. `pay_amount` is the order after all discounts of shop, platform and presenter; what the
 * payment channel grants on top (`promotion_pay_amount`) is still inside it and comes from the channel.
 */

type Promotions = Pick<
  WireLine,
  | "promotion_amount"
  | "promotion_shop_amount"
  | "promotion_platform_amount"
  | "promotion_talent_amount"
  | "platform_cost_amount"
>;

/** What platform and presenter pay. The cost split is exact where it is given; else whose coupon it was decides. */
const paidByOthers = (row: Promotions): number =>
  row.platform_cost_amount ?? (row.promotion_platform_amount ?? 0) + (row.promotion_talent_amount ?? 0);

export const isGift = (line: WireLine): boolean => line.given_product_type === "FREE";

export interface Amounts {
  totalMinor: number;
  shippingMinor: number;
  platformDiscountMinor: number;
  /** Of the order, beside those of the lines. */
  discountMinor: number;
  lineDiscounts: number[];
}

export function amountsOf(order: WireOrder): Amounts {
  const channel = order.promotion_pay_amount ?? 0;
  const others = paidByOthers(order);
  // A price the seller lowered by hand is a discount of the seller's, too.
  const all =
    order.promotion_amount ??
    (order.promotion_shop_amount ?? 0) +
      (order.promotion_platform_amount ?? 0) +
      (order.promotion_talent_amount ?? 0);
  const ours = Math.max(0, all - others - (order.modify_amount ?? 0));
  const perLine = order.sku_order_list.map(oursOfLine);
  const fits = sumMinor(perLine) <= ours;
  return {
    totalMinor: order.pay_amount - channel,
    shippingMinor: (order.post_amount ?? 0) + (order.packing_amount ?? 0),
    platformDiscountMinor: others + channel,
    discountMinor: fits ? ours - sumMinor(perLine) : ours,
    lineDiscounts: fits ? perLine : perLine.map(() => 0),
  };
}

/** Lines of older documents name no promotions; what was paid tells the same where nobody else took part. */
function oursOfLine(line: WireLine): number {
  if (isGift(line)) return 0;
  const sum = line.sum_amount ?? line.origin_amount * line.item_num;
  const all = line.promotion_amount ?? Math.max(0, sum - (line.pay_amount ?? sum));
  return Math.min(sum, Math.max(0, all - paidByOthers(line)));
}
