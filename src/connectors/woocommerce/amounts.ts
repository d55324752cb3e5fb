import type { OrderSnapshot } from "../../core/model/order.ts";
import { currencyExponent } from "../../core/money/currency.ts";
import { mulDivRound, sumMinor } from "../../core/money/money.ts";
import { minorOf } from "../toolkit/money.ts";
import type { WireOrder, WireRefund } from "./wire.ts";

/** WooCommerce's amounts in minor units. Pure. */
export type ToMinor = (amount: string) => number;

const decimalsOf = (amount: string): number => /^-?\d+\.(\d+)$/.exec(amount)?.[1]?.length ?? 0;

/** A shop may show more decimals than its currency has: those are rounded. */
export const minorIn = (currency: string): ToMinor => {
  const decimals = currencyExponent(currency);
  return (amount) =>
    minorOf(decimalsOf(amount) > decimals ? Number(amount).toFixed(decimals) : amount, currency);
};

/** Most that rounding `roundings` amounts can leave, in a shop that shows as many decimals as `shown` has: rupiah mostly have none. */
const mostLeft = (roundings: number, shown: string, currency: string): number =>
  (roundings / 2) * 10 ** Math.max(0, currencyExponent(currency) - decimalsOf(shown));

const sumOf = (rows: readonly { total: string; total_tax: string }[], minor: ToMinor): number =>
  sumMinor(rows.map((row) => minor(row.total) + minor(row.total_tax)));

export const feesOf = (order: WireOrder, minor: ToMinor): number => sumOf(order.fee_lines, minor);

export const freightOf = (order: WireOrder, minor: ToMinor): number =>
  minor(order.shipping_total) + minor(order.shipping_tax);

/**
 * The shop keeps tax, and prices without it, with more digits than it shows, rounds the total once where it is told to ("round
 * tax at subtotal level"), and each amount of a line by itself when it is asked. What that leaves goes to freight or discount.
 */
export function addedUp(order: OrderSnapshot, wire: WireOrder): OrderSnapshot {
  const { lines, shippingMinor = 0, discountMinor = 0, totalMinor } = order;
  const ofLines = sumMinor(
    lines.map(
      (line) => line.unitPriceMinor * line.quantity - (line.discountMinor ?? 0) + (line.taxMinor ?? 0),
    ),
  );
  const left = totalMinor - (ofLines + shippingMinor - discountMinor);
  const roundings = 2 * (wire.line_items.length + wire.fee_lines.length) + 3;
  // More than half a unit for each amount is no rounding: then it is for a person to see.
  if (left === 0 || Math.abs(left) > mostLeft(roundings, wire.total, wire.currency)) return order;
  return left > 0
    ? { ...order, shippingMinor: shippingMinor + left }
    : { ...order, discountMinor: discountMinor - left };
}

/**
 * Freight and fees of a refund, both freight here. Older shops name neither: there it is what the refund has beyond its lines. What the
 * staff typed in wins over the rows.
 */
export function freightBack(
  refund: WireRefund,
  order: WireOrder,
  ofLines: number,
  minor: ToMinor,
): number | undefined {
  const rest = Math.abs(minor(refund.amount)) - ofLines;
  if (rest <= 0) return undefined;
  if (refund.shipping_lines || refund.fee_lines) {
    const named = Math.abs(sumOf([...(refund.shipping_lines ?? []), ...(refund.fee_lines ?? [])], minor));
    return named > 0 ? Math.min(rest, named) : undefined;
  }
  if (refund.line_items.length === 0) return undefined;
  return Math.min(rest, freightOf(order, minor) + Math.max(0, feesOf(order, minor)));
}

/** Amounts cut so that they come to no more than `mostMinor`. */
export function cutTo(amounts: readonly number[], mostMinor: number): number[] {
  const all = sumMinor(amounts);
  return all <= mostMinor
    ? [...amounts]
    : amounts.map((amount) => Math.min(amount, mulDivRound(amount, mostMinor, all)));
}
