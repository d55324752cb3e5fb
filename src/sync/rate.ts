import { type Clock, type Instant, instantOf, msOf } from "../core/clock.ts";
import type { Database, Sql } from "../core/db/database.ts";
import { SluiceError } from "../core/errors.ts";

/**
 * The call budget of one account: a token bucket in `rate_buckets`, shared by every job and every hub process. A
 * process takes a few tokens at a time and spends them from memory; unspent ones are thrown away after a second, which
 * only ever makes us slower than allowed.
 */
export interface Budget {
  callsPerSecond: number;
  burst: number;
}

export interface Bucket {
  /** Thousandths of a call. */
  milliTokens: number;
  refilledAt: Instant;
  /** Set by the platform's 429. */
  blockedUntil: Instant | null;
}

export interface Take {
  granted: number;
  bucket: Bucket;
  /** When nothing was granted: how long until one call is allowed. */
  waitMs: number;
}

/** Refills for the time gone by and takes up to `wanted` whole calls. A clock that stands behind the bucket's refills nothing. */
export function take(bucket: Bucket, budget: Budget, nowMs: number, wanted: number): Take {
  const blockedMs = bucket.blockedUntil === null ? 0 : msOf(bucket.blockedUntil) - nowMs;
  if (blockedMs > 0) return { granted: 0, bucket, waitMs: blockedMs };
  const elapsedMs = Math.max(0, nowMs - msOf(bucket.refilledAt));
  const room = Math.max(1, Math.floor(budget.burst)) * 1000;
  // One call per second is one thousandth per millisecond.
  const milliTokens = Math.min(room, bucket.milliTokens + Math.floor(elapsedMs * budget.callsPerSecond));
  const granted = Math.max(0, Math.min(wanted, Math.floor(milliTokens / 1000)));
  if (granted === 0) {
    return { granted, bucket, waitMs: Math.max(1, Math.ceil((1000 - milliTokens) / budget.callsPerSecond)) };
  }
  const refilledAt = elapsedMs > 0 ? instantOf(nowMs) : bucket.refilledAt;
  return {
    granted,
    bucket: { milliTokens: milliTokens - granted * 1000, refilledAt, blockedUntil: null },
    waitMs: 0,
  };
}

export interface AccountKey {
  merchantId: string;
  connectionId: string;
}

export interface RateLimiter {
  /** Takes one call; `waitMs` says how long to wait when there is none now. */
  take(key: AccountKey, budget: Budget): Promise<{ ok: true } | { ok: false; waitMs: number }>;
  /** No call before `until`, for any job and process. Never shortens a block. */
  block(key: AccountKey, until: Instant): Promise<void>;
}

/** A fifth of a second of the budget at once. */
const grabShare = 5;
const stashMs = 1000;
const triesPerTake = 20;

export function createRateLimiter(db: Database, clock: Clock): RateLimiter {
  const stashes = new Map<string, { tokens: number; untilMs: number }>();
  /** One question to the database per account and process at a time; the others wait for its answer. */
  const asking = new Map<string, Promise<number>>();
  /** Buckets as this process left them. Others only take from them or block them, and the guarded update notices that. */
  const known = new Map<string, Bucket>();

  const spend = (connectionId: string): boolean => {
    const stash = stashes.get(connectionId);
    if (!stash || stash.tokens === 0 || stash.untilMs <= clock.nowMs()) return false;
    stash.tokens -= 1;
    return true;
  };
  const ask = async (key: AccountKey, budget: Budget): Promise<number> => {
    const wanted = Math.max(1, Math.floor(budget.callsPerSecond / grabShare));
    const { granted, bucket, waitMs } = await takeShared(
      db,
      key,
      budget,
      clock.nowMs(),
      wanted,
      known.get(key.connectionId),
    );
    known.set(key.connectionId, bucket);
    if (granted === 0) return waitMs;
    stashes.set(key.connectionId, { tokens: granted, untilMs: clock.nowMs() + stashMs });
    return 0;
  };
  return {
    async take(key, budget) {
      for (;;) {
        if (spend(key.connectionId)) return { ok: true };
        const current = asking.get(key.connectionId);
        const answer = current ?? ask(key, budget).finally(() => asking.delete(key.connectionId));
        if (!current) asking.set(key.connectionId, answer);
        const waitMs = await answer;
        if (waitMs > 0) return { ok: false, waitMs };
      }
    },
    async block(key, until) {
      stashes.delete(key.connectionId);
      known.delete(key.connectionId);
      await blockShared(db, key, until, instantOf(clock.nowMs()));
    },
  };
}

interface BucketRow {
  milli_tokens: number;
  refilled_at: Instant;
  blocked_until: Instant | null;
}

/** Decides by what it knows, or reads first, and writes only if nobody wrote in between. */
async function takeShared(
  db: Sql,
  key: AccountKey,
  budget: Budget,
  nowMs: number,
  wanted: number,
  known: Bucket | undefined,
): Promise<Take> {
  for (let tries = 0; tries < triesPerTake; tries += 1) {
    const bucket = (tries === 0 ? known : undefined) ?? (await loadBucket(db, key, budget, nowMs));
    const taken = take(bucket, budget, nowMs, wanted);
    if (taken.granted === 0) return taken;
    const written = await db.query(
      `update rate_buckets set milli_tokens = $3, refilled_at = $4, blocked_until = null
       where merchant_id = $1 and connection_id = $2
         and milli_tokens = $5 and refilled_at = $6 and blocked_until is not distinct from $7
       returning connection_id`,
      [
        key.merchantId,
        key.connectionId,
        taken.bucket.milliTokens,
        taken.bucket.refilledAt,
        bucket.milliTokens,
        bucket.refilledAt,
        bucket.blockedUntil,
      ],
    );
    if (written.length === 1) return taken;
  }
  throw new SluiceError(
    "overloaded",
    `The call budget of connection ${key.connectionId} is contended; the job tries again by itself.`,
  );
}

async function loadBucket(db: Sql, key: AccountKey, budget: Budget, nowMs: number): Promise<Bucket> {
  const text = `select milli_tokens, refilled_at, blocked_until from rate_buckets where merchant_id = $1 and connection_id = $2`;
  const [row] = await db.query<BucketRow>(text, [key.merchantId, key.connectionId]);
  if (row)
    return { milliTokens: row.milli_tokens, refilledAt: row.refilled_at, blockedUntil: row.blocked_until };
  const full: Bucket = {
    milliTokens: Math.max(1, Math.floor(budget.burst)) * 1000,
    refilledAt: instantOf(nowMs),
    blockedUntil: null,
  };
  await db.query(
    `insert into rate_buckets (merchant_id, connection_id, milli_tokens, refilled_at) values ($1, $2, $3, $4)
     on conflict do nothing`,
    [key.merchantId, key.connectionId, full.milliTokens, full.refilledAt],
  );
  // Somebody else's row may have come first: the guarded update finds out.
  return full;
}

async function blockShared(db: Sql, key: AccountKey, until: Instant, now: Instant): Promise<void> {
  await db.query(
    `insert into rate_buckets (merchant_id, connection_id, milli_tokens, refilled_at, blocked_until)
     values ($1, $2, 0, $4, $3)
     on conflict (merchant_id, connection_id) do update
       set blocked_until = greatest(rate_buckets.blocked_until, excluded.blocked_until), milli_tokens = 0`,
    [key.merchantId, key.connectionId, until, now],
  );
}
