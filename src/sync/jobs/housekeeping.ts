import { removeExpiredIdempotencyKeys } from "../../core/access/idempotency.ts";
import { addMs, nowInstant } from "../../core/clock.ts";
import { forgetComments } from "../../core/live/store-comments.ts";
import type { SyncContext } from "../parts.ts";
import { loadPosition, savePosition } from "../positions.ts";
import { firstIdAt } from "./gap-report.ts";

const day = 86_400_000;
const positionName = "housekeeping";
/** Deleted in portions, so that no statement holds its locks for long. */
const rowsPerStatement = 5_000;
const mostStatements = 200;

/**
 * Once a day and merchant (answers whether it was this merchant's turn): deletes deliveries that were dealt with long ago, answers kept for Idempotency-Keys,
 * old records of runs, and comments of live sessions that ended long ago. Quarantined
 * deliveries stay until a person has retried them. A platform that repeats a deleted delivery changes nothing: the order
 * is known by its own freshness.
 */
export async function keepHouse(context: SyncContext, merchantId: string): Promise<boolean> {
  const { db, runtime, options } = context;
  const now = nowInstant(runtime.clock);
  const position = await loadPosition(db, merchantId, positionName);
  if (position && position.updatedAt > addMs(now, -day)) return false;
  await savePosition(db, runtime, merchantId, positionName, { day: now.slice(0, 10) });
  // A merchant's first day has nothing old.
  if (!position) return false;
  await inPortions(() =>
    db.query(
      `delete from inbox using (
         select connection_id, delivery_id, digest from inbox
         where merchant_id = $1 and status in ('applied', 'ignored') and closed_at < $2 limit $3
       ) as old
       where inbox.merchant_id = $1 and inbox.connection_id = old.connection_id and inbox.delivery_id = old.delivery_id
         and inbox.digest = old.digest
       returning 1`,
      [merchantId, addMs(now, -options.keepInboxDays * day), rowsPerStatement],
    ),
  );
  await removeExpiredIdempotencyKeys(db, merchantId, now);
  await inPortions(() =>
    db.query(
      `delete from sync_runs using (select id from sync_runs where merchant_id = $1 and id < $2 order by id limit $3) as old
       where sync_runs.merchant_id = $1 and sync_runs.id = old.id returning 1`,
      [merchantId, firstIdAt(runtime.clock.nowMs() - options.keepRunsDays * day), rowsPerStatement],
    ),
  );
  for (let portion = 0; portion < mostStatements; portion += 1) {
    if ((await forgetComments(db, merchantId, now, rowsPerStatement)) === 0) break;
  }
  return true;
}

/**
 * The embedded database has no autovacuum: without this, dead rows would never be freed and the planner would never
 * learn how large the tables are. A server's autovacuum does it better by itself.
 */
export async function tidyEmbedded({ db }: SyncContext): Promise<void> {
  if (db.kind === "pglite") await db.query("vacuum (analyze)");
}

async function inPortions(remove: () => Promise<unknown[]>): Promise<void> {
  for (let statement = 0; statement < mostStatements; statement += 1) {
    const removed = await remove();
    if (removed.length < rowsPerStatement) return;
  }
}
