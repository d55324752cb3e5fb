import { z } from "zod";
import { type Instant, msOf } from "../../core/clock.ts";
import { instantSchema } from "../../core/model/primitives.ts";
import type { Json } from "../contract.ts";
import { type WindowState, windowCursor } from "../toolkit/windows.ts";

/**
 * Which trades were given already, and as of when. Runs overlap, and every trade costs a call of its own, so one that has not
 * changed since it was given is not read again. Part of the cursor, which moves only when the hub has taken what was given.
 */
const seenSchema = z.record(z.string(), instantSchema);
type Seen = z.infer<typeof seenSchema>;

const cursorSchema = z.object({
  version: z.literal(2),
  window: z.json(),
  /** Listed in the run before: its end is where this one begins. */
  before: seenSchema,
  /** Listed in this run so far. */
  now: seenSchema,
});

export interface Place {
  state: WindowState | null;
  problem?: string;
  before: Seen;
  now: Seen;
}

/** The place a cursor names; one of before trades were remembered is read as well. */
export function placeOf(cursor: Json | null): Place {
  const parsed = cursorSchema.safeParse(cursor);
  if (!parsed.success) return { ...windowCursor.decode(cursor), before: {}, now: {} };
  const { window, before, now } = parsed.data;
  return { ...windowCursor.decode(window), before, now };
}

export interface Row {
  tid: string;
  modified?: Instant | undefined;
}

/** The rows that must be read: those that are new, or have changed since. */
export const unseen = ({ before, now }: Place, rows: readonly Row[]): Row[] =>
  rows.filter(
    ({ tid, modified }) => modified === undefined || (before[tid] !== modified && now[tid] !== modified),
  );

/** Times are of whole seconds and of the platform's clock: what changed so lately may change again without another time. */
const settledMs = 15_000;
/** More than pass in an overlap of some minutes; what is left out is read again. */
const mostSeen = 500;

/**
 * The cursor after a page. `given` are the trades that were read and given, as of when; one that was changed between list and
 * reading is left out.
 */
export function cursorAfter(
  place: Place,
  state: WindowState,
  rows: readonly Row[],
  given: ReadonlyMap<string, Instant>,
  nowMs: number,
): Json {
  const listed = rows.flatMap(({ tid, modified }): [string, Instant][] => {
    if (modified === undefined || msOf(modified) > nowMs - settledMs) return [];
    const isKnown = [given.get(tid), place.before[tid], place.now[tid]].includes(modified);
    return isKnown ? [[tid, modified]] : [];
  });
  const now = newest({ ...place.now, ...Object.fromEntries(listed) });
  const isOver = state.run === null;
  return {
    version: 2,
    window: windowCursor.encode(state),
    before: isOver ? now : place.before,
    now: isOver ? {} : now,
  };
}

const newest = (seen: Seen): Seen =>
  Object.fromEntries(
    Object.entries(seen)
      .toSorted(([, a], [, b]) => msOf(b) - msOf(a))
      .slice(0, mostSeen),
  );
