import { sql } from "drizzle-orm";
import {
  check,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from "drizzle-orm/pg-core";
import { connections, merchants } from "./access.ts";
import { instant, merchantId, whole } from "./columns.ts";

/** What is sold and where it sits. */

export const skus = pgTable(
  "skus",
  {
    merchantId: merchantId(),
    id: uuid().notNull(),
    code: text().notNull(),
    name: text().notNull(),
    kind: text().notNull().default("physical"),
    barcode: text(),
    taxRateBp: integer("tax_rate_bp"),
    /** How its units are spread over listings; null for the merchant's default. */
    stockMode: text("stock_mode"),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.merchantId] }),
    unique("skus_code").on(t.merchantId, t.code),
    check("skus_kind", sql`kind in ('physical','virtual','bundle')`),
    check("skus_stock_mode", sql`stock_mode is null or stock_mode in ('shared','split','auto')`),
    check("skus_tax", sql`tax_rate_bp is null or tax_rate_bp between 0 and 10000`),
  ],
);

export const bundles = pgTable(
  "bundles",
  {
    merchantId: merchantId(),
    bundleId: uuid("bundle_id").notNull(),
    componentId: uuid("component_id").notNull(),
    quantity: whole("quantity").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.bundleId, t.componentId] }),
    foreignKey({
      name: "bundles_bundle",
      columns: [t.merchantId, t.bundleId],
      foreignColumns: [skus.merchantId, skus.id],
    }),
    foreignKey({
      name: "bundles_component",
      columns: [t.merchantId, t.componentId],
      foreignColumns: [skus.merchantId, skus.id],
    }),
    index("bundles_by_component").on(t.merchantId, t.componentId),
    check("bundles_quantity", sql`quantity > 0 and bundle_id <> component_id`),
  ],
);

export const listings = pgTable(
  "listings",
  {
    merchantId: merchantId(),
    id: uuid().notNull(),
    connectionId: uuid("connection_id").notNull(),
    externalId: text("external_id").notNull(),
    /** Empty when the platform has no variants: a null would not count in the unique key. */
    externalVariantId: text("external_variant_id").notNull().default(""),
    skuId: uuid("sku_id").notNull(),
    unitsPer: whole("units_per").notNull().default(1),
    buffer: whole("buffer").notNull().default(0),
    cap: whole("cap"),
    /** `platform` when the platform keeps and ships the goods itself: nothing of ours is sold there. */
    managedBy: text("managed_by"),
    /** Share of the SKU's units this listing gets while they are split, in listing units or basis points. */
    shareMinimum: whole("share_minimum"),
    shareMaximum: whole("share_maximum"),
    shareFixed: whole("share_fixed"),
    sharePercentBp: integer("share_percent_bp"),
    /** The last figure the platform confirmed, in listing units; null until the first one. */
    publishedQuantity: whole("published_quantity"),
    publishedAt: instant("published_at"),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({
      name: "listings_connection",
      columns: [t.merchantId, t.connectionId],
      foreignColumns: [connections.merchantId, connections.id],
    }),
    foreignKey({
      name: "listings_sku",
      columns: [t.merchantId, t.skuId],
      foreignColumns: [skus.merchantId, skus.id],
    }),
    unique("listings_external").on(t.merchantId, t.connectionId, t.externalId, t.externalVariantId),
    index("listings_by_sku").on(t.merchantId, t.skuId),
    // Partial for the same reason as `orders_by_connection`.
    index("listings_by_connection")
      .on(t.merchantId, t.connectionId, t.id)
      .where(sql`id > '00000000-0000-0000-0000-000000000000'`),
    index("listings_by_variant")
      .on(t.merchantId, t.connectionId, t.externalVariantId)
      .where(sql`external_variant_id <> ''`),
    check("listings_managed_by", sql`managed_by is null or managed_by = 'platform'`),
    check("listings_numbers", sql`units_per > 0 and buffer >= 0 and (cap is null or cap >= 0)`),
    check(
      "listings_share",
      sql`(share_minimum is null or share_minimum >= 0) and (share_maximum is null or share_maximum >= coalesce(share_minimum, 0))
        and (share_fixed is null or share_fixed >= 0) and (share_percent_bp is null or share_percent_bp between 0 and 10000)
        and (share_fixed is null or share_percent_bp is null)`,
    ),
  ],
);

export const locations = pgTable(
  "locations",
  {
    merchantId: merchantId(),
    id: uuid().notNull(),
    code: text().notNull(),
    name: text().notNull(),
    kind: text().notNull().default("own"),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.merchantId] }),
    unique("locations_code").on(t.merchantId, t.code),
    check("locations_kind", sql`kind in ('own','platform','supplier','transit','quarantine')`),
  ],
);
