import { describe, expect, it } from "vitest";
import type { Failure, FailureKind, Result } from "../../../src/connectors/contract.ts";
import { backoffMs, type RetryOptions, withRetry } from "../../../src/connectors/toolkit/retry.ts";
import { testRuntime } from "../../support/runtime.ts";

const failed = (kind: FailureKind, retryAfterMs?: number): Failure =>
  retryAfterMs === undefined
    ? { ok: false, kind, message: kind }
    : { ok: false, kind, message: kind, retryAfterMs };

const good: Result<string> = { ok: true, value: "done" };

/** Runs attempts that end as listed, the last one again and again; times are milliseconds since the start. */
async function run(
  endings: Result<string>[],
  options: RetryOptions & { deadlineMs?: number; stopAtMs?: number } = {},
) {
  const runtime = testRuntime();
  const startMs = runtime.clock.nowMs();
  const stop = new AbortController();
  const times: number[] = [];
  const call = { signal: stop.signal, deadlineMs: startMs + (options.deadlineMs ?? 600_000) };
  let isDone = false;
  const work = withRetry(
    async (attemptNumber) => {
      times.push(runtime.clock.nowMs() - startMs);
      return endings[Math.min(attemptNumber, endings.length) - 1] ?? good;
    },
    call,
    { ...runtime, random: { bytes: () => new Uint8Array([255]) } },
    options,
  ).finally(() => {
    isDone = true;
  });
  void work.catch(() => {});
  for (let step = 0; step < 1000 && !isDone; step += 1) {
    if (options.stopAtMs !== undefined && runtime.clock.nowMs() - startMs >= options.stopAtMs) stop.abort();
    await runtime.advance(500);
  }
  return { result: await work, times };
}

describe("withRetry", () => {
  it("answers at once when it goes well", async () => {
    expect(await run([good])).toEqual({ result: good, times: [0] });
  });

  it("repeats what may work later, waiting twice as long each time", async () => {
    const { result, times } = await run([
      failed("unavailable"),
      failed("malformed"),
      failed("unavailable"),
      good,
    ]);
    expect(result).toEqual(good);
    expect(times).toEqual([0, 500, 1500, 3500]);
  });

  it("gives the last failure when the attempts are used up", async () => {
    const { result, times } = await run([failed("unavailable"), failed("rate_limited", 1000)], {
      attempts: 3,
    });
    expect(result).toEqual(failed("rate_limited", 1000));
    expect(times).toEqual([0, 500, 1500]);
  });

  it("waits as long as the platform asks, when that is longer", async () => {
    const { times } = await run([failed("rate_limited", 7000), failed("rate_limited", 10), good]);
    expect(times).toEqual([0, 7000, 8000]);
  });

  it.each(["auth", "invalid", "not_found", "conflict", "unsupported", "unknown"] as const)(
    "never repeats %s",
    async (kind) => {
      expect(await run([failed(kind), good])).toEqual({ result: failed(kind), times: [0] });
    },
  );

  it("does not wait past the deadline, and keeps what the platform asked for", async () => {
    const { result, times } = await run([failed("rate_limited", 60_000), good], { deadlineMs: 60_000 });
    expect(result).toEqual(failed("rate_limited", 60_000));
    expect(times).toEqual([0]);
  });

  it("never repeats a stopped call", async () => {
    expect(await run([failed("unavailable"), good], { stopAtMs: 0 })).toEqual({
      result: failed("unavailable"),
      times: [0],
    });
    const { result, times } = await run([failed("unavailable", 5000), good], { stopAtMs: 2000 });
    expect(result).toEqual(failed("unavailable", 5000));
    expect(times).toEqual([0]);
  });

  it("lets a bug through instead of repeating it", async () => {
    const runtime = testRuntime();
    const call = { signal: new AbortController().signal, deadlineMs: runtime.clock.nowMs() + 1000 };
    let attempts = 0;
    const broken = withRetry(
      () => {
        attempts += 1;
        throw new RangeError("a bug");
      },
      call,
      runtime,
    );
    await expect(broken).rejects.toThrow(new RangeError("a bug"));
    expect(attempts).toBe(1);
  });
});

describe("backoffMs", () => {
  it("doubles, is bounded, and waits a random half to all of it", () => {
    expect([1, 2, 3, 10].map((attempt) => backoffMs(attempt, 255))).toEqual([500, 1000, 2000, 30_000]);
    expect([1, 2, 3, 10].map((attempt) => backoffMs(attempt, 0))).toEqual([250, 500, 1000, 15_000]);
    expect(backoffMs(2000, 255, { maxWaitMs: 60_000 })).toBe(60_000);
  });
});
