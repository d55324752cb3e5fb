import { addMs } from "../clock.ts";
import type { Draft } from "../engine/draft.ts";
import type { ReservationRow } from "../engine/rows.ts";
import { bundlesFrom } from "../inventory/allocate.ts";
import {
  availableOf,
  closeReservation,
  componentsOf,
  fitUnits,
  type Holder,
  passOn,
} from "../inventory/reserve.ts";
import {
  type ClaimRow,
  type ClaimState,
  freeUnits,
  holdsUnits,
  type ItemRow,
  type SessionRow,
} from "./rows.ts";

/**
 * Units between a session's share and its claims. They stay reserved on the way, so the stock itself does not change: only
 * a share that grows or shrinks, and a claim that becomes an order, touch the stock rows.
 */

export const sessionHolder = (item: ItemRow): Holder => ({
  kind: "session",
  id: item.sessionId,
  lineNo: item.position,
});
const claimHolder = (claim: ClaimRow): Holder => ({ kind: "claim", id: claim.id, lineNo: 1 });

const heldFor = (draft: Draft, item: ItemRow, skuId: string): ReservationRow[] =>
  draft.heldBy(item.sessionId, item.position).filter((row) => row.skuId === skuId);

/** Whole units of an item that may be taken from what is available: of a bundle, as many as its parts make. */
export const availableUnits = (draft: Draft, item: ItemRow): number =>
  bundlesFrom(
    componentsOf(item).map(({ skuId, quantity }) => ({ quantity, available: availableOf(draft, skuId) })),
  );

/** Makes the free part of the share grow or shrink by `change`; answers how many units it grew. */
export function changeShare(draft: Draft, item: ItemRow, change: number): number {
  const wanted = freeUnits(item) + change;
  const missing = fitUnits(draft, sessionHolder(item), componentsOf(item), wanted);
  const grown = change - missing;
  item.share += grown;
  if (grown < 0) item.givenBack -= grown;
  if (grown > 0) draft.live.freed.add(item);
  draft.live.changedItems.add(item);
  return grown;
}

/** Reserves a claim's units out of the free part of the share. The caller has seen that they are there. */
export function holdFromShare(
  draft: Draft,
  session: SessionRow,
  claim: ClaimRow,
  state: "held" | "offered",
  holdSeconds: number,
): void {
  const item = itemOf(draft, claim);
  for (const { skuId, quantity } of componentsOf(item)) {
    const missing = takeUp(claim.quantity * quantity, heldFor(draft, item, skuId), (row, units) =>
      shift(draft, row, claimHolder(claim), units),
    );
    if (missing > 0)
      throw new Error(`session ${session.id} holds ${missing} units less of an item than its share says`);
  }
  item.claimed += claim.quantity;
  setState(draft, claim, state);
  claim.expiresAt = addMs(draft.now, holdSeconds * 1000);
  draft.live.changedItems.add(item);
}

/** Goes through reservations until `wanted` units are taken of them; answers how many are missing. */
function takeUp(
  wanted: number,
  rows: readonly ReservationRow[],
  take: (row: ReservationRow, units: number) => void,
): number {
  let left = wanted;
  for (const row of rows) {
    const units = Math.min(left, row.quantity);
    if (units > 0) take(row, units);
    left -= units;
  }
  return left;
}

/** Ends an open claim. Its units go back to the share, or to everybody where the session is over. */
export function endClaim(
  draft: Draft,
  session: SessionRow,
  claim: ClaimRow,
  as: "expired" | "cancelled",
  reason: string,
): void {
  const item = itemOf(draft, claim);
  if (holdsUnits(claim))
    giveUnitsBack(draft, session, item, claim, as === "expired" ? "expired" : "released");
  else item.waiting -= 1;
  setState(draft, claim, as, reason);
  draft.live.changedItems.add(item);
}

function giveUnitsBack(
  draft: Draft,
  session: SessionRow,
  item: ItemRow,
  claim: ClaimRow,
  as: "expired" | "released",
): void {
  const onAir = session.state === "on_air";
  for (const row of draft.held.get(claim.id) ?? []) {
    if (onAir) shift(draft, row, sessionHolder(item), row.quantity, as);
    else closeReservation(draft, row, row.quantity, as);
  }
  item.claimed -= claim.quantity;
  if (onAir) draft.live.freed.add(item);
  else {
    item.share -= claim.quantity;
    item.givenBack += claim.quantity;
  }
}

/** Turns up to `wanted` of a claim's units into free stock that the order of this very command takes; the rest goes back. */
export function unitsForOrder(draft: Draft, session: SessionRow, claim: ClaimRow, wanted: number): number {
  const item = itemOf(draft, claim);
  if (!holdsUnits(claim)) {
    if (claim.state === "waitlisted") item.waiting -= 1;
    draft.live.changedItems.add(item);
    return 0;
  }
  const used = Math.min(wanted, claim.quantity);
  handOver(draft, item, used, (skuId) =>
    (draft.held.get(claim.id) ?? []).filter((row) => row.skuId === skuId),
  );
  item.claimed -= used;
  item.sold += used;
  const rest = claim.quantity - used;
  if (rest > 0) giveUnitsBack(draft, session, item, { ...claim, quantity: rest }, "released");
  draft.live.changedItems.add(item);
  return used;
}

/** The same from the free part of the share. */
export function shareForOrder(draft: Draft, item: ItemRow, wanted: number): number {
  const units = Math.min(wanted, freeUnits(item));
  if (units === 0) return 0;
  handOver(draft, item, units, (skuId) => heldFor(draft, item, skuId));
  item.sold += units;
  draft.live.changedItems.add(item);
  return units;
}

/** Sets units free that the order of this very command takes. */
function handOver(
  draft: Draft,
  item: ItemRow,
  units: number,
  rowsOf: (skuId: string) => readonly ReservationRow[],
): void {
  for (const { skuId, quantity } of componentsOf(item)) {
    takeUp(units * quantity, [...rowsOf(skuId)], (row, part) => passOn(draft, row, part));
  }
}

/** Holds units of the general stock for a claim whose session is over; answers whether there were enough. */
export function holdFromStock(draft: Draft, claim: ClaimRow, holdSeconds: number): void {
  const item = itemOf(draft, claim);
  fitUnits(draft, claimHolder(claim), componentsOf(item), claim.quantity);
  item.share += claim.quantity;
  item.claimed += claim.quantity;
  setState(draft, claim, "held");
  claim.expiresAt = addMs(draft.now, holdSeconds * 1000);
  draft.live.changedItems.add(item);
}

export function setState(
  draft: Draft,
  claim: ClaimRow,
  state: ClaimState,
  reason: string | null = null,
): void {
  claim.state = state;
  claim.reason = reason;
  claim.changedAt = draft.now;
  if (!holdsUnits(claim)) claim.expiresAt = null;
  draft.live.touchClaim(claim);
}

export function itemOf(draft: Draft, claim: ClaimRow): ItemRow {
  const item = draft.live.item(claim.itemId);
  if (!item) throw new Error(`item ${claim.itemId} of claim ${claim.id} was not read by this batch`);
  return item;
}

/** Moves units from one holder to another at their place. `as` is how the first one's hold of them ended. */
export function shift(
  draft: Draft,
  from: ReservationRow,
  to: Holder,
  quantity: number,
  as: ReservationRow["status"] = "consumed",
): void {
  if (!draft.newReservations.has(from)) draft.changedReservations.add(from);
  if (quantity < from.quantity) from.quantity -= quantity;
  else {
    from.status = as;
    from.closedAt = draft.now;
    const rest = (draft.held.get(from.holderId) ?? []).filter((row) => row !== from);
    draft.held.set(from.holderId, rest);
  }
  const list = draft.held.get(to.id) ?? [];
  draft.held.set(to.id, list);
  const known = list.find(
    (row) => row.lineNo === to.lineNo && row.skuId === from.skuId && row.locationId === from.locationId,
  );
  if (known) {
    known.quantity += quantity;
    if (!draft.newReservations.has(known)) draft.changedReservations.add(known);
    return;
  }
  const { skuId, locationId } = from;
  const row: ReservationRow = {
    id: draft.ids.next(),
    holderKind: to.kind,
    holderId: to.id,
    lineNo: to.lineNo,
    skuId,
    locationId,
    quantity,
    status: "held",
    createdAt: draft.now,
    closedAt: null,
  };
  list.push(row);
  draft.newReservations.add(row);
}
