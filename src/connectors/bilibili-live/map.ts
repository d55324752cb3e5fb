import { type Instant, instantOf } from "../../core/clock.ts";
import type { LiveComment } from "../../core/model/comment.ts";
import { commentText, viewerName } from "../toolkit/comments.ts";
import { issuesOf } from "../toolkit/http.ts";
import { commentSchema, eventSchema, interactionEndSchema, liveSchema, type WireComment } from "./wire.ts";

/** What one event means to the hub. Pure. */
export type Meaning =
  | { kind: "comment"; comment: LiveComment }
  | { kind: "started" | "ended"; room: string; at: Instant }
  /** The platform has closed the session of this id. */
  | { kind: "over"; gameId: string }
  | { kind: "nothing" }
  /** It matters and cannot be read. The reason names fields, never content. */
  | { kind: "unreadable"; reason: string };

const prefix = "LIVE_OPEN_PLATFORM_";
const sticker = 1;

/**
 * `hostOpenId` is the presenter's own id. Gifts, super chats, guards and likes are the platform's own business and never
 * an order or a payment; a mirrored comment was written in another room, which has a follower of its own.
 */
export function meaningOf(body: Uint8Array, hostOpenId: string): Meaning {
  const event = eventSchema.safeParse(looseJson(body));
  if (!event.success) return { kind: "unreadable", reason: issuesOf(event.error) };
  const { cmd, data } = event.data;
  switch (cmd) {
    case `${prefix}DM`: {
      const read = commentSchema.safeParse(data);
      if (!read.success) return { kind: "unreadable", reason: issuesOf(read.error) };
      if (read.data.dm_type === sticker) return { kind: "nothing" };
      return { kind: "comment", comment: toComment(read.data, hostOpenId) };
    }
    case `${prefix}LIVE_START`:
    case `${prefix}LIVE_END`: {
      const read = liveSchema.safeParse(data);
      if (!read.success) return { kind: "unreadable", reason: issuesOf(read.error) };
      const { room_id: room, timestamp } = read.data;
      return { kind: cmd.endsWith("START") ? "started" : "ended", room, at: instantOf(timestamp * 1000) };
    }
    case `${prefix}INTERACTION_END`: {
      const read = interactionEndSchema.safeParse(data);
      return read.success
        ? { kind: "over", gameId: read.data.game_id }
        : { kind: "unreadable", reason: issuesOf(read.error) };
    }
    default:
      return { kind: "nothing" };
  }
}

/** `uid` is 0 nowadays; `open_id` stays the same for one developer. */
function toComment(wire: WireComment, hostOpenId: string): LiveComment {
  const comment: LiveComment = {
    externalId: wire.msg_id,
    room: wire.room_id,
    text: commentText(wire.msg),
    sentAt: instantOf(wire.timestamp * 1000),
  };
  if (wire.open_id) {
    comment.viewer = {
      externalId: wire.open_id,
      ...(wire.uname ? { name: viewerName(wire.uname) } : {}),
    };
    if (wire.open_id === hostOpenId) comment.byHost = true;
  }
  return comment;
}

/** Not the strict reader: chat moves no money, and a comment with a doubled key is still a comment. */
export function looseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
