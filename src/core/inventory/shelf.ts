import type { Instant } from "../clock.ts";
import type { Draft } from "../engine/draft.ts";
import type { LineRow, StockRow } from "../engine/rows.ts";
import { SluiceError } from "../errors.ts";
import type { CostPart } from "../events/types.ts";
import { closeReservation, componentsOf, stockRow } from "./reserve.ts";
import { costOfIssue } from "./stock-value.ts";

/** Units that leave the shelf and come to it, with their cost. */

/** Takes units out of on hand at their cost and notes the movement. The caller emits the event that explains it. */
export function issue(
  draft: Draft,
  row: StockRow,
  quantity: number,
  movement: { kind: string; cause: string; occurredAt: Instant },
): number {
  const costMinor = costOfIssue(row, quantity);
  row.onHand -= quantity;
  row.valueMinor -= costMinor;
  const { skuId, locationId } = row;
  draft.addMovement({ skuId, locationId, quantity: -quantity, valueMinor: -costMinor, ...movement });
  return costMinor;
}

/** Puts units on the shelf at a given value. Throws `number_out_of_range` where the figures could not be exact any more. */
export function receive(
  draft: Draft,
  row: StockRow,
  quantity: number,
  valueMinor: number,
  movement: { kind: string; cause: string; occurredAt: Instant },
): void {
  row.onHand += quantity;
  row.valueMinor += valueMinor;
  if (!Number.isSafeInteger(row.onHand) || !Number.isSafeInteger(row.valueMinor)) {
    throw new SluiceError(
      "number_out_of_range",
      `The stock of ${draft.skus.get(row.skuId)?.code ?? row.skuId} would grow beyond what can be counted exactly; correct its cost or count first.`,
    );
  }
  if (row.own) draft.freed.add(row.skuId);
  const { skuId, locationId } = row;
  draft.addMovement({ skuId, locationId, quantity, valueMinor, ...movement });
}

/**
 * Units left that the hub did not have. Its figure was wrong, or units had come back that it has not heard of: as many of those on
 * the shelf are not offered until the place is counted. A place counted since they left was counted without them, and of a
 * place that nobody ever filled nothing is known.
 */
function doubt(draft: Draft, skuId: string, units: number, leftAt: Instant): void {
  const [row] = unseenSince(draft, skuId, leftAt);
  if (row) row.inDoubt += units;
}

/** Units in doubt never left: their parcel was called back. What a count has cleared since is not in doubt any more. */
export function endDoubt(draft: Draft, skuId: string, units: number, leftAt: Instant): void {
  let left = units;
  for (const row of unseenSince(draft, skuId, leftAt)) {
    const ended = Math.min(left, row.inDoubt);
    if (ended > 0) draft.freed.add(skuId);
    row.inDoubt -= ended;
    left -= ended;
  }
}

/** Our places that were not counted since. */
const unseenSince = (draft: Draft, skuId: string, leftAt: Instant): StockRow[] =>
  (draft.stock.get(skuId) ?? []).filter(
    ({ own, knownSince }) => own && knownSince !== null && knownSince <= leftAt,
  );

/** Ships `units` of a line out of its reservations; what it does not hold of a part leaves in doubt. Answers the cost per SKU and location. */
export function consume(
  draft: Draft,
  line: LineRow,
  units: number,
  movement: { cause: string; occurredAt: Instant },
): CostPart[] {
  const costs: CostPart[] = [];
  for (const { skuId, quantity } of componentsOf(line)) {
    let left = units * quantity;
    for (const reservation of draft.heldBy(line.orderId, line.lineNo).filter((row) => row.skuId === skuId)) {
      if (left === 0) break;
      const taken = Math.min(left, reservation.quantity);
      const row = stockRow(draft, skuId, reservation.locationId);
      closeReservation(draft, reservation, taken, "consumed");
      const costMinor = issue(draft, row, taken, { kind: "shipment", ...movement });
      costs.push({ lineNo: line.lineNo, skuId, locationId: row.locationId, quantity: taken, costMinor });
      left -= taken;
    }
    if (left > 0) doubt(draft, skuId, left, movement.occurredAt);
  }
  return costs;
}
