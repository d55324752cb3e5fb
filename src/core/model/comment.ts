import { z } from "zod";
import { instantSchema } from "./primitives.ts";

/** A viewer's comment in a live room, as any source delivers it: a room's socket, a webhook or the API. */
export const liveCommentSchema = z.object({
  /** The platform's comment id, exactly as received; the same comment from several sources has the same one. */
  externalId: z.string().min(1).max(200),
  /** The platform's id of the room or broadcast. */
  room: z.string().min(1).max(200),
  /** Left out when the platform does not say who wrote it: such a comment holds nothing by itself. */
  viewer: z
    .object({ externalId: z.string().min(1).max(200), name: z.string().max(200).optional() })
    .optional(),
  /** Written by the host or the page itself: never a claim. */
  byHost: z.boolean().optional(),
  text: z.string().max(2000),
  sentAt: instantSchema,
  /** added when left out. Edits are logged and move nobody's place; a removal lets an unpaid claim go. */
  change: z.enum(["added", "edited", "removed"]).optional(),
});
export type LiveComment = z.infer<typeof liveCommentSchema>;
