import { addMs } from "../clock.ts";
import { refused } from "../engine/answers.ts";
import type { Refusal } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import { isClosed } from "../orders/status.ts";
import type { ClaimAnswer, ClaimSummary, CloseClaim, HoldClaim } from "./commands.ts";
import { type ClaimRow, freeUnits, holdsUnits, type ItemRow, isOpen, type SessionRow } from "./rows.ts";
import { availableUnits, endClaim, holdFromShare, holdFromStock, itemOf, setState } from "./units.ts";

/** Who gets which units of a session's share, claim by claim. */

export const summaryOf = (claim: ClaimRow): ClaimSummary => ({
  claimId: claim.id,
  itemId: claim.itemId,
  quantity: claim.quantity,
  state: claim.state,
  place: claim.place,
  reason: claim.reason,
  expiresAt: claim.expiresAt,
});

export interface Bid {
  itemId: string;
  quantity: number;
  viewerKey: string;
  commentNo: number;
}

/**
 * One more claim of a viewer: all its units are held, or it stands in line, or a rule refuses it. A viewer has one open claim per
 * item; asking again answers that one.
 */
export function makeClaim(draft: Draft, session: SessionRow, bid: Bid): ClaimRow {
  const { live } = draft;
  const item = live.item(bid.itemId);
  if (!item) throw new Error(`item ${bid.itemId} was not read by this batch`);
  const known = live
    .claimsOf(session.id, bid.viewerKey)
    .find((claim) => claim.itemId === item.id && isOpen(claim));
  if (known) return known;
  const reason = whyRejected(draft, session, item, bid);
  const claim: ClaimRow = {
    id: draft.ids.next(),
    sessionId: session.id,
    ...bid,
    priceMinor: item.priceMinor,
    state: reason === null ? "waitlisted" : "rejected",
    reason,
    place: null,
    expiresAt: null,
    orderId: null,
    isVoid: false,
    createdAt: draft.now,
    changedAt: draft.now,
  };
  live.insertClaim(claim);
  if (reason !== null) return claim;
  item.lastPlace += 1;
  claim.place = item.lastPlace;
  live.changedItems.add(item);
  const { mode, holdSeconds } = session.settings;
  if (mode === "hold_first" && freeUnits(item) >= bid.quantity) {
    holdFromShare(draft, session, claim, "held", holdSeconds);
  } else item.waiting += 1;
  return claim;
}

/** Against the limits: what the viewer has, may still get, or was sent. An order of this batch may have changed since it was read. */
function counts(draft: Draft, claim: ClaimRow): boolean {
  if (claim.state !== "ordered") return isOpen(claim);
  const order = claim.orderId === null ? undefined : draft.orders.get(claim.orderId);
  if (!order) return !claim.isVoid;
  return !isClosed(order.status) || draft.linesOf(order.id).some((line) => line.shipped > 0);
}

const whyRejected = (draft: Draft, session: SessionRow, item: ItemRow, bid: Bid): string | null =>
  !item.active || item.soldOut ? "sold_out" : limitReached(draft, session, item, bid);

function limitReached(
  draft: Draft,
  session: SessionRow,
  item: ItemRow,
  { viewerKey, quantity }: Pick<Bid, "viewerKey" | "quantity">,
): string | null {
  const { limitPerItem, limitPerSession } = session.settings;
  const mine = draft.live.claimsOf(session.id, viewerKey).filter((claim) => counts(draft, claim));
  const sum = (claims: readonly ClaimRow[]) =>
    claims.reduce((units, claim) => units + claim.quantity, quantity);
  const perItem = item.limitPerBuyer ?? limitPerItem;
  if (perItem !== null && sum(mine.filter((claim) => claim.itemId === item.id)) > perItem)
    return "limit_per_item";
  return limitPerSession !== null && sum(mine) > limitPerSession ? "limit_per_session" : null;
}

const answerOf = (claim: ClaimRow, outcome: ClaimAnswer["outcome"]): ClaimAnswer => ({
  kind: "claim",
  sessionId: claim.sessionId,
  orderId: claim.orderId,
  ...summaryOf(claim),
  outcome,
});

function find(draft: Draft, claimId: string): { claim: ClaimRow; session: SessionRow } | Refusal {
  const claim = draft.live.claims.get(claimId);
  const session = claim && draft.live.sessions.get(claim.sessionId);
  return claim && session
    ? { claim, session }
    : refused("not_found", `There is no claim ${claimId}; check the id.`);
}

/** Ends a claim, once. An expiry that comes too early, or to a claim that is over, changes nothing. */
export function closeClaim(draft: Draft, command: CloseClaim): ClaimAnswer | Refusal {
  const found = find(draft, command.claimId);
  if ("kind" in found) return found;
  const { claim, session } = found;
  const early = command.as === "expired" && (claim.expiresAt === null || claim.expiresAt > draft.now);
  if (!isOpen(claim) || early) return answerOf(claim, "unchanged");
  endClaim(draft, session, claim, command.as, command.as === "expired" ? "time" : "operator");
  return answerOf(claim, "changed");
}

/**
 * Before a payment begins: keeps the units for the time it takes, or takes them anew. Refused where there are none, so that no
 * payment is accepted without stock.
 */
export function holdClaim(draft: Draft, command: HoldClaim): ClaimAnswer | Refusal {
  const found = find(draft, command.claimId);
  if ("kind" in found) return found;
  const { claim, session } = found;
  const { checkoutSeconds } = session.settings;
  if (holdsUnits(claim)) return keepLonger(draft, session, claim);
  const item = itemOf(draft, claim);
  const why = whyNotAgain(draft, session, item, claim);
  if (why) return why;
  const onAir = session.state === "on_air";
  const there = onAir ? freeUnits(item) : availableUnits(draft, item);
  if (there < claim.quantity) {
    const line = {
      sku: draft.skus.get(item.skuId)?.code ?? item.code,
      requested: claim.quantity,
      available: there,
    };
    return refused(
      "insufficient_stock",
      `Claim ${claim.id} has no units: ${line.available} of ${line.requested} are free. Accept no payment for it; it can wait in line while the session is on air.`,
      { lines: [line] },
    );
  }
  if (claim.state === "waitlisted") item.waiting -= 1;
  if (onAir) holdFromShare(draft, session, claim, "held", checkoutSeconds);
  else holdFromStock(draft, claim, checkoutSeconds);
  return answerOf(claim, "changed");
}

/** For another payment's time, but no longer in all than the session lets anybody: others wait for the units. */
function keepLonger(draft: Draft, { settings }: SessionRow, claim: ClaimRow): ClaimAnswer | Refusal {
  const { holdSeconds, checkoutSeconds, longestHoldSeconds } = settings;
  const wanted = addMs(draft.now, checkoutSeconds * 1000);
  const { expiresAt } = claim;
  if (expiresAt !== null && expiresAt >= wanted) return answerOf(claim, "unchanged");
  const longest = addMs(claim.changedAt, Math.max(longestHoldSeconds, holdSeconds + checkoutSeconds) * 1000);
  if (longest <= draft.now || (expiresAt !== null && expiresAt >= longest))
    return refused(
      "conflict",
      `Claim ${claim.id} has its units since ${claim.changedAt} and keeps them until ${expiresAt}, no longer: have it paid before then, or raise longestHoldSeconds of the session.`,
      { expiresAt },
    );
  claim.expiresAt = wanted < longest ? wanted : longest;
  draft.live.touchClaim(claim);
  return answerOf(claim, "changed");
}

function whyNotAgain(draft: Draft, session: SessionRow, item: ItemRow, claim: ClaimRow): Refusal | null {
  if (claim.state !== "waitlisted" && claim.state !== "expired")
    return refused(
      "illegal_transition",
      `Claim ${claim.id} is ${claim.state}; only an open or an expired claim can be paid.`,
      {
        ...(claim.orderId === null ? {} : { orderId: claim.orderId }),
      },
    );
  const other = draft.live
    .claimsOf(claim.sessionId, claim.viewerKey)
    .find((one) => one !== claim && one.itemId === claim.itemId && isOpen(one));
  if (other)
    return refused("conflict", `The viewer has a newer claim on the item, ${other.id}; use that one.`);
  const limit = claim.state === "expired" ? limitReached(draft, session, item, claim) : null;
  return limit === null
    ? null
    : refused(
        "conflict",
        `With claim ${claim.id}, which has expired, the viewer would have more units than the rules allow (${limit}); accept no payment for it, or raise the limit.`,
        { limit },
      );
}

/** A share that lost units to a count: the claim stands in line again, at its old place. */
export function putBackInLine(draft: Draft, claim: ClaimRow): void {
  const item = itemOf(draft, claim);
  item.claimed -= claim.quantity;
  item.waiting += 1;
  draft.live.changedItems.add(item);
  setState(draft, claim, "waitlisted", "stock_lost");
}
