import { z } from "zod";
import { addMs, type Instant, instantOf, msOf } from "../../core/clock.ts";
import { instantSchema } from "../../core/model/primitives.ts";
import type { Json } from "../contract.ts";
import { clampFuture, cursorCodec, earlierOf, laterOf, setBack } from "./cursor.ts";

/**
 * Pulls by closed windows of update time, for platforms that take "changed from … to …". Pure.
 *
 * A run is fixed when it begins: from where the last one ended, less the overlap, to now. It is cut into windows no longer than
 * the platform allows; within a window the platform's pages are followed by one of three plans (`nextPage`). An order that
 * changes while it is read leaves its window, and comes with a later run; the plans see to it that it drags no other with it.
 */
export interface WindowPolicy {
  /** The longest window the platform takes. */
  longestMs: number;
  /** Read again at every run: what becomes visible later than its time stamp says. */
  overlapMs: number;
  /** How far the platform's clock may differ. */
  clockSkewMs: number;
  /** The platform gives nothing younger; the run ends that long before now. Default 0. */
  tailMs?: number;
  /** The platform gives nothing older. Default: everything. */
  historyMs?: number;
}

const runSchema = z.object({
  startedAt: instantSchema,
  /** The open window: [from, to). */
  from: instantSchema,
  to: instantSchema,
  /** End of the whole run. */
  until: instantSchema,
  /** Where within the window; null at its beginning. */
  page: z.json(),
});

const stateSchema = z.object({
  version: z.literal(1),
  /** The very first pull began here; nothing before it is ever asked for. */
  floor: instantSchema,
  /** Everything changed up to here has been given. */
  resumeAt: instantSchema,
  run: runSchema.nullable(),
});
export type WindowState = z.infer<typeof stateSchema>;
export type OpenWindow = WindowState & { run: NonNullable<WindowState["run"]> };

export const windowCursor = cursorCodec<WindowState>(stateSchema);

/** The window to go on with: the open one, or the first of a new run. */
export function openWindow(
  state: WindowState | null,
  since: Instant,
  now: Instant,
  policy: WindowPolicy,
): { state: OpenWindow; problem?: string } {
  if (state?.run) return { state: { ...state, run: state.run } };
  const tail = policy.tailMs ?? 0;
  // A fast clock over there stamps orders later than our now; only a platform with a tail refuses to be asked for them.
  const until = tail > 0 ? addMs(now, -tail) : addMs(now, policy.clockSkewMs);
  const floor = state?.floor ?? since;
  const { at, problem } = state ? setBack(state.resumeAt, until) : clampFuture(since, until);
  const wanted = state === null ? at : laterOf(floor, addMs(at, -policy.overlapMs - policy.clockSkewMs));
  const oldest = policy.historyMs === undefined ? wanted : laterOf(wanted, addMs(now, -policy.historyMs));
  const from = earlierOf(oldest, until);
  const run = { startedAt: now, from, to: windowEnd(from, until, policy), until, page: null };
  const opened: OpenWindow = { version: 1, floor, resumeAt: at, run };
  return problem === undefined ? { state: opened } : { state: opened, problem };
}

const windowEnd = (from: Instant, until: Instant, { longestMs }: WindowPolicy): Instant =>
  earlierOf(until, addMs(from, longestMs));

/** The first half of a window that holds more than the platform gives, from its beginning; null when it is too short to halve. */
export function halvedWindow(state: OpenWindow): WindowState | null {
  const { run } = state;
  const lengthMs = msOf(run.to) - msOf(run.from);
  if (lengthMs < 2_000) return null;
  const to = addMs(run.from, Math.floor(lengthMs / 2));
  return { ...state, run: { ...run, to, page: null } };
}

export interface WindowStep {
  state: WindowState;
  more: boolean;
  watermark?: Instant;
}

/** What follows a page that was given to the caller. `next` is null when the window has no further page. */
export function afterWindow(state: OpenWindow, next: Json | null, policy: WindowPolicy): WindowStep {
  const { run } = state;
  if (next !== null) return { state: { ...state, run: { ...run, page: next } }, more: true };
  if (msOf(run.to) < msOf(run.until)) {
    const to = windowEnd(run.to, run.until, policy);
    return { state: { ...state, run: { ...run, from: run.to, to, page: null } }, more: true };
  }
  const settled = earlierOf(run.until, run.startedAt);
  const resumeAt = laterOf(state.resumeAt, settled);
  const closed: WindowState = { ...state, resumeAt, run: null };
  // What is stamped by a slow clock over there may still come with an earlier time than ours.
  const watermark = addMs(settled, -policy.clockSkewMs);
  return msOf(watermark) > msOf(state.floor)
    ? { state: closed, more: false, watermark }
    : { state: closed, more: false };
}

// ---- Plans for the pages of one window ----------------------------------------------------------------------------

/** The platform's own cursor, for those that name a place and do not count. */
export const byCursor = (given: string | null | undefined): Json | null => (given ? given : null);

const lastFirstSchema = z.object({ plan: z.literal("lastFirst"), page: z.int().min(1) }).nullable();

/**
 * Numbered pages, the last one first: an order that leaves the window moves those behind it forward, onto pages that are still
 * to be read. `null` asks for the number of rows first (or reads page 1 for it, whose rows may be given right away).
 */
export const lastFirstPage = (page: Json | null): number | null => {
  const state = lastFirstSchema.safeParse(page);
  return state.success ? (state.data?.page ?? null) : null;
};

/** The page after `read`; at the beginning `read` is null and `totalRows` says where the last page is. */
export function afterLastFirst(read: number | null, totalRows: number, rowsPerPage: number): Json | null {
  const next = read === null ? Math.ceil(totalRows / rowsPerPage) : read - 1;
  return next < 1 ? null : { plan: "lastFirst", page: next };
}

/** Where a window sorted by update time is read on from. */
export const timePlaceShape = {
  /** Rows changed at or after this, */
  after: instantSchema,
  /** without the first so many. */
  skip: z.int().min(0),
  /** The row given last, which must come first then; null: nothing was counted off. */
  last: z.string().nullable().default(null),
  /** How often this moment was begun anew. */
  again: z.int().min(0).default(0),
};
const timePlaceSchema = z.object(timePlaceShape);
export type TimePlace = z.infer<typeof timePlaceSchema>;

const byTimeSchema = timePlaceSchema.extend({ plan: z.literal("byTime") });

export function byTimePlace(page: Json | null, from: Instant): TimePlace {
  const state = byTimeSchema.safeParse(page);
  if (!state.success) return { after: from, skip: 0, last: null, again: 0 };
  const { plan: _, ...place } = state.data;
  return place;
}

export interface TimedRow {
  externalId: string;
  updatedAt: Instant;
}

/** A moment in which rows change faster than it can be read, or that comes in another order each time, must not hold up all others. */
const mostAgain = 8;

/**
 * Sorted by update time, oldest first: the next page is asked for by time, and counted only among rows of one moment. There it
 * begins with the row that was given last: when another one comes first, a row has left the moment and those behind it have moved up,
 * so the moment is read from its beginning again. Null at the end, "unsorted" when the rows are not in order, which must not be
 * read on: some would be passed over.
 */
export function afterByTime(
  place: TimePlace,
  rows: readonly TimedRow[],
  rowsPerPage: number,
): Json | null | "unsorted" {
  const { after, skip, again } = place;
  const sorted = rows.every(({ updatedAt }, index) => updatedAt >= (rows[index - 1]?.updatedAt ?? after));
  if (!sorted) return "unsorted";
  const hasMovedUp = place.last !== null && rows[0]?.externalId !== place.last;
  if (hasMovedUp && again < mostAgain)
    return { plan: "byTime", after, skip: 0, last: null, again: again + 1 };
  const last = rows.at(-1);
  if (last === undefined || rows.length < rowsPerPage) return null;
  if (last.updatedAt > after) return { plan: "byTime", after: last.updatedAt, skip: 0, last: null, again: 0 };
  if (rowsPerPage === 1) return { plan: "byTime", after, skip: skip + 1, last: null, again };
  return { plan: "byTime", after, skip: skip + rows.length - 1, last: last.externalId, again };
}

/** Times cut to whole seconds, for platforms that know no smaller unit: the beginning earlier, the end later. */
export const wholeSeconds = (window: { from: Instant; to: Instant }): { from: Instant; to: Instant } => ({
  from: instantOf(Math.floor(msOf(window.from) / 1000) * 1000),
  to: instantOf(Math.ceil(msOf(window.to) / 1000) * 1000),
});
