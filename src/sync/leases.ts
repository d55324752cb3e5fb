import { type Clock, instantOf, nowInstant, type Timers } from "../core/clock.ts";
import type { Database, Sql } from "../core/db/database.ts";
import { SluiceError } from "../core/errors.ts";

/**
 * Who may do a job now, over all hub processes. A lease lasts 45 seconds and is renewed while its work goes on. Its
 * token rises with every new holder; a job's writes call `assertLease` in their own transaction, so a process that was
 * paused and wakes up after somebody else took over can no longer write.
 */
export interface Lease {
  merchantId: string;
  name: string;
  token: number;
  /** Aborted when the lease could not be renewed in time: stop calling out. */
  signal: AbortSignal;
}

export interface Leases {
  /** Runs `work` while holding the lease; `null` when somebody else holds it. */
  withLease<Result>(
    merchantId: string,
    name: string,
    work: (lease: Lease) => Promise<Result>,
  ): Promise<Result | null>;
}

export const leaseTtlMs = 45_000;
/** Two renewals may fail before the lease runs out. */
const renewEveryMs = leaseTtlMs / 3;

export function createLeases(parts: { db: Database; clock: Clock; timers: Timers; holder: string }): Leases {
  const { db, clock, timers, holder } = parts;
  return {
    async withLease(merchantId, name, work) {
      const token = await acquire(db, merchantId, name, holder, clock);
      if (token === null) return null;
      const lost = new AbortController();
      const done = new AbortController();
      const lease: Lease = { merchantId, name, token, signal: lost.signal };
      const renewing = keepAlive(db, lease, clock, timers, done.signal).then((kept) => {
        if (!kept) lost.abort();
      });
      try {
        return await work(lease);
      } finally {
        done.abort();
        await renewing;
        await release(db, lease, clock);
      }
    },
  };
}

async function acquire(
  db: Sql,
  merchantId: string,
  name: string,
  holder: string,
  clock: Clock,
): Promise<number | null> {
  const nowMs = clock.nowMs();
  const [row] = await db.query<{ token: number }>(
    `insert into leases (merchant_id, name, holder, token, expires_at) values ($1, $2, $3, 1, $4)
     on conflict (merchant_id, name) do update
       set holder = excluded.holder, token = leases.token + 1, expires_at = excluded.expires_at
       where leases.expires_at <= $5
     returning token`,
    [merchantId, name, holder, instantOf(nowMs + leaseTtlMs), instantOf(nowMs)],
  );
  return row?.token ?? null;
}

/** Resolves true when `stop` ended it, false when the lease was lost. */
async function keepAlive(
  db: Sql,
  lease: Lease,
  clock: Clock,
  timers: Timers,
  stop: AbortSignal,
): Promise<boolean> {
  let goodUntilMs = clock.nowMs() + leaseTtlMs;
  for (;;) {
    await timers.sleep(renewEveryMs, stop);
    if (stop.aborted) return true;
    const nowMs = clock.nowMs();
    const renewed = await renew(db, lease, nowMs).catch(() => "unreachable" as const);
    if (renewed === "lost") return false;
    if (renewed === "renewed") goodUntilMs = nowMs + leaseTtlMs;
    else if (nowMs >= goodUntilMs) return false;
  }
}

async function renew(db: Sql, lease: Lease, nowMs: number): Promise<"renewed" | "lost"> {
  const rows = await db.query(
    `update leases set expires_at = $4 where merchant_id = $1 and name = $2 and token = $3 and expires_at > $5 returning token`,
    [lease.merchantId, lease.name, lease.token, instantOf(nowMs + leaseTtlMs), instantOf(nowMs)],
  );
  return rows.length === 1 ? "renewed" : "lost";
}

/** A lease that cannot be given back (database gone) simply runs out. */
async function release(db: Sql, lease: Lease, clock: Clock): Promise<void> {
  await db
    .query(
      `update leases set expires_at = $4 where merchant_id = $1 and name = $2 and token = $3 and expires_at > $4`,
      [lease.merchantId, lease.name, lease.token, nowInstant(clock)],
    )
    .catch(() => undefined);
}

/**
 * Refuses with `conflict` unless the lease is still held. Locks its row until the transaction ends, so nobody can take
 * over between this check and the commit.
 */
export async function assertLease(tx: Sql, lease: Lease, clock: Clock): Promise<void> {
  const rows = await tx.query(
    `select token from leases where merchant_id = $1 and name = $2 and token = $3 and expires_at > $4 for share`,
    [lease.merchantId, lease.name, lease.token, nowInstant(clock)],
  );
  if (rows.length === 0) {
    throw new SluiceError(
      "conflict",
      `This process lost the lease "${lease.name}" while it worked; another process goes on with the job.`,
      { details: { lease: lease.name, token: lease.token } },
    );
  }
}
