import { addMs, type Instant } from "../clock.ts";
import { type Exposure, type Sighting, totalOf } from "./exposure.ts";

/**
 * The platform's figure was F = f at one moment. All sales of before that moment that are not ingested are at most
 * `total - f`, so the sum is split and not changed: `after` gets f, `before` the rest, to be dropped when the watermark
 * has passed. A figure above all that is known (and not explained by orders that came in since the look began)
 * leaves the sum alone and is noted as surplus: a unit put back whose cancel is under way, or another tool's write.
 *
 * While an earlier sighting waits for its watermark, a newer one waits behind it: orders are sorted by one anchor at a time.
 */
export function sight(exposure: Exposure, seen: Sighting): Exposure {
  if (exposure.anchor !== null) return { ...exposure, next: seen, mustLook: false };
  const total = totalOf(exposure);
  const known = total + (exposure.adopted ? exposure.ingested - seen.ingested : 0);
  const surplus = seen.figure > known ? seen.figure - total : 0;
  // Units put back since the look began may have come after it: they are no part of what it showed, and stay.
  const shown = seen.figure + (exposure.restored - seen.restored);
  const after = surplus > 0 ? total : Math.max(seen.figure, Math.min(shown, total));
  return {
    ...exposure,
    after,
    before: total - after,
    inFlight: 0,
    surplus,
    anchor: seen.anchor,
    mustLook: false,
    unprompted: false,
  };
}

/** Latest time by the platform's clock at which something that ended at `at` by ours can have happened. */
export const anchorOf = (exposure: Exposure, at: Instant): Instant => addMs(at, exposure.platform.skewMs);

export interface Passed {
  exposure: Exposure;
  /** Units the platform offers that nobody here has sent. */
  foreign: number;
  /** Units nobody can have sold any more: the listing no longer stands for them. */
  freed: number;
  /** Of these, units that no write of ours took off the figure either. */
  lowered: number;
}

/**
 * Every order changed up to `watermark` is in. What `before` still holds was never sold: it is dropped. If it is below
 * zero, sales were sorted into it that came out of the new figure: `after` pays for them. A surplus that is left is no unit
 * put back: it is really there, and `after` counts it from now on.
 */
export function pass(exposure: Exposure, watermark: Instant | null): Passed {
  if (exposure.anchor === null || watermark === null || watermark < exposure.anchor)
    return { exposure, foreign: 0, freed: 0, lowered: 0 };
  const { surplus, adopted } = exposure;
  const correction = surplus > 0 || !adopted ? surplus : Math.min(exposure.before, 0);
  const passed: Exposure = {
    ...exposure,
    after: exposure.after + correction,
    before: 0,
    surplus: 0,
    anchor: null,
    next: null,
    adopted: true,
    unprompted: false,
  };
  const freed = Math.max(0, exposure.before);
  const here: Passed = {
    exposure: passed,
    foreign: adopted ? surplus : 0,
    freed,
    lowered: adopted && exposure.unprompted ? freed : 0,
  };
  if (exposure.next === null) return here;
  const further = pass(sight(passed, exposure.next), watermark);
  return {
    exposure: further.exposure,
    foreign: here.foreign + further.foreign,
    freed: here.freed + further.freed,
    lowered: here.lowered,
  };
}
