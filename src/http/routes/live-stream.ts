import { z } from "zod";
import type { Sql } from "../../core/db/database.ts";
import { readEvents } from "../../core/events/log.ts";
import type { SessionEventData, StoredEvent } from "../../core/events/types.ts";
import { readComments } from "../../core/live/read-claims.ts";
import { readMoney } from "../../core/live/read-report.ts";
import { readSession } from "../../core/live/read-sessions.ts";
import type { DataKey } from "../../core/vault.ts";
import type { StreamedEvent } from "../event-stream.ts";
import { keyFor, shownComment, shownSession } from "../live-view.ts";
import type { Authenticate } from "../middleware/authenticate.ts";
import { createStreams } from "../open-stream.ts";
import type { Operate } from "../operation.ts";
import type { AppParts } from "../parts.ts";
import { liveTag, requireSession, sessionParams } from "./live-sessions.ts";

/** Comments a cockpit sees when it is opened for the first time, and at most in one update. */
const firstComments = 50;
const commentsPerUpdate = 200;
/** At one look. */
const mostUpdates = 20;
const eventsPerRead = 500;
const mostReads = 20;

/**
 * The cockpit's feed: what changed in the log since the last update, with the figures as they are now, the comments and claims
 * since then, orders and money. Comments come in their order, each once, also to a client that was away.
 */
export function liveStreamRoutes(operate: Operate, parts: AppParts, authenticate: Authenticate): void {
  const openStream = createStreams(parts, authenticate);
  operate(
    {
      method: "get",
      path: "/v1/live-sessions/{id}/stream",
      permission: "live.read",
      tag: liveTag,
      summary: "Follow a session as it happens",
      description:
        "Server-sent events of type `live.update`: session with figures per item, new comments, changed claims, orders and money. " +
        "Come back with `Last-Event-ID`: the stream goes on from there, and each comment comes once.",
      params: sessionParams,
      query: z.object({}),
      statuses: { 200: "The stream; it goes on until you leave" },
      streams: ["text/event-stream"],
    },
    async ({ caller, params, request, scope }) => {
      await requireSession(parts, caller.merchantId, params.id);
      const key = await keyFor(parts, caller);
      const from = lastPlace(request) ?? { seq: await lastSeq(parts.db, caller.merchantId), no: null };
      return openStream(request, scope, cockpit(parts.db, caller.merchantId, params.id, key, from), from.seq);
    },
  );
}

async function lastSeq(sql: Sql, merchantId: string): Promise<number> {
  const [row] = await sql.query<{ seq: number }>(
    "select last_event_seq as seq from merchants where merchant_id = $1",
    [merchantId],
  );
  return row?.seq ?? 0;
}

/** How far a cockpit has seen: in the log, and in the comments; null before it has seen any. */
interface Place {
  seq: number;
  no: number | null;
}

const placePattern = /^(\d{1,15})\.(\d{1,15})$/;

/** The id of the last update a client has taken; undefined for none, or for one that is none of ours. */
function lastPlace(request: Request): Place | undefined {
  const [, seq, no] = placePattern.exec(request.headers.get("last-event-id") ?? "") ?? [];
  return seq === undefined || no === undefined ? undefined : { seq: Number(seq), no: Number(no) };
}

/**
 * Reads the log on from where it was read, and answers updates where the session is concerned: one, or several after a rush, each
 * with the comments that follow those of the one before. The first comes at once.
 */
export function cockpit(
  sql: Sql,
  merchantId: string,
  sessionId: string,
  key: DataKey | null,
  from: Place,
): () => Promise<StreamedEvent[]> {
  let { seq, no } = from;
  let isBehind = true;
  return async () => {
    const news = await readNews(sql, merchantId, sessionId, seq);
    seq = news.seq;
    if (!news.isConcerned && !isBehind) return [];
    const session = await readSession(sql, merchantId, sessionId);
    if (!session) return [];
    const money = await readMoney(sql, merchantId, sessionId);
    const { occurredAt } = news;
    const told = {
      seq,
      type: "live.update",
      subject: sessionId,
      occurredAt: occurredAt ?? session.createdAt,
    };
    let { changes, claims } = news;
    const updates: StreamedEvent[] = [];
    no ??= Math.max(0, session.lastCommentNo - firstComments);
    for (isBehind = true; isBehind && updates.length < mostUpdates; ) {
      const comments = await readComments(sql, merchantId, sessionId, {
        afterNo: no,
        limit: commentsPerUpdate,
      });
      no = comments.at(-1)?.no ?? no;
      // What is left of a long rush comes with the next look, whether anything happens till then or not.
      isBehind = comments.length === commentsPerUpdate;
      const shown = comments.map((comment) => shownComment(key, comment));
      const data = { session: shownSession(session), changes, comments: shown, claims, money };
      updates.push({ ...told, id: `${seq}.${no}`, data });
      [changes, claims] = [[], []];
    }
    return updates;
  };
}

interface News {
  /** The last number of the log that was read. */
  seq: number;
  occurredAt: string | null;
  isConcerned: boolean;
  changes: string[];
  /** As they are after the last change. */
  claims: SessionEventData["claims"];
}

/** What the log tells of the session after `afterSeq`. */
async function readNews(sql: Sql, merchantId: string, sessionId: string, afterSeq: number): Promise<News> {
  const changes = new Set<string>();
  const claims = new Map<string, SessionEventData["claims"][number]>();
  const news: News = { seq: afterSeq, occurredAt: null, isConcerned: false, changes: [], claims: [] };
  for (let read = 0; read < mostReads; read += 1) {
    const events = await readEvents(sql, merchantId, news.seq, eventsPerRead);
    news.seq = events.at(-1)?.seq ?? news.seq;
    news.occurredAt = events.at(-1)?.occurredAt ?? news.occurredAt;
    for (const event of events) {
      if (event.type !== "session.changed" || event.subject !== sessionId) continue;
      news.isConcerned = true;
      for (const change of event.data.changes) changes.add(change);
      for (const claim of event.data.claims) claims.set(claim.claimId, claim);
    }
    news.isConcerned ||= await touchesOrders(sql, merchantId, sessionId, events);
    if (events.length < eventsPerRead) break;
  }
  return { ...news, changes: [...changes], claims: [...claims.values()] };
}

/** Whether one of the orders that changed belongs to the session. */
async function touchesOrders(
  sql: Sql,
  merchantId: string,
  sessionId: string,
  events: readonly StoredEvent[],
): Promise<boolean> {
  const ids = events.filter((event) => event.type.startsWith("order.")).map((event) => event.subject);
  if (ids.length === 0) return false;
  const rows = await sql.query(
    `select 1 from unnest($3::uuid[]) k(id) cross join lateral
       (select 1 from live_orders l where l.merchant_id = $1 and l.order_id = k.id and l.session_id = $2 limit 1) l limit 1`,
    [merchantId, sessionId, [...new Set(ids)]],
  );
  return rows.length > 0;
}
