import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uuid,
} from "drizzle-orm/pg-core";
import { merchants } from "./access.ts";
import { listings, skus } from "./catalogue.ts";
import { instant, merchantId, whole } from "./columns.ts";

/**
 * What platforms may still sell without asking. Read and written under the stock locks of the SKUs a listing sells, by the
 * engine alone (see docs/escrow.md).
 */

/** Per listing, in listing units: the most that platform may have sold or may still sell that is not ingested. */
export const exposures = pgTable(
  "exposures",
  {
    merchantId: merchantId(),
    listingId: uuid("listing_id").notNull(),
    connectionId: uuid("connection_id").notNull(),
    /** Beyond the last sighting of the platform's figure; below zero while a unit it put back itself is sold before the cancel is in. */
    after: whole("after").notNull().default(0),
    /** May have been sold before that sighting; gone when the order watermark has passed `anchor`. */
    before: whole("before").notNull().default(0),
    inFlight: whole("in_flight").notNull().default(0),
    /** In the platform's time; null when nothing is quarantined. */
    anchor: instant("anchor"),
    /** A newer sighting that waits for the watermark to pass `anchor`. */
    nextFigure: whole("next_figure"),
    nextAnchor: instant("next_anchor"),
    nextIngested: whole("next_ingested"),
    nextRestored: whole("next_restored"),
    /** Units the platform showed beyond all we know of. */
    surplus: whole("surplus").notNull().default(0),
    /** False until the watermark has passed the first sighting. */
    adopted: boolean().notNull().default(false),
    mustLook: boolean("must_look").notNull().default(false),
    writeId: text("write_id"),
    writeKind: text("write_kind"),
    writeQuantity: whole("write_quantity"),
    writeExpected: whole("write_expected"),
    writeState: text("write_state"),
    writeSince: instant("write_since"),
    /** Until then the write may still land. */
    writeUntil: instant("write_until"),
    /** The counters below when the write was charged. */
    writeIngested: whole("write_ingested"),
    writeRestored: whole("write_restored"),
    /** Writes charged and settled so far: a look that began under another number is void. */
    writes: whole("writes").notNull().default(0),
    /** Listing units of orders ingested so far. */
    ingested: whole("ingested").notNull().default(0),
    /** Listing units the platform has put back so far, as far as we know. */
    restored: whole("restored").notNull().default(0),
    /** No sighting up to then counts: a write that was given up may land after it. */
    doubtUntil: instant("doubt_until"),
    confirmed: whole("confirmed"),
    confirmedAt: instant("confirmed_at"),
    /** Ten minutes since 1970 of `sold_now`, by their number; `sold_before` is of the ten minutes before. */
    span: integer().notNull().default(0),
    soldNow: whole("sold_now").notNull().default(0),
    soldBefore: whole("sold_before").notNull().default(0),
    /** What the connector last declared of the platform. */
    deducts: text().notNull(),
    restoresUnpaid: boolean("restores_unpaid").notNull(),
    restoresPaid: boolean("restores_paid").notNull(),
    skewMs: integer("skew_ms").notNull(),
    readable: boolean().notNull(),
    /** asked: another tool wrote and a person must choose. stopped: nothing is written here. */
    halt: text(),
    overwrites: integer().notNull().default(0),
    /** The sighting that waits for its watermark follows no write of ours. */
    unprompted: boolean().notNull().default(false),
    /** Times in a row that units went off the platform's figure without an order and without us, and when that was seen last. */
    lowered: integer().notNull().default(0),
    loweredAt: instant("lowered_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.listingId] }),
    foreignKey({
      name: "exposures_listing",
      columns: [t.merchantId, t.listingId],
      foreignColumns: [listings.merchantId, listings.id],
    }).onDelete("cascade"),
    index("exposures_anchored").on(t.merchantId, t.connectionId, t.anchor).where(sql`anchor is not null`),
    check("exposures_in_flight", sql`in_flight >= 0 and (write_id is not null or in_flight = 0)`),
    check("exposures_quarantine", sql`anchor is not null or before = 0`),
    check(
      "exposures_next",
      sql`(next_figure is null) = (next_anchor is null) and (next_figure is null or anchor is not null)`,
    ),
    check(
      "exposures_counts",
      sql`surplus >= 0 and sold_now >= 0 and sold_before >= 0 and writes >= 0 and ingested >= 0`,
    ),
    check(
      "exposures_write",
      sql`(write_id is null) = (write_kind is null) and (write_id is null) = (write_state is null) and (write_id is null) = (write_until is null)
        and (write_kind is null or write_kind in ('set','delta','compareAndSet')) and (write_state is null or write_state in ('sending','unknown'))`,
    ),
    check("exposures_deducts", sql`deducts in ('placed','paid','never')`),
    check("exposures_halt", sql`halt is null or halt in ('asked','stopped')`),
  ],
);

/** Per SKU with stock of its own that listings sell: how its units are spread now. */
export const skuAllocations = pgTable(
  "sku_allocations",
  {
    merchantId: merchantId(),
    skuId: uuid("sku_id").notNull(),
    state: text().notNull().default("shared"),
    since: instant("since").notNull(),
    /** Units that may be sold twice as things stand; always 0 in split. */
    possibleOversell: whole("possible_oversell").notNull().default(0),
    /** Units promised to listings that were lost since: miscounts, damage, writes of others. Always 0 outside split. */
    deficit: whole("deficit").notNull().default(0),
    version: whole("version").notNull().default(1),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.skuId] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.merchantId] }),
    foreignKey({
      name: "sku_allocations_sku",
      columns: [t.merchantId, t.skuId],
      foreignColumns: [skus.merchantId, skus.id],
    }),
    check("sku_allocations_state", sql`state in ('shared','converging','split')`),
    check(
      "sku_allocations_figures",
      sql`possible_oversell >= 0 and deficit >= 0 and (state = 'split' or deficit = 0) and (state <> 'split' or possible_oversell = 0)`,
    ),
  ],
);
