import type { Instant } from "../../../core/clock.ts";
import type { Sql } from "../../../core/db/database.ts";
import type { OrderStep } from "../../../core/model/file-import.ts";
import type { OrderSnapshot } from "../../../core/model/order.ts";
import { isHeld } from "../../../core/orders/freshness.ts";
import { digestOrder } from "../../../core/orders/order-digest.ts";

/** What the hub holds of the orders a file names. */

export interface HeldOrder {
  externalId: string;
  updatedAt: Instant;
  digest: string;
}

const ordersAtOnce = 5_000;

/** By external id, as they stand before the import. */
export async function heldOrders(
  sql: Sql,
  merchantId: string,
  connectionId: string,
  steps: readonly OrderStep[],
): Promise<Map<string, HeldOrder>> {
  const wanted = [...new Set(steps.flatMap(({ snapshot }) => snapshot?.externalId ?? []))];
  const held = new Map<string, HeldOrder>();
  for (let start = 0; start < wanted.length; start += ordersAtOnce) {
    const rows = await sql.query<HeldOrder>(
      `select o.* from unnest($3::text[]) as wanted (id)
       cross join lateral (select external_id as "externalId", updated_at as "updatedAt", digest from orders
         where merchant_id = $1 and connection_id = $2 and external_id = wanted.id limit 1) as o`,
      [merchantId, connectionId, wanted.slice(start, start + ordersAtOnce)],
    );
    for (const row of rows) held.set(row.externalId, row);
  }
  return held;
}

/**
 * The snapshot to hand over. A state that is as of the import has another time at each run; when it is what the hub holds but for
 * that time, it is handed over as held, so that the same file again is a repeat.
 */
export function snapshotToApply(step: OrderStep, held: HeldOrder | undefined): OrderSnapshot | undefined {
  const { snapshot } = step;
  if (!snapshot || !step.isUndated || !held) return snapshot;
  const again = restated(snapshot, held.updatedAt);
  return isHeld(held.digest, digestOrder(again)) ? again : snapshot;
}

/** A refund without a time of its own has that of the state. */
const restated = (snapshot: OrderSnapshot, at: Instant): OrderSnapshot => ({
  ...snapshot,
  updatedAt: at,
  ...(snapshot.refunds && {
    refunds: snapshot.refunds.map((refund) =>
      refund.refundedAt === snapshot.updatedAt ? { ...refund, refundedAt: at } : refund,
    ),
  }),
});
