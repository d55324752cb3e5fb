import type { Instant } from "../clock.ts";
import type { Exposure, OpenWrite, StockChange } from "./exposure.ts";
import { anchorOf, sight } from "./sighting.ts";

/**
 * Writes of stock. A charge is committed before the write is sent, so in every committed state the sum covers
 * both worlds: the one in which it has landed and the one in which it has not.
 */

/** How far the platform's figure may rise by it beyond what it could sell without it. */
export function chargeFor({ kind, quantity, expected }: StockChange): number {
  switch (kind) {
    case "delta":
      return Math.max(0, quantity);
    case "compareAndSet":
      return Math.max(0, quantity - (expected ?? 0));
    case "set":
      // The platform forgets what it has sold meanwhile: all of the new figure comes on top.
      return quantity;
  }
}

/** Why the write may not be made now, whatever it charges; null when it may. Shared stock takes every write. */
export function whyNot(exposure: Exposure, change: StockChange): string | null {
  if (exposure.write !== null) return "another write of this listing is under way";
  if (exposure.halt !== null) return "writing to this listing is stopped until a person chooses";
  const isFirst = exposure.anchor === null && change.kind === "set" && !exposure.platform.readable;
  if (!exposure.adopted && !isFirst) return "the platform's own figure has not been seen and confirmed yet";
  if (change.kind === "set" && (exposure.anchor !== null || exposure.mustLook))
    return "orders of before the last figure may still come in; a second one would forget them";
  return null;
}

export function charge(
  exposure: Exposure,
  sent: Omit<OpenWrite, "state" | "ingested" | "restored">,
): Exposure {
  const { ingested, restored } = exposure;
  const write: OpenWrite = { ...sent, state: "sending", ingested, restored };
  return {
    ...exposure,
    write,
    inFlight: exposure.inFlight + chargeFor(write),
    writes: exposure.writes + 1,
    // What was seen before this write says nothing about the figure after it.
    next: null,
    mustLook: exposure.mustLook || (exposure.next !== null && exposure.platform.readable),
  };
}

/**
 * Whether answers count as sightings and free units at once. A platform that can be read is believed only what it shows:
 * an answer "done" to a write that never landed would free units it still sells. A plain set of shared stock is believed all the
 * same: it frees nothing, and no look comes after it.
 */
const isBelieved = (exposure: Exposure, isShared: boolean): boolean =>
  !exposure.platform.readable || (isShared && exposure.write?.kind === "set");

/**
 * The platform says it is done. What was charged moves to `after`; what was lowered comes off `after` at once where answers
 * must do, and otherwise with the look that must follow. A compare-and-set is the change by its difference: its condition
 * proves that nothing was sold between, and what was ingested since the read has come off the sum already.
 */
export function settleDone(
  exposure: Exposure,
  at: Instant,
  isShared: boolean,
  figure: number | null,
): Exposure {
  const { write } = exposure;
  if (write === null) return exposure;
  const believed = isBelieved(exposure, isShared);
  const closed: Exposure = {
    ...exposure,
    write: null,
    writes: exposure.writes + 1,
    inFlight: 0,
    after: exposure.after + exposure.inFlight,
    confirmed: figure ?? (write.kind === "delta" ? null : write.quantity),
    confirmedAt: at,
  };
  if (write.kind === "set") {
    if (!believed) return { ...closed, mustLook: true };
    if (exposure.doubtUntil !== null && at <= exposure.doubtUntil) return closed;
    return sight(closed, {
      figure: write.quantity,
      anchor: anchorOf(exposure, at),
      ingested: write.ingested,
      restored: write.restored,
    });
  }
  const lowered = Math.max(0, -changeOf(write));
  if (lowered === 0) return closed;
  return believed ? { ...closed, after: closed.after - lowered } : { ...closed, mustLook: true };
}

const changeOf = ({ kind, quantity, expected }: StockChange): number =>
  kind === "delta" ? quantity : quantity - (expected ?? 0);

/** The platform refused: nothing landed, so what was charged comes back. Its figure is another than was thought. */
export const settleFailed = (exposure: Exposure): Exposure =>
  exposure.write === null
    ? exposure
    : {
        ...exposure,
        write: null,
        writes: exposure.writes + 1,
        inFlight: 0,
        mustLook: exposure.mustLook || exposure.platform.readable,
      };

/**
 * This try came to nothing, and the platform has not said what became of the write: refused for want of turns, not sent, not let in.
 * An earlier try of it that is in doubt stays so; it may have landed. Shared stock does not wait: nobody would make it again.
 */
export function settleUntaken(exposure: Exposure, at: Instant, isShared: boolean): Exposure {
  if (exposure.write?.state !== "unknown") return settleFailed(exposure);
  return isShared ? giveUp(exposure, at) : exposure;
}

/** Nobody knows: it stays charged. */
export const settleUnknown = (exposure: Exposure): Exposure =>
  exposure.write === null ? exposure : { ...exposure, write: { ...exposure.write, state: "unknown" } };

/**
 * The write can no longer land (its time is over): whether it did is the platform's to show. What was charged stays in
 * the sum until a look. Given up before its time (shared stock does not wait), no sighting counts until then.
 */
export function giveUp(exposure: Exposure, now: Instant): Exposure {
  const { write } = exposure;
  if (write === null) return exposure;
  const early = now < write.until ? write.until : null;
  const doubtUntil =
    early !== null && (exposure.doubtUntil === null || early > exposure.doubtUntil)
      ? early
      : exposure.doubtUntil;
  return {
    ...exposure,
    write: null,
    writes: exposure.writes + 1,
    after: exposure.after + exposure.inFlight,
    inFlight: 0,
    doubtUntil,
    mustLook: exposure.platform.readable,
  };
}

/** A look that began at `startedAt` counts: no write was sent, answered or could be landing meanwhile. */
export const mayObserve = (exposure: Exposure, startedAt: Instant, writes: number): boolean =>
  exposure.writes === writes &&
  (exposure.write === null || startedAt >= exposure.write.until) &&
  (exposure.doubtUntil === null || startedAt > exposure.doubtUntil);

/** What a look showed. It ends every doubt about an earlier write: the sum covers both worlds, and this is the real one. */
export function observe(
  exposure: Exposure,
  seen: { figure: number; readAt: Instant; ingested: number; restored: number },
): Exposure {
  const { figure, ingested, restored, readAt } = seen;
  const isNoNews =
    isSettled(exposure) &&
    figure === exposure.after &&
    ingested === exposure.ingested &&
    restored === exposure.restored;
  // The platform shows all that is set aside: nothing was sold unheard, so there is nothing to wait for.
  if (isNoNews) return { ...exposure, confirmed: figure, confirmedAt: readAt };
  const settled = exposure.write === null ? exposure : giveUp(exposure, exposure.write.until);
  const sighted = sight(settled, { figure, ingested, restored, anchor: anchorOf(exposure, readAt) });
  return {
    ...sighted,
    // One that waits behind another says nothing of why that one was made.
    unprompted: exposure.anchor === null ? isSettled(exposure) : sighted.unprompted,
    confirmed: figure,
    confirmedAt: readAt,
  };
}

/** Whether nothing about it is in the air: the sum is what the platform can sell at most, and no more. */
export const isSettled = (exposure: Exposure): boolean =>
  exposure.adopted && exposure.write === null && exposure.anchor === null && !exposure.mustLook;
