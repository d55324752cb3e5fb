import { randomFillSync } from "node:crypto";
import type { Clock, Timers } from "../core/clock.ts";
import { createIds, type Random } from "../core/ids.ts";
import type { Runtime } from "../core/runtime.ts";

/** The real machine: its clock, timers, randomness and network. Only composition roots call this. */
export function systemRuntime(): Runtime {
  const clock: Clock = { nowMs: () => Date.now() };
  const random = systemRandom();
  return {
    clock,
    timers: systemTimers,
    random,
    ids: createIds(clock, random),
    fetch: (input, init) => globalThis.fetch(input, init),
  };
}

/** Filled 16 KiB at a time: one call into the generator costs more than the bytes of an id. */
const poolSize = 16_384;

export function systemRandom(): Random {
  const pool = new Uint8Array(poolSize);
  let used = poolSize;
  return {
    bytes(length) {
      if (length > poolSize) return randomFillSync(new Uint8Array(length));
      if (used + length > poolSize) {
        randomFillSync(pool);
        used = 0;
      }
      const bytes = pool.slice(used, used + length);
      // A byte that was given out once, perhaps as a key, is not kept.
      pool.fill(0, used, used + length);
      used += length;
      return bytes;
    },
  };
}

const systemTimers: Timers = {
  sleep: (durationMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, durationMs);
      signal?.addEventListener("abort", wake, { once: true });
    }),
  soon: (work) => {
    setImmediate(work);
  },
};
