import type { FailureKind } from "../connectors/contract.ts";
import { addMs, type Instant, instantOf, msOf } from "../core/clock.ts";

/**
 * One circuit per account: after some failures in a row nobody calls for a while, then one call tries. So a platform
 * that is down costs nothing and delays nobody else. Kept on `connections`, hence shared by all hub processes.
 */
export interface Circuit {
  circuit: "closed" | "open" | "half_open";
  failures: number;
  /** open: no call before this time. half_open: the trial must have ended by then, or another may try. */
  until: Instant | null;
}

export const closedCircuit: Circuit = { circuit: "closed", failures: 0, until: null };

export type Admission = { admitted: true; next: Circuit } | { admitted: false; waitMs: number };

/** Five: enough to rule out a hiccup, few enough that an outage costs seconds (the default of common breakers). */
const failuresToOpen = 5;
const firstOpenMs = 30_000;
const longestOpenMs = 600_000;
/** Longer than the deadline of any single call, so that a trial that never reported back is given up. */
const trialMs = 60_000;

/**
 * Failures that say something about the platform as a whole. A 429 has its own brake, refused credentials stop the lane
 * altogether, and the rest is about one item.
 */
const countsAgainst: ReadonlySet<FailureKind> = new Set(["unavailable", "malformed", "unknown"]);

export const breaks = (kind: FailureKind): boolean => countsAgainst.has(kind);

/** Whether a call may go out now, and the state to store when it does. */
export function admit(circuit: Circuit, nowMs: number): Admission {
  if (circuit.circuit === "closed") return { admitted: true, next: circuit };
  const untilMs = circuit.until === null ? nowMs : msOf(circuit.until);
  if (nowMs < untilMs) return { admitted: false, waitMs: untilMs - nowMs };
  return { admitted: true, next: { ...circuit, circuit: "half_open", until: instantOf(nowMs + trialMs) } };
}

/** `spread` in [0, 1) lengthens the pause by up to a fifth, so that accounts of one platform do not return as one. */
export function afterFailure(circuit: Circuit, now: Instant, spread: number): Circuit {
  const failures = circuit.failures + 1;
  if (circuit.circuit === "closed" && failures < failuresToOpen)
    return { circuit: "closed", failures, until: null };
  const doublings = Math.min(Math.max(failures - failuresToOpen, 0), 20);
  const pauseMs = Math.min(firstOpenMs * 2 ** doublings, longestOpenMs);
  return { circuit: "open", failures, until: addMs(now, Math.round(pauseMs * (1 + spread / 5))) };
}
