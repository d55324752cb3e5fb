import type { Sql } from "../db/database.ts";
import type { Draft } from "./draft.ts";
import type { DocumentRow, HoldRow, RefundRow, ShipmentRow } from "./rows.ts";
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
];
const refundChanging: Column<RefundRow>[] = [
  ["amount_minor", "bigint", (f) => f.amountMinor],
  ["shipping_minor", "bigint", (f) => f.shippingMinor],
  ["refunded_at", "timestamptz", (f) => f.refundedAt],
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

/** Right after the events of the batch, of which there are `eventCount`: the merchant's last number tells theirs. */
export async function writeMovements(tx: Sql, draft: Draft, eventCount: number): Promise<void> {
  const { movements } = draft;
  if (movements.length === 0) return;
  const written = await tx.query<{ n: number }>(
    `with written as (
       insert into movements (merchant_id, id, sku_id, location_id, kind, quantity, value_minor, cause, event_seq, occurred_at)
       select $1, k.id, k.sku_id, k.location_id, k.kind, k.quantity, k.value_minor, k.cause,
         m.last_event_seq - $2::bigint + 1 + k.event_index, k.occurred_at
       from merchants m, unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::bigint[], $8::bigint[], $9::text[], $10::bigint[], $11::timestamptz[])
         k(id, sku_id, location_id, kind, quantity, value_minor, cause, event_index, occurred_at)
       where m.merchant_id = $1 returning 1)
     select count(*)::int as n from written`,
    [
      draft.merchant.id,
      eventCount,
      movements.map((movement) => movement.id),
      movements.map((movement) => movement.skuId),
      movements.map((movement) => movement.locationId),
      movements.map((movement) => movement.kind),
      movements.map((movement) => movement.quantity),
      movements.map((movement) => movement.valueMinor),
      movements.map((movement) => movement.cause),
      movements.map((movement) => movement.eventIndex),
      movements.map((movement) => movement.occurredAt),
    ],
  );
  if (written[0]?.n !== movements.length)
    throw new Error(`movements: ${written[0]?.n} of ${movements.length} rows were written`);
}
