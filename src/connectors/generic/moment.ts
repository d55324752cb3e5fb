import { z } from "zod";
import type { Instant } from "../../core/clock.ts";
import { instantSchema } from "../../core/model/primitives.ts";

/**
 * A moment with more orders than fit a page: time cannot take us through it, so the shop's own cursor does. Where that
 * counts orders, one that changes meanwhile leaves the moment, moves all behind it up by one, and one is skipped. Orders
 * only ever leave a moment, so whatever was read and has left is missing from the next reading: two readings that find the
 * same orders say that nothing left during the first. Then it was whole, and the order it saw behind the moment was the next
 * one; what the second saw there may lie behind one that was skipped, and in a busy shop changes with every reading. Pure.
 */
export const momentSchema = z.object({
  /** All rows up to here belong to it. */
  at: instantSchema,
  /** What this reading has found so far. */
  rows: z.int().min(0),
  sum: z.int().min(0),
  /** What the reading before found. */
  before: z.string().nullable(),
  /** When the first order that it saw behind the moment changed; null: it saw none. */
  beforeNext: instantSchema.nullable().default(null),
  readings: z.int().min(1),
});
export type Moment = z.infer<typeof momentSchema>;

export interface ChangedRow {
  externalId: string;
  updatedAt: Instant;
}

export type Reading =
  /** Its rows are not at an end. */
  | { kind: "goes on"; moment: Moment }
  /** To be read from its beginning again. */
  | { kind: "again"; moment: Moment }
  /** Every order of it was given; `next`: when the first order behind it changed, null: there is none. */
  | { kind: "whole"; next: Instant | null }
  /** It does not come to rest; what it still hides is left to the next run. */
  | { kind: "left"; at: Instant };

/** A moment in which orders change faster than it can be read must not hold up all later ones. */
const mostReadings = 8;

export function beginMoment(rows: readonly ChangedRow[]): Moment | null {
  const at = rows.at(-1)?.updatedAt;
  if (at === undefined) return null;
  return counted({ at, rows: 0, sum: 0, before: null, beforeNext: null, readings: 1 }, rows);
}

/** What a page says of the moment that is being read; `isFirst`: this reading begins with it. */
export function readOn(
  moment: Moment,
  { rows, nextCursor }: { rows: readonly ChangedRow[]; nextCursor: string | null },
  isFirst: boolean,
): Reading {
  const now = counted(moment, rows);
  const last = rows.at(-1)?.updatedAt;
  const isAtEnd = nextCursor === null || (last !== undefined && last > moment.at);
  if (!isAtEnd) return { kind: "goes on", moment: now };
  const next = rows.find(({ updatedAt }) => updatedAt > moment.at)?.updatedAt ?? null;
  const found = `${now.rows} ${now.sum}`;
  // What fits one page is read at one stroke.
  if (isFirst) return { kind: "whole", next };
  const { at, before, beforeNext, readings } = moment;
  // Whether there is anything behind decides whether the run ends here: on that both must agree.
  if (found === before && (next === null) === (beforeNext === null))
    return { kind: "whole", next: beforeNext };
  if (readings >= mostReadings) return { kind: "left", at };
  return {
    kind: "again",
    moment: { at, rows: 0, sum: 0, before: found, beforeNext: next, readings: readings + 1 },
  };
}

function counted(moment: Moment, rows: readonly ChangedRow[]): Moment {
  const own = rows.filter(({ updatedAt }) => updatedAt <= moment.at);
  const sum = own.reduce((total, row) => (total + digestOf(row)) % sumsBelow, moment.sum);
  return { ...moment, rows: moment.rows + own.length, sum };
}

const sumsBelow = 2 ** 48;

/** A number from an order's id and time (FNV-1a, 32 bits); added up, so that the order of equals does not matter. */
function digestOf({ externalId, updatedAt }: ChangedRow): number {
  let hash = 0x811c9dc5;
  for (const character of `${externalId} ${updatedAt}`) {
    hash ^= character.codePointAt(0) ?? 0;
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return hash;
}
