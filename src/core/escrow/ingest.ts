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
/** Short, so that a rush of minutes is not taken for a quiet hour: units would be split too late. */
const spanMs = 600_000;

/** The span of time that sold units are counted in, by its number since 1970. */
export const spanOf = (nowMs: number): number => Math.floor(nowMs / spanMs);

/** Counts sold units into the span of `now`. */
export function countSale(exposure: Exposure, quantity: number, now: Instant): Exposure {
  const span = spanOf(msOf(now));
  if (span <= exposure.span) return { ...exposure, soldNow: exposure.soldNow + quantity };
  const soldBefore = span === exposure.span + 1 ? exposure.soldNow : 0;
  return { ...exposure, span, soldBefore, soldNow: quantity };
}

/** Thousandths of a listing unit per hour: of this span, and of the part of the span before that is not ten minutes ago yet. */
export function speedOf(exposure: Pick<Exposure, "span" | "soldNow" | "soldBefore">, nowMs: number): number {
  const span = spanOf(nowMs);
  const restMs = spanMs - (nowMs - span * spanMs);
  const perHour = (units: number, ms: number) => Math.floor((units * 1000 * hourMs * ms) / (spanMs * spanMs));
  if (span === exposure.span) return perHour(exposure.soldNow, spanMs) + perHour(exposure.soldBefore, restMs);
  return span === exposure.span + 1 ? perHour(exposure.soldNow, restMs) : 0;
}
