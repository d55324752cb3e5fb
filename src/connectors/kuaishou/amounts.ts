import { sumMinor } from "../../core/money/money.ts";
import type { WireOrder } from "./wire.ts";

/** What the buyer pays. Pure; fen. */
export interface Amounts {
  totalMinor: number;
  unitPriceMinor: number;
  discountMinor: number;
  shippingMinor: number;
}

/**
 * `totalFee` is described as the total of the goods only. Whether freight is inside it, and whether `price` is before or after the
 * discount, is not: of these readings the first that adds up holds. Where none does, the order is held for a person.
 */
export function amountsOf({ orderBaseInfo: base, orderItemInfo: item }: WireOrder): Amounts {
  const shippingMinor = base.expressFee ?? 0;
  const discounts = [...new Set([base.discountFee ?? 0, item.discountFee ?? 0, 0])];
  const units = [...new Set([item.price, item.originalPrice ?? item.price])];
  const readings = units.flatMap((unit) => discounts.map((discount) => ({ unit, discount })));
  const goodsOf = ({ unit, discount }: { unit: number; discount: number }) => unit * item.num - discount;
  const withFreight = readings.find((one) => goodsOf(one) + shippingMinor === base.totalFee);
  const without = readings.find((one) => goodsOf(one) === base.totalFee);
  const { unit, discount } = withFreight ?? without ?? { unit: item.price, discount: base.discountFee ?? 0 };
  return {
    totalMinor: withFreight || !without ? base.totalFee : sumMinor([base.totalFee, shippingMinor]),
    unitPriceMinor: unit,
    discountMinor: discount,
    shippingMinor,
  };
}
