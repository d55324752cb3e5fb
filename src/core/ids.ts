import { v7 } from "uuid";
import type { Clock } from "./clock.ts";

/** Randomness from outside; `bytes(n)` must be fit for secrets in production. */
export interface Random {
  bytes(length: number): Uint8Array;
}

/** Makes our own ids: UUIDv7, so that rows made later sort later. */
export interface Ids {
  next(): string;
}

/**
 * UUIDv7 from the injected clock and randomness. Ids made within one millisecond, or while the clock stands
 * still or steps back, keep rising: the 32-bit sequence of RFC 9562 section 6.2 counts on.
 */
export function createIds(clock: Clock, random: Random): Ids {
  let lastMs = -1;
  let sequence = 0;
  return {
    next() {
      const nowMs = clock.nowMs();
      if (nowMs > lastMs) {
        lastMs = nowMs;
        sequence = 0;
      } else if (sequence === 0xffffffff) {
        lastMs += 1;
        sequence = 0;
      } else {
        sequence += 1;
      }
      return v7({ msecs: lastMs, seq: sequence, random: random.bytes(16) });
    },
  };
}

export const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const isUuid = (text: string): boolean => uuidPattern.test(text);
