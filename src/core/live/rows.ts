import type { Instant } from "../clock.ts";
import type { SessionSettings } from "../model/live.ts";

/** Rows of live sessions a batch works on, as plain values. */

export interface SessionRow {
  id: string;
  connectionId: string;
  room: string;
  state: "planned" | "on_air" | "ended";
  settings: SessionSettings;
  shownItemId: string | null;
  lastCommentNo: number;
  startedAt: Instant | null;
  endedAt: Instant | null;
}

export interface ItemRow {
  sessionId: string;
  id: string;
  position: number;
  skuId: string;
  code: string;
  codeAliases: string[];
  variant: string | null;
  variantAliases: string[];
  priceMinor: number;
  limitPerBuyer: number | null;
  active: boolean;
  planned: number;
  share: number;
  claimed: number;
  sold: number;
  givenBack: number;
  waiting: number;
  lastPlace: number;
  soldOut: boolean;
}

export type CommentOutcome =
  | "claimed"
  | "already"
  | "refused"
  | "cancelled"
  | "unclear"
  | "nothing"
  | "host"
  | "late"
  | "removed"
  | "decided"
  | "dismissed";

export interface CommentRow {
  sessionId: string;
  externalId: string;
  no: number;
  viewerKey: string | null;
  body: Uint8Array;
  identified: Uint8Array | null;
  sentAt: Instant;
  receivedAt: Instant;
  outcome: CommentOutcome;
  reason: string | null;
  editedAt: Instant | null;
}

/**
 * held: units are reserved until `expiresAt`. offered: the same, after a wait in line. waitlisted: in line, nothing reserved (where
 * the first to pay is served, every claim starts so). ordered, expired, cancelled, rejected: over.
 */
export type ClaimState = "held" | "waitlisted" | "offered" | "ordered" | "expired" | "cancelled" | "rejected";

export interface ClaimRow {
  id: string;
  sessionId: string;
  itemId: string;
  viewerKey: string;
  commentNo: number;
  quantity: number;
  priceMinor: number;
  state: ClaimState;
  reason: string | null;
  place: number | null;
  expiresAt: Instant | null;
  orderId: string | null;
  createdAt: Instant;
  changedAt: Instant;
}

export interface LiveOrderRow {
  orderId: string;
  sessionId: string;
  source: "claim" | "field" | "window";
  createdAt: Instant;
}

/** What a batch read of live sessions, under the sessions' locks. */
export interface LoadedLive {
  sessions: SessionRow[];
  items: ItemRow[];
  /** Claims named, and all claims of the viewers named. */
  claims: ClaimRow[];
  comments: CommentRow[];
  orders: LiveOrderRow[];
  /** Comments of a viewer within the session's counting time, before this batch. */
  recent: { sessionId: string; viewerKey: string; count: number }[];
}

export const emptyLive: LoadedLive = {
  sessions: [],
  items: [],
  claims: [],
  comments: [],
  orders: [],
  recent: [],
};

export const isOpen = (claim: ClaimRow): boolean => claim.state === "waitlisted" || holdsUnits(claim);
export const holdsUnits = (claim: ClaimRow): boolean => claim.state === "held" || claim.state === "offered";

/** Units of the share nobody has claimed. */
export const freeUnits = (item: ItemRow): number => item.share - item.claimed - item.sold;
