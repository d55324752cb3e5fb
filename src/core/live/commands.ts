import type { Instant } from "../clock.ts";
import type { LiveComment } from "../model/comment.ts";
import type { ClaimState, CommentOutcome } from "./rows.ts";

/** Commands of live sessions; see `engine/commands.ts`. */

export type SessionChange =
  /** Takes every item's planned share from what is available, as far as there is any. */
  | { to: "start" }
  /** Gives back what nobody has claimed and ends every waitlist. Claims that hold units keep them until they expire. */
  | { to: "end" }
  /** Shows one item; without one, the next of the line-up. */
  | { to: "show"; itemId?: string }
  | { to: "soldOut"; itemId: string; soldOut: boolean }
  | { to: "topUp"; itemId: string; quantity: number }
  /** Without a quantity: all that nobody has claimed. */
  | { to: "giveBack"; itemId: string; quantity?: number };

export interface ChangeSession {
  kind: "session.change";
  sessionId: string;
  change: SessionChange;
}

/** Comments in order of arrival. Each takes effect once, by its external id. */
export interface TakeComments {
  kind: "comments.take";
  sessionId: string;
  comments: readonly LiveComment[];
}

/** An operator says what an unclear comment means; no entries: nothing. */
export interface DecideComment {
  kind: "comment.decide";
  sessionId: string;
  commentNo: number;
  entries: readonly { itemId: string; quantity: number }[];
  /** Who wrote it, where the platform did not say. */
  viewer?: { externalId: string; name?: string | undefined };
}

export interface CloseClaim {
  kind: "claim.close";
  claimId: string;
  as: "cancelled" | "expired";
}

/** Keeps a claim's units for the time of a payment; takes them anew where they are no longer held. */
export interface HoldClaim {
  kind: "claim.hold";
  claimId: string;
}

export type LiveCommand = ChangeSession | TakeComments | DecideComment | CloseClaim | HoldClaim;

/** With what is computed before the batch: digests of viewers and sealed bodies, one per comment. */
export type PreparedComments = TakeComments & {
  prepared: readonly { viewerKey: string | null; body: Uint8Array }[];
};
export type PreparedDecision = DecideComment & { viewerKey: string | null; identified: Uint8Array | null };
export type PreparedLive = PreparedComments | PreparedDecision | ChangeSession | CloseClaim | HoldClaim;

export interface SessionAnswer {
  kind: "session";
  sessionId: string;
  outcome: "changed" | "unchanged";
  /** Items that got less than planned. */
  short: { itemId: string; sku: string; wanted: number; taken: number }[];
}

export interface ClaimSummary {
  claimId: string;
  itemId: string;
  quantity: number;
  state: ClaimState;
  place: number | null;
  reason: string | null;
  expiresAt: Instant | null;
}

export interface CommentResult {
  externalId: string;
  /** repeated: known by its id; edited: noted; unknown: an edit of a comment never seen. */
  outcome: CommentOutcome | "repeated" | "edited" | "unknown";
  reason: string | null;
  /** Number in order of arrival; null for an unknown one. */
  no: number | null;
  /** Made or met by this comment. */
  claims: ClaimSummary[];
}

export interface CommentsAnswer {
  kind: "comments";
  sessionId: string;
  outcome: "changed";
  results: CommentResult[];
}

export interface ClaimAnswer extends ClaimSummary {
  kind: "claim";
  sessionId: string;
  orderId: string | null;
  outcome: "changed" | "unchanged";
}

export type LiveAnswer = SessionAnswer | CommentsAnswer | ClaimAnswer;

/** Claims of one item to be read on, in order of place. */
export interface WaitlistState {
  itemId: string;
  /** Place of the last one read; 0 before the first. */
  readTo: number;
  ended: boolean;
}
