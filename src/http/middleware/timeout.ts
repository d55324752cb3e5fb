import type { Timers } from "../../core/clock.ts";
import { HttpError } from "../problem.ts";

const tooLate = Symbol("too late");

/**
 * Answers `request_timeout` when `work` is not done in time. The work itself goes on: what it does is committed and
 * kept under its reference or Idempotency-Key, so that a repeat learns the outcome.
 */
export async function withinTime<Value>(
  work: Promise<Value>,
  timeoutMs: number,
  timers: Timers,
): Promise<Value> {
  const done = new AbortController();
  const late = timers.sleep(timeoutMs, done.signal).then((): typeof tooLate => tooLate);
  // Work that fails after its time is up must not become an unhandled rejection.
  work.catch(() => undefined);
  try {
    const first = await Promise.race([work, late]);
    if (first !== tooLate) return first;
    const seconds = Math.round(timeoutMs / 1000);
    throw new HttpError("request_timeout", "took_too_long", { values: { seconds } });
  } finally {
    // With a reason of its own: the default one is an exception with a stack, made anew for each request.
    done.abort(tooLate);
  }
}
