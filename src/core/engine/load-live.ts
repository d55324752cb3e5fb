import { addMs, type Instant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { isUuid } from "../ids.ts";
import { componentsOf } from "../inventory/reserve.ts";
import type { WaitlistState } from "../live/commands.ts";
import {
  type ClaimRow,
  type CommentRow,
  claimColumns,
  emptyLive,
  type ItemRow,
  isOpen,
  itemColumns,
  type LiveOrderRow,
  type LoadedLive,
  type SessionRow,
  sessionColumns,
} from "../live/rows.ts";
import { sessionSettingsSchema } from "../model/live.ts";
import { BatchConflict } from "./conflict.ts";
import type { Draft } from "./draft.ts";
import type { LiveKeys } from "./keys-live.ts";
import { findBeside, readComments, readElsewhere } from "./load-comments.ts";

/** Live sessions of a batch: found without locks, locked in key order after orders and holds, then read. */

/** Orders count for a session for a day after its end at most; the session itself says how long. */
const longestAttributionMs = 86_400_000;
const sessionsPerConnection = 50;

/** Whose units a count may take. */
export interface LiveHolders {
  sessionIds: string[];
  claimIds: string[];
}

/** Sessions the batch may touch. A look ahead without locks. */
export async function findSessions(
  tx: Sql,
  merchantId: string,
  keys: LiveKeys,
  orderIds: readonly string[],
  shrinking: LiveHolders,
): Promise<string[]> {
  const claimIds = [...keys.claimIds, ...shrinking.claimIds];
  const spans = spansOf(keys);
  const found = await Promise.all([
    claimIds.length === 0
      ? []
      : tx.query<{ id: string }>(
          `select distinct c.session_id as id from unnest($2::uuid[]) k(id) cross join lateral
             (select c.session_id from claims c where c.merchant_id = $1 and c.id = k.id limit 1) c`,
          [merchantId, claimIds],
        ),
    spans.length === 0
      ? []
      : tx.query<{ id: string }>(
          `select s.id from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[]) k(connection_id, ended, started) cross join lateral
             (select s.id from live_sessions s where s.merchant_id = $1 and s.connection_id = k.connection_id and s.started_at <= k.started
                and (s.ended_at is null or s.ended_at >= k.ended) order by s.id desc limit ${sessionsPerConnection}) s`,
          [
            merchantId,
            spans.map((span) => span.connectionId),
            spans.map((span) => addMs(span.earliest, -longestAttributionMs)),
            spans.map((span) => span.latest),
          ],
        ),
    orderIds.length === 0
      ? []
      : tx.query<{ id: string }>(
          `select distinct o.session_id as id from unnest($2::uuid[]) k(id) cross join lateral
             (select o.session_id from live_orders o where o.merchant_id = $1 and o.order_id = k.id offset 0) o`,
          [merchantId, [...orderIds]],
        ),
  ]);
  const named = keys.orders.flatMap(({ liveSessions }) => liveSessions.filter(isUuid));
  const ids = [...keys.sessionIds, ...shrinking.sessionIds, ...named, ...found.flat().map((row) => row.id)];
  return [...new Set(ids)].sort();
}

/** From when to when the orders of each connection were placed. */
function spansOf(keys: LiveKeys): { connectionId: string; earliest: Instant; latest: Instant }[] {
  const spans = new Map<string, { connectionId: string; earliest: Instant; latest: Instant }>();
  for (const { connectionId, placedAt } of keys.orders) {
    const span = spans.get(connectionId) ?? { connectionId, earliest: placedAt, latest: placedAt };
    if (placedAt < span.earliest) span.earliest = placedAt;
    if (placedAt > span.latest) span.latest = placedAt;
    spans.set(connectionId, span);
  }
  return [...spans.values()];
}

export interface LockedLive {
  live: LoadedLive;
  /** SKUs whose stock a command of these sessions may touch. */
  skuIds: string[];
  /** Sessions, and claims that may hold units. */
  holderIds: string[];
}

export interface LiveNeeds {
  keys: LiveKeys;
  orderIds: readonly string[];
  shrinking: LiveHolders;
  now: Instant;
}

/** Locks the sessions: everything of theirs, from the line-up to the waitlists, changes only under these locks. */
export async function lockSessions(
  tx: Sql,
  merchantId: string,
  sessionIds: readonly string[],
  needs: LiveNeeds,
): Promise<LockedLive> {
  if (sessionIds.length === 0) return { live: emptyLive, skuIds: [], holderIds: [] };
  const locking = new Set([...sessionIds, ...(await findBeside(tx, merchantId, needs))]);
  const raw = await tx.query<SessionRow>(
    `select s.* from unnest($2::uuid[]) k(id) cross join lateral
       (select ${sessionColumns} from live_sessions s where s.merchant_id = $1 and s.id = k.id for no key update) s`,
    [merchantId, [...locking].sort()],
  );
  const sessions = raw
    .filter(({ id }) => sessionIds.includes(id))
    .map((row) => ({ ...row, settings: sessionSettingsSchema.parse(row.settings) }));
  if (sessions.some(({ state }) => state !== "on_air")) {
    const beside = await findBeside(tx, merchantId, needs);
    if (beside.some((id) => !locking.has(id)))
      throw new BatchConflict("a show of the room ended or began meanwhile");
  }
  const [items, comments, elsewhere, claims, orders, onAir] = await Promise.all([
    tx.query<ItemRow>(
      `select i.* from unnest($2::uuid[]) k(id) cross join lateral
         (select ${itemColumns} from live_items i where i.merchant_id = $1 and i.session_id = k.id offset 0) i`,
      [merchantId, sessions.map((session) => session.id)],
    ),
    readComments(tx, merchantId, needs.keys),
    readElsewhere(tx, merchantId, needs),
    readClaims(tx, merchantId, [...needs.keys.claimIds, ...needs.shrinking.claimIds]),
    readOrders(tx, merchantId, needs.orderIds),
    readOnAir(tx, merchantId, [...needs.keys.starting]),
  ]);
  const viewers = viewersOf(needs.keys, sessions, comments, claims);
  const [ofViewers, recent] = await Promise.all([
    readClaimsOf(tx, merchantId, viewers),
    readRecent(tx, merchantId, sessions, needs),
  ]);
  const all = [...new Map([...claims, ...ofViewers].map((claim) => [claim.id, claim])).values()];
  const wide = new Set(
    sessions
      .filter(({ id, state }) => needs.keys.touchesStock.has(id) || state !== "on_air")
      .map((session) => session.id),
  );
  return {
    live: { sessions, items, claims: all, comments, elsewhere, orders, onAir, recent },
    skuIds: skusToLock(items, wide, needs),
    holderIds: [...sessions.map((session) => session.id), ...all.filter(isOpen).map((claim) => claim.id)],
  };
}

/** Of bundles their parts, as they were when put into the line-up: an order may take some, and a count may end what holds them. */
function skusToLock(
  items: readonly ItemRow[],
  wide: ReadonlySet<string>,
  { orderIds, keys, shrinking }: LiveNeeds,
): string[] {
  const isTouched =
    orderIds.length + keys.orders.length + shrinking.sessionIds.length + shrinking.claimIds.length > 0;
  return items.flatMap((item) =>
    wide.has(item.sessionId) || (isTouched && item.components !== null)
      ? [item.skuId, ...componentsOf(item).map(({ skuId }) => skuId)]
      : [],
  );
}

interface Viewer {
  sessionId: string;
  viewerKey: string;
}

/** Whose claims the decision needs: those of writers, of comments seen again, of claims named, of buyers. */
function viewersOf(
  keys: LiveKeys,
  sessions: readonly SessionRow[],
  comments: readonly CommentRow[],
  claims: readonly ClaimRow[],
): Viewer[] {
  const viewers = new Map<string, Viewer>();
  const add = (sessionId: string, viewerKey: string | null) => {
    if (viewerKey !== null) viewers.set(`${sessionId}\n${viewerKey}`, { sessionId, viewerKey });
  };
  for (const { sessionId, viewerKey } of [...keys.viewers, ...comments, ...claims]) add(sessionId, viewerKey);
  for (const { viewerKey } of keys.orders) for (const session of sessions) add(session.id, viewerKey);
  return [...viewers.values()];
}

const readClaimsOf = async (tx: Sql, merchantId: string, viewers: readonly Viewer[]): Promise<ClaimRow[]> =>
  viewers.length === 0
    ? []
    : tx.query<ClaimRow>(
        `select c.* from unnest($2::uuid[], $3::text[]) k(session_id, viewer_key) cross join lateral
           (select ${claimColumns} from claims c where c.merchant_id = $1 and c.session_id = k.session_id and c.viewer_key = k.viewer_key offset 0) c`,
        [merchantId, viewers.map((viewer) => viewer.sessionId), viewers.map((viewer) => viewer.viewerKey)],
      );

export const readClaims = async (tx: Sql, merchantId: string, ids: readonly string[]): Promise<ClaimRow[]> =>
  ids.length === 0
    ? []
    : tx.query<ClaimRow>(
        `select c.* from unnest($2::uuid[]) k(id) cross join lateral
           (select ${claimColumns} from claims c where c.merchant_id = $1 and c.id = k.id limit 1) c`,
        [merchantId, [...ids]],
      );

const readOrders = async (
  tx: Sql,
  merchantId: string,
  orderIds: readonly string[],
): Promise<LiveOrderRow[]> =>
  orderIds.length === 0
    ? []
    : tx.query<LiveOrderRow>(
        `select o.* from unnest($2::uuid[]) k(id) cross join lateral
           (select o.order_id as "orderId", o.session_id as "sessionId", o.source, o.created_at as "createdAt", o.lines, o.units
            from live_orders o where o.merchant_id = $1 and o.order_id = k.id order by o.session_id offset 0) o`,
        [merchantId, [...orderIds]],
      );

/** Two that start at once do not see each other here; the unique index then has the later one decided anew. */
const readOnAir = async (
  tx: Sql,
  merchantId: string,
  starting: readonly string[],
): Promise<LoadedLive["onAir"]> =>
  starting.length === 0
    ? []
    : tx.query<LoadedLive["onAir"][number]>(
        `select o.* from unnest($2::uuid[]) k(id) join live_sessions s on s.merchant_id = $1 and s.id = k.id cross join lateral
           (select o.id, o.connection_id as "connectionId", o.room from live_sessions o where o.merchant_id = $1
              and o.connection_id = s.connection_id and o.room = s.room and o.state = 'on_air' limit 1) o`,
        [merchantId, [...starting]],
      );

/** Counted no further than the limit: beyond it every comment is one too many. */
async function readRecent(
  tx: Sql,
  merchantId: string,
  sessions: readonly SessionRow[],
  { keys, now }: LiveNeeds,
): Promise<LoadedLive["recent"]> {
  const limits = new Map(sessions.map((session) => [session.id, session.settings.commentsPerViewer]));
  const asked = [
    ...new Map(keys.viewers.map((viewer) => [`${viewer.sessionId}\n${viewer.viewerKey}`, viewer])).values(),
  ];
  const counted = asked.flatMap((viewer) => {
    const limit = limits.get(viewer.sessionId);
    return limit ? [{ ...viewer, most: limit.count, since: addMs(now, -limit.seconds * 1000) }] : [];
  });
  if (counted.length === 0) return [];
  // By session and viewer as one key, and the merchant as one of many: where the planner knows nothing of a new show, or of a new
  // merchant, it would otherwise read all comments of the show for each viewer.
  return tx.query<LoadedLive["recent"][number]>(
    `select k.session_id as "sessionId", k.viewer_key as "viewerKey", c.count
     from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::bigint[]) k(merchant_id, session_id, viewer_key, since, most) cross join lateral
       (select count(*) as count from (select 1 from live_comments c where c.merchant_id = k.merchant_id and c.viewer_key is not null
          and c.session_id::text || c.viewer_key = k.session_id::text || k.viewer_key and c.received_at > k.since limit k.most) c) c`,
    [
      counted.map(() => merchantId),
      counted.map((viewer) => viewer.sessionId),
      counted.map((viewer) => viewer.viewerKey),
      counted.map((viewer) => viewer.since),
      counted.map((viewer) => viewer.most),
    ],
  );
}

/** Claims in line read at once; the next part is read when these did not take all that came free. */
const claimsPerPart = 2_000;

/** Reads the next part of each waitlist into the draft, under the session's lock. */
export async function readWaitlists(
  tx: Sql,
  merchantId: string,
  draft: Draft,
  waitlists: readonly WaitlistState[],
): Promise<void> {
  const claims = await tx.query<ClaimRow>(
    `select c.* from unnest($2::uuid[], $3::bigint[]) k(item_id, read_to) cross join lateral
       (select ${claimColumns} from claims c where c.merchant_id = $1 and c.item_id = k.item_id and c.state = 'waitlisted'
          and c.place > k.read_to order by c.place limit ${claimsPerPart}) c`,
    [merchantId, waitlists.map((waitlist) => waitlist.itemId), waitlists.map((waitlist) => waitlist.readTo)],
  );
  for (const claim of claims) draft.live.addClaim({ ...claim });
  for (const waitlist of waitlists) {
    const part = claims.filter((claim) => claim.itemId === waitlist.itemId);
    waitlist.readTo = part.at(-1)?.place ?? waitlist.readTo;
    waitlist.ended = part.length < claimsPerPart;
  }
}
