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
import { lastEventId } from "./events.ts";
import { liveTag, requireSession, sessionParams } from "./live-sessions.ts";

/** Comments a cockpit sees when it opens, and at most in one update. */
const firstComments = 50;
const commentsPerUpdate = 200;
const eventsPerRead = 500;
const mostReads = 20;

/**
 * The cockpit's feed: what changed in the log since the last update, as one update with the figures as they are now, the comments and
 * claims since then, orders and money. An update that a slow client missed is contained in the next one.
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
        "`id` is the number of the log; come back with `Last-Event-ID`.",
      params: sessionParams,
      query: z.object({}),
      statuses: { 200: "The stream; it goes on until you leave" },
      streams: ["text/event-stream"],
    },
    async ({ caller, params, request, scope }) => {
      await requireSession(parts, caller.merchantId, params.id);
      const key = await keyFor(parts, caller);
      const seq = lastEventId(request) ?? (await lastSeq(parts.db, caller.merchantId));
      return openStream(request, scope, cockpit(parts.db, caller.merchantId, params.id, key, seq), seq);
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

/** Reads the log on from where it was read, and answers one update where the session is concerned. The first comes at once. */
export function cockpit(
  sql: Sql,
  merchantId: string,
  sessionId: string,
  key: DataKey | null,
  startSeq: number,
): () => Promise<StreamedEvent[]> {
  let position = startSeq;
  let lastNo: number | null = null;
  let occurredAt: string | null = null;
  return async () => {
    const changes: SessionEventData[] = [];
    let concerned = lastNo === null;
    for (let read = 0; read < mostReads; read += 1) {
      const events = await readEvents(sql, merchantId, position, eventsPerRead);
      position = events.at(-1)?.seq ?? position;
      occurredAt = events.at(-1)?.occurredAt ?? occurredAt;
      const mine = events.flatMap((event) =>
        event.type === "session.changed" && event.subject === sessionId ? [event.data] : [],
      );
      changes.push(...mine);
      concerned ||= mine.length > 0 || (await touchesOrders(sql, merchantId, sessionId, events));
      if (events.length < eventsPerRead) break;
    }
    if (!concerned) return [];
    const session = await readSession(sql, merchantId, sessionId);
    if (!session) return [];
    const from: number = lastNo ?? Math.max(0, session.comments - firstComments);
    const [comments, money] = await Promise.all([
      readComments(sql, merchantId, sessionId, { afterNo: from, limit: commentsPerUpdate }),
      readMoney(sql, merchantId, sessionId),
    ]);
    // Of a rush beyond what a person reads, the cockpit shows the beginning and goes on with what comes next.
    lastNo = Math.max(session.comments, comments.at(-1)?.no ?? from);
    const claims = [
      ...new Map(changes.flatMap((change) => change.claims).map((claim) => [claim.claimId, claim])).values(),
    ];
    const data = {
      session: shownSession(session),
      changes: [...new Set(changes.flatMap((change) => change.changes))],
      comments: comments.map((comment) => shownComment(key, comment)),
      claims,
      money,
    };
    return [
      {
        seq: position,
        type: "live.update",
        subject: sessionId,
        occurredAt: occurredAt ?? session.createdAt,
        data,
      },
    ];
  };
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
