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
  type WindowPolicy,
  windowCursor,
} from "../toolkit/windows.ts";

/**
 * Where the next page is read from. Pure.
 *
 * Vendure's `updatedAt` of an order moves while it is a cart, and later when lines are cancelled or changed; not when the order is
 * placed, paid, packed, shipped or paid back (seen on 3.7.3). No list can be asked for those. So a run reads three feeds:
 *
 * - `placed`: orders placed within the window. Every sale comes by this one, so the watermark rests on it.
 * - `changed`: orders placed before, whose own time lies in the window.
 * - `stamps`: of orders placed lately only the times of payments, refunds and parcels, a long page per run, round after round.
 *   Those that changed since the last round began are then read whole.
 */
export type Feed = "placed" | "changed" | "stamps";

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
  /** Orders placed at or after this are still to be looked at, without the first `skip`. */
  after: instantSchema,
  skip: z.int().min(0),
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

export interface OpenRun {
  window: OpenWindow;
  feed: Feed;
  after: Instant;
  skip: number;
  /** End of the page's times. What is younger than the run's own window came with `placed`, so `stamps` ends where that begins. */
  to: Instant;
  /** The round that `stamps` of this run goes on with, or begins. */
  due: Round;
  round: Round | null;
  toldUntil: Instant;
  problems: string[];
}

const feedSchema = z.object({ feed: z.enum(["placed", "changed", "stamps"]) });

/** The page to go on with. */
export function openRun(cursor: State | null, since: Instant, now: Instant, watchMs: number): OpenRun {
  const stored = windowCursor.decode(cursor?.window ?? null);
  const { state: window, problem } = openWindow(stored.state, since, now, windowPolicy);
  const { run, floor } = window;
  const feed = feedSchema.safeParse(run.page).data?.feed ?? "placed";
  const begun = {
    startedAt: run.startedAt,
    after: laterOf(floor, addMs(run.startedAt, -watchMs)),
    skip: 0,
  };
  const due = cursor?.round ?? begun;
  const { after, skip } = feed === "stamps" ? due : byTimePlace(run.page, run.from);
  return {
    window,
    feed,
    after,
    skip,
    to: feed === "stamps" ? run.from : run.to,
    due,
    round: feed === "stamps" ? due : (cursor?.round ?? null),
    toldUntil: cursor?.toldUntil ?? addMs(run.startedAt, -windowPolicy.overlapMs),
    problems: [stored.problem, problem].filter((text) => text !== undefined),
  };
}

export interface Step {
  cursor: Json;
  more: boolean;
  watermark?: Instant;
}

/** What follows a page with rows of these times, in the order given. Null when Vendure did not give them in order of time. */
export function afterPage(open: OpenRun, times: readonly Instant[], rowsPerPage: number): Step | null {
  const { window, feed, after, skip } = open;
  const next = afterByTime({ after, skip }, times, rowsPerPage);
  if (next === "unsorted") return null;
  const place = next === null ? null : byTimePlace(next, after);
  // One page of stamps ends the run; the round goes on with the next.
  if (feed === "stamps") return closed(open, null, afterStamps(open, place));
  if (place !== null) return closed(open, { plan: "byTime", feed, ...place }, open);
  const { run } = window;
  const hasStamps = msOf(run.to) >= msOf(run.until) && msOf(open.due.after) < msOf(run.from);
  const following = feed === "placed" ? "changed" : hasStamps ? "stamps" : null;
  const page = following === null ? null : { plan: "byTime", feed: following, after: run.from, skip: 0 };
  return closed(open, page, open);
}

type Rounds = Pick<OpenRun, "round" | "toldUntil">;

function afterStamps({ round, toldUntil }: OpenRun, place: { after: Instant; skip: number } | null): Rounds {
  if (round === null || place !== null) return { round: round && place && { ...round, ...place }, toldUntil };
  return { round: null, toldUntil: addMs(round.startedAt, -windowPolicy.overlapMs) };
}

function closed({ window }: OpenRun, page: Json | null, { round, toldUntil }: Rounds): Step {
  const { state, ...step } = afterWindow(window, page, windowPolicy);
  const cursor = { version: 1, window: windowCursor.encode(state), round, toldUntil } as const;
  return { ...step, cursor: pullCursor.encode(cursor) };
}
