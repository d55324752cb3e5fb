import pRetry from "p-retry";
import type { Call, Failure, OpenContext, Result } from "../contract.ts";
import { isRetryable } from "./failures.ts";

export interface RetryOptions {
  /** All attempts, the first included. Default 4. */
  attempts?: number;
  /** Wait before the second attempt; doubled each time. Default 500 ms. */
  firstWaitMs?: number;
  /** The longest wait of our own choosing. Default 30 s. A platform's `Retry-After` may be longer. */
  maxWaitMs?: number;
}

/** Carries a failure through p-retry, which knows only exceptions. */
class FailedAttempt extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/**
 * Repeats `attempt` while it fails with a retryable kind, its attempts last and the next one would still start before the
 * deadline. Answers the last failure otherwise, with its `retryAfterMs`, so that the caller can come back later. A stopped
 * call is never repeated, `unknown` neither. p-retry counts and loops; its timers and randomness are left unused
 * (`minTimeout: 0`), because waiting belongs to the injected timers.
 */
export async function withRetry<Value>(
  attempt: (attemptNumber: number) => Promise<Result<Value>>,
  call: Call,
  context: Pick<OpenContext, "clock" | "timers" | "random">,
  options: RetryOptions = {},
): Promise<Result<Value>> {
  const run = async (attemptNumber: number) => {
    const result = await attempt(attemptNumber);
    if (!result.ok) throw new FailedAttempt(result);
    return result;
  };
  try {
    return await pRetry(run, {
      retries: (options.attempts ?? 4) - 1,
      minTimeout: 0,
      shouldRetry: async ({ error, attemptNumber }) => {
        if (!(error instanceof FailedAttempt) || !isRetryable(error.failure) || call.signal.aborted)
          return false;
        const waitMs = Math.max(
          error.failure.retryAfterMs ?? 0,
          backoffMs(attemptNumber, context.random.bytes(1)[0] ?? 0, options),
        );
        if (context.clock.nowMs() + waitMs >= call.deadlineMs) return false;
        await context.timers.sleep(waitMs, call.signal);
        return !call.signal.aborted;
      },
    });
  } catch (error) {
    if (error instanceof FailedAttempt) return error.failure;
    throw error;
  }
}

/** Doubling, of which a random half to all is waited, so that many callers do not come back at one moment. */
export function backoffMs(attemptNumber: number, randomByte: number, options: RetryOptions = {}): number {
  const { firstWaitMs = 500, maxWaitMs = 30_000 } = options;
  const fullMs = Math.min(maxWaitMs, firstWaitMs * 2 ** (attemptNumber - 1));
  return Math.round(fullMs * (0.5 + randomByte / 510));
}
