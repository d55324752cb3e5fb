/**
 * Time, as the hub sees it. Product code never asks the machine for the time: it is given a `Clock`,
 * so that tests and the simulator decide what time it is.
 */

/** A UTC instant in the one spelling used everywhere: ISO 8601 with milliseconds and `Z`, so text order is time order. */
export type Instant = string & { readonly __brand?: "Instant" };

export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMs(): number;
}

export interface Timers {
  /** Resolves after `durationMs`, or at once when `signal` is aborted; never rejects. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
  /** Runs `work` on the next turn of the event loop. */
  soon(work: () => void): void;
}

export const instantOf = (epochMs: number): Instant => new Date(epochMs).toISOString();

export const msOf = (instant: Instant): number => Date.parse(instant);

export const nowInstant = (clock: Clock): Instant => instantOf(clock.nowMs());

/** Any time text with a zone (or PostgreSQL's own spelling), cut to whole milliseconds. Throws RangeError on anything else. */
export const toInstant = (text: string): Instant => new Date(text).toISOString();

export const addMs = (instant: Instant, durationMs: number): Instant => instantOf(msOf(instant) + durationMs);
