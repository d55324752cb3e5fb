import type { StockWriteKind } from "../../connectors/contract.ts";

export interface TargetInput {
  /** Units of the SKU that may be sold now: on hand - reserved - held back over own locations. */
  available: number;
  /** SKU units in one listing unit. */
  unitsPer: number;
  /** SKU units this listing never shows. */
  buffer: number;
  /** The most listing units ever shown; null for no cap. */
  cap: number | null;
}

/**
 * What a listing may show, in listing units; never negative (shared mode).
 *
 * @example stockTarget({ available: 51, unitsPer: 6, buffer: 2, cap: null }) // 8
 */
export function stockTarget({ available, unitsPer, buffer, cap }: TargetInput): number {
  const whole = Math.floor((available - buffer) / unitsPer);
  return Math.max(0, cap === null ? whole : Math.min(cap, whole));
}

export interface WriteChoice {
  /** What the platform's API offers. */
  kinds: readonly StockWriteKind[];
  target: number;
  /** The platform's figure as read just now, if it was read. */
  current: number | null;
  /** The last figure the platform confirmed; null when unknown. */
  published: number | null;
}

export type WriteMode =
  | { mode: "set"; quantity: number }
  | { mode: "compareAndSet"; quantity: number; expected: number }
  | { mode: "delta"; quantity: number };

export type ChosenWrite =
  | { kind: "write"; write: WriteMode }
  /** The platform shows the target already. */
  | { kind: "shown"; quantity: number }
  /** Nothing can be said without the platform's own figure. */
  | { kind: "unknowable" };

/**
 * How to bring a listing to its target in shared mode. Where the platform's own figure was read, the change starts from it: a
 * plain set forgets what the platform has sold since it showed that figure, and puts those units on sale again. Where it was not
 * read, a plain set needs no knowledge and may be repeated; without one, the last confirmed figure must do.
 */
export function chooseWrite({ kinds, target, current, published }: WriteChoice): ChosenWrite {
  const isRelative = kinds.includes("compareAndSet") || kinds.includes("delta");
  const base = isRelative && current !== null ? current : kinds.includes("set") ? null : published;
  if (base === null)
    return kinds.includes("set")
      ? { kind: "write", write: { mode: "set", quantity: target } }
      : { kind: "unknowable" };
  if (base === target) return { kind: "shown", quantity: base };
  const write: WriteMode = kinds.includes("compareAndSet")
    ? { mode: "compareAndSet", quantity: target, expected: base }
    : { mode: "delta", quantity: target - base };
  return { kind: "write", write };
}
