import { sql } from "drizzle-orm";
import {
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { connections, merchants } from "./access.ts";
import { bytes, instant, merchantId, whole } from "./columns.ts";

/** What came in, what is owed, and how far each worker has read. */

/**
 * Authentic deliveries, stored once each. The payload is encrypted: it holds buyers' data. No foreign key to connections, for
 * the reason given at `orders`: each delivery was verified by its connection.
 */
export const inbox = pgTable(
  "inbox",
  {
    merchantId: merchantId(),
    connectionId: uuid("connection_id").notNull(),
    deliveryId: text("delivery_id").notNull(),
    /** SHA-256 of the raw body: one delivery id with another content is another delivery. */
    digest: text().notNull(),
    topic: text().notNull(),
    payload: bytes().notNull(),
    status: text().notNull().default("received"),
    attempts: integer().notNull().default(0),
    notBefore: instant("not_before").notNull(),
    errorKind: text("error_kind"),
    errorMessage: text("error_message"),
    receivedAt: instant("received_at").notNull(),
    closedAt: instant("closed_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.connectionId, t.deliveryId, t.digest] }),
    index("inbox_waiting").on(t.merchantId, t.notBefore).where(sql`status = 'received'`),
    index("inbox_quarantined").on(t.merchantId, t.receivedAt).where(sql`status = 'quarantined'`),
    check("inbox_status", sql`status in ('received','applied','ignored','quarantined')`),
  ],
);

/** One row per thing owed to a platform: one per listing (stock) and one per parcel (fulfilment). Never one per figure. */
export const outbox = pgTable(
  "outbox",
  {
    merchantId: merchantId(),
    kind: text().notNull(),
    /** Listing id or shipment id. */
    subjectId: uuid("subject_id").notNull(),
    connectionId: uuid("connection_id").notNull(),
    status: text().notNull().default("pending"),
    /** Rises with every request; a send that began before the newest request leaves the row pending. */
    requested: whole("requested").notNull().default(1),
    /** Event whose effect is owed, for measuring the delay from commit to push. */
    eventSeq: whole("event_seq").notNull().default(0),
    attempts: integer().notNull().default(0),
    notBefore: instant("not_before").notNull(),
    /** The figure in flight or in doubt (stock only), in listing units. */
    quantity: whole("quantity"),
    errorKind: text("error_kind"),
    errorMessage: text("error_message"),
    externalId: text("external_id"),
    updatedAt: instant("updated_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.kind, t.subjectId] }),
    foreignKey({
      name: "outbox_connection",
      columns: [t.merchantId, t.connectionId],
      foreignColumns: [connections.merchantId, connections.id],
    }),
    index("outbox_due")
      .on(t.merchantId, t.connectionId, t.notBefore)
      .where(sql`status in ('pending','sending','unknown')`),
    index("outbox_parked").on(t.merchantId, t.connectionId).where(sql`status = 'parked'`),
    check("outbox_kind", sql`kind in ('stock','fulfilment')`),
    check("outbox_status", sql`status in ('pending','sending','unknown','parked','done')`),
  ],
);

/** How far a consumer of events or a pull of a connection has come. */
export const cursors = pgTable(
  "cursors",
  {
    merchantId: merchantId(),
    name: text().notNull(),
    value: jsonb().notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.name] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.merchantId] }),
  ],
);

/** Who may do a job now. `token` rises with every new holder; a write under an older token is refused. */
export const leases = pgTable(
  "leases",
  {
    merchantId: merchantId(),
    name: text().notNull(),
    holder: text().notNull(),
    token: whole("token").notNull(),
    expiresAt: instant("expires_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.name] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.merchantId] }),
  ],
);

/** The call budget of one account, shared by all jobs and all hub processes. */
export const rateBuckets = pgTable(
  "rate_buckets",
  {
    merchantId: merchantId(),
    connectionId: uuid("connection_id").notNull(),
    /** Thousandths of a call. */
    milliTokens: whole("milli_tokens").notNull(),
    refilledAt: instant("refilled_at").notNull(),
    /** Set by a platform's 429: no call before this time. */
    blockedUntil: instant("blocked_until"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.connectionId] }),
    foreignKey({
      name: "rate_buckets_connection",
      columns: [t.merchantId, t.connectionId],
      foreignColumns: [connections.merchantId, connections.id],
    }),
  ],
);

export const syncRuns = pgTable(
  "sync_runs",
  {
    merchantId: merchantId(),
    id: uuid().notNull(),
    connectionId: uuid("connection_id"),
    job: text().notNull(),
    status: text().notNull(),
    counts: jsonb().notNull().default({}),
    error: text(),
    startedAt: instant("started_at").notNull(),
    finishedAt: instant("finished_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.merchantId] }),
    index("sync_runs_by_connection").on(t.merchantId, t.connectionId, t.id),
    check("sync_runs_status", sql`status in ('running','succeeded','failed')`),
  ],
);

/** Per connection and closed hour: our orders against the platform's own list. */
export const gapReports = pgTable(
  "gap_reports",
  {
    merchantId: merchantId(),
    connectionId: uuid("connection_id").notNull(),
    hour: instant("hour").notNull(),
    ourCount: integer("our_count").notNull(),
    theirCount: integer("their_count").notNull(),
    ourDigest: text("our_digest").notNull(),
    theirDigest: text("their_digest").notNull(),
    missing: jsonb().notNull().default([]),
    checkedAt: instant("checked_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.connectionId, t.hour] }),
    foreignKey({
      name: "gap_reports_connection",
      columns: [t.merchantId, t.connectionId],
      foreignColumns: [connections.merchantId, connections.id],
    }),
  ],
);

/** Things that need a person. At most one open task per kind and subject. */
export const tasks = pgTable(
  "tasks",
  {
    merchantId: merchantId(),
    id: uuid().notNull(),
    kind: text().notNull(),
    subject: text().notNull(),
    message: text().notNull(),
    detail: jsonb().notNull().default({}),
    status: text().notNull().default("open"),
    createdAt: instant("created_at").notNull(),
    closedAt: instant("closed_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.merchantId] }),
    index("tasks_by_status").on(t.merchantId, t.status, t.id),
    uniqueIndex("tasks_open").on(t.merchantId, t.kind, t.subject).where(sql`status = 'open'`),
    check("tasks_status", sql`status in ('open','done')`),
  ],
);
