import { z } from "zod";
import { addMs, type Instant, msOf } from "../../core/clock.ts";
import { externalIdSchema, instantSchema } from "../../core/model/primitives.ts";
import { clampFuture, cursorCodec, laterOf, setBack } from "../toolkit/cursor.ts";

/**
 * Where the next page is read from. Pure.
 *
 * A run reads three feeds one after the other: payments that changed, orders that changed, and orders to which the shop owes
 * money. The first is there because taking or giving back money leaves `updated_at` of the order alone, the third because
 * giving back money that was owed leaves that of the payment alone, too.
 *
 * Payments and orders are read by `updated_at` in a window that is fixed when the run begins. Counting on by `offset` in it
 * would skip a row for each one that changes meanwhile and so leaves the window. So the next page begins at the time of
 * the last row; `offset` only serves to get through rows of one and the same millisecond.
 */

const runSchema = z.object({
  startedAt: instantSchema,
  feed: z.enum(["payments", "orders", "owed"]),
  from: instantSchema,
  to: instantSchema,
  after: instantSchema,
  offset: z.int().min(0),
  /** Orders of the third feed that are still to be read. */
  left: z.array(externalIdSchema),
});
export type Run = z.infer<typeof runSchema>;

const stateSchema = z.object({
  version: z.literal(1),
  /** The very first pull began here; nothing before it is ever asked for. */
  floor: instantSchema,
  /** Everything changed up to here has been given. */
  resumeAt: instantSchema,
  /** Orders to which the shop owes money. */
  owed: z.array(externalIdSchema),
  run: runSchema.nullable(),
});
export type PullState = z.infer<typeof stateSchema>;
export type OpenState = PullState & { run: Run };

export const pullCursor = cursorCodec<PullState>(stateSchema);

/** How far Medusa's clock may differ from ours. */
export const clockSkewMs = 2_000;

/** Time stamps are made in Medusa before the row can be seen; nobody saw it take longer than a second. */
export const settleMs = 5_000;

/** Read again at every run, for what became visible later than that. */
export const overlapMs = 30_000;

/** More than that are seldom orders that will be paid back; each costs one more row in every run. */
export const maxOwed = 500;

/** The run to go on with: the open one, or a new one. */
export function openRun(
  state: PullState | null,
  since: Instant,
  now: Instant,
): { state: OpenState; problem?: string } {
  if (state?.run) return { state: { ...state, run: state.run } };
  const to = addMs(now, clockSkewMs);
  const { at, problem } = state ? setBack(state.resumeAt, to) : clampFuture(since, to);
  const floor = state?.floor ?? since;
  const from = state === null ? since : laterOf(floor, addMs(at, -overlapMs - clockSkewMs));
  const run: Run = { startedAt: now, feed: "payments", from, to, after: from, offset: 0, left: [] };
  const opened: OpenState = { version: 1, floor, resumeAt: at, owed: state?.owed ?? [], run };
  return problem === undefined ? { state: opened } : { state: opened, problem };
}

/** What a page held: `updated_at` of its rows in the order given, and what was learnt about debts. */
export interface PageFacts {
  times: readonly Instant[];
  limit: number;
  owing: readonly string[];
  even: readonly string[];
}

export interface Step {
  state: PullState;
  watermark?: Instant;
  problem?: string;
}

/** What follows a page that was given to the caller. Null when Medusa did not give its rows in order of time. */
export function afterPage(state: OpenState, page: PageFacts): Step | null {
  const { run } = state;
  const { owed, problem } = noteDebts(state.owed, page);
  const next = nextRun(run, owed, page);
  if (next === "unsorted") return null;
  const step: Step =
    next === null ? closeRun({ ...state, owed }, run) : { state: { ...state, owed, run: next } };
  return problem === undefined ? step : { ...step, problem };
}

function nextRun(run: Run, owed: readonly string[], { times, limit }: PageFacts): Run | null | "unsorted" {
  if (run.feed === "owed") {
    const left = run.left.slice(limit);
    return left.length === 0 ? null : { ...run, left };
  }
  const sorted = times.every((time, index) => msOf(time) >= msOf(times[index - 1] ?? run.after));
  if (!sorted) return "unsorted";
  const last = times.at(-1);
  if (last !== undefined && times.length >= limit) {
    const moved = msOf(last) > msOf(run.after);
    return moved ? { ...run, after: last, offset: 0 } : { ...run, offset: run.offset + times.length };
  }
  if (run.feed === "payments") return { ...run, feed: "orders", after: run.from, offset: 0 };
  return owed.length === 0 ? null : { ...run, feed: "owed", left: [...owed] };
}

function closeRun(state: PullState, run: Run): Step {
  const settled = addMs(run.startedAt, -settleMs);
  const resumeAt = laterOf(state.floor, msOf(settled) > msOf(state.resumeAt) ? settled : state.resumeAt);
  const closed: PullState = { ...state, resumeAt, run: null };
  return msOf(settled) > msOf(state.floor) ? { state: closed, watermark: settled } : { state: closed };
}

function noteDebts(owed: readonly string[], page: PageFacts): { owed: string[]; problem?: string } {
  const even = new Set(page.even);
  const all = [...new Set([...owed.filter((id) => !even.has(id)), ...page.owing])];
  if (all.length <= maxOwed) return { owed: all };
  return {
    owed: all.slice(-maxOwed),
    problem: `The shop owes money on more than ${maxOwed} orders; refunds of the oldest are noticed only when something else changes about them. Settle them in Medusa.`,
  };
}
