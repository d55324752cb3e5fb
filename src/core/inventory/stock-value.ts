import { mulDivRound } from "../money/money.ts";

/**
 * Moving average without drift: the total value is kept, never a unit price. What leaves takes its share of the
 * total, rounded half up; the last unit takes all that is left. All amounts in the base currency's minor units.
 */
export const costOfIssue = (stock: { onHand: number; valueMinor: number }, quantity: number): number =>
  quantity >= stock.onHand ? stock.valueMinor : mulDivRound(stock.valueMinor, quantity, stock.onHand);

/** Cost of `quantity` added units: the given unit cost, else the average of what is there, else 0. */
export function costOfReceipt(
  stock: { onHand: number; valueMinor: number },
  quantity: number,
  unitCostMinor: number | undefined,
): number {
  if (unitCostMinor !== undefined) return mulDivRound(unitCostMinor, quantity, 1);
  return stock.onHand > 0 ? mulDivRound(stock.valueMinor, quantity, stock.onHand) : 0;
}

/** Share of an amount for the next `quantity` of `total` units of which `before` are already served: exact at the end. */
export const cumulativeShare = (amount: number, before: number, quantity: number, total: number): number =>
  total === 0 ? 0 : mulDivRound(amount, before + quantity, total) - mulDivRound(amount, before, total);
