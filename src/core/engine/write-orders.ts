import { encodeBooked } from "./booked-codec.ts";
import type { LineRow, OrderRow, ReservationRow } from "./rows.ts";
import { type Column, json } from "./write-sets.ts";

/** Columns of orders, their lines and reservations: the key, what never changes, and what may. */

export const orderKeys: Column<OrderRow>[] = [["id", "uuid", (o) => o.id]];
export const orderFixed: Column<OrderRow>[] = [
  ["connection_id", "uuid", (o) => o.connectionId],
  ["external_id", "text", (o) => o.externalId],
  ["received_at", "timestamptz", (o) => o.receivedAt],
];
export const orderChanging: Column<OrderRow>[] = [
  ["status", "text", (o) => o.status],
  ["told_status", "text", (o) => o.toldStatus],
  ["currency", "text", (o) => o.currency],
  ["total_minor", "bigint", (o) => o.totalMinor],
  ["shipping_minor", "bigint", (o) => o.shippingMinor],
  ["discount_minor", "bigint", (o) => o.discountMinor],
  ["platform_discount_minor", "bigint", (o) => o.platformDiscountMinor],
  ["placed_at", "timestamptz", (o) => o.placedAt],
  ["paid_at", "timestamptz", (o) => o.paidAt],
  ["updated_at", "timestamptz", (o) => o.updatedAt],
  ["digest", "text", (o) => o.digest],
  ["booked", "text", (o) => encodeBooked(o.booked)],
  ["refunded_minor", "bigint", (o) => o.refundedMinor],
  ["held_reason", "text", (o) => o.heldReason],
  ["buyer", "bytea", (o) => o.buyer],
  ["live_session", "text", (o) => o.liveSession],
  ["note", "text", (o) => o.note],
  ["terms", "text", (o) => (o.terms === null ? null : json(o.terms))],
];

export const lineKeys: Column<LineRow>[] = [
  ["order_id", "uuid", (l) => l.orderId],
  ["line_no", "int", (l) => l.lineNo],
];
export const lineChanging: Column<LineRow>[] = [
  ["external_line_id", "text", (l) => l.externalLineId],
  ["sku_id", "uuid", (l) => l.skuId],
  ["units_per", "bigint", (l) => l.unitsPer],
  ["external_sku", "text", (l) => l.externalSku],
  ["external_item_id", "text", (l) => l.externalItemId],
  ["external_variant_id", "text", (l) => l.externalVariantId],
  ["title", "text", (l) => l.title],
  ["quantity", "bigint", (l) => l.quantity],
  ["unit_price_minor", "bigint", (l) => l.unitPriceMinor],
  ["discount_minor", "bigint", (l) => l.discountMinor],
  ["tax_minor", "bigint", (l) => l.taxMinor],
  ["shipped", "bigint", (l) => l.shipped],
  ["returned", "bigint", (l) => l.returned],
  ["cancelled", "bigint", (l) => l.cancelled],
  ["shortfall", "bigint", (l) => l.shortfall],
  ["waiting_since", "timestamptz", (l) => l.waitingSince],
  ["components", "text", (l) => (l.components === null ? null : json(l.components))],
];

export const reservationKeys: Column<ReservationRow>[] = [
  ["holder_id", "uuid", (r) => r.holderId],
  ["id", "uuid", (r) => r.id],
];
const reservationFixed: Column<ReservationRow>[] = [
  ["holder_kind", "text", (r) => r.holderKind],
  ["line_no", "int", (r) => r.lineNo],
  ["sku_id", "uuid", (r) => r.skuId],
  ["location_id", "uuid", (r) => r.locationId],
  ["created_at", "timestamptz", (r) => r.createdAt],
];
export const reservationChanging: Column<ReservationRow>[] = [
  ["quantity", "bigint", (r) => r.quantity],
  ["status", "text", (r) => r.status],
  ["closed_at", "timestamptz", (r) => r.closedAt],
];

export const reservationColumns = [...reservationKeys, ...reservationFixed, ...reservationChanging];
