import type { Draft } from "../engine/draft.ts";
import type { ReservationRow, StockRow } from "../engine/rows.ts";
import type { StockAnswer } from "../engine/commands.ts";
import { orderEvent } from "../orders/order-event.ts";
import { isServing } from "../orders/status.ts";
import { endHold } from "./holds.ts";
import { allocationOf, closeReservation, componentsOf, heldUnits } from "./reserve.ts";

/**
 * Makes promises fit into `onHand` units at one place: first what is held back shrinks, then the newest reservations
 * of orders turn into shortfalls, then whole holds end. Nothing is clamped in silence: every unit taken away is named.
 */
export function shrinkReservations(draft: Draft, row: StockRow, onHand: number): StockAnswer["shortfalls"] {
  if (!row.own) return [];
  row.heldBack = Math.max(0, Math.min(row.heldBack, onHand - row.reserved));
  const shortfalls: StockAnswer["shortfalls"] = [];
  for (const reservation of newestFirst(draft, row, "order")) {
    const excess = row.reserved - onHand;
    if (excess <= 0) break;
    shortfalls.push(...takeFromOrder(draft, reservation, Math.min(excess, reservation.quantity)));
  }
  for (const reservation of newestFirst(draft, row, "hold")) {
    if (row.reserved <= onHand) break;
    const hold = draft.holds.get(reservation.holderId);
    if (hold?.status === "held") endHold(draft, hold, "released");
  }
  draft.freed.delete(row.skuId);
  if (row.reserved > onHand)
    throw new Error(`reservations of ${row.skuId} could not be brought down to ${onHand}`);
  return shortfalls;
}

function newestFirst(draft: Draft, row: StockRow, kind: "order" | "hold"): ReservationRow[] {
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

function takeFromOrder(
  draft: Draft,
  reservation: ReservationRow,
  quantity: number,
): StockAnswer["shortfalls"] {
  const order = draft.orders.get(reservation.holderId);
  const line = draft
    .linesOf(reservation.holderId)
    .find((candidate) => candidate.lineNo === reservation.lineNo);
  if (!order || !line) throw new Error(`order of reservation ${reservation.id} was not read by this batch`);
  const holder = { kind: "order" as const, id: order.id, lineNo: line.lineNo };
  const components = componentsOf(line);
  const wanted = heldUnits(draft, holder, components) + line.shortfall;
  closeReservation(draft, reservation, quantity, "released");
  const shortfall = wanted - heldUnits(draft, holder, components);
  const missing = shortfall - line.shortfall;
  if (missing > 0) {
    line.shortfall = shortfall;
    line.waitingSince = line.waitingSince ?? order.paidAt ?? order.placedAt;
    draft.touchLine(line);
  }
  if (isServing(order.status)) {
    draft.emit(
      orderEvent(draft, order, "order.allocated", order.status, { allocation: [allocationOf(draft, line)] }),
    );
  }
  return missing > 0 ? [{ orderId: order.id, lineNo: line.lineNo, quantity: missing }] : [];
}
