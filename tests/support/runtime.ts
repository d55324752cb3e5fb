import { type Instant, instantOf, msOf, type Timers } from "../../src/core/clock.ts";
import { createIds, type Random } from "../../src/core/ids.ts";
import type { Fetch, Runtime } from "../../src/core/runtime.ts";

export interface TestRuntime extends Runtime {
  /** Moves the clock on, waking every sleep that falls due on the way, in order of time. */
  advance(durationMs: number): Promise<void>;
  /** Moves the clock to `instant`, forwards as `advance` does, or backwards. */
  set(instant: Instant): Promise<void>;
  /** Sleeps that wait for the clock. */
  sleeping(): number;
}

export interface TestRuntimeOptions {
  start?: Instant;
  seed?: number;
  fetch?: Fetch;
}

/** A runtime that stands still: the clock moves when told, randomness repeats, and the network is refused. */
export function testRuntime(options: TestRuntimeOptions = {}): TestRuntime {
  let nowMs = msOf(options.start ?? "2026-11-22T08:00:00.000Z");
  const clock = { nowMs: () => nowMs };
  const random = seededRandom(options.seed ?? 1);
  const sleepers = new Set<{ dueMs: number; wake: () => void }>();
  const advanceTo = async (targetMs: number) => {
    for (;;) {
      await turn();
      const due = [...sleepers]
        .filter((sleeper) => sleeper.dueMs <= targetMs)
        .sort((a, b) => a.dueMs - b.dueMs)[0];
      if (!due) break;
      nowMs = Math.max(nowMs, due.dueMs);
      due.wake();
    }
    nowMs = targetMs;
    await turn();
  };
  return {
    clock,
    timers: manualTimers(clock, sleepers),
    random,
    ids: createIds(clock, random),
    fetch: options.fetch ?? refuseFetch,
    advance: (durationMs) => advanceTo(nowMs + durationMs),
    set: (instant) => advanceTo(msOf(instant)),
    sleeping: () => sleepers.size,
  };
}

function manualTimers(
  clock: { nowMs(): number },
  sleepers: Set<{ dueMs: number; wake: () => void }>,
): Timers {
  return {
    sleep: (durationMs, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted || durationMs <= 0) return resolve();
        const sleeper = {
          dueMs: clock.nowMs() + durationMs,
          wake: () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener("abort", sleeper.wake);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", sleeper.wake, { once: true });
      }),
    soon: (work) => {
      setImmediate(work);
    },
  };
}

const refuseFetch: Fetch = (input) => {
  const url = input instanceof Request ? input.url : String(input);
  return Promise.reject(new Error(`A test must not reach the network: ${url}`));
};

/** One turn of the event loop, so that what was woken can run and go to sleep again. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Mulberry32: small, fast and the same on every machine; good enough to tell ids apart, never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 24;
  };
  return { bytes: (length) => Uint8Array.from({ length }, next) };
}

export const instantAt = (offsetMs: number, start: Instant = "2026-11-22T08:00:00.000Z"): Instant =>
  instantOf(msOf(start) + offsetMs);
