import { z } from "zod";
import type { LiveComment } from "../../core/model/comment.ts";
import type { Interpretation } from "../contract.ts";
import { commentText, commentTimeSchema, viewerName } from "../toolkit/comments.ts";
import { issuesOf } from "../toolkit/http.ts";

/** Comments of live rooms in deliveries of `docs/generic-protocol.md`. Pure. */

const idSchema = z.string().min(1).max(200);

const wireCommentSchema = z.object({
  externalId: idSchema,
  room: idSchema,
  viewer: z.object({ externalId: idSchema, name: z.string().nullish() }).nullish(),
  /** Who runs the room: a comment of the same id is the host's own. */
  hostExternalId: idSchema.nullish(),
  byHost: z.boolean().nullish(),
  /** Whoever removes a comment need not repeat it. */
  text: z.string().nullish(),
  sentAt: commentTimeSchema,
});
type WireComment = z.infer<typeof wireCommentSchema>;

const mostAtOnce = 1000;
const wireCommentsSchema = z.array(wireCommentSchema).min(1).max(mostAtOnce);

const changes = new Map([
  ["comment.created", "added"],
  ["comment.edited", "edited"],
  ["comment.removed", "removed"],
] as const);
type CommentType = Parameters<typeof changes.get>[0];

export const isCommentType = (type: string): type is CommentType => changes.has(type as CommentType);

/** `data` is one comment or a list of them. */
export function interpretComments(type: CommentType, data: unknown): Interpretation {
  const parsed = wireCommentsSchema.safeParse(Array.isArray(data) ? data : [data]);
  if (!parsed.success) {
    return { kind: "unusable", reason: `${type} does not fit the model: ${issuesOf(parsed.error)}` };
  }
  const change = changes.get(type) ?? "added";
  const silent = parsed.data.find(({ text }) => typeof text !== "string");
  if (silent && change !== "removed")
    return { kind: "unusable", reason: `Comment ${silent.externalId} has no text.` };
  return { kind: "comments", comments: parsed.data.map((wire) => toComment(wire, change)) };
}

function toComment(wire: WireComment, change: LiveComment["change"] & string): LiveComment {
  const { externalId, room, sentAt, viewer, hostExternalId } = wire;
  const comment: LiveComment = { externalId, room, text: commentText(wire.text ?? ""), sentAt };
  if (viewer) {
    comment.viewer = {
      externalId: viewer.externalId,
      ...(viewer.name ? { name: viewerName(viewer.name) } : {}),
    };
  }
  if (wire.byHost || (viewer && viewer.externalId === hostExternalId)) comment.byHost = true;
  if (change !== "added") comment.change = change;
  return comment;
}
