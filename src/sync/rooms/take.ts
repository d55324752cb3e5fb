import { type CommentParts, submitComments } from "../../core/live/intake.ts";
import type { LiveComment } from "../../core/model/comment.ts";
import type { SyncCounters } from "../counters.ts";
import { afterThrow, type Intake } from "../intake.ts";
import type { SyncContext } from "../parts.ts";

/**
 * Takes comments of one connection, in order of arrival. Resolves when their effect is committed; a comment that comes again
 * (the same room and external id) changes nothing. Rejects with a retryable error when it should be tried again.
 */
export type TakeComments = (
  merchantId: string,
  connectionId: string,
  comments: readonly LiveComment[],
) => Promise<void>;

/** Into the live sessions of the rooms. Comments of a room without a session are counted and kept nowhere. */
export const takeIntoSessions =
  (parts: CommentParts, counters: Pick<SyncCounters, "rooms">): TakeComments =>
  async (merchantId, connectionId, comments) => {
    const { withoutSession } = await submitComments(parts, merchantId, connectionId, comments);
    counters.rooms.withoutSession += withoutSession;
  };

/**
 * Hands the comments of all `parts` over at once. When they are refused for good, the part that is at fault is found by
 * halving, so that it takes no other down with it. One answer per part; never rejects.
 */
export async function takeInParts<Part>(
  context: Pick<SyncContext, "takeComments">,
  source: { merchantId: string; connectionId: string },
  parts: readonly Part[],
  commentsOf: (part: Part) => readonly LiveComment[],
): Promise<Intake[]> {
  const comments = parts.flatMap(commentsOf);
  if (comments.length === 0) return parts.map(() => ({ kind: "applied", outcome: "unchanged" }));
  try {
    await context.takeComments(source.merchantId, source.connectionId, comments);
    return parts.map(() => ({ kind: "applied", outcome: "created" }));
  } catch (error) {
    const intake = afterThrow(error);
    if (intake.kind !== "refused" || parts.length === 1) return parts.map(() => intake);
    const middle = parts.length >> 1;
    const first = await takeInParts(context, source, parts.slice(0, middle), commentsOf);
    const second = await takeInParts(context, source, parts.slice(middle), commentsOf);
    return [...first, ...second];
  }
}
