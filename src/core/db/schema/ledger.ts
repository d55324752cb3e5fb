import { sql } from "drizzle-orm";
import {
  check,
  date,
  foreignKey,
  index,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  unique,
  uuid,
} from "drizzle-orm/pg-core";
import { merchants } from "./access.ts";
import { instant, merchantId, whole } from "./columns.ts";

/** The books. Entries and lines are written once and never changed. */

/** Which code and name stand for each role of the posting rules; a merchant may change them. */
export const accounts = pgTable(
  "accounts",
  {
    merchantId: merchantId(),
    role: text().notNull(),
    code: text().notNull(),
    name: text().notNull(),
    type: text().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.role] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.merchantId] }),
    check("accounts_type", sql`type in ('asset','liability','equity','income','expense')`),
  ],
);

export const periods = pgTable(
  "periods",
  {
    merchantId: merchantId(),
    /** YYYY-MM */
    period: text().notNull(),
    closedAt: instant("closed_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.period] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.merchantId] }),
  ],
);

export const journalEntries = pgTable(
  "journal_entries",
  {
    merchantId: merchantId(),
    /** 1, 2, 3 … without gaps. */
    number: whole("number").notNull(),
    /** Accounting date in the merchant's time zone. */
    date: date("date", { mode: "string" }).notNull(),
    rule: text().notNull(),
    eventSeq: whole("event_seq").notNull(),
    currency: text().notNull(),
    narration: text().notNull(),
    orderId: uuid("order_id"),
    reversalOf: whole("reversal_of"),
    dimensions: jsonb().notNull().default({}),
    postedAt: instant("posted_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.number] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.merchantId] }),
    unique("journal_entries_source").on(t.merchantId, t.eventSeq, t.rule),
    index("journal_entries_by_date").on(t.merchantId, t.date, t.number),
    index("journal_entries_by_order").on(t.merchantId, t.orderId),
  ],
);

export const journalLines = pgTable(
  "journal_lines",
  {
    merchantId: merchantId(),
    number: whole("number").notNull(),
    lineNo: smallint("line_no").notNull(),
    role: text().notNull(),
    accountCode: text("account_code").notNull(),
    accountName: text("account_name").notNull(),
    side: text().notNull(),
    amountMinor: whole("amount_minor").notNull(),
    currency: text().notNull(),
    /** The amount in the merchant's base currency; null while no exchange rate is known. */
    baseAmountMinor: whole("base_amount_minor"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.number, t.lineNo] }),
    foreignKey({
      name: "journal_lines_entry",
      columns: [t.merchantId, t.number],
      foreignColumns: [journalEntries.merchantId, journalEntries.number],
    }),
    check("journal_lines_side", sql`side in ('debit','credit')`),
    check("journal_lines_amount", sql`amount_minor > 0`),
  ],
);
