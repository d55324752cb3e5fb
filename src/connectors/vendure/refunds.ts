import type { PlatformRefund } from "../../core/model/order.ts";
import { sumMinor } from "../../core/money/money.ts";
import type { OrderAmounts, ToMinor } from "./amounts.ts";
import type { WireOrder, WireRefund } from "./wire.ts";

/**
 * What was given back: money and units, apart, each under an id that stays. Pure.
 *
 * - A refund of Vendure's is money, and names no lines. Left out is what pays back units that were cancelled before they left:
 *   the lower quantity and total say that already.
 * - Units that were cancelled after they had left came back, and Vendure has put them on its shelf again: one entry each,
 *   without money.
 */
export function refundsOf(order: WireOrder, amounts: OrderAmounts, minor: ToMinor): PlatformRefund[] {
  return [...moneyRefunds(order, amounts, minor), ...returnEntries(order, amounts)];
}

export const settledMinor = (order: WireOrder, minor: ToMinor): number =>
  sumMinor(paymentsIn(order, "Settled").map((payment) => minor(payment.amount)));

export const paymentsIn = (order: WireOrder, state: string) =>
  (order.payments ?? []).filter((payment) => payment.state === state);

export const refundsIn = (order: WireOrder, state: string): WireRefund[] =>
  (order.payments ?? []).flatMap((payment) => payment.refunds.filter((refund) => refund.state === state));

function moneyRefunds(order: WireOrder, amounts: OrderAmounts, minor: ToMinor): PlatformRefund[] {
  let ofCancelled = Math.max(0, settledMinor(order, minor) - amounts.totalMinor);
  const goods = new Map(amounts.lines.map((one) => [one.line.id, one.returnedMinor]));
  const settled = refundsIn(order, "Settled").sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  return settled.flatMap((refund) => {
    const hidden = Math.min(ofCancelled, minor(refund.total));
    ofCancelled -= hidden;
    const amountMinor = minor(refund.total) - hidden;
    if (amountMinor <= 0) return [];
    const entry: PlatformRefund = { externalId: refund.id, refundedAt: refund.updatedAt, amountMinor };
    const lines = takeFrom(goods, amountMinor);
    if (lines.length > 0) entry.lines = lines;
    if (refund.reason) entry.reason = refund.reason.slice(0, 500);
    return [entry];
  });
}

/** Names the lines an amount is for, so that revenue and tax go back where they were booked. Takes it off `goods`. */
function takeFrom(goods: Map<string, number>, amountMinor: number): NonNullable<PlatformRefund["lines"]> {
  let open = amountMinor;
  return [...goods].flatMap(([externalLineId, left]) => {
    const taken = Math.min(left, open);
    open -= taken;
    goods.set(externalLineId, left - taken);
    // Units are told by their own entries; quantity 0 keeps the core from guessing them.
    return taken === 0 ? [] : [{ externalLineId, amountMinor: taken, quantity: 0 }];
  });
}

const returnEntries = (order: WireOrder, { lines }: OrderAmounts): PlatformRefund[] =>
  lines.flatMap(({ line, returned }) =>
    Array.from(
      { length: returned },
      (_, index): PlatformRefund => ({
        externalId: `returned:${line.id}:${index + 1}`,
        refundedAt: order.updatedAt,
        amountMinor: 0,
        lines: [{ externalLineId: line.id, amountMinor: 0, quantity: 1, restock: true }],
      }),
    ),
  );
