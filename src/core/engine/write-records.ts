import type { Sql } from "../db/database.ts";
import type { Draft } from "./draft.ts";
import type { DocumentRow, HoldRow, MovementRow, RefundRow, ShipmentRow } from "./rows.ts";
import { type Column, inserted, json, updateSet } from "./write-sets.ts";

/** Parcels, refunds, holds and documents of a batch, and the movements that explain its stock. */

const shipmentKeys: Column<ShipmentRow>[] = [["id", "uuid", (p) => p.id]];
const shipmentFixed: Column<ShipmentRow>[] = [
  ["order_id", "uuid", (p) => p.orderId],
  ["origin", "text", (p) => p.origin],
  ["carrier", "text", (p) => p.carrier],
  ["tracking_number", "text", (p) => p.trackingNumber],
  ["shipped_at", "timestamptz", (p) => p.shippedAt],
];
const shipmentChanging: Column<ShipmentRow>[] = [
  ["external_id", "text", (p) => p.externalId],
  ["status", "text", (p) => p.status],
  ["lines", "text", (p) => json(p.lines)],
  ["cancelled_at", "timestamptz", (p) => p.cancelledAt],
];

const refundKeys: Column<RefundRow>[] = [["id", "uuid", (f) => f.id]];
const refundFixed: Column<RefundRow>[] = [
  ["order_id", "uuid", (f) => f.orderId],
  ["external_id", "text", (f) => f.externalId],
  ["origin", "text", (f) => f.origin],
  ["shipping_minor", "bigint", (f) => f.shippingMinor],
  ["refunded_at", "timestamptz", (f) => f.refundedAt],
];
const refundChanging: Column<RefundRow>[] = [
  ["amount_minor", "bigint", (f) => f.amountMinor],
  ["lines", "text", (f) => json(f.lines)],
  ["reason", "text", (f) => f.reason],
];

const holdKeys: Column<HoldRow>[] = [["id", "uuid", (h) => h.id]];
const holdFixed: Column<HoldRow>[] = [
  ["reference", "text", (h) => h.reference],
  ["lines", "text", (h) => json(h.lines)],
  ["expires_at", "timestamptz", (h) => h.expiresAt],
  ["created_at", "timestamptz", (h) => h.createdAt],
];
const holdChanging: Column<HoldRow>[] = [
  ["status", "text", (h) => h.status],
  ["closed_at", "timestamptz", (h) => h.closedAt],
  ["order_id", "uuid", (h) => h.orderId],
];

const documentColumns: Column<DocumentRow>[] = [
  ["reference", "text", (d) => d.reference],
  ["kind", "text", (d) => d.kind],
  ["digest", "text", (d) => d.digest],
  ["result", "text", (d) => json(d.result)],
  ["created_at", "timestamptz", (d) => d.createdAt],
];

/** Two processes that insert common references in one order wait for each other instead of deadlocking. */
const byReference = <Row extends { reference: string }>(rows: Iterable<Row>): Row[] =>
  [...rows].sort((a, b) => (a.reference < b.reference ? -1 : 1));

export const writeRecords = (tx: Sql, draft: Draft): Promise<unknown> => {
  const merchantId = draft.merchant.id;
  return Promise.all([
    inserted(
      tx,
      merchantId,
      "shipments",
      [...shipmentKeys, ...shipmentFixed, ...shipmentChanging],
      [...draft.newShipments],
    ),
    updateSet(tx, merchantId, "shipments", shipmentKeys, shipmentChanging, [...draft.changedShipments]),
    inserted(
      tx,
      merchantId,
      "refunds",
      [...refundKeys, ...refundFixed, ...refundChanging],
      [...draft.newRefunds],
    ),
    updateSet(tx, merchantId, "refunds", refundKeys, refundChanging, [...draft.changedRefunds]),
    inserted(
      tx,
      merchantId,
      "holds",
      [...holdKeys, ...holdFixed, ...holdChanging],
      byReference(draft.newHolds),
    ),
    updateSet(tx, merchantId, "holds", holdKeys, holdChanging, [...draft.changedHolds]),
    inserted(tx, merchantId, "stock_documents", documentColumns, byReference(draft.newDocuments)),
  ]);
};

/** `firstSeq`: the number of the batch's first event. */
export const writeMovements = (tx: Sql, draft: Draft, firstSeq: number): Promise<void> => {
  const columns: Column<MovementRow>[] = [
    ["id", "uuid", (m) => m.id],
    ["sku_id", "uuid", (m) => m.skuId],
    ["location_id", "uuid", (m) => m.locationId],
    ["kind", "text", (m) => m.kind],
    ["quantity", "bigint", (m) => m.quantity],
    ["value_minor", "bigint", (m) => m.valueMinor],
    ["cause", "text", (m) => m.cause],
    ["event_seq", "bigint", (m) => firstSeq + m.eventIndex],
    ["occurred_at", "timestamptz", (m) => m.occurredAt],
  ];
  return inserted(tx, draft.merchant.id, "movements", columns, draft.movements);
};
