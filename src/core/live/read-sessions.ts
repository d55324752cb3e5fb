import { addMs, type Instant } from "../clock.ts";
import type { Sql, SqlValue } from "../db/database.ts";
import { sessionSettingsSchema } from "../model/live.ts";
import { decodeCursor, idPosition, type Page, type PageRequest, toPage } from "../page.ts";
import { type ItemRow, itemColumns, type SessionRow, sessionColumns } from "./rows.ts";

/** Live sessions for people and programs outside. Nothing of viewers is in it. */

export interface LiveItem extends ItemRow {
  sku: string;
  free: number;
  shown: boolean;
}

export interface LiveSession extends SessionRow {
  host: string | null;
  title: string;
  scheduledAt: Instant | null;
  currency: string;
  createdAt: Instant;
}

export type LiveSessionDetail = LiveSession & { items: LiveItem[] };

const shownColumns = `${sessionColumns}, s.host, s.title, s.scheduled_at as "scheduledAt", s.currency, s.created_at as "createdAt"`;

const parsed = <Row extends { settings: unknown }>(row: Row) => ({
  ...row,
  settings: sessionSettingsSchema.parse(row.settings),
});

export async function readSession(
  sql: Sql,
  merchantId: string,
  sessionId: string,
): Promise<LiveSessionDetail | undefined> {
  const [sessions, items] = await Promise.all([
    sql.query<LiveSession>(
      `select ${shownColumns} from live_sessions s where s.merchant_id = $1 and s.id = $2`,
      [merchantId, sessionId],
    ),
    readItems(sql, merchantId, sessionId),
  ]);
  const [session] = sessions;
  return (
    session && { ...parsed(session), items: items.map((item) => ({ ...item, shown: item.shown ?? false })) }
  );
}

export const readItems = (sql: Sql, merchantId: string, sessionId: string): Promise<LiveItem[]> =>
  sql.query<LiveItem>(
    `select ${itemColumns}, k.code as sku, i.share - i.claimed - i.sold as free, i.id = s.shown_item_id as shown
     from live_sessions s join live_items i on i.merchant_id = s.merchant_id and i.session_id = s.id
       join skus k on k.merchant_id = i.merchant_id and k.id = i.sku_id
     where s.merchant_id = $1 and s.id = $2 order by i.position, i.id`,
    [merchantId, sessionId],
  );

/** Newest first. */
export async function listSessions(
  sql: Sql,
  merchantId: string,
  filter: PageRequest & { state?: LiveSession["state"] | undefined },
): Promise<Page<LiveSession>> {
  const [before] = filter.cursor ? decodeCursor(filter.cursor, idPosition) : [lastId];
  const params: SqlValue[] = [merchantId, before, filter.limit + 1];
  const where = filter.state === undefined ? "" : ` and s.state = $${params.push(filter.state)}`;
  const rows = await sql.query<LiveSession>(
    `select ${shownColumns} from live_sessions s where s.merchant_id = $1 and s.id < $2${where} order by s.id desc limit $3`,
    params,
  );
  return toPage(rows.map(parsed), filter.limit, (last) => [last.id]);
}

const lastId = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** How long around its time a session that is not on air still takes in its room's comments: to say that they are early or late. */
const windowMs = 6 * 3_600_000;

/** The session a room's comments belong to: the one on air, else the last ended or nearest planned within its window. */
export async function findSessionOfRoom(
  sql: Sql,
  merchantId: string,
  connectionId: string,
  room: string,
  now: Instant,
): Promise<{ id: string; state: LiveSession["state"] } | undefined> {
  const [found] = await sql.query<{ id: string; state: LiveSession["state"] }>(
    `select s.id, s.state from live_sessions s where s.merchant_id = $1 and s.connection_id = $2 and s.room = $3
       and (s.state = 'on_air' or (s.state = 'ended' and s.ended_at >= $4)
         or (s.state = 'planned' and coalesce(s.scheduled_at, s.created_at) between $4 and $5))
     order by case s.state when 'on_air' then 0 when 'ended' then 1 else 2 end, s.ended_at desc,
       abs(extract(epoch from coalesce(s.scheduled_at, s.created_at) - $6::timestamptz)), s.id desc limit 1`,
    [merchantId, connectionId, room, addMs(now, -windowMs), addMs(now, windowMs), now],
  );
  return found;
}
