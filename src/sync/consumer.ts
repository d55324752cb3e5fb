import { nowInstant } from "../core/clock.ts";
import type { Sql } from "../core/db/database.ts";
import { readEvents } from "../core/events/log.ts";
import type { StoredEvent } from "../core/events/types.ts";
import type { SyncContext } from "./parts.ts";

/**
 * A follower of the event log. Its cursor moves in the transaction that stores the effect of the events, so each event
 * takes effect exactly once, whatever happens in between.
 */
export interface Consumer {
  /** Name of its row in `cursors`. */
  name: string;
  /** Stores the effect; what it returns is done after the commit. Only `tx` may be used for reading, too. */
  apply(tx: Sql, merchantId: string, events: readonly StoredEvent[]): Promise<() => void>;
}

/** Bounds the time that the cursor's row is locked. */
export const eventsPerStep = 1000;

/** Takes one step for one merchant; answers how many events it took. */
export async function consume(context: SyncContext, consumer: Consumer, merchantId: string): Promise<number> {
  const { db, runtime } = context;
  const { taken, after } = await db.transaction(async (tx) => {
    const seq = await lockCursor(tx, merchantId, consumer.name, nowInstant(runtime.clock));
    const events = await readEvents(tx, merchantId, seq, eventsPerStep);
    const last = events.at(-1);
    if (!last) return { taken: 0, after: () => undefined };
    const then = await consumer.apply(tx, merchantId, events);
    await tx.query(
      "update cursors set value = $3::jsonb, updated_at = $4 where merchant_id = $1 and name = $2",
      [merchantId, consumer.name, JSON.stringify({ seq: last.seq }), nowInstant(runtime.clock)],
    );
    return { taken: events.length, after: then };
  });
  after();
  return taken;
}

async function lockCursor(tx: Sql, merchantId: string, name: string, now: string): Promise<number> {
  const text =
    "select (value->>'seq')::bigint as seq from cursors where merchant_id = $1 and name = $2 for update";
  const [row] = await tx.query<{ seq: number }>(text, [merchantId, name]);
  if (row) return row.seq;
  await tx.query(
    `insert into cursors (merchant_id, name, value, updated_at) values ($1, $2, '{"seq": 0}', $3) on conflict do nothing`,
    [merchantId, name, now],
  );
  const [made] = await tx.query<{ seq: number }>(text, [merchantId, name]);
  return made?.seq ?? 0;
}

/** Merchants whose log is ahead of the consumer. Reads one row per merchant. */
export async function merchantsBehind(context: SyncContext, name: string): Promise<string[]> {
  const rows = await context.db.query<{ merchant_id: string }>(
    `select m.merchant_id from merchants m left join cursors c on c.merchant_id = m.merchant_id and c.name = $1
     where m.last_event_seq > coalesce((c.value->>'seq')::bigint, 0)`,
    [name],
  );
  return rows.map((row) => row.merchant_id);
}
