import type { Sql, SqlValue } from "../db/database.ts";
import type { NewEvent } from "../events/types.ts";
import type { Runtime } from "../runtime.ts";
import { closeTasks, insertTasks } from "../tasks.ts";
import { encodeBooked } from "./booked-codec.ts";
import type { Draft } from "./draft.ts";
import type { LineRow, OrderRow, ReservationRow } from "./rows.ts";

/** Writes a decided batch back with a handful of set statements. Every update is guarded and its row count checked. */

/** The database does not look as the batch saw it (another process was faster): read and decide again. */
export class BatchConflict extends Error {}

/** A statement over a set: each column is an array of one PostgreSQL type. */
type Column<Row> = [name: string, type: string, value: (row: Row) => SqlValue];

async function insertSet<Row>(
  tx: Sql,
  merchantId: string,
  table: string,
  columns: Column<Row>[],
  rows: readonly Row[],
  conflict = "",
): Promise<number> {
  if (rows.length === 0) return 0;
  const names = columns.map(([name]) => name).join(", ");
  const arrays = columns.map(([, type], index) => `$${index + 2}::${type}[]`).join(", ");
  const values = columns.map(([name, type]) =>
    type === "text" && jsonColumns.has(`${table}.${name}`) ? `k.${name}::jsonb` : `k.${name}`,
  );
  const written = await tx.query<{ n: number }>(
    `with written as (insert into ${table} (merchant_id, ${names}) select $1, ${values.join(", ")}
       from unnest(${arrays}) k(${names}) ${conflict} returning 1) select count(*)::int as n from written`,
    [merchantId, ...columns.map(([, , value]) => rows.map(value) as SqlValue)],
  );
  return written[0]?.n ?? 0;
}

const jsonColumns = new Set([
  "orders.booked",
  "order_lines.components",
  "shipments.lines",
  "refunds.lines",
  "holds.lines",
  "stock_documents.result",
]);

async function updateSet<Row>(
  tx: Sql,
  merchantId: string,
  table: string,
  keys: Column<Row>[],
  sets: Column<Row>[],
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  const columns = [...keys, ...sets];
  const names = columns.map(([name]) => name).join(", ");
  const arrays = columns.map(([, type], index) => `$${index + 2}::${type}[]`).join(", ");
  const assignments = sets
    .map(([name]) =>
      jsonColumns.has(`${table}.${name}`) ? `${name} = k.${name}::jsonb` : `${name} = k.${name}`,
    )
    .join(", ");
  const match = keys.map(([name]) => `t.${name} = k.${name}`).join(" and ");
  const written = await tx.query<{ n: number }>(
    `with written as (update ${table} t set ${assignments} from unnest(${arrays}) k(${names})
       where t.merchant_id = $1 and ${match} returning 1) select count(*)::int as n from written`,
    [merchantId, ...columns.map(([, , value]) => rows.map(value) as SqlValue)],
  );
  const count = written[0]?.n ?? 0;
  if (count !== rows.length)
    throw new BatchConflict(`${table}: ${count} of ${rows.length} rows were as expected`);
}

async function inserted<Row>(
  tx: Sql,
  merchantId: string,
  table: string,
  columns: Column<Row>[],
  rows: readonly Row[],
): Promise<void> {
  const count = await insertSet(tx, merchantId, table, columns, rows, "on conflict do nothing");
  if (count !== rows.length)
    throw new BatchConflict(`${table}: ${rows.length - count} rows were there already`);
}

const json = (value: unknown): string => JSON.stringify(value);

const orderKeys: Column<OrderRow>[] = [["id", "uuid", (o) => o.id]];
const orderFixed: Column<OrderRow>[] = [
  ["connection_id", "uuid", (o) => o.connectionId],
  ["external_id", "text", (o) => o.externalId],
  ["received_at", "timestamptz", (o) => o.receivedAt],
];
const orderChanging: Column<OrderRow>[] = [
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
];

const lineKeys: Column<LineRow>[] = [
  ["order_id", "uuid", (l) => l.orderId],
  ["line_no", "int", (l) => l.lineNo],
];
const lineChanging: Column<LineRow>[] = [
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

const reservationKeys: Column<ReservationRow>[] = [
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
const reservationChanging: Column<ReservationRow>[] = [
  ["quantity", "bigint", (r) => r.quantity],
  ["status", "text", (r) => r.status],
  ["closed_at", "timestamptz", (r) => r.closedAt],
];

const reservationColumns = [...reservationKeys, ...reservationFixed, ...reservationChanging];

/** From this many new orders on, encoding takes long enough to be worth overlapping. */
const worthSending = 50;

/** Stock, orders and records in one pipeline, the event numbers last. */
export async function writeDraft(tx: Sql, runtime: Runtime, draft: Draft): Promise<void> {
  const merchantId = draft.merchant.id;
  const raised = insertTasks(tx, runtime, merchantId, draft.tasks);
  const statements: (() => Promise<unknown>)[] = [
    () => inserted(tx, merchantId, "orders", [...orderKeys, ...orderFixed, ...orderChanging], [...draft.newOrders]),
    () => updateSet(tx, merchantId, "orders", orderKeys, orderChanging, [...draft.changedOrders]),
    () => inserted(tx, merchantId, "order_lines", [...lineKeys, ...lineChanging], [...draft.newLines]),
    () => updateSet(tx, merchantId, "order_lines", lineKeys, lineChanging, [...draft.changedLines]),
    () => inserted(tx, merchantId, "reservations", reservationColumns, [...draft.newReservations]),
    () => updateSet(tx, merchantId, "reservations", reservationKeys, reservationChanging, [...draft.changedReservations]),
    () => writeStock(tx, draft),
    () => writeRecords(tx, draft),
    () => closeTasks(tx, runtime, merchantId, draft.closedTasks),
  ];
  const work: Promise<unknown>[] = [raised];
  for (const statement of statements) {
    const sent = statement();
    sent.catch(() => undefined); // judged with all others below; without this, a failure while resting counts as unhandled
    work.push(sent);
    // Lets the driver send this set, so that the database works on it while the next one is encoded.
    if (draft.newOrders.size > worthSending) await new Promise<void>((resume) => runtime.timers.soon(resume));
  }
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
  const firstSeq = await writeEvents(tx, merchantId, [
    ...draft.events,
    ...stockChanges(draft),
    ...(await raised),
  ]);
  await inserted(
    tx,
    merchantId,
    "movements",
    [
      ["id", "uuid", (m) => m.id],
      ["sku_id", "uuid", (m) => m.skuId],
      ["location_id", "uuid", (m) => m.locationId],
      ["kind", "text", (m) => m.kind],
      ["quantity", "bigint", (m) => m.quantity],
      ["value_minor", "bigint", (m) => m.valueMinor],
      ["cause", "text", (m) => m.cause],
      ["event_seq", "bigint", (m) => firstSeq + m.eventIndex],
      ["occurred_at", "timestamptz", (m) => m.occurredAt],
    ],
    draft.movements,
  );
}

/** One event per stock row the batch changed, with the figures after it. */
function stockChanges(draft: Draft): NewEvent[] {
  return draft.changedStock().map(({ row, versionBefore }) => ({
    type: "stock.changed" as const,
    subject: row.skuId,
    occurredAt: draft.now,
    data: {
      skuId: row.skuId,
      locationId: row.locationId,
      own: row.own,
      onHand: row.onHand,
      reserved: row.reserved,
      heldBack: row.heldBack,
      valueMinor: row.valueMinor,
      version: versionBefore + 1,
    },
  }));
}

async function writeStock(tx: Sql, draft: Draft): Promise<void> {
  const rows = draft.changedStock();
  if (rows.length === 0) return;
  const written = await tx.query<{ n: number }>(
    `with written as (update stock_levels s set on_hand = k.on_hand, reserved = k.reserved, held_back = k.held_back,
         value_minor = k.value_minor, version = k.version + 1
       from unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
         k(sku_id, location_id, on_hand, reserved, held_back, value_minor, version)
       where s.merchant_id = $1 and s.sku_id = k.sku_id and s.location_id = k.location_id and s.version = k.version
       returning 1) select count(*)::int as n from written`,
    [
      draft.merchant.id,
      rows.map(({ row }) => row.skuId),
      rows.map(({ row }) => row.locationId),
      rows.map(({ row }) => row.onHand),
      rows.map(({ row }) => row.reserved),
      rows.map(({ row }) => row.heldBack),
      rows.map(({ row }) => row.valueMinor),
      rows.map(({ versionBefore }) => versionBefore),
    ],
  );
  if (written[0]?.n !== rows.length)
    throw new BatchConflict(`stock_levels: ${written[0]?.n} of ${rows.length} rows were as expected`);
}

async function writeRecords(tx: Sql, draft: Draft): Promise<void> {
  const merchantId = draft.merchant.id;
  await Promise.all([
    inserted(
      tx,
      merchantId,
      "shipments",
      [
        ["id", "uuid", (p) => p.id],
        ["order_id", "uuid", (p) => p.orderId],
        ["external_id", "text", (p) => p.externalId],
        ["origin", "text", (p) => p.origin],
        ["status", "text", (p) => p.status],
        ["carrier", "text", (p) => p.carrier],
        ["tracking_number", "text", (p) => p.trackingNumber],
        ["lines", "text", (p) => json(p.lines)],
        ["shipped_at", "timestamptz", (p) => p.shippedAt],
        ["cancelled_at", "timestamptz", (p) => p.cancelledAt],
      ],
      [...draft.newShipments],
    ),
    updateSet(
      tx,
      merchantId,
      "shipments",
      [["id", "uuid", (p) => p.id]],
      [
        ["external_id", "text", (p) => p.externalId],
        ["status", "text", (p) => p.status],
        ["cancelled_at", "timestamptz", (p) => p.cancelledAt],
      ],
      [...draft.changedShipments],
    ),
    inserted(
      tx,
      merchantId,
      "refunds",
      [
        ["id", "uuid", (f) => f.id],
        ["order_id", "uuid", (f) => f.orderId],
        ["external_id", "text", (f) => f.externalId],
        ["origin", "text", (f) => f.origin],
        ["amount_minor", "bigint", (f) => f.amountMinor],
        ["shipping_minor", "bigint", (f) => f.shippingMinor],
        ["lines", "text", (f) => json(f.lines)],
        ["reason", "text", (f) => f.reason],
        ["refunded_at", "timestamptz", (f) => f.refundedAt],
      ],
      draft.newRefunds,
    ),
    inserted(
      tx,
      merchantId,
      "holds",
      [
        ["id", "uuid", (h) => h.id],
        ["reference", "text", (h) => h.reference],
        ["lines", "text", (h) => json(h.lines)],
        ["status", "text", (h) => h.status],
        ["expires_at", "timestamptz", (h) => h.expiresAt],
        ["created_at", "timestamptz", (h) => h.createdAt],
        ["closed_at", "timestamptz", (h) => h.closedAt],
        ["order_id", "uuid", (h) => h.orderId],
      ],
      [...draft.newHolds],
    ),
    updateSet(
      tx,
      merchantId,
      "holds",
      [["id", "uuid", (h) => h.id]],
      [
        ["status", "text", (h) => h.status],
        ["closed_at", "timestamptz", (h) => h.closedAt],
        ["order_id", "uuid", (h) => h.orderId],
      ],
      [...draft.changedHolds],
    ),
    inserted(
      tx,
      merchantId,
      "stock_documents",
      [
        ["reference", "text", (d) => d.reference],
        ["kind", "text", (d) => d.kind],
        ["digest", "text", (d) => d.digest],
        ["result", "text", (d) => json(d.result)],
        ["created_at", "timestamptz", (d) => d.createdAt],
      ],
      draft.newDocuments,
    ),
  ]);
}

/** Takes the merchant's next numbers and stores the events in one statement: the row every batch waits for is held shortest. */
async function writeEvents(tx: Sql, merchantId: string, events: readonly NewEvent[]): Promise<number> {
  if (events.length === 0) return 0;
  const rows = await tx.query<{ lastSeq: number }>(
    `with numbers as (update merchants set last_event_seq = last_event_seq + $2::bigint where merchant_id = $1 returning last_event_seq),
       stored as (insert into events (merchant_id, seq, type, subject, occurred_at, data)
         select $1, n.last_event_seq - $2::bigint + k.ord, k.type, k.subject, k.occurred_at, k.data::jsonb
         from numbers n, unnest($3::text[], $4::uuid[], $5::timestamptz[], $6::text[]) with ordinality k(type, subject, occurred_at, data, ord))
     select last_event_seq as "lastSeq" from numbers`,
    [
      merchantId,
      events.length,
      events.map((event) => event.type),
      events.map((event) => event.subject),
      events.map((event) => event.occurredAt),
      events.map((event) => json(event.data)),
    ],
  );
  const lastSeq = rows[0]?.lastSeq;
  if (lastSeq === undefined) throw new Error(`merchant ${merchantId} does not exist`);
  return lastSeq - events.length + 1;
}
