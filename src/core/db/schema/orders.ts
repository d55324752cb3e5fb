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

/**
 * Orders in the hub's one model, their parcels and their refunds. Orders, lines and events have no foreign key to
 * connections, SKUs and merchants: the engine reads those in the same transaction, they are never deleted, and three checks per order were
 * a fifth of the database's work on the hot path (measured: 6 of 26 ms for 500 orders).
 */

export const orders = pgTable(
  "orders",
  {
    merchantId: merchantId(),
    id: uuid().notNull(),
    connectionId: uuid("connection_id").notNull(),
    externalId: text("external_id").notNull(),
    status: text().notNull(),
    /** The platform's own word; `status` also counts what was shipped or cancelled here. */
    toldStatus: text("told_status").notNull(),
    currency: text().notNull(),
    totalMinor: whole("total_minor").notNull(),
    shippingMinor: whole("shipping_minor").notNull().default(0),
    discountMinor: whole("discount_minor").notNull().default(0),
    platformDiscountMinor: whole("platform_discount_minor").notNull().default(0),
    placedAt: instant("placed_at").notNull(),
    paidAt: instant("paid_at"),
    /** The platform's freshness value of the snapshot we hold; when we heard of it where that lay far ahead. */
    updatedAt: instant("updated_at").notNull(),
    /** Digest of that snapshot's content: tells a repeat from a change, and orders two snapshots of one instant. See `freshness.ts`. */
    digest: text().notNull(),
    /** What the books have been told so far; null until payment is booked. */
    booked: jsonb(),
    refundedMinor: whole("refunded_minor").notNull().default(0),
    /** Why a person must look before the order goes on; null when nothing is held. */
    heldReason: text("held_reason"),
    buyer: bytes(),
    liveSession: text("live_session"),
    note: text(),
    receivedAt: instant("received_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    unique("orders_external").on(t.merchantId, t.connectionId, t.externalId),
    index("orders_by_status").on(t.merchantId, t.status, t.id),
    // Status before id: serves a list of one status directly, and one of all statuses as eight short reads.
    // Partial on purpose: a look-up by external id must not be planned on this index, as it was before the first statistics.
    index("orders_by_connection")
      .on(t.merchantId, t.connectionId, t.status, t.id)
      .where(sql`id > '00000000-0000-0000-0000-000000000000'`),
    check(
      "orders_status",
      sql`status in ('pending_payment','paid','partially_shipped','shipped','completed','cancelled','refunding','refunded')`,
    ),
  ],
);

export const orderLines = pgTable(
  "order_lines",
  {
    merchantId: merchantId(),
    orderId: uuid("order_id").notNull(),
    lineNo: integer("line_no").notNull(),
    externalLineId: text("external_line_id").notNull(),
    /** Null while the line waits for a mapping. */
    skuId: uuid("sku_id"),
    /** SKU units in one ordered unit (a listing may sell packs). */
    unitsPer: whole("units_per").notNull().default(1),
    externalSku: text("external_sku"),
    externalItemId: text("external_item_id"),
    externalVariantId: text("external_variant_id"),
    title: text(),
    /** Ordered units, as the platform counts them. */
    quantity: whole("quantity").notNull(),
    unitPriceMinor: whole("unit_price_minor").notNull(),
    discountMinor: whole("discount_minor").notNull().default(0),
    taxMinor: whole("tax_minor"),
    /** SKU units shipped, come back to the shelf, and wanted but not to be had (all in SKU units). */
    shipped: whole("shipped").notNull().default(0),
    returned: whole("returned").notNull().default(0),
    /** SKU units refunded or cancelled before they left, where the platform keeps them in its ordered quantity. */
    cancelled: whole("cancelled").notNull().default(0),
    shortfall: whole("shortfall").notNull().default(0),
    /** Where in the queue the shortfall waits: payment time, else order time. */
    waitingSince: instant("waiting_since"),
    /** For a bundle, what one unit is made of: [{skuId, quantity}], as it was when ordered. */
    components: jsonb(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.orderId, t.lineNo] }),
    foreignKey({
      name: "order_lines_order",
      columns: [t.merchantId, t.orderId],
      foreignColumns: [orders.merchantId, orders.id],
    }),
    index("order_lines_waiting").on(t.merchantId, t.skuId, t.waitingSince).where(sql`shortfall > 0`),
    index("order_lines_unmapped").on(t.merchantId, t.orderId).where(sql`sku_id is null`),
    index("order_lines_unmapped_sku").on(t.merchantId, t.externalSku).where(sql`sku_id is null`),
    index("order_lines_unmapped_item").on(t.merchantId, t.externalItemId).where(sql`sku_id is null`),
    index("order_lines_unmapped_variant").on(t.merchantId, t.externalVariantId).where(sql`sku_id is null`),
    check(
      "order_lines_numbers",
      sql`quantity >= 0 and units_per > 0 and shipped >= 0 and returned >= 0 and returned <= shipped and cancelled >= 0 and shortfall >= 0`,
    ),
  ],
);

/** One parcel. `lines`: {lines: [{lineNo, quantity}], revenue: SoldPart[], costs: CostPart[]}, as booked for it, in SKU units. */
export const shipments = pgTable(
  "shipments",
  {
    merchantId: merchantId(),
    id: uuid().notNull(),
    orderId: uuid("order_id").notNull(),
    /** The platform's id of the parcel, once known. */
    externalId: text("external_id"),
    origin: text().notNull(),
    status: text().notNull().default("shipped"),
    carrier: text(),
    trackingNumber: text("tracking_number"),
    lines: jsonb().notNull(),
    shippedAt: instant("shipped_at").notNull(),
    cancelledAt: instant("cancelled_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({
      name: "shipments_order",
      columns: [t.merchantId, t.orderId],
      foreignColumns: [orders.merchantId, orders.id],
    }),
    unique("shipments_external").on(t.merchantId, t.orderId, t.externalId),
    index("shipments_by_order").on(t.merchantId, t.orderId),
    check("shipments_origin", sql`origin in ('hub','platform')`),
    check("shipments_status", sql`status in ('shipped','cancelled')`),
  ],
);

/** Money given back. `lines`: the parts taken from liability and revenue and the units restocked, as in the event. */
export const refunds = pgTable(
  "refunds",
  {
    merchantId: merchantId(),
    id: uuid().notNull(),
    orderId: uuid("order_id").notNull(),
    externalId: text("external_id").notNull(),
    origin: text().notNull(),
    amountMinor: whole("amount_minor").notNull(),
    shippingMinor: whole("shipping_minor").notNull().default(0),
    lines: jsonb().notNull(),
    reason: text(),
    refundedAt: instant("refunded_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({
      name: "refunds_order",
      columns: [t.merchantId, t.orderId],
      foreignColumns: [orders.merchantId, orders.id],
    }),
    unique("refunds_external").on(t.merchantId, t.orderId, t.externalId),
    check("refunds_origin", sql`origin in ('hub','platform')`),
  ],
);

/** Everything that ever changed, numbered per merchant without gaps. */
export const events = pgTable(
  "events",
  {
    merchantId: merchantId(),
    seq: whole("seq").notNull(),
    type: text().notNull(),
    subject: uuid().notNull(),
    occurredAt: instant("occurred_at").notNull(),
    data: jsonb().notNull(),
  },
  (t) => [primaryKey({ columns: [t.merchantId, t.seq] })],
);
