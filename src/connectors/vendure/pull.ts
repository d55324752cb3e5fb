import { z } from "zod";
import { addMs, type Instant, msOf } from "../../core/clock.ts";
import { instantSchema } from "../../core/model/primitives.ts";
import type { Json } from "../contract.ts";
import { cursorCodec, laterOf } from "../toolkit/cursor.ts";
import {
  afterByTime,
  afterWindow,
  byTimePlace,
  type OpenWindow,
  openWindow,
  type TimedRow,
  type TimePlace,
  timePlaceShape,
  type WindowPolicy,
  windowCursor,
} from "../toolkit/windows.ts";

/**
 * Where the next page is read from. Pure.
 *
 * Vendure's `updatedAt` of an order moves while it is a cart, and later when lines are cancelled or changed; not when the order is
 * placed, paid, packed, shipped or paid back (seen on 3.7.3). No list can be asked for those. So a run reads two feeds and a round:
 *
 * - `placed`: orders placed within the window. Every sale comes by this one, so the watermark rests on it.
 * - `changed`: orders placed before, whose own time lies in the window.
 * - With the last page of a run, of orders placed before it only the times of payments, refunds and parcels: one long page per
 *   run, round after round. Those that changed since the last round began are then read whole.
 */
export type Feed = "placed" | "changed";

export const windowPolicy: WindowPolicy = {
  // Vendure names no limit; a quarter keeps the first pull of an old shop in parts.
  longestMs: 90 * 86_400_000,
  // `orderPlacedAt` is made before the transaction ends that shows the order.
  overlapMs: 60_000,
  clockSkewMs: 5_000,
};

/** Orders of one page of stamps; about 0.3 kB each. */
export const stampsPerPage = 250;

const roundSchema = z.object({
  /** Began with the run that began then. */
  startedAt: instantSchema,
  /** Orders placed from here on are still to be looked at. */
  ...timePlaceShape,
});

const stateSchema = z.object({
  version: z.literal(1),
  window: z.json(),
  /** The round under way, if it did not fit into the last run. */
  round: roundSchema.nullable(),
  /** Changes from then on are still to be told: the beginning of the last round, less the overlap. */
  toldUntil: instantSchema.nullable(),
});
type State = z.infer<typeof stateSchema>;

export const pullCursor = cursorCodec<State>(stateSchema);

type Round = z.infer<typeof roundSchema>;

export interface OpenRun extends TimePlace {
  window: OpenWindow;
  feed: Feed;
  underWay: Round | null;
  /** The round under way, or the one that would begin with this run. */
  round: Round;
  toldUntil: Instant;
  problems: string[];
}

const feedSchema = z.object({ feed: z.enum(["placed", "changed"]) });

/** The page to go on with. */
export function openRun(cursor: State | null, since: Instant, now: Instant, watchMs: number): OpenRun {
  const stored = windowCursor.decode(cursor?.window ?? null);
  const { state: window, problem } = openWindow(stored.state, since, now, windowPolicy);
  const { run, floor } = window;
  return {
    window,
    feed: feedSchema.safeParse(run.page).data?.feed ?? "placed",
    ...byTimePlace(run.page, run.from),
    underWay: cursor?.round ?? null,
    round: cursor?.round ?? {
      startedAt: run.startedAt,
      ...byTimePlace(null, laterOf(floor, addMs(run.startedAt, -watchMs))),
    },
    toldUntil: cursor?.toldUntil ?? addMs(run.startedAt, -windowPolicy.overlapMs),
    problems: [stored.problem, problem].filter((text) => text !== undefined),
  };
}

/** Rows of a page by the times it is sorted by, in the order given. */
export interface ReadPage {
  timed: readonly TimedRow[];
  rowsPerPage: number;
}

/** Whether a page of stamps belongs to this page: it is the last of the run, and there are older orders to look at. */
export function looksAtStamps({ window: { run }, feed, round, ...place }: OpenRun, page: ReadPage): boolean {
  const isLast = feed === "changed" && msOf(run.to) >= msOf(run.until);
  return (
    isLast && msOf(round.after) < msOf(run.from) && afterByTime(place, page.timed, page.rowsPerPage) === null
  );
}

export interface Step {
  cursor: Json;
  more: boolean;
  watermark?: Instant;
}

/**
 * What follows a page that was given to the caller, with the page of stamps read beside it. Null when Vendure did not give its rows
 * in order of time.
 */
export function afterPage(open: OpenRun, page: ReadPage, stamps: ReadPage | null): Step | null {
  const { window, feed } = open;
  const next = afterByTime(open, page.timed, page.rowsPerPage);
  const rounds = afterStamps(open, stamps);
  if (next === "unsorted" || rounds === null) return null;
  const following =
    next !== null
      ? { plan: "byTime", feed, ...byTimePlace(next, open.after) }
      : feed === "placed"
        ? { plan: "byTime", feed: "changed", after: window.run.from, skip: 0 }
        : null;
  const { state, ...step } = afterWindow(window, following, windowPolicy);
  return {
    ...step,
    cursor: pullCursor.encode({ version: 1, window: windowCursor.encode(state), ...rounds }),
  };
}

function afterStamps(
  { round, underWay, toldUntil }: OpenRun,
  stamps: ReadPage | null,
): Pick<State, "round" | "toldUntil"> | null {
  if (stamps === null) return { round: underWay, toldUntil };
  const next = afterByTime(round, stamps.timed, stamps.rowsPerPage);
  if (next === "unsorted") return null;
  if (next !== null) return { round: { ...round, ...byTimePlace(next, round.after) }, toldUntil };
  return { round: null, toldUntil: addMs(round.startedAt, -windowPolicy.overlapMs) };
}
