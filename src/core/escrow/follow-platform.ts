import type { Draft } from "../engine/draft.ts";
import type { LineRow, OrderRow } from "../engine/rows.ts";
import { totalOf } from "./exposure.ts";
import { countSale, ingest, restore } from "./ingest.ts";
import { movedSince, putsBack, type Taken, takenOf } from "./taken.ts";

/**
 * Brings the exposure of an order's listings in line with what the order now says, before its units are reserved: what
 * the platform sold comes off the listing's units and is this order's to take. Called again, it adds what has changed since.
 * Answers the numbers of the lines for which the platform has moved its own figure.
 */
export function followPlatform(draft: Draft, order: OrderRow): number[] {
  if (draft.escrow.isEmpty) return [];
  const lines = draft.linesOf(order.id).filter((line) => followLine(draft, order, line));
  return lines.map(({ lineNo }) => lineNo);
}

function followLine(draft: Draft, order: OrderRow, line: LineRow): boolean {
  const { escrow } = draft;
  const exposure = escrow.exposureOf(order.connectionId, line);
  const known = escrow.takenBefore(line);
  if (known && known.listingId !== exposure?.listingId) putBack(draft, order, known.listingId, known.units);
  if (!exposure) return false;
  const { listingId, platform } = exposure;
  const before = known?.listingId === listingId ? known : draft.newLines.has(line) ? null : heardElsewhere;
  const now = takenOf(order, line, platform.deducts);
  const { sold, back } = movedSince(before, now, order, line, platform);
  if (sold > 0) {
    const soldAt = platform.deducts === "paid" ? (order.paidAt ?? order.placedAt) : order.placedAt;
    const isNew = Math.max(0, now.units - (before?.units ?? 0));
    const counted = countSale(ingest(exposure, sold, soldAt), isNew, draft.now);
    for (const skuId of escrow.put(counted, true)) draft.freed.add(skuId);
  }
  if (back > 0) putBack(draft, order, listingId, back);
  escrow.setTaken(line, { ...now, listingId });
  return sold > 0 || (back > 0 && putsBack(order, platform));
}

/** A line that was known before it belonged to this listing: nothing of it is news but what it has now. */
const heardElsewhere: Taken = { units: 0, isEarly: false };

function putBack(draft: Draft, order: OrderRow, listingId: string, quantity: number): void {
  const exposure = draft.escrow.exposures.get(listingId);
  if (!exposure || quantity === 0 || !putsBack(order, exposure.platform)) return;
  if (totalOf(exposure) < 0) {
    for (const { skuId } of draft.escrow.skusOf(listingId))
      if (draft.escrow.stateOf(skuId) !== "shared") draft.resold.add(skuId);
  }
  draft.escrow.put(restore(exposure, quantity), false);
}
