import { z } from "zod";
import type { Json, Orders, PullPage } from "../../connectors/contract.ts";
import { sameCursor } from "../../connectors/toolkit/paging.ts";
import { addMs, type Instant, instantOf, msOf, nowInstant } from "../../core/clock.ts";
import { instantSchema } from "../../core/model/primitives.ts";
import { closeTasks } from "../../core/tasks.ts";
import type { OpenConnection } from "../connections.ts";
import type { SyncCounts } from "../contract.ts";
import { passWatermark } from "../escrow/pass-watermark.ts";
import { quarantineOrders, type Unusable } from "../inbox/quarantine.ts";
import { type Intake, submitOrders } from "../intake.ts";
import { assertLease, type Lease } from "../leases.ts";
import type { SyncContext } from "../parts.ts";
import { loadPosition, pullPosition, savePosition } from "../positions.ts";
import { refusedTask } from "../refuse.ts";
import { recordRun } from "../runs.ts";

export const noCounts = (): SyncCounts => ({
  pages: 0,
  orders: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  rejected: 0,
  pushed: 0,
  failed: 0,
});

export interface Pulled {
  counts: SyncCounts;
  /** Why the run stopped before the end of what there is; null when it reached it or its bounds. */
  problem: string | null;
}

const day = 86_400_000;

/**
 * Reads a connection's orders from its cursor on. The cursor belongs to the connector: it holds the overlap that the
 * manifest declares (`pullOverlapMs`) and starts each run with it, so this job only carries it, and moves it past a page
 * when every order of the page is in the hub, or kept aside for a person (F064). `null`: another process is at it.
 */
export async function pullOrders(context: SyncContext, connection: OpenConnection): Promise<Pulled | null> {
  const { orders } = connection.account;
  if (!orders || connection.status !== "active") return { counts: noCounts(), problem: null };
  return context.leases.withLease(connection.merchantId, `pull:${connection.id}`, (lease) =>
    recordRun(context, connection, "pull-orders", async () => {
      const pulled = await pullPages(context, connection, orders, lease);
      context.counters.pulls.runs += 1;
      if (pulled.problem === null) {
        await closeTasks(context.db, context.runtime, connection.merchantId, [
          { kind: refusedTask, subject: connection.id },
        ]);
      } else {
        context.counters.pulls.failed += 1;
      }
      return { result: pulled, counts: pulled.counts, problem: pulled.problem };
    }),
  );
}

const positionSchema = z.object({ cursor: z.json(), since: instantSchema });

interface Start {
  cursor: Json | null;
  since: Instant;
}

/**
 * Where to go on. The very first pull reaches some days back from when the account was connected, however late it comes: what
 * was ordered since is owed. A start in the future would hide everything until then (F068).
 */
export async function loadStart(context: SyncContext, connection: OpenConnection): Promise<Start> {
  const { db, runtime, options, log } = context;
  const now = nowInstant(runtime.clock);
  const position = await loadPosition(db, connection.merchantId, pullPosition(connection.id));
  const parsed = positionSchema.safeParse(position?.value);
  if (!parsed.success) {
    const [row] = await db.query<{ connected: Instant }>(
      "select created_at as connected from connections where merchant_id = $1 and id = $2",
      [connection.merchantId, connection.id],
    );
    const connected = row && row.connected < now ? row.connected : now;
    return { cursor: null, since: addMs(connected, -options.firstPullDays * day) };
  }
  if (parsed.data.since <= now) return parsed.data;
  log.warn(
    { connectionId: connection.id, since: parsed.data.since },
    "The stored start of the pull lies in the future; it is set to now.",
  );
  return { ...parsed.data, since: now };
}

async function pullPages(
  context: SyncContext,
  connection: OpenConnection,
  orders: Orders,
  lease: Lease,
): Promise<Pulled> {
  const { runtime, options } = context;
  const counts = noCounts();
  const untilMs = runtime.clock.nowMs() + options.runMs;
  const { since, ...start } = await loadStart(context, connection);
  let { cursor } = start;
  for (let page = 0; page < options.pagesPerRun && runtime.clock.nowMs() < untilMs; page += 1) {
    if (lease.signal.aborted || context.stopping.aborted) break;
    const request = { cursor, since };
    const pulled = await context.calls.read(
      connection,
      (account, call) => (account.orders ?? orders).pull(request, call),
      lease.signal,
    );
    if (!pulled.ok) return { counts, problem: pulled.message };
    const problem = await takePage(context, connection, lease, since, pulled.value, counts);
    if (problem !== null) return { counts, problem };
    if (!pulled.value.more) return { counts, problem: null };
    if (sameCursor(cursor, pulled.value.cursor)) {
      return {
        counts,
        problem: "The platform says there are more orders, but gives the same place in its list again.",
      };
    }
    cursor = pulled.value.cursor;
  }
  return { counts, problem: null };
}

/** Hands a page to the engine and moves the cursor past it. A reason is answered, and nothing moved, when that failed. */
async function takePage(
  context: SyncContext,
  connection: OpenConnection,
  lease: Lease,
  since: Instant,
  page: PullPage,
  counts: SyncCounts,
): Promise<string | null> {
  for (const warning of page.warnings ?? []) context.log.warn({ connectionId: connection.id }, warning);
  const intakes = await submitOrders(context, connection, page.orders);
  const retry = intakes.find((intake) => intake.kind === "retry");
  if (retry) return `An order could not be stored (${retry.code}); the page is read again. ${retry.reason}`;
  const unusable = [
    ...page.rejected.map((row): Unusable => ({ ...row, kind: "malformed" })),
    ...refusedOf(page, intakes),
  ];
  await context.db.transaction(async (tx) => {
    await assertLease(tx, lease, context.runtime.clock);
    await quarantineOrders(context, tx, connection, unusable);
    await savePosition(tx, context.runtime, connection.merchantId, pullPosition(connection.id), {
      cursor: page.cursor,
      since,
    });
    if (page.watermark === undefined) return;
    // An order that was kept aside is sold and not in: while there is one, nobody may say that all are.
    // The platform's clock may be ahead of ours; nothing that lies in the future can be in.
    const watermark = instantOf(Math.min(msOf(page.watermark), context.runtime.clock.nowMs()));
    await tx.query(
      `update connections set order_watermark = greatest(order_watermark, $3::timestamptz) where merchant_id = $1 and id = $2
         and not exists (select 1 from inbox where merchant_id = $1 and status = 'quarantined' and connection_id = $2)`,
      [connection.merchantId, connection.id, watermark],
    );
  });
  if (page.watermark !== undefined) await passWatermark(context, connection);
  countPage(context, counts, page, intakes, unusable.length);
  return null;
}

function refusedOf(page: PullPage, intakes: readonly Intake[]): Unusable[] {
  return page.orders.flatMap((order, index) => {
    const intake = intakes[index];
    if (intake?.kind !== "refused") return [];
    // Through JSON: a snapshot may hold members that are undefined.
    const raw = z.json().parse(JSON.parse(JSON.stringify(order)));
    return [{ externalId: order.externalId, kind: intake.code, reason: intake.reason, raw }];
  });
}

function countPage(
  context: SyncContext,
  counts: SyncCounts,
  page: PullPage,
  intakes: readonly Intake[],
  unusable: number,
): void {
  counts.pages += 1;
  counts.orders += page.orders.length;
  counts.rejected += unusable;
  for (const intake of intakes) {
    if (intake.kind === "applied") counts[intake.outcome] += 1;
    else if (intake.kind === "stale") counts.unchanged += 1;
  }
  const { pulls } = context.counters;
  pulls.pages += 1;
  pulls.orders += page.orders.length;
  pulls.rejected += unusable;
}
