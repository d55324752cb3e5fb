import { addMs, type Instant } from "../clock.ts";
import type { OrderSnapshot } from "../model/order.ts";

/** Times a platform names that cannot be meant: an unset clock, milliseconds in the wrong place, a slip of the finger. Pure. */

/** Before it nobody sold on a platform of today; what lies before is the zero of some clock. */
const earliest: Instant = "1995-01-01T00:00:00.000Z";

/** A local time read as UTC lies at most 14 hours ahead. */
const mostAheadMs = 86_400_000;

const isPlausible = (time: Instant, now: Instant): boolean =>
  time >= earliest && time <= addMs(now, mostAheadMs);

/** What is known of the order already: its times stand, and its parcels and refunds are not dated anew. */
export interface KnownTimes {
  placedAt: Instant | null;
  paidAt: Instant | null;
  /** External ids of parcels and refunds. */
  records: ReadonlySet<string>;
}

/**
 * The snapshot with every time that cannot be meant replaced by what is known, else by the time of its arrival, so that nothing is
 * booked in a far year. `doubts` names those replaced for the first time, as the platform told them.
 */
export function withPlausibleTimes(
  snapshot: OrderSnapshot,
  known: KnownTimes,
  now: Instant,
): { snapshot: OrderSnapshot; doubts: string[] } {
  const doubts: string[] = [];
  const clamp = (what: string, time: Instant, before: Instant | null, isKnown = before !== null): Instant => {
    if (isPlausible(time, now)) return time;
    if (!isKnown) doubts.push(`${what} ${time}`);
    return before ?? now;
  };
  const ofRecord = (what: string, externalId: string, time: Instant): Instant =>
    clamp(`${what} ${externalId} at`, time, null, known.records.has(externalId));
  const { paidAt, shipments, refunds } = snapshot;
  return {
    snapshot: {
      ...snapshot,
      placedAt: clamp("placed at", snapshot.placedAt, known.placedAt),
      ...(paidAt === undefined ? {} : { paidAt: clamp("paid at", paidAt, known.paidAt) }),
      ...(shipments && {
        shipments: shipments.map((one) => ({
          ...one,
          shippedAt: ofRecord("parcel", one.externalId, one.shippedAt),
        })),
      }),
      ...(refunds && {
        refunds: refunds.map((one) => ({
          ...one,
          refundedAt: ofRecord("refund", one.externalId, one.refundedAt),
        })),
      }),
    },
    doubts,
  };
}
