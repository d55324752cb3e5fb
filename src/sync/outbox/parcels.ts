import type { FulfilmentPush } from "../../connectors/contract.ts";
import type { Instant } from "../../core/clock.ts";
import { nowInstant } from "../../core/clock.ts";
import type { Sql } from "../../core/db/database.ts";
import { appendEvents } from "../../core/events/log.ts";
import type { OrderEventData, StoredEvent } from "../../core/events/types.ts";
import { insertTasks } from "../../core/tasks.ts";
import type { OpenConnection } from "../connections.ts";
import type { Consumer } from "../consumer.ts";
import type { SyncContext } from "../parts.ts";
import { lockOutbox } from "./lock.ts";

export const takesFulfilments = (connection: OpenConnection): boolean =>
  connection.account.fulfilments !== undefined;

export interface ParcelNews {
  shipped: { shipmentId: string; connectionId: string; eventSeq: number }[];
  recalled: { shipmentId: string; connectionId: string }[];
}

/** Parcels that left our own hands, or were called back, in the order of the events. Pure. */
export function parcelNews(events: readonly StoredEvent[]): ParcelNews {
  const news: ParcelNews = { shipped: [], recalled: [] };
  for (const event of events) {
    if (!event.type.startsWith("order.")) continue;
    const { connectionId, shipped = [], shipmentsCancelled = [] } = event.data as OrderEventData;
    for (const { shipmentId, origin } of shipped) {
      if (origin === "hub") news.shipped.push({ shipmentId, connectionId, eventSeq: event.seq });
    }
    for (const { shipmentId } of shipmentsCancelled) news.recalled.push({ shipmentId, connectionId });
  }
  return news;
}

/** Follows the log and owes each parcel of ours to the platform its order came from. */
export function createFulfilmentPublisher(
  context: SyncContext,
  kick: (merchantId: string, connectionId: string) => void,
): Consumer {
  return {
    name: "consumer:fulfilments",
    async apply(tx, merchantId, events) {
      const news = parcelNews(events);
      const connections = await context.connections.usable(
        news.shipped.map((parcel) => parcel.connectionId),
        tx,
      );
      const owed = news.shipped.filter(({ connectionId }) => {
        const connection = connections.get(connectionId);
        return connection !== undefined && takesFulfilments(connection);
      });
      await oweParcels(tx, merchantId, owed, nowInstant(context.runtime.clock));
      await recallParcels(context, tx, merchantId, news.recalled);
      return () => {
        for (const connectionId of new Set(owed.map((parcel) => parcel.connectionId)))
          kick(merchantId, connectionId);
      };
    },
  };
}

async function oweParcels(
  tx: Sql,
  merchantId: string,
  parcels: ParcelNews["shipped"],
  now: Instant,
): Promise<void> {
  if (parcels.length === 0) return;
  await tx.query(
    `insert into outbox (merchant_id, kind, subject_id, connection_id, event_seq, not_before, updated_at)
     select $1, 'fulfilment', parcel.id, parcel.connection_id, parcel.event_seq, $5, $5
     from unnest($2::uuid[], $3::uuid[], $4::bigint[]) as parcel (id, connection_id, event_seq)
     on conflict do nothing`,
    [
      merchantId,
      parcels.map((parcel) => parcel.shipmentId),
      parcels.map((parcel) => parcel.connectionId),
      parcels.map((parcel) => parcel.eventSeq),
      now,
    ],
  );
}

/** Not told yet: nothing is owed any more. Told already: no platform can be asked to forget a parcel, a person must. */
async function recallParcels(
  context: SyncContext,
  tx: Sql,
  merchantId: string,
  recalled: ParcelNews["recalled"],
): Promise<void> {
  if (recalled.length === 0) return;
  const ids = recalled.map((parcel) => parcel.shipmentId);
  await lockOutbox(tx, merchantId, "fulfilment", ids);
  await tx.query(
    `delete from outbox using unnest($2::uuid[]) as recalled (id) cross join lateral (
       select ctid as place, status from outbox where merchant_id = $1 and kind = 'fulfilment' and subject_id = recalled.id offset 0
     ) as found
     where outbox.merchant_id = $1 and outbox.ctid = found.place and outbox.attempts = 0 and found.status in ('pending', 'parked')`,
    [merchantId, ids],
  );
  const told = await tx.query<{ id: string }>(
    `select recalled.id from unnest($2::uuid[]) as recalled (id) cross join lateral (
       select 1 from outbox where merchant_id = $1 and kind = 'fulfilment' and subject_id = recalled.id offset 0
     ) as o`,
    [merchantId, ids],
  );
  const raised = await insertTasks(
    tx,
    context.runtime,
    merchantId,
    told.map(({ id }) => ({
      kind: "recalled_parcel",
      subject: id,
      message: `Parcel ${id} was called back after the platform had been told of it (or while it was being told). Correct it on the platform by hand.`,
    })),
  );
  if (raised.length > 0) await appendEvents(tx, merchantId, raised);
}

/** A parcel that is owed, as the connector wants it. */
export interface DueParcel {
  shipmentId: string;
  requested: number;
  hadError: boolean;
  push: FulfilmentPush;
}

interface Row {
  id: string;
  requested: number;
  error_kind: string | null;
  order_id: string;
  order_external_id: string;
  carrier: string | null;
  tracking_number: string | null;
  shipped_at: Instant;
}

const parcelsPerLook = 50;

export async function dueParcels(context: SyncContext, connection: OpenConnection): Promise<DueParcel[]> {
  const { db, runtime } = context;
  const rows = await db.query<Row>(
    `select s.id, o.requested, o.error_kind, s.order_id, orders.external_id as order_external_id, s.carrier, s.tracking_number, s.shipped_at
     from outbox o
       cross join lateral (
         select id, order_id, carrier, tracking_number, shipped_at from shipments where merchant_id = $1 and id = o.subject_id offset 0
       ) as s
       cross join lateral (select external_id from orders where merchant_id = $1 and id = s.order_id offset 0) as orders
     where o.merchant_id = $1 and o.connection_id = $2 and o.kind = 'fulfilment'
       and o.status in ('pending', 'sending', 'unknown') and o.not_before <= $3
     order by o.not_before, o.subject_id limit $4`,
    [connection.merchantId, connection.id, nowInstant(runtime.clock), parcelsPerLook],
  );
  if (rows.length === 0) return [];
  const contents = await loadContents(db, connection.merchantId, [
    ...new Set(rows.map((row) => row.order_id)),
  ]);
  return rows.map((row) => ({
    shipmentId: row.id,
    requested: row.requested,
    hadError: row.error_kind !== null,
    push: {
      shipmentId: row.id,
      orderExternalId: row.order_external_id,
      shippedAt: row.shipped_at,
      lines: contents.get(row.id) ?? [],
      ...(row.carrier === null ? {} : { carrier: row.carrier }),
      ...(row.tracking_number === null ? {} : { trackingNumber: row.tracking_number }),
    },
  }));
}

/** What each parcel of these orders holds, in the platform's units. */
async function loadContents(
  sql: Sql,
  merchantId: string,
  orderIds: readonly string[],
): Promise<Map<string, FulfilmentPush["lines"]>> {
  const rows = await sql.query<ShippedLine>(
    `select s.id as "shipmentId", s.order_id as "orderId", line.line_no as "lineNo", line.units, l.units_per as "unitsPer", l.external_line_id as "externalLineId"
     from unnest($2::uuid[]) as wanted (order_id)
     cross join lateral (
       select id, order_id, lines from shipments where merchant_id = $1 and order_id = wanted.order_id and status = 'shipped' offset 0
     ) as s
     cross join lateral (
       select (part->>'lineNo')::int as line_no, (part->>'quantity')::bigint as units from jsonb_array_elements(s.lines->'lines') as part
     ) as line
     cross join lateral (
       select units_per, external_line_id from order_lines
       where merchant_id = $1 and order_id = s.order_id and order_lines.line_no = line.line_no offset 0
     ) as l
     order by s.id, line.line_no`,
    [merchantId, orderIds],
  );
  return inPlatformUnits(rows);
}

export interface ShippedLine {
  shipmentId: string;
  orderId: string;
  lineNo: number;
  externalLineId: string;
  /** SKU units in this parcel. */
  units: number;
  /** SKU units in one unit the platform sold. */
  unitsPer: number;
}

/**
 * Counts parcels in the platform's units. A pack that leaves in two parcels is told with the one that completes it, so
 * that the parcels of an order always add up. Rows must come parcel by parcel, oldest first. Pure.
 */
export function inPlatformUnits(rows: readonly ShippedLine[]): Map<string, FulfilmentPush["lines"]> {
  const soFar = new Map<string, number>();
  const parcels = new Map<string, FulfilmentPush["lines"]>();
  for (const row of rows) {
    const line = `${row.orderId} ${row.lineNo}`;
    const before = soFar.get(line) ?? 0;
    const after = before + row.units;
    soFar.set(line, after);
    const quantity = Math.floor(after / row.unitsPer) - Math.floor(before / row.unitsPer);
    const lines = parcels.get(row.shipmentId) ?? [];
    parcels.set(
      row.shipmentId,
      quantity === 0 ? lines : [...lines, { externalLineId: row.externalLineId, quantity }],
    );
  }
  return parcels;
}
