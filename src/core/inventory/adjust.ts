import { type Decided, refused } from "../engine/answers.ts";
import type { Refusal, StockAnswer } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { StockRow } from "../engine/rows.ts";
import type { StockAdjustedData } from "../events/types.ts";
import type { AdjustmentInput } from "../model/stock.ts";
import { maxValueMinor } from "../money/money.ts";
import {
  findTargets,
  type PreparedAdjustment,
  postedBefore,
  storeDocument,
  type Target as TargetOf,
} from "./documents.ts";
import { issue, receive } from "./shelf.ts";
import { type Losses, shrinkReservations } from "./shrink.ts";
import { costOfReceipt } from "./stock-value.ts";

type Target = TargetOf<AdjustmentInput["lines"][number]>;

/**
 * Posts an adjustment: all lines or none. What leaves takes its share of the value, what comes brings its cost. A
 * figure below what is reserved first uses up what is held back, then turns the newest reservations into shortfalls.
 */
export function adjustStock(draft: Draft, command: PreparedAdjustment): Decided {
  const { input } = command;
  const known = postedBefore(draft, "adjustment", command);
  if (known) return known;
  const targets = findTargets(draft, input.lines);
  if ("kind" in targets) return targets;
  const refusal = whyBelowZero(draft, targets) ?? whyTooMuch(draft, targets);
  if (refusal) return refusal;
  const posted: StockAdjustedData["lines"] = [];
  const losses: Losses = { lines: new Map(), holds: [] };
  const data: StockAdjustedData = {
    reference: input.reference,
    currency: draft.merchant.baseCurrency,
    lines: posted,
  };
  draft.emitAround({ type: "stock.adjusted", subject: draft.ids.next(), occurredAt: draft.now, data }, () => {
    for (const target of targets) postLine(draft, target, input.reference, posted, losses);
  });
  return () => {
    const answer = storeDocument(
      draft,
      "adjustment",
      command,
      targets.map((target) => target.row),
    );
    // Another place may have served the lines meanwhile: only what is missing after that counts.
    for (const [line, before] of losses.lines) {
      const { orderId, lineNo } = line;
      const quantity = line.shortfall - before;
      if (quantity > 0) answer.shortfalls.push({ orderId, lineNo, quantity });
    }
    noteLosses(draft, input.reference, answer.shortfalls, losses.holds);
    return answer;
  };
}

function postLine(
  draft: Draft,
  { line, row }: Target,
  reference: string,
  posted: StockAdjustedData["lines"],
  losses: Losses,
): void {
  const change = line.count === undefined ? (line.delta ?? 0) : line.count - row.onHand;
  const valueBefore = row.valueMinor;
  const movement = { kind: line.reason, cause: reference, occurredAt: draft.now };
  if (line.heldBack !== undefined) row.heldBack = line.heldBack;
  know(draft, row, line);
  if (change > 0) receive(draft, row, change, costOfReceipt(row, change, line.unitCostMinor), movement);
  if (change < 0 || line.heldBack !== undefined)
    shrinkReservations(draft, row, row.onHand + Math.min(0, change), losses);
  if (change < 0) issue(draft, row, -change, movement);
  else if (row.own) draft.freed.add(row.skuId);
  if (change === 0) return;
  const locationKind = draft.locations.get(row.locationId)?.kind ?? "own";
  const { skuId, locationId } = row;
  posted.push({
    skuId,
    locationId,
    locationKind,
    reason: line.reason,
    quantity: change,
    valueMinor: row.valueMinor - valueBefore,
  });
}

/** Who counts says what is there: nothing is in doubt any more. Who says how many are held back says nothing of the others. */
function know(draft: Draft, row: StockRow, { count, delta, reason }: Target["line"]): void {
  const isCounted =
    count !== undefined || (delta !== undefined && (reason === "count" || reason === "opening"));
  if (isCounted || row.knownSince === null) row.knownSince = draft.now;
  if (!isCounted || row.inDoubt === 0) return;
  row.inDoubt = 0;
  draft.freed.add(row.skuId);
}

function noteLosses(
  draft: Draft,
  reference: string,
  shortfalls: StockAnswer["shortfalls"],
  holds: readonly string[],
): void {
  if (shortfalls.length === 0 && holds.length === 0) return;
  const lost = [
    ...(shortfalls.length === 0 ? [] : [`${shortfalls.length} order lines are now short`]),
    ...(holds.length === 0 ? [] : [`${holds.length} reservations were ended`]),
  ].join(" and ");
  draft.raiseTask({
    kind: "reserved_units_missing",
    subject: reference,
    message: `Document ${reference} found fewer units than were promised: ${lost}. Restock or tell the buyers.`,
    detail: { shortfalls: shortfalls.slice(0, 100), reservations: holds.slice(0, 100) },
  });
}

/** Physical stock cannot be negative: lines of one document are taken together, in their order. */
function whyBelowZero(draft: Draft, targets: readonly Target[]): Refusal | null {
  const onHand = new Map<StockRow, number>();
  for (const { line, sku, row } of targets) {
    const before = onHand.get(row) ?? row.onHand;
    const after = line.count ?? before + (line.delta ?? 0);
    if (after < 0) {
      return refused(
        "insufficient_stock",
        `${sku.code} has ${before} on hand at ${draft.locations.get(row.locationId)?.code}; ${line.delta} would leave less than nothing. Post a count instead.`,
        { lines: [{ sku: sku.code, requested: -(line.delta ?? 0), available: before }] },
      );
    }
    const free = Math.max(0, after - row.reserved);
    if (line.heldBack !== undefined && line.heldBack > free) {
      return refused(
        "insufficient_stock",
        `${sku.code}: ${line.heldBack} cannot be held back, only ${free} are not promised.`,
        {
          lines: [{ sku: sku.code, requested: line.heldBack, available: free }],
        },
      );
    }
    onHand.set(row, after);
  }
  return null;
}

/**
 * A slip in a cost column must not make figures that no report can show: what a document brings in, and what a SKU is worth
 * at one place after it, stay within `maxValueMinor`.
 */
function whyTooMuch(draft: Draft, targets: readonly Target[]): Refusal | null {
  const worth = new Map<StockRow, { onHand: number; valueMinor: bigint }>();
  let broughtMinor = 0n;
  for (const { line, sku, row } of targets) {
    const before = worth.get(row) ?? { onHand: row.onHand, valueMinor: BigInt(row.valueMinor) };
    const onHand = line.count ?? before.onHand + (line.delta ?? 0);
    const units = BigInt(onHand - before.onHand);
    const isReceived = units > 0n;
    const changeMinor =
      isReceived && line.unitCostMinor !== undefined
        ? BigInt(line.unitCostMinor) * units
        : (before.valueMinor * units) / BigInt(Math.max(1, before.onHand));
    const valueMinor = before.valueMinor + changeMinor;
    if (isReceived) broughtMinor += changeMinor;
    if (isReceived && (valueMinor > maxValueMinor || broughtMinor > maxValueMinor)) {
      return refused(
        "number_out_of_range",
        `${sku.code} at ${draft.locations.get(row.locationId)?.code}: with ${units} units at ${line.unitCostMinor ?? "average cost"} it, or this document, would be worth more than ${maxValueMinor} minor units; correct the unit cost.`,
        { sku: sku.code, unitCostMinor: line.unitCostMinor ?? null },
      );
    }
    worth.set(row, { onHand, valueMinor });
  }
  return null;
}
