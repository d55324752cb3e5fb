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
  uuid,
} from "drizzle-orm/pg-core";
import { merchants } from "./access.ts";
import { locations, skus } from "./catalogue.ts";
import { instant, merchantId, whole } from "./columns.ts";

/** Stock: what there is, who holds it, and every change of it. */

export const stockLevels = pgTable(
  "stock_levels",
  {
    merchantId: merchantId(),
    skuId: uuid("sku_id").notNull(),
    locationId: uuid("location_id").notNull(),
    /** Copied from the location's kind: whether orders may be served from here. */
    own: boolean().notNull(),
    onHand: whole("on_hand").notNull().default(0),
    reserved: whole("reserved").notNull().default(0),
    heldBack: whole("held_back").notNull().default(0),
    /** Units that parcels took although the hub had none here: as many are not offered until somebody counts. */
    inDoubt: whole("in_doubt").notNull().default(0),
    /** When somebody last said what is here: the last count, else the first document. */
    knownSince: instant("known_since"),
    /** Cost of all units on hand together, in the merchant's base currency. */
    valueMinor: whole("value_minor").notNull().default(0),
    /** Rises by one with every batch that changes this row; each step has one `stock.changed` event. */
    version: whole("version").notNull().default(0),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.skuId, t.locationId] }),
    // Its columns never change, so updates of the figures stay on their page (HOT).
    index("stock_levels_by_location").on(t.merchantId, t.locationId, t.skuId),
    foreignKey({
      name: "stock_levels_sku",
      columns: [t.merchantId, t.skuId],
      foreignColumns: [skus.merchantId, skus.id],
    }),
    foreignKey({
      name: "stock_levels_location",
      columns: [t.merchantId, t.locationId],
      foreignColumns: [locations.merchantId, locations.id],
    }),
    check("stock_levels_reserved", sql`reserved >= 0 and held_back >= 0 and in_doubt >= 0`),
    check("stock_levels_covered", sql`not own or reserved + held_back <= on_hand`),
    check("stock_levels_worth", sql`on_hand <> 0 or value_minor = 0`),
  ],
);

/** Every change of on hand and of its value, append-only. */
export const movements = pgTable(
  "movements",
  {
    merchantId: merchantId(),
    id: uuid().notNull(),
    skuId: uuid("sku_id").notNull(),
    locationId: uuid("location_id").notNull(),
    kind: text().notNull(),
    quantity: whole("quantity").notNull(),
    valueMinor: whole("value_minor").notNull(),
    /** The document or record that caused it: adjustment reference, shipment id, refund id. */
    cause: text().notNull(),
    eventSeq: whole("event_seq").notNull(),
    occurredAt: instant("occurred_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({
      name: "movements_stock_level",
      columns: [t.merchantId, t.skuId, t.locationId],
      foreignColumns: [stockLevels.merchantId, stockLevels.skuId, stockLevels.locationId],
    }),
    index("movements_by_stock").on(t.merchantId, t.skuId, t.locationId, t.eventSeq),
    check(
      "movements_kind",
      sql`kind in ('opening','receipt','count','damage','loss','gain','sample','other','shipment','shipment_cancelled','return','transfer_out','transfer_in')`,
    ),
  ],
);

/** Units held for one line of an order or hold at one location: held, then consumed, released or expired, once. */
export const reservations = pgTable(
  "reservations",
  {
    merchantId: merchantId(),
    /** The order or the hold. */
    holderId: uuid("holder_id").notNull(),
    id: uuid().notNull(),
    holderKind: text("holder_kind").notNull(),
    lineNo: integer("line_no").notNull(),
    skuId: uuid("sku_id").notNull(),
    locationId: uuid("location_id").notNull(),
    quantity: whole("quantity").notNull(),
    status: text().notNull().default("held"),
    createdAt: instant("created_at").notNull(),
    closedAt: instant("closed_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.holderId, t.id] }),
    index("reservations_held").on(t.merchantId, t.skuId, t.locationId).where(sql`status = 'held'`),
    check("reservations_quantity", sql`quantity > 0`),
    check("reservations_status", sql`status in ('held','consumed','released','expired')`),
    check("reservations_holder", sql`holder_kind in ('order','hold','session','claim')`),
  ],
);

/** A hold made through the API: all of its lines or nothing. No foreign key, for the reason given at `orders`. */
export const holds = pgTable(
  "holds",
  {
    merchantId: merchantId(),
    id: uuid().notNull(),
    reference: text().notNull(),
    lines: jsonb().notNull(),
    status: text().notNull().default("held"),
    expiresAt: instant("expires_at"),
    createdAt: instant("created_at").notNull(),
    closedAt: instant("closed_at"),
    /** The order that took the units over. */
    orderId: uuid("order_id"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    unique("holds_reference").on(t.merchantId, t.reference),
    index("holds_held").on(t.merchantId, t.id).where(sql`status = 'held'`),
    index("holds_expiring")
      .on(t.merchantId, t.expiresAt)
      .where(sql`status = 'held' and expires_at is not null`),
    check("holds_status", sql`status in ('held','consumed','released','expired')`),
  ],
);

/** Adjustments and transfers by their reference, so that a repeat changes nothing. */
export const stockDocuments = pgTable(
  "stock_documents",
  {
    merchantId: merchantId(),
    reference: text().notNull(),
    kind: text().notNull(),
    digest: text().notNull(),
    result: jsonb().notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.reference] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.merchantId] }),
    check("stock_documents_kind", sql`kind in ('adjustment','transfer')`),
  ],
);
