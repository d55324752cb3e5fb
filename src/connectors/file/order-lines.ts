import type { OrderSnapshot } from "../../core/model/order.ts";
import { mulDivRound, sumMinor } from "../../core/money/money.ts";
import type { OrderRow } from "./order-row.ts";
import { stated } from "./stated.ts";

/** From rows to lines of an order. Pure. */

export type Line = OrderSnapshot["lines"][number];

export interface BuiltLine {
  line: Line;
  /** Units of the line that its rows say were shipped; undefined when none says. */
  shippedQuantity: number | undefined;
  rows: readonly OrderRow[];
}

export const amountOf = (row: OrderRow): number => mulDivRound(row.quantity, row.unitPriceMinor, 1);

export const codeOf = (row: OrderRow): string => row.sku ?? row.variantId ?? "";

/**
 * Lines by id: the file's own, else the code. Rows of one code without an id are one line, because nothing says which of
 * them is which in the next file, where they may stand in another order. The order of the lines follows from their ids, so that
 * rows in another order are the same snapshot.
 */
export function orderLines(
  rows: readonly OrderRow[],
): { ok: true; value: BuiltLine[] } | { ok: false; reason: string } {
  const groups = new Map<string, OrderRow[]>();
  for (const row of rows) {
    const id = row.lineId ?? codeOf(row);
    const group = groups.get(id);
    if (!group) groups.set(id, [row]);
    else if (isAlike(group[0], row)) group.push(row);
    else return { ok: false, reason: `the line id ${id} comes twice` };
  }
  try {
    const value = [...groups].map(([id, group]) => lineOf(id, group));
    return { ok: true, value: value.toSorted((a, b) => byId(a.line.externalLineId, b.line.externalLineId)) };
  } catch {
    return { ok: false, reason: "its amounts are too large to be exact" };
  }
}

/** 2 before 10, as people count. */
const { compare } = new Intl.Collator("en", { numeric: true });
const byId = (a: string, b: string): number => compare(a, b) || (a < b ? -1 : 1);

const isAlike = (a: OrderRow | undefined, b: OrderRow): boolean =>
  a !== undefined && a.lineId === undefined && b.lineId === undefined && a.sku === b.sku;

/** At several prices the highest is the line's, and what the others are below it is discount: the amount stays exact. */
function lineOf(id: string, rows: readonly OrderRow[]): BuiltLine {
  const quantity = sumMinor(rows.map((row) => row.quantity));
  const unitPriceMinor = rows.reduce((most, row) => Math.max(most, row.unitPriceMinor), 0);
  const amountMinor = sumMinor(rows.map((row) => amountOf(row) - row.discountMinor));
  const discountMinor = mulDivRound(quantity, unitPriceMinor, 1) - amountMinor;
  const [first] = rows;
  const line: Line = {
    externalLineId: id,
    quantity,
    unitPriceMinor,
    ...stated({
      sku: first?.sku,
      externalVariantId: first?.sku === undefined ? first?.variantId : undefined,
    }),
    ...(discountMinor === 0 ? {} : { discountMinor }),
    ...stated({
      taxMinor: sumStated(rows.map((row) => row.taxMinor)),
      title: rows.find((row) => row.title !== undefined)?.title?.slice(0, 1000),
    }),
  };
  return { line, shippedQuantity: sumStated(rows.map((row) => row.shippedQuantity)), rows };
}

/** Undefined when nothing is stated. */
function sumStated(values: readonly (number | undefined)[]): number | undefined {
  const said = values.filter((value) => value !== undefined);
  return said.length === 0 ? undefined : sumMinor(said);
}
