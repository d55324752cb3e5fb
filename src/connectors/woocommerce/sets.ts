import { splitMinor, sumMinor } from "../../core/money/money.ts";
import type { ToMinor } from "./amounts.ts";
import type { WireLine } from "./wire.ts";

/**
 * Sets of goods. Product Bundles and Composite Products list a set as a line, which has its price or a part of it, and each of its
 * parts as a line of its own, which names that line. The parts are what leaves the shelf, so they are the lines, with the
 * set's amounts spread over them. Pure.
 */

export interface SoldLine {
  line: WireLine;
  subtotal: number;
  total: number;
  tax: number;
}

export const unitsOf = ({ quantity }: WireLine): number => Math.max(0, Math.trunc(quantity));

/** Parts by the id of the set's line; those of a set within a set belong to both. */
export function setsOf(lines: readonly WireLine[]): Map<number, WireLine[]> {
  const byId = new Map(lines.map((line) => [line.id, line]));
  const above = (line: WireLine) => byId.get(line.bundled_by || line.composite_parent);
  const sold = lines.filter((line) => unitsOf(line) > 0);
  const holders = new Set(sold.map(above));
  const sets = new Map<number, WireLine[]>();
  for (const part of sold) {
    if (holders.has(part)) continue;
    const seen = new Set([part]);
    for (let set = above(part); set !== undefined && !seen.has(set); set = above(set)) {
      seen.add(set);
      sets.set(set.id, [...(sets.get(set.id) ?? []), part]);
    }
  }
  return sets;
}

/** A set's amount by what its parts cost themselves; by their units where all of the price is the set's. */
function spread(amount: number, parts: readonly WireLine[], minor: ToMinor): number[] {
  const prices = parts.map((part) => Math.max(0, minor(part.subtotal)));
  return splitMinor(amount, sumMinor(prices) > 0 ? prices : parts.map(unitsOf));
}

/** The lines that stand for goods, in the shop's order. */
export function soldLines(lines: readonly WireLine[], minor: ToMinor): SoldLine[] {
  const sets = setsOf(lines);
  const sold = new Map<number, SoldLine>();
  for (const line of lines) {
    if (sets.has(line.id)) continue;
    const { subtotal, total, total_tax } = line;
    sold.set(line.id, { line, subtotal: minor(subtotal), total: minor(total), tax: minor(total_tax) });
  }
  for (const set of lines) {
    const parts = sets.get(set.id) ?? [];
    const share = (amount: string) => spread(minor(amount), parts, minor);
    const [subtotals, totals, taxes] = [share(set.subtotal), share(set.total), share(set.total_tax)];
    for (const [index, { id }] of parts.entries()) {
      const part = sold.get(id);
      if (part === undefined) continue;
      part.subtotal += subtotals[index] ?? 0;
      part.total += totals[index] ?? 0;
      part.tax += taxes[index] ?? 0;
    }
  }
  return [...sold.values()];
}

export interface RefundRow {
  lineId: string;
  amountMinor: number;
  quantity: number;
}

/** What is paid back for a set is paid back for its parts, and units of it are as many of theirs as one holds. */
export function refundRows(
  rows: readonly RefundRow[],
  lines: readonly WireLine[],
  minor: ToMinor,
): RefundRow[] {
  const sets = setsOf(lines);
  const found = new Map<string, RefundRow>();
  // A part may be named by itself and by its sets; it came back once.
  const add = ({ lineId, amountMinor, quantity }: RefundRow) => {
    const before = found.get(lineId) ?? { amountMinor: 0, quantity: 0 };
    found.set(lineId, {
      lineId,
      amountMinor: before.amountMinor + amountMinor,
      quantity: Math.max(before.quantity, quantity),
    });
  };
  for (const row of rows) {
    const parts = sets.get(Number(row.lineId));
    const set = lines.find(({ id }) => String(id) === row.lineId);
    if (parts === undefined || set === undefined) {
      add(row);
      continue;
    }
    const amounts = spread(row.amountMinor, parts, minor);
    const ofSet = Math.max(1, unitsOf(set));
    for (const [index, part] of parts.entries())
      add({
        lineId: String(part.id),
        amountMinor: amounts[index] ?? 0,
        quantity: Math.floor((unitsOf(part) * Math.min(row.quantity, ofSet)) / ofSet),
      });
  }
  return [...found.values()];
}
