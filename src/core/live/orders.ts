import { addMs } from "../clock.ts";
import { refused } from "../engine/answers.ts";
import type { Refusal } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { LineRow, OrderRow } from "../engine/rows.ts";
import { componentsOf, heldUnits } from "../inventory/reserve.ts";
import { openUnits } from "../orders/snapshot-lines.ts";
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
  /** External ids of the lines that belong to it; null: all of the order's. */
  lines: string[] | null;
}

/**
 * The sessions of an order, or why the claim it names cannot be ordered. One for the whole order, unless the platform tells the
 * room line by line; none for most orders.
 */
export function matchLive(
  draft: Draft,
  command: LiveOrderCommand,
  order: OrderRow,
  plan: readonly LineRow[],
): LiveMatch[] | NotClaimable {
  const { claimId } = command;
  if (draft.live.sessions.size === 0) return claimId === undefined ? [] : unknownClaim(claimId);
  if (claimId !== undefined) return matchClaim(draft, claimId, order);
  const whole = matchWhole(draft, command, order, plan);
  const rooms = order.terms?.liveSessions ?? {};
  if (Object.keys(rooms).length === 0) return whole === null ? [] : [{ ...whole, lines: null }];
  const matches = new Map<string, LiveMatch & { lines: string[] }>();
  for (const { externalLineId } of plan) {
    const room = rooms[externalLineId];
    const session = room === undefined ? whole?.session : sessionOfRoom(draft, command, order, room);
    if (!session) continue;
    const known = matches.get(session.id);
    if (known) known.lines.push(externalLineId);
    else
      matches.set(session.id, {
        ...matchOf(draft, command, session, room === undefined && whole ? whole.source : "field"),
        lines: [externalLineId],
      });
  }
  return [...matches.values()];
}

/** The session of what names no room line by line. What was found once stays. */
function matchWhole(
  draft: Draft,
  command: LiveOrderCommand,
  order: OrderRow,
  plan: readonly LineRow[],
): Omit<LiveMatch, "lines"> | null {
  const rooms = order.terms?.liveSessions;
  const known = rooms ? undefined : draft.live.ordersOf(order.id)[0];
  const session = known ? draft.live.sessions.get(known.sessionId) : findSession(draft, command, order, plan);
  const source = known?.source ?? (order.liveSession === null ? "window" : "field");
  return session ? matchOf(draft, command, session, source) : null;
}

const matchOf = (
  draft: Draft,
  command: LiveOrderCommand,
  session: SessionRow,
  source: LiveOrderRow["source"],
): Omit<LiveMatch, "lines"> => ({
  session,
  source,
  claims: claimsOfBuyer(draft, session, command.viewerKey),
});

const notClaimable = (...why: Parameters<typeof refused>): NotClaimable => new NotClaimable(refused(...why));

const unknownClaim = (claimId: string): NotClaimable =>
  notClaimable("not_found", `There is no claim ${claimId}; check the id.`);

function matchClaim(draft: Draft, claimId: string, order: OrderRow): LiveMatch[] | NotClaimable {
  const claim = draft.live.claims.get(claimId);
  const session = claim && draft.live.sessions.get(claim.sessionId);
  if (!claim || !session) return unknownClaim(claimId);
  if (claim.orderId !== null && claim.orderId !== order.id) return new NotClaimable(orderedAlready(claim));
  if (claim.state === "rejected")
    return notClaimable(
      "illegal_transition",
      `Claim ${claim.id} was rejected (${claim.reason}); it cannot be ordered.`,
    );
  return [{ session, source: "claim", claims: [claim], lines: null }];
}

const orderedAlready = ({ id, orderId }: ClaimRow): Refusal =>
  refused("conflict", `Claim ${id} is order ${orderId} already; pay that one.`, { orderId });

/** An order that is known was bought without the claim it now names: its lines would give way to those of the claim, and a repeat of it would pay nothing. */
export function whyNumberTaken(draft: Draft, claimId: string | undefined, held: OrderRow): Refusal | null {
  const claim = claimId === undefined ? undefined : draft.live.claims.get(claimId);
  if (!claim || claim.orderId === held.id) return null;
  if (claim.orderId !== null) return orderedAlready(claim);
  return refused(
    "conflict",
    `Order number ${held.externalId} is another order already, ${held.id}; give claim ${claim.id} a number of its own.`,
    { orderId: held.id },
  );
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
  if (order.liveSession !== null) return sessionOfRoom(draft, command, order, order.liveSession);
  const inTime = sessionsInTime(draft, command, order);
  const selling = inTime.filter((session) =>
    plan.some((line) => line.skuId !== null && draft.live.itemOfSku(session.id, line.skuId)),
  );
  return (
    only(selling) ??
    only(selling.filter((session) => claimsOfBuyer(draft, session, command.viewerKey).length > 0))
  );
}

/** By our id, or by the name of the room among the account's sessions of that time. */
const sessionOfRoom = (
  draft: Draft,
  command: LiveOrderCommand,
  order: OrderRow,
  room: string,
): SessionRow | undefined =>
  draft.live.sessions.get(room) ??
  only(sessionsInTime(draft, command, order).filter((session) => session.room === room));

const sessionsInTime = (draft: Draft, { connectionId }: LiveOrderCommand, order: OrderRow): SessionRow[] =>
  [...draft.live.sessions.values()].filter(
    (session) => session.connectionId === connectionId && isInTime(session, order.placedAt),
  );

const only = (sessions: readonly SessionRow[]): SessionRow | undefined =>
  sessions.length === 1 ? sessions[0] : undefined;

const isInTime = (session: SessionRow, placedAt: string): boolean =>
  session.startedAt !== null &&
  session.startedAt <= placedAt &&
  (session.endedAt === null ||
    placedAt <= addMs(session.endedAt, session.settings.attributionMinutes * 60_000));

/** Holders whose units the order may count as its own before it is refused. */
export const liveHolders = (matches: readonly LiveMatch[]): string[] =>
  matches.flatMap(({ session, claims }) => [session.id, ...claims.filter(isOpen).map((claim) => claim.id)]);

/**
 * Frees the units this order is about to reserve: those of its buyer's claims, then of the session's share, so that it never
 * takes what another channel was promised while the session still has some. Marks the claims as ordered, once.
 */
export function takeFromSession(
  draft: Draft,
  matches: readonly LiveMatch[],
  order: OrderRow,
  wants: boolean,
): void {
  leaveOthers(draft, matches, order);
  for (const match of matches) {
    const row = noteSession(draft, match, order);
    if (!wants) continue;
    for (const item of draft.live.itemsOf(match.session.id)) {
      const lines = linesOfItem(draft, row, item);
      if (lines.length > 0) takeItem(draft, match, row, item, lines);
    }
  }
}

/** The platform tells the room of each line by now: what was taken for the session of all of them is left to these. */
function leaveOthers(draft: Draft, matches: readonly LiveMatch[], order: OrderRow): void {
  if (!matches.some(({ lines }) => lines !== null)) return;
  for (const row of draft.live.ordersOf(order.id)) {
    if (matches.some(({ session }) => session.id === row.sessionId) || row.lines?.length === 0) continue;
    row.lines = [];
    draft.live.touchOrder(row);
  }
}

function noteSession(draft: Draft, { session, source, lines }: LiveMatch, order: OrderRow): LiveOrderRow {
  const known = draft.live.ordersOf(order.id).find((row) => row.sessionId === session.id);
  if (known) {
    if (lines?.join("\n") !== known.lines?.join("\n")) {
      known.lines = lines;
      draft.live.touchOrder(known);
    }
    return known;
  }
  const row = { orderId: order.id, sessionId: session.id, source, lines, units: {}, createdAt: draft.now };
  draft.live.insertOrder(row);
  draft.live.touchSession(session, "order");
  return row;
}

/** Lines of the order that sell an item of the session. */
export const linesOfItem = (draft: Draft, row: LiveOrderRow, item: ItemRow): LineRow[] =>
  draft
    .linesOf(row.orderId)
    .filter(
      (line) => line.skuId === item.skuId && (row.lines === null || row.lines.includes(line.externalLineId)),
    );

function takeItem(
  draft: Draft,
  { session, claims }: LiveMatch,
  row: LiveOrderRow,
  item: ItemRow,
  lines: readonly LineRow[],
): void {
  const wanted = lines.reduce((sum, line) => sum + missingUnits(draft, line), 0);
  if (wanted === 0) return;
  let missing = wanted;
  for (const claim of claims.filter((one) => one.itemId === item.id && one.orderId === null)) {
    if (missing === 0) break;
    missing -= unitsForOrder(draft, session, claim, missing);
    claim.orderId = row.orderId;
    setState(draft, claim, "ordered");
  }
  if (session.state === "on_air") missing -= shareForOrder(draft, item, missing);
  if (missing === wanted) return;
  row.units[item.id] = (row.units[item.id] ?? 0) + wanted - missing;
  draft.live.touchOrder(row);
}

function missingUnits(draft: Draft, line: LineRow): number {
  const holder = { kind: "order" as const, id: line.orderId, lineNo: line.lineNo };
  return Math.max(0, openUnits(line) - heldUnits(draft, holder, componentsOf(line)));
}
