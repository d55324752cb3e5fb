import { type Instant, instantOf } from "../../../src/core/clock.ts";

export const second = 1000;
export const startMs = Date.parse("2026-11-22T08:00:00.000Z");

/** mulberry32 */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Virtual time with dice: what happens next is what is due first, and of two at one time the one made first. */
export class Timeline {
  nowMs = startMs;
  private readonly random: () => number;
  private readonly queue: { at: number; work: () => void }[] = [];

  constructor(seed: number) {
    this.random = generator(seed);
  }

  fraction(): number {
    return this.random();
  }

  int(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  now(): Instant {
    return instantOf(this.nowMs);
  }

  soon(inMs: number, work: () => void): void {
    const item = { at: this.nowMs + inMs, work };
    let low = 0;
    let high = this.queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.queue[middle]?.at ?? 0) > item.at) low = middle + 1;
      else high = middle;
    }
    // The queue is kept with the next one last; of two at one time the earlier made is nearer to the end.
    this.queue.splice(low, 0, item);
  }

  run(untilMs: number): void {
    for (let item = this.queue.at(-1); item !== undefined && item.at <= untilMs; item = this.queue.at(-1)) {
      this.queue.pop();
      this.nowMs = Math.max(this.nowMs, item.at);
      item.work();
    }
    this.nowMs = untilMs;
  }
}
