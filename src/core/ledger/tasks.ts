import type { Sql } from "../db/database.ts";
import { appendEvents } from "../events/log.ts";
import type { Runtime } from "../runtime.ts";
import { closeTasks, insertTasks, type NewTask } from "../tasks.ts";
import type { Posting } from "./post.ts";

/** What posting asks of people. A parked event is an open task of the kind below: nothing else needs to remember it. */

export const parkedKind = "posting_parked";
export const missingRateKind = "exchange_rate_missing";

const parkedTask = ({ seq, reason }: Posting["parked"][number]): NewTask => ({
  kind: parkedKind,
  subject: String(seq),
  message: `Event ${seq} is not in the books. ${reason}`,
  detail: { seq, reason },
});

const missingRateTask = (currency: string): NewTask => ({
  kind: missingRateKind,
  subject: currency,
  message:
    `Orders in ${currency} are booked without amounts in the base currency: no exchange rate is known. ` +
    `Set exchangeRates.${currency} in the merchant's settings for orders to come; entries already made stay as they are.`,
  detail: { currency },
});

/** Opens a task for each thing that a person must settle, unless one is open already, and tells the event log. */
export async function raiseBooksTasks(
  tx: Sql,
  runtime: Runtime,
  merchantId: string,
  posting: Pick<Posting, "parked" | "missingRates">,
): Promise<void> {
  const wanted = [...posting.parked.map(parkedTask), ...posting.missingRates.map(missingRateTask)];
  const raised = await insertTasks(tx, runtime, merchantId, wanted);
  if (raised.length > 0) await appendEvents(tx, merchantId, raised);
}

/** Numbers of parked events, oldest first, at most `limit`. */
export async function readParked(
  sql: Sql,
  merchantId: string,
  afterSeq: number,
  limit: number,
): Promise<number[]> {
  const rows = await sql.query<{ seq: number }>(
    `select (detail->>'seq')::bigint as seq from tasks
     where merchant_id = $1 and kind = $2 and status = 'open' and (detail->>'seq')::bigint > $3
     order by 1 limit $4`,
    [merchantId, parkedKind, afterSeq, limit],
  );
  return rows.map((row) => row.seq);
}

/** Closes the tasks of events that are in the books now. */
export const closeParked = (
  tx: Sql,
  runtime: Runtime,
  merchantId: string,
  seqs: readonly number[],
): Promise<void> =>
  closeTasks(
    tx,
    runtime,
    merchantId,
    seqs.map((seq) => ({ kind: parkedKind, subject: String(seq) })),
  );
