import type { Draft } from "../engine/draft.ts";
import type { LineRow, OrderRow, RefundedLine, RefundedUnits, RefundRow } from "../engine/rows.ts";
import type { CostPart } from "../events/types.ts";
import { componentsOf, stockRow } from "../inventory/reserve.ts";
import { receive } from "../inventory/shelf.ts";
import { cumulativeShare } from "../inventory/stock-value.ts";
import { openUnits } from "./snapshot-lines.ts";

/** What a refund does to units: back on the shelf, or no longer owed. All in SKU units but what was asked for. */

/** Ordered units asked back, and of these back on the shelf. */
interface Asked {
  quantity: number | null;
  restocked: number;
  refundedAt: string;
}

/** Units of a line that can still be taken back: sent and not returned, or not sent yet. */
export const refundableUnits = (line: LineRow): number => line.shipped - line.returned + openUnits(line);

/**
 * Takes units back as far as there are any. A unit on the shelf again was a sent one; what this refund had cancelled too many
 * for that is owed again. Answers the cost that came back, and how many of which units the refund stands for.
 */
export function takeUnits(
  draft: Draft,
  order: OrderRow,
  row: RefundRow,
  line: LineRow,
  asked: Asked,
): { restocked: CostPart[]; units: Omit<RefundedLine, "lineNo" | "amountMinor"> } {
  const of = unitsOf(row, line.lineNo);
  const sentOf = line.shipped - line.returned;
  const openOf = openUnits(line);
  const wanted = (asked.quantity ?? 0) * line.unitsPer;
  const back = Math.min(asked.restocked * line.unitsPer, sentOf);
  const restocked = restock(draft, order, row, line, back, asked.refundedAt);
  const owedAgain = Math.min(of.cancelled, Math.max(0, back - wanted));
  const open = Math.min(Math.max(0, wanted - back), openOf);
  line.returned += back;
  line.cancelled += open - owedAgain;
  of.returned += back;
  of.cancelled += open - owedAgain;
  draft.touchLine(line);
  const kept = Math.min(Math.max(0, wanted - back - open), sentOf - back);
  return { restocked, units: { sent: back + kept, sentOf, open, openOf } };
}

/** The money of a whole line went back: its units are not owed any more. */
export function cancelRest(draft: Draft, order: OrderRow, row: RefundRow, lineNo: number): void {
  const line = draft.linesOf(order.id).find((candidate) => candidate.lineNo === lineNo);
  const units = line ? openUnits(line) : 0;
  if (!line || units === 0) return;
  line.cancelled += units;
  unitsOf(row, lineNo).cancelled += units;
  draft.touchLine(line);
}

/** The refund's record of a line, made when there is none. */
export function unitsOf(row: RefundRow, lineNo: number): RefundedUnits {
  const known = row.lines.units?.find((other) => other.lineNo === lineNo);
  if (known) return known;
  const units = { lineNo, cancelled: 0, returned: 0, grossMinor: 0, followed: 0 };
  row.lines = { ...row.lines, units: [...(row.lines.units ?? []), units] };
  return units;
}

/** Puts units of a line back at the cost they were issued at, never at today's average. */
function restock(
  draft: Draft,
  order: OrderRow,
  row: RefundRow,
  line: LineRow,
  units: number,
  occurredAt: string,
): CostPart[] {
  if (units === 0) return [];
  const costs = (draft.shipments.get(order.id) ?? [])
    .filter((shipment) => shipment.status === "shipped")
    .flatMap((shipment) => shipment.lines.costs.filter((cost) => cost.lineNo === line.lineNo));
  return componentsOf(line).flatMap(({ skuId, quantity }): CostPart[] => {
    const issued = costs.filter((cost) => cost.skuId === skuId);
    const locationId = issued[0]?.locationId ?? draft.locationByCode.get("MAIN")?.id;
    if (locationId === undefined) return [];
    const issuedUnits = issued.reduce((sum, cost) => sum + cost.quantity, 0);
    const issuedCost = issued.reduce((sum, cost) => sum + cost.costMinor, 0);
    const before = line.returned * quantity;
    const costMinor = cumulativeShare(
      issuedCost,
      Math.min(before, issuedUnits),
      Math.min(units * quantity, Math.max(0, issuedUnits - before)),
      issuedUnits,
    );
    const movement = { kind: "return", cause: row.id, occurredAt };
    receive(draft, stockRow(draft, skuId, locationId), units * quantity, costMinor, movement);
    return [{ lineNo: line.lineNo, skuId, locationId, quantity: units * quantity, costMinor }];
  });
}
