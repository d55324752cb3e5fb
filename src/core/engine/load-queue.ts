import type { Sql } from "../db/database.ts";
import type { WaitlistState } from "../live/commands.ts";
import type { ReadOn } from "./decide.ts";
import type { Draft } from "./draft.ts";
import { readWaitlists } from "./load-live.ts";
import { readBystanders } from "./load-rows.ts";
import type { QueuePlace, QueueState } from "./rows.ts";

/** Waiting lines read at once; the next part is read when these did not take all that came free. */
const linesPerPart = 500;

/**
 * Reads the next part of each queue into the draft. The stock rows that came free are locked, so nobody else serves or shortens
 * these queues meanwhile, and counting from the start finds the right place again.
 */
async function readQueues(
  tx: Sql,
  merchantId: string,
  draft: Draft,
  queues: readonly QueueState[],
): Promise<void> {
  const places = await tx.query<QueuePlace & { skuId: string }>(
    `select l.* from unnest($2::uuid[], $3::bigint[]) k(id, seen) cross join lateral
       (select l.sku_id as "skuId", l.waiting_since as "waitingSince", l.order_id as "orderId", l.line_no as "lineNo"
        from order_lines l where l.merchant_id = $1 and l.sku_id = k.id and l.shortfall > 0
        order by l.waiting_since nulls last, l.order_id, l.line_no offset k.seen limit ${linesPerPart}) l`,
    [merchantId, queues.map((queue) => queue.skuId), queues.map((queue) => queue.count)],
  );
  const orderIds = [...new Set(places.map((place) => place.orderId))].filter((id) => !draft.orders.has(id));
  draft.addBystanders(await readBystanders(tx, merchantId, orderIds.sort()));
  for (const queue of queues) {
    const part = places.filter((place) => place.skuId === queue.skuId);
    queue.count += part.length;
    queue.ended = part.length < linesPerPart;
    queue.last = part.at(-1) ?? queue.last;
  }
}

const isWaitlist = (part: QueueState | WaitlistState): part is WaitlistState => "itemId" in part;

/** Reads on what a decision asks for. */
export async function readOn(tx: Sql, merchantId: string, draft: Draft, asked: ReadOn): Promise<void> {
  const waitlists = (asked as readonly (QueueState | WaitlistState)[]).filter(isWaitlist);
  if (waitlists.length > 0) return readWaitlists(tx, merchantId, draft, waitlists);
  return readQueues(tx, merchantId, draft, asked as QueueState[]);
}
