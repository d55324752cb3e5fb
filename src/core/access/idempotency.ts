import { addMs, type Instant } from "../clock.ts";
import type { Sql } from "../db/database.ts";

/** First answers to writes that came with an Idempotency-Key, kept so that a repeat gets the same one. */

export interface KeptAnswer {
  status: number;
  /** JSON text, or empty for none. */
  text: string;
  headers: Record<string, string>;
}

export interface IdempotentCall {
  merchantId: string;
  key: string;
  /** Tells one request from another: method, address and body. */
  digest: string;
}

export type Claim =
  | { kind: "first" }
  | { kind: "repeat"; answer: KeptAnswer }
  | { kind: "mismatch" }
  | { kind: "in_progress" };

export const keptForMs = 24 * 3_600_000;

/** A call that left no answer for this long was cut off by the end of its process; a repeat may do the work again. */
const abandonedAfterMs = 5 * 60_000;

/** Takes the key for a first call, or says what became of the first one. */
export async function claimIdempotencyKey(sql: Sql, call: IdempotentCall, now: Instant): Promise<Claim> {
  for (let tries = 1; tries <= 3; tries += 1) {
    if (await takeKey(sql, call, now)) return { kind: "first" };
    const kept = await readKey(sql, call);
    if (kept) return kept;
    // Gone in between: the first call failed and gave the key back.
  }
  return { kind: "in_progress" };
}

async function takeKey(sql: Sql, call: IdempotentCall, now: Instant): Promise<boolean> {
  const claimed = await sql.query<{ key: string }>(
    `insert into idempotency_keys as kept (merchant_id, key, digest, created_at) values ($1, $2, $3, $4)
     on conflict (merchant_id, key) do update
       set digest = excluded.digest, status = null, response = null, created_at = excluded.created_at
       where kept.created_at <= $5::timestamptz
         or (kept.status is null and kept.digest = excluded.digest and kept.created_at <= $6::timestamptz)
     returning key`,
    [call.merchantId, call.key, call.digest, now, addMs(now, -keptForMs), addMs(now, -abandonedAfterMs)],
  );
  return claimed.length > 0;
}

async function readKey(sql: Sql, call: IdempotentCall): Promise<Claim | undefined> {
  const [kept] = await sql.query<{
    digest: string;
    status: number | null;
    response: Omit<KeptAnswer, "status"> | null;
  }>("select digest, status, response from idempotency_keys where merchant_id = $1 and key = $2", [
    call.merchantId,
    call.key,
  ]);
  if (!kept) return undefined;
  if (kept.digest !== call.digest) return { kind: "mismatch" };
  if (kept.status === null || kept.response === null) return { kind: "in_progress" };
  return { kind: "repeat", answer: { status: kept.status, ...kept.response } };
}

export async function keepAnswer(sql: Sql, call: IdempotentCall, answer: KeptAnswer): Promise<void> {
  const { status, text, headers } = answer;
  await sql.query(
    "update idempotency_keys set status = $4, response = $5::jsonb where merchant_id = $1 and key = $2 and digest = $3",
    [call.merchantId, call.key, call.digest, status, JSON.stringify({ text, headers })],
  );
}

/** Gives the key back after a failure, so that the same call may be tried again. */
export async function forgetIdempotencyKey(sql: Sql, call: IdempotentCall): Promise<void> {
  await sql.query(
    "delete from idempotency_keys where merchant_id = $1 and key = $2 and digest = $3 and status is null",
    [call.merchantId, call.key, call.digest],
  );
}

/** Deleted in portions, so that no statement holds its locks for long. */
const removedAtOnce = 5_000;
const mostPortions = 1_000;

/** Job: removes one merchant's answers older than 24 hours. Answers how many. */
export async function removeExpiredIdempotencyKeys(
  sql: Sql,
  merchantId: string,
  now: Instant,
): Promise<number> {
  let total = 0;
  for (let portion = 0; portion < mostPortions; portion += 1) {
    const removed = await sql.query<{ key: string }>(
      `delete from idempotency_keys where merchant_id = $1 and key in (
         select key from idempotency_keys where merchant_id = $1 and created_at <= $2 order by created_at limit $3
       ) returning key`,
      [merchantId, addMs(now, -keptForMs), removedAtOnce],
    );
    total += removed.length;
    if (removed.length < removedAtOnce) break;
  }
  return total;
}
