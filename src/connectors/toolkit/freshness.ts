import type { Instant } from "../../core/clock.ts";
import type { OrderSnapshot } from "../../core/model/order.ts";
import { laterOf } from "./cursor.ts";

/**
 * How fresh a snapshot is. Of two snapshots with one time the hub keeps the one that is further along, so a change that leaves the
 * order's own time alone could be dropped: the newest time anywhere in the order counts. Pure.
 */

/** The latest of these times; those that are not there yet do not count. */
export const latestOf = (first: Instant, ...others: readonly (Instant | null | undefined)[]): Instant =>
  others.reduce<Instant>((latest, time) => (time ? laterOf(latest, time) : latest), first);

/**
 * The order as of the newest of its own time, its refunds, its parcels and `times` (after-sales that moved no money, say). Parcels
 * the hub made itself (`reference`) carry the hub's time and say nothing of when the platform changed.
 */
export function asOfNewest(
  order: OrderSnapshot,
  times: readonly (Instant | null | undefined)[] = [],
): OrderSnapshot {
  const refunds = order.refunds?.map((refund) => refund.refundedAt) ?? [];
  const parcels = order.shipments?.flatMap((one) => (one.reference === undefined ? [one.shippedAt] : []));
  return { ...order, updatedAt: latestOf(order.updatedAt, ...refunds, ...(parcels ?? []), ...times) };
}
