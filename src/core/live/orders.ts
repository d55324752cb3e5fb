import { addMs } from "../clock.ts";
import { refused } from "../engine/answers.ts";
import type { Refusal } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { LineRow, OrderRow } from "../engine/rows.ts";
import { componentsOf, heldUnits } from "../inventory/reserve.ts";
import { type ClaimRow, type ItemRow, isOpen, type LiveOrderRow, type SessionRow } from "./rows.ts";
import { setState, shareForOrder, unitsForOrder } from "./units.ts";

/** Orders that come out of a live session: which session, which claims, and whose units they take. */

export interface LiveOrderCommand {
  connectionId: string;
  /** The claim this order pays, where the caller knows. */
  claimId?: string;
  /** Digest of the buyer's id, to find the buyer's claims. */
  viewerKey: string | null;
}

/** Why the claim an order names cannot be ordered. */
export class NotClaimable {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    this.refusal = refusal;
  }
}

export interface LiveMatch {
  session: SessionRow;
  source: LiveOrderRow["source"];
  /** Claims this order may fulfil: the named one, or the buyer's. */
  claims: ClaimRow[];
}

/** The session of an order, or why the claim it names cannot be ordered. Null for orders of no session. */
export function matchLive(
  draft: Draft,
  command: LiveOrderCommand,
  order: OrderRow,
  plan: readonly LineRow[],
): LiveMatch | NotClaimable | null {
  const { live } = draft;
  if (live.sessions.size === 0) return command.claimId === undefined ? null : unknownClaim(command.claimId);
  if (command.claimId !== undefined) return matchClaim(draft, command.claimId, order);
  const known = live.orders.get(order.id);
  const session = known ? live.sessions.get(known.sessionId) : findSession(draft, command, order, plan);
  if (!session) return null;
  const source = known?.source ?? (order.liveSession === null ? "window" : "field");
  return { session, source, claims: claimsOfBuyer(draft, session, command.viewerKey) };
}

const notClaimable = (...why: Parameters<typeof refused>): NotClaimable => new NotClaimable(refused(...why));

const unknownClaim = (claimId: string): NotClaimable =>
  notClaimable("not_found", `There is no claim ${claimId}; check the id.`);

function matchClaim(draft: Draft, claimId: string, order: OrderRow): LiveMatch | NotClaimable {
  const claim = draft.live.claims.get(claimId);
  const session = claim && draft.live.sessions.get(claim.sessionId);
  if (!claim || !session) return unknownClaim(claimId);
  if (claim.orderId !== null && claim.orderId !== order.id)
    return notClaimable("conflict", `Claim ${claim.id} is order ${claim.orderId} already; pay that one.`, {
      orderId: claim.orderId,
    });
  if (claim.state === "rejected")
    return notClaimable(
      "illegal_transition",
      `Claim ${claim.id} was rejected (${claim.reason}); it cannot be ordered.`,
    );
  return { session, source: "claim", claims: [claim] };
}

/** Paid late is paid: a claim that has expired meanwhile still becomes its buyer's order (F036). */
const claimsOfBuyer = (draft: Draft, session: SessionRow, viewerKey: string | null): ClaimRow[] => {
  if (viewerKey === null) return [];
  const mine = draft.live.claimsOf(session.id, viewerKey);
  return [...mine.filter(isOpen), ...mine.filter((claim) => claim.state === "expired")];
};

/** By the order's own field, else by the account and the time it was placed. Two sessions that fit equally: none is guessed. */
function findSession(
  draft: Draft,
  command: LiveOrderCommand,
  order: OrderRow,
  plan: readonly LineRow[],
): SessionRow | undefined {
  const sessions = [...draft.live.sessions.values()];
  const field = order.liveSession;
  if (field !== null) {
    const byId = sessions.find((session) => session.id === field);
    if (byId) return byId;
  }
  const inTime = sessions.filter(
    (session) => session.connectionId === command.connectionId && isInTime(session, order.placedAt),
  );
  if (field !== null) return only(inTime.filter((session) => session.room === field));
  const selling = inTime.filter((session) =>
    plan.some((line) => line.skuId !== null && draft.live.itemOfSku(session.id, line.skuId)),
  );
  return (
    only(selling) ??
    only(selling.filter((session) => claimsOfBuyer(draft, session, command.viewerKey).length > 0))
  );
}

const only = (sessions: readonly SessionRow[]): SessionRow | undefined =>
  sessions.length === 1 ? sessions[0] : undefined;

const isInTime = (session: SessionRow, placedAt: string): boolean =>
  session.startedAt !== null &&
  session.startedAt <= placedAt &&
  (session.endedAt === null ||
    placedAt <= addMs(session.endedAt, session.settings.attributionMinutes * 60_000));

/** Holders whose units the order may count as its own before it is refused. */
export const liveHolders = (match: LiveMatch | null): string[] =>
  match === null ? [] : [match.session.id, ...match.claims.filter(isOpen).map((claim) => claim.id)];

/**
 * Frees the units this order is about to reserve: those of its buyer's claims, then of the session's share, so that it never
 * takes what another channel was promised while the session still has some. Marks the claims as ordered, once.
 */
export function takeFromSession(
  draft: Draft,
  match: LiveMatch | null,
  order: OrderRow,
  wants: boolean,
): void {
  if (match === null) return;
  const { session, source } = match;
  if (!draft.live.orders.has(order.id)) {
    draft.live.insertOrder({ orderId: order.id, sessionId: session.id, source, createdAt: draft.now });
    draft.live.touchSession(session, "order");
  }
  if (!wants) return;
  for (const item of draft.live.itemsOf(session.id)) {
    const lines = draft
      .linesOf(order.id)
      .filter((line) => line.skuId === item.skuId && line.components === null);
    if (lines.length > 0) takeItem(draft, match, order, item, lines);
  }
}

function takeItem(
  draft: Draft,
  match: LiveMatch,
  order: OrderRow,
  item: ItemRow,
  lines: readonly LineRow[],
): void {
  const { session, claims } = match;
  let missing = lines.reduce((sum, line) => sum + missingUnits(draft, order, line), 0);
  if (missing === 0) return;
  for (const claim of claims.filter((one) => one.itemId === item.id && one.orderId === null)) {
    if (missing === 0) return;
    missing -= unitsForOrder(draft, session, claim, missing);
    claim.orderId = order.id;
    setState(draft, claim, "ordered");
  }
  if (session.state === "on_air") shareForOrder(draft, item, missing);
}

function missingUnits(draft: Draft, order: OrderRow, line: LineRow): number {
  const open = Math.max(0, line.quantity * line.unitsPer - line.cancelled - line.shipped);
  return Math.max(
    0,
    open - heldUnits(draft, { kind: "order", id: order.id, lineNo: line.lineNo }, componentsOf(line)),
  );
}
