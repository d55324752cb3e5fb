import { type Instant, msOf } from "../clock.ts";
import type { Exposure } from "./exposure.ts";

/**
 * An order of `quantity` listing units that the platform took off its own figure at `soldAt` (its clock; the earliest time that
 * is possible). P falls by the quantity and so does the sum: the invariant holds wherever it is taken from. Where it
 * is taken from matters later, when `before` is dropped: a sale wrongly counted to `before` makes it negative or leaves
 * `after` too high, both on the safe side; so at or before the anchor it comes from `before`.
 *
 * Until the first sighting is behind the watermark, sales that may predate it are no part of the sum, and take nothing from it.
 */
export function ingest(exposure: Exposure, quantity: number, soldAt: Instant): Exposure {
  if (exposure.platform.deducts === "never") return exposure;
  const counted = { ...exposure, ingested: exposure.ingested + quantity };
  const isEarlier = exposure.anchor !== null && soldAt <= exposure.anchor;
  if (!exposure.adopted && (isEarlier || exposure.anchor === null)) return counted;
  return isEarlier
    ? { ...counted, before: exposure.before - quantity }
    : { ...counted, after: exposure.after - quantity };
}

/**
 * The platform put units back on its figure by itself, and we have just heard of it: the sum rises with the units that
 * came free here. Always to `after`: only what may be dropped with the watermark belongs to `before`, and these may still be
 * sold. Units that a sighting showed too early are explained by it.
 */
export function restore(exposure: Exposure, quantity: number): Exposure {
  if (exposure.platform.deducts === "never" || (!exposure.adopted && exposure.anchor === null))
    return exposure;
  return {
    ...exposure,
    after: exposure.after + quantity,
    restored: exposure.restored + quantity,
    surplus: exposure.adopted ? Math.max(0, exposure.surplus - quantity) : exposure.surplus,
  };
}

const hourMs = 3_600_000;

/** Counts sold units into the hour of `now`. */
export function countSale(exposure: Exposure, quantity: number, now: Instant): Exposure {
  const hour = Math.floor(msOf(now) / hourMs);
  if (hour <= exposure.hour) return { ...exposure, soldNow: exposure.soldNow + quantity };
  const soldBefore = hour === exposure.hour + 1 ? exposure.soldNow : 0;
  return { ...exposure, hour, soldBefore, soldNow: quantity };
}

/** Thousandths of a listing unit per hour: this hour, and the part of the hour before that is not an hour ago yet. */
export function speedOf(exposure: Pick<Exposure, "hour" | "soldNow" | "soldBefore">, nowMs: number): number {
  const hour = Math.floor(nowMs / hourMs);
  const restMs = hourMs - (nowMs - hour * hourMs);
  if (hour === exposure.hour)
    return exposure.soldNow * 1000 + Math.floor((exposure.soldBefore * 1000 * restMs) / hourMs);
  return hour === exposure.hour + 1 ? Math.floor((exposure.soldNow * 1000 * restMs) / hourMs) : 0;
}
