import type { Draft } from "../engine/draft.ts";
import type { ReservationRow } from "../engine/rows.ts";
import { closeReservation, componentsOf, heldUnits, keepUnits } from "../inventory/reserve.ts";
import { putBackInLine } from "./claims.ts";
import { sessionHolder, setState } from "./units.ts";

/** Units that a count did not find, taken from live sessions. */

/** From what nobody has claimed: the share is smaller by them. */
export function takeFromShare(draft: Draft, reservation: ReservationRow, quantity: number): void {
  // Another part of the same bundle has taken it along.
  if (reservation.status !== "held") return;
  const item = draft.live.itemAt(reservation.holderId, reservation.lineNo);
  if (!item) throw new Error(`session of reservation ${reservation.id} was not read by this batch`);
  const holder = sessionHolder(item);
  const components = componentsOf(item);
  const before = heldUnits(draft, holder, components);
  closeReservation(draft, reservation, quantity, "released");
  // A bundle that lost one part gives back the others: they may make somebody's order whole.
  item.share -= keepUnits(draft, holder, components, before);
  draft.live.changedItems.add(item);
  const session = draft.live.sessions.get(item.sessionId);
  if (session) draft.live.touchSession(session, "share");
}

/** A whole claim loses its units: it stands in line at its old place, or is over where the session is. */
export function takeFromClaim(draft: Draft, claimId: string): boolean {
  const claim = draft.live.claims.get(claimId);
  const item = claim && draft.live.item(claim.itemId);
  const session = claim && draft.live.sessions.get(claim.sessionId);
  if (!claim || !item || !session) throw new Error(`claim ${claimId} was not read by this batch`);
  const rows = draft.held.get(claim.id) ?? [];
  if (rows.length === 0) return false;
  for (const row of rows) closeReservation(draft, row, row.quantity, "released");
  item.share -= claim.quantity;
  if (session.state === "on_air") putBackInLine(draft, claim);
  else {
    item.claimed -= claim.quantity;
    setState(draft, claim, "expired", "stock_lost");
    draft.live.changedItems.add(item);
  }
  return true;
}
