import type { SoldPart } from "../events/types.ts";
import { mulDivRound, netOfTax, splitMinor, sumMinor } from "../money/money.ts";

/** What an order is worth, part by part. Pure; all amounts tax-inclusive minor units of the order's currency. */

export interface PricedLine {
  lineNo: number;
  skuId: string | null;
  virtual: boolean;
  quantity: number;
  unitPriceMinor: number;
  discountMinor: number;
  taxMinor: number | null;
  /** Rate of the SKU or the merchant's default, used when the platform names no tax. */
  taxRateBp: number;
}

export interface PricedOrder {
  lines: readonly PricedLine[];
  shippingMinor: number;
  discountMinor: number;
  platformDiscountMinor: number;
  totalMinor: number;
}

export interface Totals {
  /** What the lines say the buyer pays. */
  expectedMinor: number;
  /** Given total minus expected: 0 when the order adds up. */
  differenceMinor: number;
  parts: SoldPart[];
}

/** Line 0 of an order's parts is the freight. */
export const freightLineNo = 0;

/**
 * Checks the totals and splits the order into parts: each line after its own discount and its share of the order's
 * discount, then the freight. Tax may be inside the prices or on top: whichever comes nearer to the total. The platform's
 * own discount stays in the parts, because the merchant is due that money.
 */
export function soldParts(order: PricedOrder): Totals {
  const goods = order.lines.map(
    (line) => mulDivRound(line.unitPriceMinor, line.quantity, 1) - line.discountMinor,
  );
  const taxes = order.lines.map((line) => line.taxMinor ?? 0);
  const rest = order.shippingMinor - order.discountMinor - order.platformDiscountMinor;
  const inclusive = sumMinor(goods) + rest;
  const exclusive = inclusive + sumMinor(taxes);
  const taxOnTop = Math.abs(order.totalMinor - exclusive) < Math.abs(order.totalMinor - inclusive);
  const expectedMinor = taxOnTop ? exclusive : inclusive;
  const worth = goods.map((amount, index) => amount + (taxOnTop ? (taxes[index] ?? 0) : 0));
  const weights = worth.map((amount) => Math.max(0, amount));
  // A line discounted below zero lowers what the others are worth, as the order's own discount does.
  const discountMinor = order.discountMinor + sumMinor(weights) - sumMinor(worth);
  const overGoods = Math.min(discountMinor, sumMinor(weights));
  const shares = splitMinor(overGoods, weights);
  const parts = order.lines.map((line, index): SoldPart => {
    const grossMinor = (weights[index] ?? 0) - (shares[index] ?? 0);
    const computed = grossMinor - netOfTax(grossMinor, line.taxRateBp);
    const taxMinor = line.taxMinor === null ? computed : Math.min(line.taxMinor, grossMinor);
    return { lineNo: line.lineNo, skuId: line.skuId, grossMinor, taxMinor, virtual: line.virtual };
  });
  const freightMinor = Math.max(0, order.shippingMinor - (discountMinor - overGoods));
  if (freightMinor > 0) parts.push(freightPart(freightMinor, parts));
  return { expectedMinor, differenceMinor: order.totalMinor - expectedMinor, parts };
}

/** Freight charged with goods carries their average tax share (reference: chart of accounts, section 6). */
function freightPart(grossMinor: number, goods: readonly SoldPart[]): SoldPart {
  const goodsGross = sumMinor(goods.map((part) => part.grossMinor));
  const goodsTax = sumMinor(goods.map((part) => part.taxMinor));
  const taxMinor = goodsGross === 0 ? 0 : mulDivRound(grossMinor, goodsTax, goodsGross);
  return { lineNo: freightLineNo, skuId: null, grossMinor, taxMinor, virtual: false };
}

/**
 * Parts of an order whose total a person accepted although it did not add up: the money really due is spread over the
 * parts by their weight, so that no cent stays unexplained.
 */
export function partsForTotal(parts: readonly SoldPart[], dueMinor: number): SoldPart[] {
  if (parts.length === 0 && dueMinor > 0) return [freightPart(dueMinor, [])];
  const grosses = splitMinor(
    dueMinor,
    parts.map((part) => part.grossMinor),
  );
  return parts.map((part, index) => {
    const grossMinor = grosses[index] ?? 0;
    const taxMinor = part.grossMinor === 0 ? 0 : mulDivRound(part.taxMinor, grossMinor, part.grossMinor);
    return { ...part, grossMinor, taxMinor };
  });
}
