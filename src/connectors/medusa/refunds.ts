import type { PlatformRefund } from "../../core/model/order.ts";
import { mulDivRound, sumMinor } from "../../core/money/money.ts";
import { type LineAmounts, type OrderAmounts, returnedUnits } from "./amounts.ts";
import { type Decimal, minorUnit, sumOf, toMinor } from "./decimals.ts";
import { owesMoney } from "./status.ts";
import { exact, type WireOrder, type WireReturn } from "./wire.ts";

/**
 * What was given back: money and units, apart, each under an id that stays. Pure.
 *
 * - A refund of Medusa's is money. Left out is what pays back an edit that made the order cheaper after it was paid: the
 *   lower quantity and total say that already.
 * - A return of Medusa's is units. It may be received in parts and its row only counts up, so every unit that came back
 *   whole to our location has an entry of its own, without money.
 * - Returned goods that paid for other goods (an exchange) moved no money; once the order is even, that worth is an entry.
 */
export function refundsOf(
  order: WireOrder,
  amounts: OrderAmounts,
  stockLocationId: string,
): PlatformRefund[] {
  const money = moneyRefunds(order, amounts);
  return [
    ...money.map((refund) => refund.entry),
    ...returnsOf(order).flatMap((row) => restockEntries(row, stockLocationId)),
    ...settledByGoods(order, amounts, sumOf(money.map((refund) => refund.amount))),
  ];
}

type Refund = WireOrder["payment_collections"][number]["payments"][number]["refunds"][number];

const amountOf = (refund: Refund): Decimal => exact(refund.raw_amount, refund.amount);

function moneyRefunds(order: WireOrder, amounts: OrderAmounts): { entry: PlatformRefund; amount: Decimal }[] {
  const currency = order.currency_code;
  const rows = order.payment_collections
    .flatMap(({ payments }) => payments.flatMap((payment) => payment.refunds))
    .sort((a, b) => (a.created_at + a.id < b.created_at + b.id ? -1 : 1));
  const free = withoutDebt(rows, order);
  const paid = exact(order.summary.raw_paid_total, order.summary.paid_total);
  let ofEdits = paid - amounts.total >= minorUnit(currency) ? paid - amounts.total : 0n;
  const goods = returnedGoods(amounts.lines);
  return rows.flatMap((row) => {
    const owed = !free.has(row.id);
    const hidden = owed && ofEdits > 0n ? (ofEdits < amountOf(row) ? ofEdits : amountOf(row)) : 0n;
    ofEdits -= hidden;
    const amount = amountOf(row) - hidden;
    const amountMinor = toMinor(amount, currency);
    if (amountMinor <= 0) return [];
    const lines = owed ? takeFrom(goods, amountMinor) : [];
    const entry: PlatformRefund = { externalId: row.id, refundedAt: row.created_at, amountMinor };
    if (lines.length > 0) entry.lines = lines;
    if (row.note) entry.reason = row.note.slice(0, 500);
    return [{ entry, amount }];
  });
}

/**
 * Refunds nobody was owed: each has left a credit line of its amount. The rows themselves are written anew with every
 * change of the order (seen on 2.21.2), so only the amount can tell which is whose.
 */
function withoutDebt(rows: readonly Refund[], order: WireOrder): Set<string> {
  const credits = (order.credit_lines ?? []).map((line) => exact(line.raw_amount, line.amount));
  return new Set(
    rows.flatMap((row) => {
      const at = credits.indexOf(amountOf(row));
      if (at < 0) return [];
      credits.splice(at, 1);
      return [row.id];
    }),
  );
}

type Goods = Map<string, number>;

/** What the units that come back, or have come back, cost: externalLineId -> minor units. */
const returnedGoods = (lines: readonly LineAmounts[]): Goods =>
  new Map(
    lines.map(({ item, grossMinor }) => {
      const units = returnedUnits(item) + item.detail.return_requested_quantity;
      return [
        item.id,
        item.quantity === 0 ? 0 : mulDivRound(grossMinor, Math.min(units, item.quantity), item.quantity),
      ];
    }),
  );

/** Names the lines an amount is for, so that revenue and tax go back where they were booked. Takes it off `goods`. */
function takeFrom(goods: Goods, amountMinor: number): NonNullable<PlatformRefund["lines"]> {
  let open = amountMinor;
  return [...goods].flatMap(([externalLineId, left]) => {
    const taken = Math.min(left, open);
    open -= taken;
    goods.set(externalLineId, left - taken);
    // Units are told by the return; quantity 0 keeps the core from guessing them.
    return taken === 0 ? [] : [{ externalLineId, amountMinor: taken, quantity: 0 }];
  });
}

const returnsOf = (order: WireOrder): WireReturn[] =>
  order.returns
    .filter((row) => !row.canceled_at)
    .sort((a, b) => (a.created_at + a.id < b.created_at + b.id ? -1 : 1));

/** Units received whole at another location are on another shelf than the one the hub counts. */
function restockEntries(row: WireReturn, stockLocationId: string): PlatformRefund[] {
  if (row.location_id !== stockLocationId) return [];
  return row.items.flatMap((item) =>
    Array.from(
      { length: item.received_quantity },
      (_, index): PlatformRefund => ({
        externalId: `${item.id}:${index + 1}`,
        refundedAt: row.updated_at,
        amountMinor: 0,
        lines: [{ externalLineId: item.item_id, amountMinor: 0, quantity: 1, restock: true }],
      }),
    ),
  );
}

/**
 * The part of the returned worth that no refund paid back although nothing is owed any more: the buyer got other goods
 * for it. One entry per return, each at most what that return was worth.
 */
function settledByGoods(order: WireOrder, amounts: OrderAmounts, refunded: Decimal): PlatformRefund[] {
  const currency = order.currency_code;
  const paid = exact(order.summary.raw_paid_total, order.summary.paid_total);
  const rest = amounts.refundCredit + amounts.returned - refunded;
  // One minor unit may be rounding: refunds are paid in whole cents, Medusa's totals are not.
  if (owesMoney(order) || paid <= 0n || rest <= minorUnit(currency)) return [];
  let open = toMinor(rest, currency);
  const lineOf = new Map(amounts.lines.map((line) => [line.item.id, line]));
  return returnsOf(order).flatMap((row) => {
    const goods: Goods = new Map(
      row.items.flatMap(({ item_id, received_quantity, damaged_quantity }) => {
        const line = lineOf.get(item_id);
        if (!line || line.item.quantity === 0) return [];
        return [
          [item_id, mulDivRound(line.grossMinor, received_quantity + damaged_quantity, line.item.quantity)],
        ];
      }),
    );
    const amountMinor = Math.min(open, sumMinor(goods.values()));
    open -= amountMinor;
    if (amountMinor === 0) return [];
    const lines = takeFrom(goods, amountMinor);
    return [
      {
        externalId: `settled:${row.id}`,
        refundedAt: row.updated_at,
        amountMinor,
        lines,
        reason: "returned goods paid for other goods",
      },
    ];
  });
}
