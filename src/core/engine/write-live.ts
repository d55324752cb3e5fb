import type { Sql } from "../db/database.ts";
import type { LiveDraft } from "../live/draft.ts";
import type { ClaimRow, CommentRow, ItemRow, LiveOrderRow, SessionRow } from "../live/rows.ts";
import { type Column, inserted, json, updateSet } from "./write-sets.ts";

/** What a batch changed of live sessions: a statement per table and kind of change. */

const sessionKeys: Column<SessionRow>[] = [["id", "uuid", (s) => s.id]];
const sessionChanging: Column<SessionRow>[] = [
  ["state", "text", (s) => s.state],
  ["shown_item_id", "uuid", (s) => s.shownItemId],
  ["last_comment_no", "bigint", (s) => s.lastCommentNo],
  ["started_at", "timestamptz", (s) => s.startedAt],
  ["ended_at", "timestamptz", (s) => s.endedAt],
];

const itemKeys: Column<ItemRow>[] = [
  ["session_id", "uuid", (i) => i.sessionId],
  ["id", "uuid", (i) => i.id],
];
const itemChanging: Column<ItemRow>[] = [
  ["share", "bigint", (i) => i.share],
  ["claimed", "bigint", (i) => i.claimed],
  ["sold", "bigint", (i) => i.sold],
  ["given_back", "bigint", (i) => i.givenBack],
  ["waiting", "bigint", (i) => i.waiting],
  ["last_place", "bigint", (i) => i.lastPlace],
  ["sold_out", "boolean", (i) => i.soldOut],
];

const commentKeys: Column<CommentRow>[] = [
  ["session_id", "uuid", (c) => c.sessionId],
  ["external_id", "text", (c) => c.externalId],
];
const commentFixed: Column<CommentRow>[] = [
  ["no", "bigint", (c) => c.no],
  ["body", "bytea", (c) => c.body],
  ["sent_at", "timestamptz", (c) => c.sentAt],
  ["received_at", "timestamptz", (c) => c.receivedAt],
];
const commentChanging: Column<CommentRow>[] = [
  ["viewer_key", "text", (c) => c.viewerKey],
  ["identified", "bytea", (c) => c.identified],
  ["outcome", "text", (c) => c.outcome],
  ["reason", "text", (c) => c.reason],
  ["edited_at", "timestamptz", (c) => c.editedAt],
];

const claimKeys: Column<ClaimRow>[] = [["id", "uuid", (c) => c.id]];
const claimFixed: Column<ClaimRow>[] = [
  ["session_id", "uuid", (c) => c.sessionId],
  ["item_id", "uuid", (c) => c.itemId],
  ["viewer_key", "text", (c) => c.viewerKey],
  ["comment_no", "bigint", (c) => c.commentNo],
  ["quantity", "bigint", (c) => c.quantity],
  ["price_minor", "bigint", (c) => c.priceMinor],
  ["place", "bigint", (c) => c.place],
  ["created_at", "timestamptz", (c) => c.createdAt],
];
const claimChanging: Column<ClaimRow>[] = [
  ["state", "text", (c) => c.state],
  ["reason", "text", (c) => c.reason],
  ["expires_at", "timestamptz", (c) => c.expiresAt],
  ["order_id", "uuid", (c) => c.orderId],
  ["changed_at", "timestamptz", (c) => c.changedAt],
];

const orderKeys: Column<LiveOrderRow>[] = [
  ["order_id", "uuid", (o) => o.orderId],
  ["session_id", "uuid", (o) => o.sessionId],
];
const orderFixed: Column<LiveOrderRow>[] = [
  ["source", "text", (o) => o.source],
  ["created_at", "timestamptz", (o) => o.createdAt],
];
const orderChanging: Column<LiveOrderRow>[] = [
  ["lines", "text", (o) => (o.lines === null ? null : json(o.lines))],
  ["units", "text", (o) => json(o.units)],
];

/** Claims that are over are written before new ones: a viewer has one open claim per item at any time. */
export const liveStatements = (tx: Sql, merchantId: string, live: LiveDraft): (() => Promise<unknown>)[] => [
  () => updateSet(tx, merchantId, "live_sessions", sessionKeys, sessionChanging, [...live.changedSessions]),
  () => updateSet(tx, merchantId, "live_items", itemKeys, itemChanging, [...live.changedItems]),
  () => updateSet(tx, merchantId, "claims", claimKeys, claimChanging, [...live.changedClaims]),
  () =>
    inserted(tx, merchantId, "claims", [...claimKeys, ...claimFixed, ...claimChanging], [...live.newClaims]),
  () =>
    inserted(
      tx,
      merchantId,
      "live_comments",
      [...commentKeys, ...commentFixed, ...commentChanging],
      [...live.newComments],
    ),
  () => updateSet(tx, merchantId, "live_comments", commentKeys, commentChanging, [...live.changedComments]),
  () =>
    inserted(
      tx,
      merchantId,
      "live_orders",
      [...orderKeys, ...orderFixed, ...orderChanging],
      [...live.newOrders],
    ),
  () => updateSet(tx, merchantId, "live_orders", orderKeys, orderChanging, [...live.changedOrders]),
];
