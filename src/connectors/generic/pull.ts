import { z } from "zod";
import { addMs, type Instant } from "../../core/clock.ts";
import { instantSchema } from "../../core/model/primitives.ts";
import { clampFuture, cursorCodec, earlierOf, laterOf } from "../toolkit/cursor.ts";
import { beginMoment, type ChangedRow, momentSchema, type Reading, readOn } from "./moment.ts";

/**
 * Where the next page of orders is read from. Pure.
 *
 * A *run* reads from a resume time to the end of what there is. The shop gives orders in order of `updatedAt`, so the next
 * page is asked for by time ("changed after the last one, less a millisecond") and the shop's own page cursor is
 * used only to get through orders of one and the same moment. Asked by time, every page stands for itself: orders that
 * move to the end while we read, which makes counting cursors skip one per move, cannot be passed over. A moment with more
 * orders than fit a page is read again until two readings find the same orders (`moment.ts`). A shop that turns out not to be sorted is read by its own cursors to the end, and the next run begins where this one did.
 */

const stateSchema = z.object({
  version: z.literal(1),
  /** The very first pull began here; nothing before it is ever asked for. */
  floor: instantSchema,
  /** Between runs: everything changed up to here has been given. Within a run: what held when it began. */
  resumeAt: instantSchema,
  run: z
    .object({
      startedAt: instantSchema,
      pages: z.int().min(0),
      after: instantSchema,
      page: z.string().nullable(),
      newest: instantSchema.nullable(),
      watermark: instantSchema.nullable(),
      sorted: z.boolean(),
      /** The moment that is read by the shop's own cursor now. */
      moment: momentSchema.nullable().default(null),
      /** A moment that was left although its orders never stood still; the next run begins there. */
      unsure: instantSchema.nullable().default(null),
    })
    .nullable(),
});
export type PullState = z.infer<typeof stateSchema>;
export type Run = NonNullable<PullState["run"]>;

export const pullCursor = cursorCodec<PullState>(stateSchema);

export interface PullPolicy {
  overlapMs: number;
  clockSkewMs: number;
}

/** The run to go on with: the open one, or a new one from the resume time less overlap and clock difference. */
export function openRun(
  state: PullState | null,
  since: Instant,
  now: Instant,
  policy: PullPolicy,
): { state: PullState & { run: Run }; problem?: string } {
  if (state?.run) return { state: { ...state, run: state.run } };
  const startRun = (floor: Instant, resumeAt: Instant, after: Instant): PullState & { run: Run } => ({
    version: 1,
    floor,
    resumeAt,
    run: {
      ...{ startedAt: now, pages: 0, after, page: null, newest: null, watermark: null, sorted: true },
      ...{ moment: null, unsure: null },
    },
  });
  // One millisecond less, so that it does not matter whether the shop takes "after" as > or >=.
  if (state === null) return { state: startRun(since, since, addMs(since, -1)) };
  const { at, problem } = clampFuture(state.resumeAt, addMs(now, policy.clockSkewMs));
  const after = laterOf(state.floor, addMs(at, -policy.overlapMs - policy.clockSkewMs));
  const opened = startRun(state.floor, at, addMs(after, -1));
  return problem === undefined ? { state: opened } : { state: opened, problem };
}

export interface PageFacts {
  /** In the order given. */
  rows: readonly ChangedRow[];
  nextCursor: string | null;
  watermark: Instant | null;
  /** When the page was asked for, by our clock. */
  askedAt: Instant;
}

export interface Step {
  state: PullState;
  more: boolean;
  watermark?: Instant;
  problem?: string;
}

/** What follows a page that was given to the caller. */
export function afterPage(state: PullState & { run: Run }, page: PageFacts, policy: PullPolicy): Step {
  const { run } = state;
  const times = page.rows.map(({ updatedAt }) => updatedAt);
  const sorted = run.sorted && isSorted(run, times);
  const seen = times.reduce<Instant | null>((a, b) => (a === null ? b : laterOf(a, b)), run.newest);
  // The first page's watermark: the only one that also holds for pages read by the shop's own cursor.
  const watermark = run.pages === 0 ? page.watermark : run.watermark;
  const open: Run = { ...run, pages: run.pages + 1, sorted, newest: seen, watermark, moment: null };
  const reading = sorted && run.moment !== null ? readOn(run.moment, page, run.page === null) : null;
  if (reading?.kind === "goes on")
    return {
      state: { ...state, run: { ...open, page: page.nextCursor, moment: reading.moment } },
      more: true,
    };
  if (reading?.kind === "again")
    return {
      state: { ...state, run: { ...open, page: null, newest: null, moment: reading.moment } },
      more: true,
    };
  if (reading?.kind === "left") open.unsure = open.unsure ?? reading.at;
  // The order behind a moment read by the shop's own cursor: what the last page shows after it may not be all there is.
  const isBehind = reading?.kind === "whole" && run.page !== null && reading.next !== null;
  if (page.nextCursor === null && !isBehind) return closeRun({ ...state, run: open }, page, policy);
  const step: Step = {
    state: { ...state, run: { ...open, ...placeOf(run, page, times, sorted, reading) } },
    more: true,
  };
  return run.sorted && !sorted ? { ...step, problem: notSorted } : step;
}

/** By time where that gets on, else by the shop's own cursor. */
function placeOf(
  run: Run,
  page: PageFacts,
  times: readonly Instant[],
  sorted: boolean,
  reading: Reading | null,
): Pick<Run, "after" | "page" | "moment"> & { newest?: Instant } {
  const byTime = (after: Instant) => ({ after, page: null, moment: null });
  const [first, last] = [times.at(0), times.at(-1)];
  if (!sorted || first === undefined || last === undefined)
    return { after: run.after, page: page.nextCursor, moment: null };
  // A shop that gave orders of the very time it was asked with takes "after" as "from".
  if (reading?.kind === "whole" && run.page !== null && reading.next !== null) {
    const after = addMs(reading.next, -1) > run.after ? addMs(reading.next, -1) : reading.next;
    // What was seen behind it is read again, from there on.
    return { ...byTime(after), newest: after };
  }
  if (addMs(last, -1) > run.after && (first < last || reading !== null)) return byTime(addMs(last, -1));
  // Counted from a page that was asked for by time: only from there on is everything of the moment in.
  return {
    after: run.after,
    page: page.nextCursor,
    moment: run.page === null ? beginMoment(page.rows) : null,
  };
}

const notSorted =
  "GET /orders does not give orders in order of updatedAt, as the protocol asks; they are read by the shop's own page " +
  "cursors, which is only safe when those do not count orders.";

/** Whether these rows follow each other and what was asked for. Instants are compared as text: one spelling, UTC. */
function isSorted(run: Run, times: readonly Instant[]): boolean {
  let previous = run.page === null ? run.after : (run.newest ?? run.after);
  for (const time of times) {
    if (time < previous) return false;
    previous = time;
  }
  return true;
}

function closeRun(state: PullState & { run: Run }, page: PageFacts, policy: PullPolicy): Step {
  const { run } = state;
  const newest = run.newest === null ? state.resumeAt : laterOf(run.newest, state.resumeAt);
  const { problem } = clampFuture(newest, addMs(page.askedAt, policy.clockSkewMs));
  // Unsorted, an order may have changed on a page already read, any time since the run began; and a time in the future
  // says nothing about what came in between. Both times only the beginning of the run is sure.
  const isSure = run.sorted && problem === undefined;
  const sure = isSure ? newest : earlierOf(newest, run.startedAt);
  const resumeAt = run.unsure === null ? sure : earlierOf(sure, run.unsure);
  const closed: Step = { state: { ...state, resumeAt, run: null }, more: false };
  if (problem !== undefined) closed.problem = problem;
  // A shop cannot vouch for a time that has not come, nor we for a moment that we could not read to the end.
  if (run.watermark !== null && run.unsure === null)
    closed.watermark = earlierOf(run.watermark, addMs(run.startedAt, policy.clockSkewMs));
  return closed;
}
