import type { Instant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { SluiceError } from "../errors.ts";
import type { NewEvent, StoredEvent } from "./types.ts";

/**
 * Appends events in the transaction that made the changes, numbered on from the merchant's last one. Call it last: the
 * merchant's row stays locked until the commit, which is what makes the numbers appear in order and without gaps.
 * `events` must not be empty.
 */
export async function appendEvents(
  tx: Sql,
  merchantId: string,
  events: readonly NewEvent[],
): Promise<{ firstSeq: number; lastSeq: number }> {
  if (events.length === 0) throw new RangeError("appendEvents was called without an event.");
  const [merchant] = await tx.query<{ seq: number }>(
    "update merchants set last_event_seq = last_event_seq + $2::bigint where merchant_id = $1 returning last_event_seq as seq",
    [merchantId, events.length],
  );
  if (!merchant) throw new SluiceError("not_found", `There is no merchant ${merchantId}.`);
  const firstSeq = merchant.seq - events.length + 1;
  await tx.query(
    `insert into events (merchant_id, seq, type, subject, occurred_at, data)
     select $1::uuid, $2::bigint + e.position - 1, e.type, e.subject, e.occurred_at, e.data
     from unnest($3::text[], $4::uuid[], $5::timestamptz[], $6::jsonb[])
       with ordinality as e (type, subject, occurred_at, data, position)`,
    [
      merchantId,
      firstSeq,
      events.map((event) => event.type),
      events.map((event) => event.subject),
      events.map((event) => event.occurredAt),
      events.map((event) => JSON.stringify(event.data)),
    ],
  );
  return { firstSeq, lastSeq: merchant.seq };
}

/** The next events after `afterSeq`, oldest first, at most `limit`. */
export async function readEvents(
  sql: Sql,
  merchantId: string,
  afterSeq: number,
  limit: number,
): Promise<StoredEvent[]> {
  const rows = await sql.query<{
    seq: number;
    type: string;
    subject: string;
    occurredAt: Instant;
    data: unknown;
  }>(
    `select seq, type, subject, occurred_at as "occurredAt", data from events
     where merchant_id = $1 and seq > $2 order by seq limit $3`,
    [merchantId, afterSeq, limit],
  );
  // Only `appendEvents` writes this table, and its argument was checked by the compiler.
  return rows as StoredEvent[];
}

/** The number of the merchant's newest event; 0 before the first. */
export async function lastEventSeq(sql: Sql, merchantId: string): Promise<number> {
  const [row] = await sql.query<{ seq: number }>(
    "select last_event_seq as seq from merchants where merchant_id = $1",
    [merchantId],
  );
  return row?.seq ?? 0;
}
