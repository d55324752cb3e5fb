import type { Draft } from "../engine/draft.ts";
import type { LineRow, OrderRow, RefundedUnits, RefundRow } from "../engine/rows.ts";
import type { OrderSnapshot } from "../model/order.ts";
import { mulDivRound } from "../money/money.ts";
import { isClosed } from "./status.ts";
import { nothingRefunded } from "./told.ts";

/**
 * A refund of units that the platform does not list, while it takes as many off the line's quantity: it tells the same in
 * another way, and neither units nor money may be taken off once more.
 */
export interface Followed {
  row: RefundRow;
  lineNo: number;
  /** SKU units that were cancelled, and that had come back. */
  cancelled: number;
  returned: number;
  /** The money of that line in the refund. */
  grossMinor: number;
}

/** The refunds that a snapshot follows. Takes what was cancelled off the lines of `plan`, since it is off their quantity now. */
export function followedRefunds(
  draft: Draft,
  held: OrderRow,
  previous: readonly LineRow[],
  plan: readonly LineRow[],
  snapshot: OrderSnapshot,
): Followed[] {
  if (isClosed(held.status) || isClosed(snapshot.status)) return [];
  const rows = draft.refunds.get(held.id) ?? [];
  const unlisted = rows.filter((row) => row.lines.units && !isListed(row, rows, snapshot));
  if (unlisted.length === 0) return [];
  return plan.flatMap((line) => {
    const before = previous.find(({ lineNo }) => lineNo === line.lineNo);
    if (!before || before.unitsPer !== line.unitsPer) return [];
    let lowered = (before.quantity - line.quantity) * line.unitsPer;
    return unlisted.flatMap((row): Followed[] => {
      const of = row.lines.units?.find(({ lineNo }) => lineNo === line.lineNo);
      if (!of || lowered <= 0) return [];
      const cancelled = Math.min(lowered, of.cancelled);
      const returned = Math.min(lowered - cancelled, of.returned - of.followed);
      const units = cancelled + returned;
      if (units === 0) return [];
      lowered -= units;
      line.cancelled -= cancelled;
      const grossMinor = mulDivRound(of.grossMinor, units, unitsLeft(of));
      return [{ row, lineNo: line.lineNo, cancelled, returned, grossMinor }];
    });
  });
}

const unitsLeft = ({ cancelled, returned, followed }: RefundedUnits): number =>
  cancelled + returned - followed;

/** Notes on the refunds what the platform has followed. One that it told and now tells in this way only is no longer told. */
export function noteFollowed(draft: Draft, followed: readonly Followed[]): void {
  for (const { row, lineNo, cancelled, returned, grossMinor } of followed) {
    const units = (row.lines.units ?? []).map((of) =>
      of.lineNo === lineNo
        ? {
            ...of,
            cancelled: of.cancelled - cancelled,
            followed: of.followed + returned,
            grossMinor: of.grossMinor - grossMinor,
          }
        : of,
    );
    row.lines = { ...row.lines, units };
    if (row.origin === "platform" && units.every((of) => unitsLeft(of) === 0))
      row.lines = { ...row.lines, told: nothingRefunded, settled: nothingRefunded };
    draft.touchRefund(row);
  }
}

/** A snapshot without a list of refunds says nothing of those it listed before. */
function isListed(row: RefundRow, rows: readonly RefundRow[], { refunds }: OrderSnapshot): boolean {
  const listed = (one: RefundRow) =>
    !refunds || refunds.some(({ externalId }) => externalId === one.externalId);
  if (row.origin === "platform") return listed(row);
  const echo = rows.find(({ lines }) => lines.echoOf === row.id);
  if (echo) return listed(echo);
  const isNew = ({ externalId }: { externalId: string }) =>
    rows.every((one) => one.externalId !== externalId);
  return (refunds ?? []).some((told) => isNew(told) && told.amountMinor === row.amountMinor);
}
