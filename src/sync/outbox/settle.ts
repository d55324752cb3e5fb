import { addMs, type Instant, nowInstant } from "../../core/clock.ts";
import type { Sql } from "../../core/db/database.ts";
import { appendEvents } from "../../core/events/log.ts";
import { closeTasks, insertTasks, type NewTask } from "../../core/tasks.ts";
import type { OpenConnection } from "../connections.ts";
import { assertLease, type Lease } from "../leases.ts";
import type { SyncContext } from "../parts.ts";
import type { Settlement } from "./outcome.ts";

export type OutboxKind = "stock" | "fulfilment";

/** A row of the outbox that was claimed, and what became of it. */
export interface Settled {
  subjectId: string;
  /** The request that was answered. */
  requested: number;
  hadError: boolean;
  settlement: Settlement;
  /** For the task, should it be parked: what it is about, e.g. `item "4711"`. */
  title: string;
}

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
  const rows = await db.transaction(async (tx) => {
    await assertLease(tx, lease, runtime.clock);
    return tx.query<{ subject_id: string; attempts: number }>(
      `update outbox set status = 'sending', quantity = claim.quantity, attempts = outbox.attempts + 1, not_before = $6, updated_at = $7
       from unnest($3::uuid[], $4::bigint[], $5::bigint[]) as claim (subject_id, requested, quantity)
       where outbox.merchant_id = $1 and outbox.kind = $2 and outbox.subject_id = claim.subject_id
         and outbox.requested = claim.requested and outbox.status in ('pending', 'sending', 'unknown')
       returning outbox.subject_id, outbox.attempts`,
      [
        lease.merchantId,
        kind,
        claims.map((claim) => claim.subjectId),
        claims.map((claim) => claim.requested),
        claims.map((claim) => claim.quantity),
        addMs(now, claimMs),
        now,
      ],
    );
  });
  return new Map(rows.map((row) => [row.subject_id, row.attempts]));
}

/**
 * Writes what became of claimed rows, in one transaction under the lease. A row requested again meanwhile stays pending
 * whatever the outcome, save for one in doubt, which stays in doubt.
 */
export async function settleRows(
  context: SyncContext,
  connection: OpenConnection,
  lease: Lease,
  kind: OutboxKind,
  rows: readonly Settled[],
): Promise<void> {
  if (rows.length === 0) return;
  const { db, runtime } = context;
  const now = nowInstant(runtime.clock);
  await db.transaction(async (tx) => {
    await assertLease(tx, lease, runtime.clock);
    const answers = await updateOutbox(tx, lease.merchantId, kind, rows, now);
    if (kind === "stock") await updateListings(tx, lease.merchantId, rows, answers, now);
    await closeTasks(
      tx,
      runtime,
      lease.merchantId,
      rows.filter(isCured).map((row) => taskOf(connection, kind, row)),
    );
    const parked = rows.filter(
      (row) => row.settlement.status === "parked" && answers.get(row.subjectId)?.newest,
    );
    const raised = await insertTasks(
      tx,
      runtime,
      lease.merchantId,
      parked.map((row) => taskOf(connection, kind, row)),
    );
    if (raised.length > 0) await appendEvents(tx, lease.merchantId, raised);
  });
}

const isCured = (row: Settled): boolean => row.settlement.status === "done" && row.hadError;

interface Answered {
  subject_id: string;
  /** Nobody requested it anew while the call was under way. */
  newest: boolean;
  /** The figure in flight was not overtaken by a sale on the platform itself. */
  intact: boolean;
}

/** Locks the rows in the order of their ids, as everybody does. */
async function updateOutbox(
  tx: Sql,
  merchantId: string,
  kind: OutboxKind,
  rows: readonly Settled[],
  now: Instant,
): Promise<Map<string, Answered>> {
  const sorted = rows.toSorted((a, b) => (a.subjectId < b.subjectId ? -1 : 1));
  const settlements = sorted.map((row) => row.settlement);
  const answered = await tx.query<Answered>(
    `with locked as (
       select o.subject_id, o.quantity is not null as intact, s.* from unnest($3::uuid[], $4::bigint[], $5::text[], $6::timestamptz[], $7::int[], $8::text[], $9::text[], $10::text[])
         as s (id, seen, new_status, wait_until, taken_back, kind, message, platform_id)
       cross join lateral (
         select subject_id, quantity from outbox where merchant_id = $1 and kind = $2 and subject_id = s.id and status = 'sending' for update
       ) as o
     )
     update outbox set
       status = case when outbox.requested > locked.seen and locked.new_status <> 'unknown' then 'pending' else locked.new_status end,
       attempts = case when locked.new_status = 'done' or (outbox.requested > locked.seen and locked.new_status = 'parked') then 0
         else outbox.attempts - locked.taken_back end,
       not_before = locked.wait_until, error_kind = locked.kind, error_message = locked.message,
       quantity = case when locked.new_status = 'unknown' then outbox.quantity end,
       external_id = coalesce(locked.platform_id, outbox.external_id), updated_at = $11
     from locked
     where outbox.merchant_id = $1 and outbox.kind = $2 and outbox.subject_id = locked.subject_id
     returning outbox.subject_id, outbox.requested = locked.seen as newest, locked.intact`,
    [
      merchantId,
      kind,
      sorted.map((row) => row.subjectId),
      sorted.map((row) => row.requested),
      settlements.map((settlement) => settlement.status),
      settlements.map((settlement) => ("waitMs" in settlement ? addMs(now, settlement.waitMs) : now)),
      settlements.map((settlement) => ("counted" in settlement && !settlement.counted ? 1 : 0)),
      settlements.map((settlement) => ("kind" in settlement ? settlement.kind : null)),
      settlements.map((settlement) => ("message" in settlement ? settlement.message : null)),
      settlements.map((settlement) => ("externalId" in settlement ? settlement.externalId : null)),
      now,
    ],
  );
  return new Map(answered.map((row) => [row.subject_id, row]));
}

/** Remembers the confirmed figures; a write in doubt, or overtaken by the platform's own sale, leaves none. */
async function updateListings(
  tx: Sql,
  merchantId: string,
  rows: readonly Settled[],
  answers: ReadonlyMap<string, Answered>,
  now: Instant,
): Promise<void> {
  const figures = rows.flatMap(({ subjectId, settlement }) => {
    if (settlement.status === "done") {
      return { subjectId, published: answers.get(subjectId)?.intact ? settlement.published : null };
    }
    return settlement.status === "unknown" ? { subjectId, published: null } : [];
  });
  if (figures.length === 0) return;
  await tx.query(
    `update listings set published_quantity = figure.published,
       published_at = case when figure.published is null then listings.published_at else $4::timestamptz end
     from unnest($2::uuid[], $3::bigint[]) as figure (id, published)
     where listings.merchant_id = $1 and listings.id = figure.id`,
    [merchantId, figures.map((figure) => figure.subjectId), figures.map((figure) => figure.published), now],
  );
}

export const taskKinds = { stock: "stock_push_parked", fulfilment: "fulfilment_push_parked" } as const;

function taskOf(connection: OpenConnection, kind: OutboxKind, row: Settled): NewTask {
  const problem = "message" in row.settlement ? row.settlement.message : "";
  const what = kind === "stock" ? "stock figure" : "parcel";
  return {
    kind: taskKinds[kind],
    subject: row.subjectId,
    message: `"${connection.name}" does not take the ${what} of ${row.title}. Correct it and retry the parked pushes of this connection. ${problem}`,
    detail: { connectionId: connection.id, kind: "kind" in row.settlement ? row.settlement.kind : null },
  };
}

/** Closes rows whose platform shows the target already, unless they were requested anew meanwhile. */
export async function closeShown(
  context: SyncContext,
  lease: Lease,
  rows: readonly { listingId: string; requested: number }[],
): Promise<void> {
  if (rows.length === 0) return;
  const { db, runtime } = context;
  await db.query(
    `update outbox set status = 'done', attempts = 0, error_kind = null, error_message = null, quantity = null, updated_at = $4
     from unnest($2::uuid[], $3::bigint[]) as shown (listing_id, requested)
     where outbox.merchant_id = $1 and outbox.kind = 'stock' and outbox.subject_id = shown.listing_id
       and outbox.requested = shown.requested and outbox.status = 'pending'`,
    [
      lease.merchantId,
      rows.map((row) => row.listingId),
      rows.map((row) => row.requested),
      nowInstant(runtime.clock),
    ],
  );
  context.counters.stock.skipped += rows.length;
}
