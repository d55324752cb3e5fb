import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { connections } from "./access.ts";
import { skus } from "./catalogue.ts";
import { bytes, instant, merchantId, whole } from "./columns.ts";

/** Live rooms: sessions, their line-ups, what viewers wrote and what they claimed. */

export const liveSessions = pgTable(
  "live_sessions",
  {
    merchantId: merchantId(),
    id: uuid().notNull(),
    connectionId: uuid("connection_id").notNull(),
    /** The platform's id of the room or broadcast. */
    room: text().notNull(),
    host: text(),
    title: text().notNull(),
    scheduledAt: instant("scheduled_at"),
    state: text().notNull().default("planned"),
    settings: jsonb().notNull(),
    currency: text().notNull(),
    shownItemId: uuid("shown_item_id"),
    /** Comments are numbered per session in order of arrival. */
    lastCommentNo: whole("last_comment_no").notNull().default(0),
    startedAt: instant("started_at"),
    endedAt: instant("ended_at"),
    createdAt: instant("created_at").notNull(),
    /** What comments that are deleted by now had come to; null while all are there. */
    pastComments: jsonb("past_comments"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({
      name: "live_sessions_connection",
      columns: [t.merchantId, t.connectionId],
      foreignColumns: [connections.merchantId, connections.id],
    }),
    uniqueIndex("live_sessions_on_air").on(t.merchantId, t.connectionId, t.room).where(sql`state = 'on_air'`),
    index("live_sessions_by_room").on(t.merchantId, t.connectionId, t.room, t.endedAt),
    index("live_sessions_by_state").on(t.merchantId, t.state, t.id),
    check("live_sessions_state", sql`state in ('planned','on_air','ended')`),
  ],
);

/** One item of a line-up. `share` = units free for claims + `claimed` (held by open claims) + `sold` (taken by orders). */
export const liveItems = pgTable(
  "live_items",
  {
    merchantId: merchantId(),
    sessionId: uuid("session_id").notNull(),
    id: uuid().notNull(),
    position: integer().notNull(),
    skuId: uuid("sku_id").notNull(),
    /** What viewers type; items of one code are variants of one another. */
    code: text().notNull(),
    codeAliases: jsonb("code_aliases").notNull().default([]),
    variant: text(),
    variantAliases: jsonb("variant_aliases").notNull().default([]),
    priceMinor: whole("price_minor").notNull(),
    limitPerBuyer: whole("limit_per_buyer"),
    active: boolean().notNull().default(true),
    /** Units to take when the session goes on air. */
    planned: whole("planned").notNull(),
    share: whole("share").notNull().default(0),
    claimed: whole("claimed").notNull().default(0),
    sold: whole("sold").notNull().default(0),
    givenBack: whole("given_back").notNull().default(0),
    /** Claims in line, and the last place given out. */
    waiting: whole("waiting").notNull().default(0),
    lastPlace: whole("last_place").notNull().default(0),
    soldOut: boolean("sold_out").notNull().default(false),
    /** What one of a bundle was made of when it was put into the line-up; null for single SKUs. */
    components: jsonb(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.sessionId, t.id] }),
    foreignKey({
      name: "live_items_session",
      columns: [t.merchantId, t.sessionId],
      foreignColumns: [liveSessions.merchantId, liveSessions.id],
    }),
    foreignKey({
      name: "live_items_sku",
      columns: [t.merchantId, t.skuId],
      foreignColumns: [skus.merchantId, skus.id],
    }),
    unique("live_items_sku_once").on(t.merchantId, t.sessionId, t.skuId),
    check(
      "live_items_numbers",
      sql`claimed >= 0 and sold >= 0 and waiting >= 0 and given_back >= 0 and share >= claimed + sold`,
    ),
  ],
);

/** What viewers wrote. Text and writer are personal data: sealed in `body`, found again by a keyed digest of the viewer. */
export const liveComments = pgTable(
  "live_comments",
  {
    merchantId: merchantId(),
    sessionId: uuid("session_id").notNull(),
    externalId: text("external_id").notNull(),
    no: whole("no").notNull(),
    viewerKey: text("viewer_key"),
    body: bytes().notNull(),
    /** Who it was after all, told by an operator. */
    identified: bytes(),
    sentAt: instant("sent_at").notNull(),
    receivedAt: instant("received_at").notNull(),
    outcome: text().notNull(),
    reason: text(),
    editedAt: instant("edited_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.sessionId, t.externalId] }),
    // All but the key are partial on purpose: a look-up by external id must not be planned on them, as it was before the first
    // statistics (measured: 180 comments/s instead of thousands).
    uniqueIndex("live_comments_no").on(t.merchantId, t.sessionId, t.no).where(sql`no > 0`),
    // One key of session and viewer: what looks for both must not be able to walk all comments of the session instead.
    index("live_comments_by_viewer")
      .on(t.merchantId, sql`(${t.sessionId}::text || ${t.viewerKey})`, t.receivedAt)
      .where(sql`viewer_key is not null`),
    index("live_comments_unclear").on(t.merchantId, t.sessionId, t.no).where(sql`outcome = 'unclear'`),
    check(
      "live_comments_outcome",
      sql`outcome in ('claimed','already','refused','cancelled','unclear','nothing','host','late','removed','decided','dismissed')`,
    ),
  ],
);

/** A viewer's bid for units of one item. Places are given out once per item and never again. */
export const claims = pgTable(
  "claims",
  {
    merchantId: merchantId(),
    id: uuid().notNull(),
    sessionId: uuid("session_id").notNull(),
    itemId: uuid("item_id").notNull(),
    viewerKey: text("viewer_key").notNull(),
    commentNo: whole("comment_no").notNull(),
    quantity: whole("quantity").notNull(),
    /** The live price when it was claimed. */
    priceMinor: whole("price_minor").notNull(),
    state: text().notNull(),
    reason: text(),
    /** Null for claims that were rejected. */
    place: whole("place"),
    expiresAt: instant("expires_at"),
    orderId: uuid("order_id"),
    createdAt: instant("created_at").notNull(),
    changedAt: instant("changed_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    // Partial on purpose: claims of one viewer must not be looked for on it.
    index("claims_by_session")
      .on(t.merchantId, t.sessionId, t.id)
      .where(sql`id > '00000000-0000-0000-0000-000000000000'`),
    index("claims_by_viewer").on(t.merchantId, t.sessionId, t.viewerKey),
    uniqueIndex("claims_place").on(t.merchantId, t.itemId, t.place).where(sql`place is not null`),
    index("claims_waiting").on(t.merchantId, t.itemId, t.place).where(sql`state = 'waitlisted'`),
    uniqueIndex("claims_open_once")
      .on(t.merchantId, t.itemId, t.viewerKey)
      .where(sql`state in ('held','offered','waitlisted')`),
    index("claims_expiring").on(t.merchantId, t.expiresAt).where(sql`state in ('held','offered')`),
    check(
      "claims_state",
      sql`state in ('held','waitlisted','offered','ordered','expired','cancelled','rejected')`,
    ),
    check("claims_quantity", sql`quantity > 0`),
  ],
);

/**
 * Orders that belong to a session: told by a claim, by the order's own field, or by room and time. `lines`: the lines that do
 * (external ids), where the platform tells the room of each; null for all of them. `units`: what the session gave, per item.
 */
export const liveOrders = pgTable(
  "live_orders",
  {
    merchantId: merchantId(),
    orderId: uuid("order_id").notNull(),
    sessionId: uuid("session_id").notNull(),
    source: text().notNull(),
    createdAt: instant("created_at").notNull(),
    lines: jsonb(),
    units: jsonb().notNull().default({}),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.orderId, t.sessionId] }),
    index("live_orders_by_session").on(t.merchantId, t.sessionId, t.orderId),
    check("live_orders_source", sql`source in ('claim','field','window')`),
  ],
);
