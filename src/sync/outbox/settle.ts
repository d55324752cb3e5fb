import { addMs, type Instant, nowInstant } from "../../core/clock.ts";
import type { Sql } from "../../core/db/database.ts";
import { appendEvents } from "../../core/events/log.ts";
import { closeTasks, insertTasks, type NewTask } from "../../core/tasks.ts";
import type { OpenConnection } from "../connections.ts";
import { assertLease, type Lease } from "../leases.ts";
import type { SyncContext } from "../parts.ts";
import { type LockedRow, lockListings, lockOutbox } from "./lock.ts";
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

/**
 * Writes what became of claimed rows, in one transaction under the lease. A row requested again meanwhile stays pending
 * whatever the outcome, save for one in doubt, which stays in doubt.
 */
export async function settleRows(
  context: SyncContext,
  connection: OpenConnection,
  lease: Lease,
  kind: OutboxKind,
  claimed: readonly Settled[],
): Promise<void> {
  if (claimed.length === 0) return;
  const { db, runtime } = context;
  const now = nowInstant(runtime.clock);
  await db.transaction(async (tx) => {
    await assertLease(tx, lease, runtime.clock);
    const subjectIds = claimed.map((row) => row.subjectId);
    const found = await lockOutbox(tx, lease.merchantId, kind, subjectIds);
    const locked: LockedRows = new Map(
      found.filter((row) => row.status === "sending").map((row) => [row.subject_id, row]),
    );
    const rows = claimed.filter((row) => locked.has(row.subjectId));
    await updateOutbox(tx, lease.merchantId, kind, rows, locked, now);
    if (kind === "stock") await updateListings(tx, lease.merchantId, rows, locked, now);
    await closeTasks(
      tx,
      runtime,
      lease.merchantId,
      rows.filter(isCured).map((row) => taskOf(connection, kind, row)),
    );
    const parked = rows.filter(
      (row) => row.settlement.status === "parked" && locked.get(row.subjectId)?.requested === row.requested,
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

type LockedRows = ReadonlyMap<string, LockedRow>;

const isCured = (row: Settled): boolean => row.settlement.status === "done" && row.hadError;

async function updateOutbox(
  tx: Sql,
  merchantId: string,
  kind: OutboxKind,
  rows: readonly Settled[],
  locked: LockedRows,
  now: Instant,
): Promise<void> {
  const settlements = rows.map(({ settlement }) => settlement);
  const isAnew = (row: Settled) => locked.get(row.subjectId)?.requested !== row.requested;
  await tx.query(
    `update outbox set status = settled.status, attempts = case when settled.fresh then 0 else outbox.attempts - settled.taken_back end,
       not_before = settled.not_before, error_kind = settled.kind, error_message = settled.message,
       quantity = case when settled.status = 'unknown' then outbox.quantity end,
       external_id = coalesce(settled.external_id, outbox.external_id), updated_at = $4
     from unnest($3::uuid[], $5::text[], $6::boolean[], $7::timestamptz[], $8::int[], $9::text[], $10::text[], $11::text[])
         as settled (id, status, fresh, not_before, taken_back, kind, message, external_id)
       cross join lateral (
         select ctid as place from outbox where merchant_id = $1 and kind = $2 and subject_id = settled.id offset 0
       ) as found
     where outbox.merchant_id = $1 and outbox.ctid = found.place`,
    [
      merchantId,
      kind,
      rows.map((row) => row.subjectId),
      now,
      rows.map((row) => statusAfter(row.settlement, isAnew(row))),
      rows.map(
        (row) => row.settlement.status === "done" || (row.settlement.status === "parked" && isAnew(row)),
      ),
      settlements.map((settlement) => ("waitMs" in settlement ? addMs(now, settlement.waitMs) : now)),
      settlements.map((settlement) => ("counted" in settlement && !settlement.counted ? 1 : 0)),
      settlements.map((settlement) => ("kind" in settlement ? settlement.kind : null)),
      settlements.map((settlement) => ("message" in settlement ? settlement.message : null)),
      settlements.map((settlement) => ("externalId" in settlement ? settlement.externalId : null)),
    ],
  );
}

/** A row requested anew while it was sent is owed again, whatever came of it; save for one in doubt. */
const statusAfter = (settlement: Settlement, isAnew: boolean): Settlement["status"] =>
  isAnew && settlement.status !== "unknown" ? "pending" : settlement.status;

/** Remembers the confirmed figures; a write in doubt, or overtaken by the platform's own sale, leaves none. */
async function updateListings(
  tx: Sql,
  merchantId: string,
  rows: readonly Settled[],
  locked: LockedRows,
  now: Instant,
): Promise<void> {
  const figures = rows.flatMap(({ subjectId, settlement }) => {
    if (settlement.status === "done") {
      return { subjectId, published: locked.get(subjectId)?.quantity !== null ? settlement.published : null };
    }
    return settlement.status === "unknown" ? { subjectId, published: null } : [];
  });
  if (figures.length === 0) return;
  await lockListings(
    tx,
    merchantId,
    figures.map((figure) => figure.subjectId),
  );
  await tx.query(
    `update listings set published_quantity = figure.published,
       published_at = case when figure.published is null then listings.published_at else $4::timestamptz end
     from unnest($2::uuid[], $3::bigint[]) as figure (id, published)
       cross join lateral (select ctid as place from listings where merchant_id = $1 and id = figure.id offset 0) as found
     where listings.merchant_id = $1 and listings.ctid = found.place`,
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
