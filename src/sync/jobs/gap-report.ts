import { createHash } from "node:crypto";
import { z } from "zod";
import type { Orders } from "../../connectors/contract.ts";
import { addMs, type Instant, instantOf, msOf, nowInstant } from "../../core/clock.ts";
import type { Sql } from "../../core/db/database.ts";
import { appendEvents } from "../../core/events/log.ts";
import { instantSchema } from "../../core/model/primitives.ts";
import { insertTasks } from "../../core/tasks.ts";
import type { OpenConnection } from "../connections.ts";
import { fetchFates } from "../inbox/apply.ts";
import { assertLease, type Lease } from "../leases.ts";
import type { SyncContext } from "../parts.ts";
import { gapPosition, loadPosition, pullPosition, savePosition } from "../positions.ts";
import { recordRun } from "../runs.ts";

export interface GapCounts {
  hours: number;
  missing: number;
  repaired: number;
}

const hourMs = 3_600_000;
/** Catches up a day per run; the first run after a week's back-fill takes a few. */
const hoursPerRun = 24;

/**
 * Compares every closed hour (by the time the order was placed, in UTC) with the platform's own list, fetches what is
 * missing, and keeps a record per hour. An hour whose missing orders could not be fetched is looked at again.
 */
export async function gapReport(context: SyncContext, connection: OpenConnection): Promise<GapCounts | null> {
  const { orders } = connection.account;
  if (!orders || connection.status !== "active") return null;
  const first = await nextHour(context, connection);
  if (first === null || !isClosed(context, first)) return null;
  return context.leases.withLease(connection.merchantId, `gap-report:${connection.id}`, (lease) =>
    recordRun(context, connection, "gap-report", async () => {
      const counts: GapCounts = { hours: 0, missing: 0, repaired: 0 };
      const problem = await compareHours(context, connection, orders, lease, first, counts);
      return { result: counts, counts, problem };
    }),
  );
}

async function compareHours(
  context: SyncContext,
  connection: OpenConnection,
  orders: Orders,
  lease: Lease,
  first: Instant,
  counts: GapCounts,
): Promise<string | null> {
  let hour = first;
  while (
    counts.hours < hoursPerRun &&
    isClosed(context, hour) &&
    !lease.signal.aborted &&
    !context.stopping.aborted
  ) {
    const before = counts.hours;
    const problem = await compareHour(context, connection, orders, lease, hour, counts);
    if (problem !== null || counts.hours === before) return problem;
    hour = addMs(hour, hourMs);
  }
  return null;
}

const isClosed = (context: SyncContext, hour: Instant): boolean =>
  msOf(hour) + hourMs + context.options.gapGraceMs <= context.runtime.clock.nowMs();

const positionSchema = z.object({ hour: instantSchema });
const pulledSinceSchema = z.object({ since: instantSchema });

/** The hour to compare next; the first one is the first whole hour after the start of the first pull. */
async function nextHour(context: SyncContext, connection: OpenConnection): Promise<Instant | null> {
  const { db } = context;
  const position = await loadPosition(db, connection.merchantId, gapPosition(connection.id));
  const parsed = positionSchema.safeParse(position?.value);
  if (parsed.success) return parsed.data.hour;
  const pulled = await loadPosition(db, connection.merchantId, pullPosition(connection.id));
  const start = pulledSinceSchema.safeParse(pulled?.value);
  return start.success ? instantOf(Math.ceil(msOf(start.data.since) / hourMs) * hourMs) : null;
}

async function compareHour(
  context: SyncContext,
  connection: OpenConnection,
  orders: Orders,
  lease: Lease,
  hour: Instant,
  counts: GapCounts,
): Promise<string | null> {
  const window = { from: hour, to: addMs(hour, hourMs) };
  const listed = await context.calls.read(
    connection,
    (account, call) => (account.orders ?? orders).list(window, call),
    lease.signal,
  );
  // A platform without such a list has nothing to compare with, and that is no failure.
  if (!listed.ok) return listed.kind === "unsupported" ? null : listed.message;
  const theirs = [...new Set(listed.value.externalIds)];
  const ours = await ourOrders(context, connection, window);
  const missing = await notHeld(context.db, connection, theirs);
  const fates = await fetchFates(context, connection, missing);
  const retry = [...fates.values()].find((fate) => fate.kind === "retry");
  if (retry) return retry.reason;
  const lost = missing.filter(
    (externalId) => !["applied", "stale"].includes(fates.get(externalId)?.kind ?? ""),
  );
  await context.db.transaction(async (tx) => {
    await assertLease(tx, lease, context.runtime.clock);
    await storeReport(context, tx, connection, hour, { ours, theirs, missing });
    await savePosition(tx, context.runtime, connection.merchantId, gapPosition(connection.id), {
      hour: window.to,
    });
    await raiseLost(context, tx, connection, hour, lost);
  });
  counts.hours += 1;
  counts.missing += missing.length;
  counts.repaired += missing.length - lost.length;
  context.counters.gaps.hours += 1;
  context.counters.gaps.missing += missing.length;
  return null;
}

/**
 * Orders we hold that were placed in the window. An order's id is a UUIDv7 made when it came in, hence after it was
 * placed, so the index by connection and id is read only from there on and no index by time of order is needed.
 */
async function ourOrders(
  context: SyncContext,
  connection: OpenConnection,
  window: { from: Instant; to: Instant },
): Promise<string[]> {
  const slackMs = hourMs + connection.profile.behaviour.clockSkewMs;
  const rows = await context.db.query<{ external_id: string }>(
    `select external_id from orders
     where merchant_id = $1 and connection_id = $2 and id >= $3 and placed_at >= $4 and placed_at < $5`,
    [connection.merchantId, connection.id, firstIdAt(msOf(window.from) - slackMs), window.from, window.to],
  );
  return rows.map((row) => row.external_id);
}

/** The smallest UUIDv7 of a millisecond (RFC 9562, section 5.7: 48 bits of time come first). */
export function firstIdAt(epochMs: number): string {
  const time = Math.max(0, epochMs).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

async function notHeld(
  sql: Sql,
  connection: OpenConnection,
  externalIds: readonly string[],
): Promise<string[]> {
  const rows = await sql.query<{ external_id: string }>(
    `select wanted.external_id from unnest($3::text[]) as wanted (external_id)
     left join lateral (
       select 1 as held from orders where merchant_id = $1 and connection_id = $2 and external_id = wanted.external_id offset 0
     ) as o on true
     where o.held is null`,
    [connection.merchantId, connection.id, externalIds],
  );
  return rows.map((row) => row.external_id);
}

/** One text for a set of ids, whatever their order: equal digests mean equal sets. */
export const digestOfIds = (externalIds: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(externalIds.toSorted())).digest("hex");

async function storeReport(
  context: SyncContext,
  tx: Sql,
  connection: OpenConnection,
  hour: Instant,
  found: { ours: string[]; theirs: string[]; missing: string[] },
): Promise<void> {
  await tx.query(
    `insert into gap_reports (merchant_id, connection_id, hour, our_count, their_count, our_digest, their_digest, missing, checked_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9)
     on conflict (merchant_id, connection_id, hour) do update set our_count = excluded.our_count, their_count = excluded.their_count,
       our_digest = excluded.our_digest, their_digest = excluded.their_digest, missing = excluded.missing, checked_at = excluded.checked_at`,
    [
      connection.merchantId,
      connection.id,
      hour,
      found.ours.length,
      found.theirs.length,
      digestOfIds(found.ours),
      digestOfIds(found.theirs),
      JSON.stringify(found.missing),
      nowInstant(context.runtime.clock),
    ],
  );
}

async function raiseLost(
  context: SyncContext,
  tx: Sql,
  connection: OpenConnection,
  hour: Instant,
  lost: readonly string[],
): Promise<void> {
  if (lost.length === 0) return;
  const raised = await insertTasks(tx, context.runtime, connection.merchantId, [
    {
      kind: "missing_orders",
      subject: `${connection.id} ${hour}`,
      message: `"${connection.name}" lists ${lost.length} orders placed in the hour from ${hour} that could not be fetched. Compare them on the platform and enter them by hand if they are real.`,
      detail: { connectionId: connection.id, hour, externalIds: lost.slice(0, 100) },
    },
  ]);
  if (raised.length > 0) await appendEvents(tx, connection.merchantId, raised);
}
