import { currencyExponent } from "../../core/money/currency.ts";
import { mulDivRound, sumMinor } from "../../core/money/money.ts";
import type { WireLine, WireOrder } from "./wire.ts";

/**
 * Vendure's amounts in minor units of the currency. Pure.
 *
 * It keeps whole numbers with as many digits as its money strategy says: two, for every currency, unless the server was
 * configured otherwise. So one yen is 100 there, and a shop with three digits keeps tenths of cents.
 */
export type ToMinor = (amount: number) => number;

export function minorBy(precision: number, currency: string): ToMinor {
  const shift = currencyExponent(currency) - precision;
  return (amount) => (shift >= 0 ? amount * 10 ** shift : mulDivRound(amount, 1, 10 ** -shift));
}

export interface LineAmounts {
  line: WireLine;
  /** Units still ordered, and those that have left although they were cancelled later: they came back. */
  units: number;
  returned: number;
  unitPriceMinor: number;
  discountMinor: number;
  taxMinor: number;
  /** What the returned units cost the buyer. */
  returnedMinor: number;
}

export interface OrderAmounts {
  lines: LineAmounts[];
  shippingMinor: number;
  discountMinor: number;
  /** What was ordered, before goods that had left came back. */
  totalMinor: number;
}

/**
 * Vendure takes cancelled units off the line and off the total, whether they had left or not. Those that had left stay here as
 * ordered; that they came back is told as a refund (`refunds.ts`).
 */
export function amountsOf(
  order: WireOrder,
  sent: ReadonlyMap<string, number>,
  precision: number,
): OrderAmounts {
  const minor = minorBy(precision, order.currencyCode);
  const lines = order.lines.map((line) => lineAmounts(line, sent.get(line.id) ?? 0, minor));
  const surcharges = order.surcharges.map((surcharge) => minor(surcharge.priceWithTax));
  const amounts: OrderAmounts = {
    lines,
    shippingMinor: minor(order.shippingWithTax) + sumMinor(surcharges.filter((amount) => amount > 0)),
    discountMinor: sumMinor(surcharges.filter((amount) => amount < 0).map((amount) => -amount)),
    totalMinor: minor(order.totalWithTax) + sumMinor(lines.map((line) => line.returnedMinor)),
  };
  return precision > currencyExponent(order.currencyCode) ? rounded(amounts) : amounts;
}

function lineAmounts(line: WireLine, sent: number, minor: ToMinor): LineAmounts {
  const returned = Math.max(0, sent - line.quantity);
  const units = line.quantity + returned;
  const returnedMinor = minor(line.proratedUnitPriceWithTax * returned);
  const grossMinor = minor(line.proratedLinePriceWithTax) + returnedMinor;
  // A line's price is rounded once, so it may be a cent above its units' rounded prices.
  const unitPriceMinor =
    units === 0
      ? minor(line.unitPriceWithTax)
      : Math.max(minor(line.unitPriceWithTax), Math.ceil(grossMinor / units));
  const rate = Math.round(line.taxRate * 100);
  const returnedTax = mulDivRound(returnedMinor, rate, 10_000 + rate);
  return {
    line,
    units,
    returned,
    unitPriceMinor,
    discountMinor: unitPriceMinor * units - grossMinor,
    taxMinor: minor(line.proratedLinePriceWithTax - line.proratedLinePrice) + returnedTax,
    returnedMinor,
  };
}

/** With more digits than the currency has, each amount is rounded by itself; what that makes goes to freight or discount. */
function rounded(amounts: OrderAmounts): OrderAmounts {
  const { lines, shippingMinor, discountMinor, totalMinor } = amounts;
  const parts = sumMinor(lines.map((line) => line.unitPriceMinor * line.units - line.discountMinor));
  const left = totalMinor - (parts + shippingMinor - discountMinor);
  // More than a minor unit for each amount is no rounding: then it is for a person to see.
  if (Math.abs(left) > lines.length + 2) return amounts;
  return left > 0
    ? { ...amounts, shippingMinor: shippingMinor + left }
    : { ...amounts, discountMinor: discountMinor - left };
}
