import type { Instant } from "../core/clock.ts";
import type { LiveComment } from "../core/model/comment.ts";
import type { Call, Failure, Json, Result } from "./contract.ts";

/** The part of the contract that is about live rooms. */

/**
 * connected: comments come from now on. alive: still connected and nothing was missed, told at least once a minute. gap:
 * comments written between `from` and `to` may be missing, and the platform cannot give them any more. started, ended:
 * the room went on air, or off it.
 */
export type RoomNews =
  | { kind: "connected"; room: string; host?: string }
  | { kind: "alive" }
  | { kind: "comments"; comments: LiveComment[] }
  | { kind: "gap"; room: string; from: Instant; to: Instant; why: string }
  | { kind: "started" | "ended"; room: string; at: Instant };

/**
 * Takes one piece of news. Nothing further is read before it resolves. `position` is where to go on once this news is
 * stored: opaque, and never holding a secret.
 */
export type RoomListener = (news: RoomNews, position: Json) => Promise<void>;

/**
 * Makes one call of the account within its budget, circuit and deadline; answers a failure without calling where these forbid it.
 * Every call of a room goes through it but the farewell, which cannot wait.
 */
export type MakeCall = <Outcome extends Result<unknown>>(
  work: (call: Call) => Promise<Outcome>,
  stop: AbortSignal,
) => Promise<Outcome | Failure>;

export interface Rooms {
  /**
   * Follows the account's room over one connection until `stop` is aborted (then it takes leave of the platform and
   * answers ok) or the connection has ended: then a failure says why, and following again from the newest stored position is
   * the caller's decision. At least once: a comment may come again, also after following anew. Whatever passed
   * between a position and the next connection is either delivered again or told as a gap.
   */
  follow(
    position: Json | null,
    listen: RoomListener,
    stop: AbortSignal,
    make: MakeCall,
  ): Promise<{ ok: true } | Failure>;
}
