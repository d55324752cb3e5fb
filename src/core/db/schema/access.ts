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
  unique,
  uuid,
} from "drizzle-orm/pg-core";
import { bytes, instant, merchantId, whole } from "./columns.ts";

/** Who works with the hub: merchants, their keys, their accounts on platforms, and what was done by whom. */

export const merchants = pgTable("merchants", {
  merchantId: uuid("merchant_id").primaryKey(),
  code: text().notNull(),
  name: text().notNull(),
  baseCurrency: text("base_currency").notNull(),
  timeZone: text("time_zone").notNull(),
  settings: jsonb().notNull().default({}),
  wrappedKey: text("wrapped_key").notNull(),
  lastEventSeq: whole("last_event_seq").notNull().default(0),
  createdAt: instant("created_at").notNull(),
});

export const apiKeys = pgTable(
  "api_keys",
  {
    merchantId: merchantId(),
    id: uuid().notNull(),
    hash: text().notNull(),
    name: text().notNull(),
    role: text().notNull(),
    createdAt: instant("created_at").notNull(),
    revokedAt: instant("revoked_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.merchantId] }),
    index("api_keys_by_hash").on(t.hash),
    check("api_keys_role", sql`role in ('owner','operator','warehouse','finance','read-only')`),
  ],
);

export const connections = pgTable(
  "connections",
  {
    merchantId: merchantId(),
    id: uuid().notNull(),
    connector: text().notNull(),
    name: text().notNull(),
    status: text().notNull().default("active"),
    settings: jsonb().notNull().default({}),
    secrets: bytes().notNull(),
    previousSecrets: bytes("previous_secrets"),
    previousSecretsUntil: instant("previous_secrets_until"),
    /** What the platform gave for a grant, sealed like the secrets. */
    tokens: bytes(),
    /** Rises with every change of `tokens`: two processes that renewed at once do not overwrite each other. */
    tokensVersion: whole("tokens_version").notNull().default(0),
    tokensExpireAt: instant("tokens_expire_at"),
    /** From then on a person must grant access again. */
    grantExpiresAt: instant("grant_expires_at"),
    problem: text(),
    circuit: text().notNull().default("closed"),
    circuitFailures: integer("circuit_failures").notNull().default(0),
    circuitUntil: instant("circuit_until"),
    orderWatermark: instant("order_watermark"),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.merchantId] }),
    unique("connections_name").on(t.merchantId, t.name),
    index("connections_by_id").on(t.id),
    check("connections_status", sql`status in ('active','paused','refused','removed')`),
  ],
);

export const auditLog = pgTable(
  "audit_log",
  {
    merchantId: merchantId(),
    id: uuid().notNull(),
    at: instant("at").notNull(),
    actor: text().notNull(),
    action: text().notNull(),
    subject: text().notNull(),
    detail: jsonb().notNull().default({}),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.merchantId] }),
  ],
);

/** The first answer to a write that came with an Idempotency-Key. */
export const idempotencyKeys = pgTable(
  "idempotency_keys",
  {
    merchantId: merchantId(),
    key: text().notNull(),
    digest: text().notNull(),
    /** Null while the first call is still at work. */
    status: integer(),
    response: jsonb(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.key] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.merchantId] }),
    index("idempotency_keys_by_age").on(t.merchantId, t.createdAt),
  ],
);
