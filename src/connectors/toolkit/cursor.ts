import type { z } from "zod";
import { addMs, type Instant, instantOf, msOf } from "../../core/clock.ts";
import type { Json } from "../contract.ts";

/** A connector's resume point. Stored by the sync layer as it is, so it is checked when it comes back. */
export interface CursorCodec<State> {
  encode(state: State): Json;
  /** `state` is null at the first pull, and when the cursor cannot be read any more; then `problem` says so. */
  decode(cursor: Json | null): { state: State | null; problem?: string };
}

/**
 * Give the schema a literal `version` field: a later release then recognises older cursors. An unreadable cursor means
 * starting again from `since`, which repeats orders but skips none.
 */
export function cursorCodec<State extends { [key: string]: Json }>(
  schema: z.ZodType<State>,
): CursorCodec<State> {
  return {
    encode: (state) => schema.parse(state),
    decode(cursor) {
      if (cursor === null) return { state: null };
      const parsed = schema.safeParse(cursor);
      if (parsed.success) return { state: parsed.data };
      return {
        state: null,
        problem: "The stored cursor could not be read; the pull starts again from the beginning.",
      };
    },
  };
}

/**
 * A resume time in the future would hide everything that changes until then. It is set back to `latest`; `problem` is
 * the warning to give along.
 */
export function clampFuture(resumeAt: Instant, latest: Instant): { at: Instant; problem?: string } {
  if (msOf(resumeAt) <= msOf(latest)) return { at: resumeAt };
  return {
    at: latest,
    problem: `The platform gave a time in the future (${resumeAt}); reading goes on from ${latest}. Check its clock.`,
  };
}

const longestSetBackMs = 7 * 86_400_000;

/**
 * A resume time written by our own clock that lies in the future: the clock was ahead, and what changed meanwhile was asked for
 * before it happened. So reading goes back by as much as the clock was ahead, a week at most.
 */
export function setBack(resumeAt: Instant, latest: Instant): { at: Instant; problem?: string } {
  const aheadMs = msOf(resumeAt) - msOf(latest);
  if (aheadMs <= 0) return { at: resumeAt };
  const at = addMs(latest, -Math.min(aheadMs, longestSetBackMs));
  return {
    at,
    problem: `The pull had come to a time in the future (${resumeAt}): the clock of the hub was ahead. Reading goes on from ${at}; check that the clock is right now.`,
  };
}

export const earlierOf = (a: Instant, b: Instant): Instant => instantOf(Math.min(msOf(a), msOf(b)));

export const laterOf = (a: Instant, b: Instant): Instant => instantOf(Math.max(msOf(a), msOf(b)));
