import { addMs, nowInstant } from "../../core/clock.ts";
import { assertLease, type Lease } from "../leases.ts";
import type { SyncContext } from "../parts.ts";
import type { OutboxKind } from "./settle.ts";

/**
 * Sets of rows are updated by their place (ctid), looked up row by row through the key (`offset 0` keeps the planner from
 * turning that around). Joined by key, a table without fresh statistics is read whole behind its leading `merchant_id`:
 * 300 ms instead of 6 for 500 of 500,000 rows, and embedded databases never get statistics by themselves. A condition
 * that guards against others stands outside as well, where it is checked again on the newest version of the row.
 * Conditions that a partial index also has stay outside the look-up, or that index may be walked instead of the key.
 * Everybody who locks several rows of the outbox does so in the order of their ids, or two would wait for each other.
 */

export interface Claim {
  subjectId: string;
  requested: number;
  /** The figure about to be sent; null for parcels. */
  quantity: number | null;
}

/** A call's deadline is shorter: a row still claimed after this belongs to a dead process. */
const claimMs = 60_000;

/** Marks rows as being sent; answers the tries of each, this one included. Rows requested anew meanwhile are left out. */
export async function claimRows(
  context: SyncContext,
  lease: Lease,
  kind: OutboxKind,
  claims: readonly Claim[],
): Promise<Map<string, number>> {
  const { db, runtime } = context;
  const now = nowInstant(runtime.clock);
  const sorted = claims.toSorted((a, b) => (a.subjectId < b.subjectId ? -1 : 1));
  const rows = await db.transaction(async (tx) => {
    await assertLease(tx, lease, runtime.clock);
    return tx.query<{ subject_id: string; attempts: number }>(
      `update outbox set status = 'sending', quantity = claim.quantity, attempts = outbox.attempts + 1, not_before = $6, updated_at = $7
       from unnest($3::uuid[], $4::bigint[], $5::bigint[]) as claim (subject_id, requested, quantity)
         cross join lateral (
           select ctid as place, status from outbox where merchant_id = $1 and kind = $2 and subject_id = claim.subject_id offset 0
         ) as found
       where outbox.merchant_id = $1 and outbox.ctid = found.place and outbox.requested = claim.requested
         and found.status in ('pending', 'sending', 'unknown')
       returning outbox.subject_id, outbox.attempts`,
      [
        lease.merchantId,
        kind,
        sorted.map((claim) => claim.subjectId),
        sorted.map((claim) => claim.requested),
        sorted.map((claim) => claim.quantity),
        addMs(now, claimMs),
        now,
      ],
    );
  });
  return new Map(rows.map((row) => [row.subject_id, row.attempts]));
}

/** Closes rows whose platform shows the target already, unless they were requested anew meanwhile. */
export async function closeShown(
  context: SyncContext,
  lease: Lease,
  rows: readonly { listingId: string; requested: number }[],
): Promise<void> {
  if (rows.length === 0) return;
  const { db, runtime } = context;
  const sorted = rows.toSorted((a, b) => (a.listingId < b.listingId ? -1 : 1));
  await db.query(
    `update outbox set status = 'done', attempts = 0, error_kind = null, error_message = null, quantity = null, updated_at = $4
     from unnest($2::uuid[], $3::bigint[]) as shown (listing_id, requested)
       cross join lateral (
         select ctid as place, status from outbox where merchant_id = $1 and kind = 'stock' and subject_id = shown.listing_id offset 0
       ) as found
     where outbox.merchant_id = $1 and outbox.ctid = found.place and outbox.requested = shown.requested and found.status = 'pending'`,
    [
      lease.merchantId,
      sorted.map((row) => row.listingId),
      sorted.map((row) => row.requested),
      nowInstant(runtime.clock),
    ],
  );
  context.counters.stock.skipped += rows.length;
}
