import { addMs, type Instant } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { inTransaction } from "../db/transaction.ts";

const dayMs = 86_400_000;

/**
 * Deletes comments of sessions that ended longer ago than their `keepCommentsDays`, up to `limit` of one session, and adds what
 * they had come to to the session, so that its report stays as it was. Claims stay; who made them is known no more. Answers
 * how many were deleted: call it until there are none. Safe in several processes: a session is locked meanwhile.
 */
export async function forgetComments(
  db: Database,
  merchantId: string,
  now: Instant,
  limit: number,
): Promise<number> {
  return inTransaction(db, async (tx) => {
    const [session] = await tx.query<{ id: string }>(
      `select s.id from live_sessions s where s.merchant_id = $1 and s.state = 'ended'
         and s.ended_at < $2::timestamptz - coalesce((s.settings->>'keepCommentsDays')::int, 90) * interval '1 day' and s.ended_at < $3
         and exists (select 1 from live_comments c where c.merchant_id = $1 and c.session_id = s.id)
       order by s.id limit 1 for no key update skip locked`,
      [merchantId, now, addMs(now, -dayMs)],
    );
    if (!session) return 0;
    // Viewers are counted once, while everything they wrote is there.
    await tx.query(
      `update live_sessions set past_comments = jsonb_build_object('outcomes', '{}'::jsonb, 'viewers',
         (select count(distinct viewer_key) from live_comments where merchant_id = $1 and session_id = $2))
       where merchant_id = $1 and id = $2 and past_comments is null`,
      [merchantId, session.id],
    );
    const [deleted] = await tx.query<{ count: number }>(
      `with old as (delete from live_comments using (
           select no from live_comments where merchant_id = $1 and session_id = $2 and no > 0 order by no limit $3) k
         where live_comments.merchant_id = $1 and live_comments.session_id = $2 and live_comments.no = k.no and live_comments.no > 0 returning outcome),
       counted as (select outcome, count(*) as count from old group by outcome),
       noted as (update live_sessions set past_comments = jsonb_set(past_comments, '{outcomes}', (select coalesce(jsonb_object_agg(name, total), '{}') from (
           select name, sum(n)::bigint as total from (select outcome as name, count as n from counted
             union all select key, value::bigint from jsonb_each_text(past_comments->'outcomes')) both_parts group by name) sums))
         where merchant_id = $1 and id = $2 returning 1)
       select coalesce((select sum(count) from counted), 0)::bigint as count from noted`,
      [merchantId, session.id, limit],
    );
    return deleted?.count ?? 0;
  });
}
