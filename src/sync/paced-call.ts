import type { Call, Failure } from "../connectors/contract.ts";
import { failure } from "../connectors/toolkit/failures.ts";
import { messageOf } from "../core/errors.ts";
import type { Runtime } from "../core/runtime.ts";
import type { OpenConnection } from "./connections.ts";
import type { RateLimiter } from "./rate.ts";

export interface Terms {
  /** How long the call may take. */
  callMs: number;
  /** How much longer it may take in all because its requests wait for their turns, in ms. 0 for calls that write. */
  graceMs: number;
  /** True when the turn of its first request was had with the leave to make the call; taken away with that request. */
  paid: boolean;
}

export interface PacedCall {
  call: Call;
  /** True once a request was refused its turn: such a failure is of the hub's making and says nothing of the platform. */
  isRefused(): boolean;
  /** The call is over: nothing of it waits any longer. */
  end(): void;
}

interface Parts {
  runtime: Pick<Runtime, "clock" | "timers">;
  limiter: RateLimiter;
}

/** Asked again so soon when the budget could not be looked at. */
const lookAgainMs = 1_000;

/**
 * The limits of one call, in which every request waits for its turn in the account's budget before it leaves. A wait that would
 * pass the deadline is not begun: the request is refused as `rate_limited`, and nothing of it was sent.
 *
 * Waits of a call with a grace are added to its deadline as they were foretold, not as long as they were: a process that
 * slept over its turn finds its deadline passed.
 */
export function paceCall(
  { runtime: { clock, timers }, limiter }: Parts,
  connection: OpenConnection,
  terms: Terms,
  stop?: AbortSignal,
): PacedCall {
  const key = { merchantId: connection.merchantId, connectionId: connection.id };
  const ended = new AbortController();
  const expired = new AbortController();
  const signal = stop ? AbortSignal.any([expired.signal, stop]) : expired.signal;
  let deadlineMs = clock.nowMs() + terms.callMs;
  let graceMs = terms.graceMs;
  let refused = false;

  const watch = async () => {
    while (!ended.signal.aborted && clock.nowMs() < deadlineMs)
      await timers.sleep(deadlineMs - clock.nowMs(), ended.signal);
    expired.abort();
  };
  const refuse = (why: string, waitMs: number): Failure => {
    refused = true;
    return failure("rate_limited", why, waitMs);
  };
  const turn = async (): Promise<Failure | null> => {
    if (terms.paid) {
      terms.paid = false;
      return null;
    }
    while (!signal.aborted) {
      const taken = await limiter.take(key, connection.profile.limits);
      if (taken.ok) return null;
      const addedMs = Math.min(taken.waitMs, graceMs);
      if (clock.nowMs() + taken.waitMs >= deadlineMs + addedMs)
        return refuse(`The calls of "${connection.name}" are used up for now`, taken.waitMs);
      graceMs -= addedMs;
      deadlineMs += addedMs;
      await timers.sleep(taken.waitMs, signal);
    }
    // Nobody waits for it any more: what is left of the call sees that by itself.
    return null;
  };
  void watch();
  return {
    call: {
      signal,
      get deadlineMs() {
        return deadlineMs;
      },
      turn: () =>
        turn().catch((error: unknown) =>
          refuse(
            `The call budget of "${connection.name}" could not be asked (${messageOf(error)})`,
            lookAgainMs,
          ),
        ),
    },
    isRefused: () => refused,
    end: () => ended.abort(),
  };
}
