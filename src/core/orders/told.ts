import type { Instant } from "../clock.ts";
import type { ToldParcel, ToldRefund } from "../engine/rows.ts";
import type { PlatformRefund, PlatformShipment } from "../model/order.ts";
import type { RefundInput } from "../model/stock.ts";

/** Refunds and parcels as states that may grow from one telling to the next. Pure. */

type ToldLine = ToldRefund["lines"][number];
interface AskedLine {
  amountMinor: number;
  quantity?: number | undefined;
  restock?: boolean | undefined;
}

export const nothingRefunded: ToldRefund = { amountMinor: 0, shippingMinor: 0, lines: [] };

const lineOf = (line: string, { amountMinor, quantity, restock }: AskedLine): ToldLine => ({
  line,
  amountMinor,
  quantity: quantity ?? null,
  restocked: restock ? (quantity ?? 0) : 0,
});

export const toldByPlatform = (refund: PlatformRefund): ToldRefund => ({
  amountMinor: refund.amountMinor,
  shippingMinor: refund.shippingMinor ?? 0,
  lines: byLine(
    (refund.lines ?? []).map((line) => lineOf(line.externalLineId, line)),
    add,
  ),
});

export const toldHere = (refund: RefundInput): ToldRefund => ({
  amountMinor: refund.amountMinor,
  shippingMinor: refund.shippingMinor ?? 0,
  lines: byLine(
    (refund.lines ?? []).map((line) => lineOf(String(line.line), line)),
    add,
  ),
});

export const toldParcel = (shipment: PlatformShipment): ToldParcel | null =>
  shipment.lines === undefined
    ? null
    : byLine(
        shipment.lines.map(({ externalLineId: line, quantity }) => ({ line, quantity })),
        (a, b) => ({ line: a.line, quantity: a.quantity + b.quantity }),
      );

/** One entry per line. */
function byLine<Line extends { line: string }>(
  lines: readonly Line[],
  merge: (a: Line, b: Line) => Line,
): Line[] {
  const merged = new Map<string, Line>();
  for (const line of lines) {
    const before = merged.get(line.line);
    merged.set(line.line, before ? merge(before, line) : line);
  }
  return [...merged.values()];
}

const either = (
  a: number | null,
  b: number | null,
  merge: (a: number, b: number) => number,
): number | null => (a === null || b === null ? (a ?? b) : merge(a, b));

const add = (a: ToldLine, b: ToldLine): ToldLine => ({
  line: a.line,
  amountMinor: a.amountMinor + b.amountMinor,
  quantity: either(a.quantity, b.quantity, (one, other) => one + other),
  restocked: a.restocked + b.restocked,
});

const larger = (a: ToldLine, b: ToldLine): ToldLine => ({
  line: a.line,
  amountMinor: Math.max(a.amountMinor, b.amountMinor),
  quantity: either(a.quantity, b.quantity, Math.max),
  restocked: Math.max(a.restocked, b.restocked),
});

/** The most of both, in every figure. */
export const mostRefunded = (a: ToldRefund, b: ToldRefund): ToldRefund => ({
  amountMinor: Math.max(a.amountMinor, b.amountMinor),
  shippingMinor: Math.max(a.shippingMinor, b.shippingMinor),
  lines: byLine([...a.lines, ...b.lines], larger),
});

export const mostSent = (a: ToldParcel, b: ToldParcel): ToldParcel =>
  byLine([...a, ...b], (one, other) => (one.quantity >= other.quantity ? one : other));

const noLine = (line: string): ToldLine => ({ line, amountMinor: 0, quantity: null, restocked: 0 });
const find = <Line extends { line: string }>(lines: readonly Line[], { line }: { line: string }) =>
  lines.find((other) => other.line === line);

/** What `told` has beyond `settled`, figure by figure. */
export const refundBeyond = (told: ToldRefund, settled: ToldRefund): ToldRefund => ({
  amountMinor: Math.max(0, told.amountMinor - settled.amountMinor),
  shippingMinor: Math.max(0, told.shippingMinor - settled.shippingMinor),
  lines: told.lines.map((line) => {
    const before = find(settled.lines, line) ?? noLine(line.line);
    return {
      line: line.line,
      amountMinor: Math.max(0, line.amountMinor - before.amountMinor),
      quantity: line.quantity === null ? null : Math.max(0, line.quantity - (before.quantity ?? 0)),
      restocked: Math.max(0, line.restocked - before.restocked),
    };
  }),
});

export const parcelBeyond = (told: ToldParcel, settled: ToldParcel): ToldParcel =>
  told.flatMap((line) => {
    const quantity = line.quantity - (find(settled, line)?.quantity ?? 0);
    return quantity > 0 ? [{ line: line.line, quantity }] : [];
  });

const hasUnits = ({ lines }: ToldRefund): boolean =>
  lines.some(({ quantity, restocked }) => (quantity ?? 0) > 0 || restocked > 0);

/** Neither money nor units. */
export const isNothing = (told: ToldRefund): boolean => told.amountMinor === 0 && !hasUnits(told);

/** Money or units that were settled are not told any more. Which lines the money is of may change. */
export const isRefundLess = (told: ToldRefund, settled: ToldRefund): boolean =>
  !isNothing(refundBeyond(settled, told));

export const isParcelLess = (told: ToldParcel, settled: ToldParcel): boolean =>
  parcelBeyond(settled, told).length > 0;

export const isSameParcel = (a: ToldParcel, b: ToldParcel): boolean =>
  !isParcelLess(a, b) && !isParcelLess(b, a);

export const isSameRefund = (a: ToldRefund, b: ToldRefund): boolean =>
  [refundBeyond(a, b), refundBeyond(b, a)].every(
    (more) =>
      isNothing(more) && more.shippingMinor === 0 && more.lines.every(({ amountMinor }) => amountMinor === 0),
  );

/** When a record grew: at the time it names now or, where the platform leaves that as it was, with the order. */
export const grownAt = (told: Instant, before: Instant, orderUpdatedAt: Instant): Instant => {
  if (told > before) return told;
  return orderUpdatedAt > before ? orderUpdatedAt : before;
};

/** For people: "5000, line 1: 2 units (1 restocked)". */
export const sayRefund = ({ amountMinor, lines }: ToldRefund): string => {
  const units = lines.filter(({ quantity }) => (quantity ?? 0) > 0);
  return [
    `${amountMinor}`,
    ...units.map(
      ({ line, quantity, restocked }) => `line ${line}: ${quantity} units (${restocked} restocked)`,
    ),
  ].join(", ");
};

export const sayParcel = (lines: ToldParcel): string =>
  lines.length === 0
    ? "nothing"
    : lines.map(({ line, quantity }) => `line ${line}: ${quantity} units`).join(", ");
