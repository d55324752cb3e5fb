import { SluiceError } from "../../core/errors.ts";
import type { LiveComment } from "../../core/model/comment.ts";
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

/** For a hub without live sessions: deliveries with comments wait in the inbox, rooms keep their place. */
export const commentsWait: TakeComments = async (_merchantId, connectionId) => {
  throw new SluiceError(
    "unavailable",
    `Comments of connection ${connectionId} cannot be taken: this hub has no live sessions. They are kept and tried again.`,
  );
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
