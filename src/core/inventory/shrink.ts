import type { Draft } from "../engine/draft.ts";
import type { LineRow, ReservationRow, StockRow } from "../engine/rows.ts";
import { takeFromClaim, takeFromShare } from "../live/shrink.ts";
import { orderEvent } from "../orders/order-event.ts";
import { isServing } from "../orders/status.ts";
import { endHold } from "./holds.ts";
import {
  allocationOf,
  closeReservation,
  componentsOf,
  heldUnits,
  keepUnits,
  setShortfall,
} from "./reserve.ts";

/** What a document took from whom: order lines with the shortfall they had before it, and references of ended holds. */
export interface Losses {
  lines: Map<LineRow, number>;
  holds: string[];
}

/**
 * Makes promises fit into `onHand` units at one place: first what is held back shrinks, then the unclaimed share of live sessions,
 * then the newest reservations of orders turn into shortfalls, then whole holds and claims end. Nothing is clamped in silence: every unit taken away is named.
 */
export function shrinkReservations(draft: Draft, row: StockRow, onHand: number, losses: Losses): void {
  if (!row.own) return;
  row.heldBack = Math.max(0, Math.min(row.heldBack, onHand - row.reserved));
  for (const reservation of newestFirst(draft, row, "session")) {
    const excess = row.reserved - onHand;
    if (excess <= 0) break;
    takeFromShare(draft, reservation, Math.min(excess, reservation.quantity));
  }
  for (const reservation of newestFirst(draft, row, "order")) {
    const excess = row.reserved - onHand;
    if (excess <= 0) break;
    if (reservation.status === "held")
      takeFromOrder(draft, reservation, Math.min(excess, reservation.quantity), losses);
  }
  for (const reservation of newestFirst(draft, row, "hold")) {
    if (row.reserved <= onHand) break;
    const hold = draft.holds.get(reservation.holderId);
    if (hold?.status !== "held") continue;
    endHold(draft, hold, "released");
    losses.holds.push(hold.reference);
  }
  for (const reservation of newestFirst(draft, row, "claim")) {
    if (row.reserved <= onHand) break;
    if (takeFromClaim(draft, reservation.holderId)) losses.holds.push(`claim ${reservation.holderId}`);
  }
  if (row.reserved > onHand)
    throw new Error(`reservations of ${row.skuId} could not be brought down to ${onHand}`);
}

function newestFirst(draft: Draft, row: StockRow, kind: ReservationRow["holderKind"]): ReservationRow[] {
  const found: ReservationRow[] = [];
  for (const list of draft.held.values()) {
    for (const reservation of list) {
      if (
        reservation.holderKind === kind &&
        reservation.skuId === row.skuId &&
        reservation.locationId === row.locationId
      )
        found.push(reservation);
    }
  }
  return found.sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id));
}

function takeFromOrder(draft: Draft, reservation: ReservationRow, quantity: number, losses: Losses): void {
  const order = draft.orders.get(reservation.holderId);
  const line = draft
    .linesOf(reservation.holderId)
    .find((candidate) => candidate.lineNo === reservation.lineNo);
  if (!order || !line) throw new Error(`order of reservation ${reservation.id} was not read by this batch`);
  const holder = { kind: "order" as const, id: order.id, lineNo: line.lineNo };
  const components = componentsOf(line);
  const wanted = heldUnits(draft, holder, components) + line.shortfall;
  if (!losses.lines.has(line)) losses.lines.set(line, line.shortfall);
  closeReservation(draft, reservation, quantity, "released");
  // A bundle that lost one component gives back the others: they may make somebody else's order whole.
  setShortfall(draft, order, line, keepUnits(draft, holder, components, wanted));
  if (isServing(order.status)) {
    draft.emit(
      orderEvent(draft, order, "order.allocated", order.status, { allocation: [allocationOf(draft, line)] }),
    );
  }
}
