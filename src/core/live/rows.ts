import type { Instant } from "../clock.ts";
import type { Component } from "../engine/rows.ts";
import type { SessionSettings } from "../model/live.ts";

/** Rows of live sessions, as plain values and as they are read. */

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
  /** When the show before it in the same room ended, where there was one. */
  previousEndedAt: Instant | null;
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
  /** What one of a bundle was made of when it was put into the line-up; null for single SKUs. */
  components: Component[] | null;
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

/** Outcomes of comments that meant nothing to the show they came to: in another one they still may. */
const meaningless: readonly CommentOutcome[] = ["nothing", "host", "late"];

export const isCounted = ({ outcome }: Pick<CommentRow, "outcome">): boolean =>
  !meaningless.includes(outcome);

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
  /** Its order is cancelled or refunded, and nothing of it was sent: the buyer has none of the units. */
  isVoid: boolean;
  createdAt: Instant;
  changedAt: Instant;
}

export interface LiveOrderRow {
  orderId: string;
  sessionId: string;
  source: "claim" | "field" | "window";
  createdAt: Instant;
  /** External ids of the lines that belong to the session; null: all of the order's. */
  lines: string[] | null;
  /** Units of its items the session gave to the order and has not got back, by item. */
  units: Record<string, number>;
}

/** What a batch read of live sessions, under the sessions' locks. */
export interface LoadedLive {
  sessions: SessionRow[];
  items: ItemRow[];
  /** Claims named, and all claims of the viewers named. */
  claims: ClaimRow[];
  comments: CommentRow[];
  /** Comments that are new to the session named and that other shows of its room have taken. */
  elsewhere: { sessionId: string; externalId: string; outcome: CommentOutcome }[];
  orders: LiveOrderRow[];
  /** Sessions on air in the rooms of those that are to start. */
  onAir: Pick<SessionRow, "id" | "connectionId" | "room">[];
  /** Comments of a viewer within the session's counting time, before this batch. */
  recent: { sessionId: string; viewerKey: string; count: number }[];
}

export const emptyLive: LoadedLive = {
  sessions: [],
  items: [],
  claims: [],
  comments: [],
  elsewhere: [],
  orders: [],
  onAir: [],
  recent: [],
};

export const isOpen = (claim: ClaimRow): boolean => claim.state === "waitlisted" || holdsUnits(claim);
export const holdsUnits = (claim: ClaimRow): boolean => claim.state === "held" || claim.state === "offered";

/** Units of the share nobody has claimed. */
export const freeUnits = (item: ItemRow): number => item.share - item.claimed - item.sold;

export const sessionColumns = `s.id, s.connection_id as "connectionId", s.room, s.state, s.settings, s.shown_item_id as "shownItemId",
  s.last_comment_no as "lastCommentNo", s.started_at as "startedAt", s.ended_at as "endedAt",
  (select max(p.ended_at) from live_sessions p where p.merchant_id = s.merchant_id and p.connection_id = s.connection_id and p.room = s.room
     and p.id <> s.id and p.ended_at <= s.started_at) as "previousEndedAt"`;
export const itemColumns = `i.session_id as "sessionId", i.id, i.position, i.sku_id as "skuId", i.code, i.code_aliases as "codeAliases",
  i.variant, i.variant_aliases as "variantAliases", i.price_minor as "priceMinor", i.limit_per_buyer as "limitPerBuyer", i.active,
  i.planned, i.share, i.claimed, i.sold, i.given_back as "givenBack", i.waiting, i.last_place as "lastPlace", i.sold_out as "soldOut", i.components`;
export const claimColumns = `c.id, c.session_id as "sessionId", c.item_id as "itemId", c.viewer_key as "viewerKey", c.comment_no as "commentNo",
  c.quantity, c.price_minor as "priceMinor", c.state, c.reason, c.place, c.expires_at as "expiresAt", c.order_id as "orderId",
  case when c.state = 'ordered' then
    exists (select 1 from orders o where o.merchant_id = c.merchant_id and o.id = c.order_id and o.status in ('cancelled', 'refunded'))
    and not exists (select 1 from order_lines l where l.merchant_id = c.merchant_id and l.order_id = c.order_id and l.shipped > 0)
    else false end as "isVoid", c.created_at as "createdAt", c.changed_at as "changedAt"`;
export const commentColumns = `c.session_id as "sessionId", c.external_id as "externalId", c.no, c.viewer_key as "viewerKey", c.body, c.identified,
  c.sent_at as "sentAt", c.received_at as "receivedAt", c.outcome, c.reason, c.edited_at as "editedAt"`;
