import type { Draft } from "../engine/draft.ts";
import type { LineRow, OrderRow } from "../engine/rows.ts";
import { countSale, ingest, restore } from "./ingest.ts";
import { takenUnits } from "./taken.ts";

/**
 * Brings the exposure of an order's listings in line with what the order now says, before its units are reserved: what
 * the platform sold comes off the listing's units and is this order's to take. Called once per change of an order.
 */
export function followPlatform(draft: Draft, order: OrderRow): void {
  if (draft.escrow.isEmpty) return;
  for (const line of draft.linesOf(order.id)) followLine(draft, order, line);
}

function followLine(draft: Draft, order: OrderRow, line: LineRow): void {
  const { escrow } = draft;
  const exposure = escrow.exposureOf(order.connectionId, line);
  const known = escrow.takenBefore(line);
  if (known && known.listingId !== exposure?.listingId)
    putBack(draft, order, known.listingId, known.quantity);
  if (!exposure) return;
  const { listingId, platform } = exposure;
  const isFirst = known === undefined || known.listingId !== listingId;
  const before = isFirst ? 0 : known.quantity;
  const now = takenUnits(order, line, platform.deducts);
  // A line that is first heard of when part of it is over was sold and put back: both count, since a sighting may lie between.
  const sold = isFirst
    ? Math.max(now, draft.newLines.has(line) ? line.quantity : now)
    : Math.max(0, now - before);
  if (sold > 0) {
    const soldAt = platform.deducts === "paid" ? (order.paidAt ?? order.placedAt) : order.placedAt;
    const counted = countSale(ingest(exposure, sold, soldAt), now > before ? now - before : 0, draft.now);
    for (const skuId of escrow.put(counted, true)) draft.freed.add(skuId);
  }
  const back = before + sold - now;
  if (back > 0) putBack(draft, order, listingId, back);
  escrow.setTaken(line, listingId, now);
}

/** Whether it was paid is not always told: then either habit of the platform counts, on the safe side. */
function putBack(draft: Draft, order: OrderRow, listingId: string, quantity: number): void {
  const exposure = draft.escrow.exposures.get(listingId);
  if (!exposure || quantity === 0) return;
  const { restoresUnpaid, restoresPaid } = exposure.platform;
  const wasPaid = order.booked !== null || order.paidAt !== null;
  if (wasPaid ? restoresPaid : restoresUnpaid || restoresPaid)
    draft.escrow.put(restore(exposure, quantity), false);
}
