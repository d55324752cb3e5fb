import type { Refusal } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import { closeClaim, holdClaim } from "./claims.ts";
import type { LiveAnswer, PreparedLive, WaitlistState } from "./commands.ts";
import { decideComment, takeComments } from "./comments.ts";
import { changeSession } from "./sessions.ts";

const kinds: ReadonlySet<string> = new Set<PreparedLive["kind"]>([
  "session.change",
  "comments.take",
  "comment.decide",
  "claim.close",
  "claim.hold",
]);

export const isLive = (command: { kind: string }): command is PreparedLive => kinds.has(command.kind);

/** Decides one command of a live session on the draft; see `engine/decide.ts`. */
export function* decideLive(
  draft: Draft,
  command: PreparedLive,
): Generator<WaitlistState[], LiveAnswer | Refusal, void> {
  switch (command.kind) {
    case "session.change":
      return yield* changeSession(draft, command);
    case "comments.take":
      return yield* takeComments(draft, command);
    case "comment.decide":
      return decideComment(draft, command);
    case "claim.close":
      return closeClaim(draft, command);
    case "claim.hold":
      return holdClaim(draft, command);
  }
}
