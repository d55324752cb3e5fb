import type { Sql } from "../db/database.ts";
import type { NewEvent } from "../events/types.ts";
import type { Runtime } from "../runtime.ts";
import { closeTasks, insertTasks } from "../tasks.ts";
import { BatchConflict } from "./conflict.ts";
import type { Draft } from "./draft.ts";
import type { OrderRow } from "./rows.ts";
import { allocationNews, writeEscrow } from "./write-escrow.ts";
import { liveStatements } from "./write-live.ts";
import {
  lineChanging,
  lineKeys,
  orderChanging,
  orderFixed,
  orderKeys,
  reservationChanging,
  reservationColumns,
  reservationKeys,
} from "./write-orders.ts";
import { writeMovements, writeRecords } from "./write-records.ts";
import { inserted, json, updateSet } from "./write-sets.ts";

/** Writes a decided batch back with a handful of set statements. */

/** From this many new orders on, encoding takes long enough to be worth overlapping. */
const worthSending = 50;

/**
 * Stock, orders and records in one pipeline, the event numbers last in it: the database works through them without
 * waiting for us in between. Only a raised task is waited for, since a task that is open already makes no event.
 */
export async function writeDraft(tx: Sql, runtime: Runtime, draft: Draft): Promise<void> {
  const raised = insertTasks(tx, runtime, draft.merchant.id, draft.raisedTasks());
  const work: Promise<unknown>[] = [raised];
  for (const statement of statementsOf(tx, runtime, draft)) {
    const sent = statement();
    sent.catch(() => undefined); // judged with all others below; without this, a failure while resting counts as unhandled
    work.push(sent);
    // Lets the driver send this set, so that the database works on it while the next one is encoded.
    if (draft.newOrders.size > worthSending) await new Promise<void>((resume) => runtime.timers.soon(resume));
  }
  const events = [
    ...draft.events,
    ...stockChanges(draft),
    ...allocationNews(draft),
    ...(await raised.catch(() => [])),
  ];
  work.push(writeEvents(tx, draft.merchant.id, events), writeMovements(tx, draft, events.length));
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

function statementsOf(tx: Sql, runtime: Runtime, draft: Draft): (() => Promise<unknown>)[] {
  const { id } = draft.merchant;
  const orderColumns = [...orderKeys, ...orderFixed, ...orderChanging];
  return [
    () => inserted(tx, id, "orders", orderColumns, byPlace(draft.newOrders)),
    () => updateSet(tx, id, "orders", orderKeys, orderChanging, [...draft.changedOrders]),
    () => inserted(tx, id, "order_lines", [...lineKeys, ...lineChanging], [...draft.newLines]),
    () => updateSet(tx, id, "order_lines", lineKeys, lineChanging, [...draft.changedLines]),
    () => inserted(tx, id, "reservations", reservationColumns, [...draft.newReservations]),
    () =>
      updateSet(tx, id, "reservations", reservationKeys, reservationChanging, [...draft.changedReservations]),
    () => writeStock(tx, draft),
    () => writeConfirmed(tx, draft),
    () => writeRecords(tx, draft),
    ...liveStatements(tx, id, draft.live),
    () => writeEscrow(tx, draft),
    () => closeTasks(tx, runtime, id, draft.closedTasks()),
  ];
}

/** Two processes that insert common orders in one order wait for each other instead of deadlocking. */
const byPlace = (orders: Iterable<OrderRow>): OrderRow[] =>
  [...orders].sort((a, b) =>
    a.connectionId === b.connectionId
      ? a.externalId < b.externalId
        ? -1
        : 1
      : a.connectionId < b.connectionId
        ? -1
        : 1,
  );

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
      inDoubt: row.inDoubt,
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
         in_doubt = k.in_doubt, known_since = k.known_since, value_minor = k.value_minor, version = k.version + 1
       from unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::timestamptz[], $9::bigint[], $10::bigint[])
         k(sku_id, location_id, on_hand, reserved, held_back, in_doubt, known_since, value_minor, version)
       where s.merchant_id = $1 and s.sku_id = k.sku_id and s.location_id = k.location_id and s.version = k.version
       returning 1) select count(*)::int as n from written`,
    [
      draft.merchant.id,
      rows.map(({ row }) => row.skuId),
      rows.map(({ row }) => row.locationId),
      rows.map(({ row }) => row.onHand),
      rows.map(({ row }) => row.reserved),
      rows.map(({ row }) => row.heldBack),
      rows.map(({ row }) => row.inDoubt),
      rows.map(({ row }) => row.knownSince),
      rows.map(({ row }) => row.valueMinor),
      rows.map(({ versionBefore }) => versionBefore),
    ],
  );
  if (written[0]?.n !== rows.length)
    throw new BatchConflict(`stock_levels: ${written[0]?.n} of ${rows.length} rows were as expected`);
}

/** No figure of them has changed: no news, and the same version. */
async function writeConfirmed(tx: Sql, draft: Draft): Promise<void> {
  const rows = draft.confirmedStock();
  if (rows.length === 0) return;
  await tx.query(
    `update stock_levels s set known_since = k.known_since
     from unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) k(sku_id, location_id, known_since)
     where s.merchant_id = $1 and s.sku_id = k.sku_id and s.location_id = k.location_id`,
    [
      draft.merchant.id,
      rows.map((row) => row.skuId),
      rows.map((row) => row.locationId),
      rows.map((row) => row.knownSince),
    ],
  );
}

/** Takes the merchant's next numbers and stores the events in one statement: the row every batch waits for is held shortest. */
async function writeEvents(tx: Sql, merchantId: string, events: readonly NewEvent[]): Promise<void> {
  const stored = await tx.query<{ n: number }>(
    `with numbers as (update merchants set last_event_seq = last_event_seq + $2::bigint where merchant_id = $1 returning last_event_seq),
       stored as (insert into events (merchant_id, seq, type, subject, occurred_at, data)
         select $1, n.last_event_seq - $2::bigint + k.ord, k.type, k.subject, k.occurred_at, k.data::jsonb
         from numbers n, unnest($3::text[], $4::uuid[], $5::timestamptz[], $6::text[]) with ordinality k(type, subject, occurred_at, data, ord)
         returning 1)
     select count(*)::int as n from stored`,
    [
      merchantId,
      events.length,
      events.map((event) => event.type),
      events.map((event) => event.subject),
      events.map((event) => event.occurredAt),
      events.map((event) => json(event.data)),
    ],
  );
  if (stored[0]?.n !== events.length) throw new Error(`merchant ${merchantId} does not exist`);
}
