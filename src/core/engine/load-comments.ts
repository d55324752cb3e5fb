import { addMs, type Instant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { type CommentRow, commentColumns, type LoadedLive } from "../live/rows.ts";
import type { LiveKeys } from "./keys-live.ts";

/** What is known of the comments a batch takes, read under the sessions' locks. */

export async function readComments(tx: Sql, merchantId: string, keys: LiveKeys): Promise<CommentRow[]> {
  const [byId, byNo] = await Promise.all([
    keys.comments.length === 0
      ? []
      : tx.query<CommentRow>(
          `select c.* from (select distinct * from unnest($2::uuid[], $3::text[]) k(session_id, external_id)) k cross join lateral
             (select ${commentColumns} from live_comments c where c.merchant_id = $1 and c.session_id = k.session_id
                and c.external_id = k.external_id limit 1) c`,
          [merchantId, keys.comments.map((one) => one.sessionId), keys.comments.map((one) => one.externalId)],
        ),
    keys.commentNos.length === 0
      ? []
      : tx.query<CommentRow>(
          `select c.* from unnest($2::uuid[], $3::bigint[]) k(session_id, no) cross join lateral
             (select ${commentColumns} from live_comments c where c.merchant_id = $1 and c.session_id = k.session_id and c.no = k.no and c.no > 0 limit 1) c`,
          [merchantId, keys.commentNos.map((one) => one.sessionId), keys.commentNos.map((one) => one.no)],
        ),
  ]);
  return [...new Map([...byId, ...byNo].map((row) => [`${row.sessionId}\n${row.no}`, row])).values()];
}

/** A comment counts in no show that ended longer before it was sent: see `findSessionOfRoom`. */
const countsWithinMs = 6 * 3_600_000;
/** A room's feed does not repeat what is older, whatever it says of when it was sent. */
const repeatedWithinMs = 7 * 86_400_000;
/** More than a room has in a busy day: one every fifteen minutes. */
const showsPerRoom = 100;

/** From when on shows that ended may have taken a comment of the batch: one may come again hours after it was sent. */
function takenSince({ keys, now }: { keys: LiveKeys; now: Instant }): Instant {
  const sent = keys.comments.reduce((first, { sentAt }) => (sentAt < first ? sentAt : first), now);
  const earliest = addMs(now, -repeatedWithinMs);
  return addMs(sent < earliest ? earliest : sent, -countsWithinMs);
}

/** The shows of a room beside `s` that are on air or ended since. */
const othersOfRoom = `(select o.id from live_sessions o where o.merchant_id = $1 and o.connection_id = s.connection_id and o.room = s.room and o.state = 'on_air'
    union all
    (select o.id from live_sessions o where o.merchant_id = $1 and o.connection_id = s.connection_id and o.room = s.room
       and o.ended_at >= $3 order by o.ended_at desc limit ${showsPerRoom}))`;

/**
 * Shows to lock beside those of the batch. A claim can be given up when its show is over, by a comment that may come to the next
 * show as well; so one that is over is decided with the others of its room locked, and none begins before that is done.
 */
export async function findBeside(
  tx: Sql,
  merchantId: string,
  needs: { keys: LiveKeys; now: Instant },
): Promise<string[]> {
  const { keys } = needs;
  const asked = new Set([...keys.starting, ...keys.comments.map(({ sessionId }) => sessionId)]);
  if (asked.size === 0) return [];
  const rows = await tx.query<{ id: string }>(
    `select distinct o.id from unnest($2::uuid[]) k(id)
       join live_sessions s on s.merchant_id = $1 and s.id = k.id and s.state <> 'on_air' cross join lateral ${othersOfRoom} o
     where o.id <> s.id`,
    [merchantId, [...asked], takenSince(needs)],
  );
  return rows.map((row) => row.id);
}

/**
 * Comments that shows of the same room have taken already. A look by key in each show that is on air or ended since: mostly
 * there is none. What such a show took is seen here: it ended before the next one of its room began, or is locked.
 */
export const readElsewhere = async (
  tx: Sql,
  merchantId: string,
  needs: { keys: LiveKeys; now: Instant },
): Promise<LoadedLive["elsewhere"]> => {
  const { keys } = needs;
  const sessionIds = [...new Set(keys.comments.map(({ sessionId }) => sessionId))];
  if (sessionIds.length === 0) return [];
  const others = await tx.query<{ sessionId: string; otherId: string }>(
    `select k.id as "sessionId", o.id as "otherId" from unnest($2::uuid[]) k(id)
       join live_sessions s on s.merchant_id = $1 and s.id = k.id cross join lateral ${othersOfRoom} o
     where o.id <> s.id`,
    [merchantId, sessionIds, takenSince(needs)],
  );
  const looks = others.flatMap(({ sessionId, otherId }) =>
    keys.comments
      .filter((one) => one.sessionId === sessionId)
      .map(({ externalId }) => ({ sessionId, otherId, externalId })),
  );
  if (looks.length === 0) return [];
  return tx.query<LoadedLive["elsewhere"][number]>(
    `select k.session_id as "sessionId", c.external_id as "externalId", c.outcome
     from unnest($2::uuid[], $3::uuid[], $4::text[]) k(session_id, other_id, external_id) cross join lateral
       (select c.external_id, c.outcome from live_comments c where c.merchant_id = $1 and c.session_id = k.other_id
          and c.external_id = k.external_id limit 1) c`,
    [
      merchantId,
      looks.map((look) => look.sessionId),
      looks.map((look) => look.otherId),
      looks.map((look) => look.externalId),
    ],
  );
};
