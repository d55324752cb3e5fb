import type { Instant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { SluiceError } from "../errors.ts";
import type { StoredEvent } from "../events/types.ts";
import { loadAccounts } from "./accounts.ts";
import type { JournalEntry } from "./entry.ts";
import { type Booked, type BookedEntry, type Books, sourceKey } from "./post.ts";
import { linesColumn, readLines } from "./rows.ts";
import { readBooksSettings } from "./settings.ts";

/** Reads what posting must know and writes what it decided, in sets. */

/** The cursor of the posting rules. Who holds its row is the only one who writes this merchant's books. */
export const booksCursor = "consumer:books";

/** Locks the books of a merchant until the transaction ends; answers the number of the last event posted. */
export async function lockBooks(tx: Sql, merchantId: string, now: Instant): Promise<number> {
  const lock = () =>
    tx.query<{ seq: number }>(
      "select (value->>'seq')::bigint as seq from cursors where merchant_id = $1 and name = $2 for update",
      [merchantId, booksCursor],
    );
  let [row] = await lock();
  if (!row) {
    await tx.query(
      `insert into cursors (merchant_id, name, value, updated_at) values ($1, $2, '{"seq":0}', $3) on conflict do nothing`,
      [merchantId, booksCursor, now],
    );
    [row] = await lock();
  }
  if (!row) throw new SluiceError("internal", `The cursor ${booksCursor} could not be locked; try again.`);
  return row.seq;
}

export async function moveBooksCursor(tx: Sql, merchantId: string, seq: number, now: Instant): Promise<void> {
  await tx.query(
    "update cursors set value = jsonb_build_object('seq', $3::bigint), updated_at = $4 where merchant_id = $1 and name = $2",
    [merchantId, booksCursor, seq, now],
  );
}

export async function loadBooks(sql: Sql, merchantId: string): Promise<Books> {
  const [merchant] = await sql.query<MerchantRow>(
    `select base_currency, time_zone, settings, (select max(period) from periods where merchant_id = $1) as closed_through
     from merchants where merchant_id = $1`,
    [merchantId],
  );
  if (!merchant) throw new SluiceError("not_found", `There is no merchant ${merchantId}; check the id.`);
  return {
    baseCurrency: merchant.base_currency,
    timeZone: merchant.time_zone,
    settings: readBooksSettings(merchant.settings),
    accounts: await loadAccounts(sql, merchantId),
    closedThrough: merchant.closed_through,
  };
}

interface MerchantRow {
  base_currency: string;
  time_zone: string;
  settings: unknown;
  closed_through: string | null;
}

/** What the books hold already of the things these events speak of. */
export async function loadBooked(
  sql: Sql,
  merchantId: string,
  books: Books,
  events: readonly StoredEvent[],
): Promise<Booked> {
  const [lastNumber, sources, rates, shipments] = await Promise.all([
    readLastNumber(sql, merchantId),
    readSources(sql, merchantId, events),
    readRates(sql, merchantId, books.baseCurrency, events),
    readShipmentEntries(sql, merchantId, events),
  ]);
  return { lastNumber, sources, rates, shipments };
}

async function readLastNumber(sql: Sql, merchantId: string): Promise<number> {
  const [row] = await sql.query<{ number: number }>(
    "select coalesce(max(number), 0)::bigint as number from journal_entries where merchant_id = $1",
    [merchantId],
  );
  return row?.number ?? 0;
}

async function readSources(
  sql: Sql,
  merchantId: string,
  events: readonly StoredEvent[],
): Promise<Set<string>> {
  const rows = await sql.query<{ event_seq: number; rule: string }>(
    `select entry.event_seq, entry.rule
     from unnest($2::bigint[]) as wanted(seq)
     cross join lateral (select event_seq, rule from journal_entries where merchant_id = $1 and event_seq = wanted.seq) as entry`,
    [merchantId, events.map((event) => event.seq)],
  );
  return new Set(rows.map((row) => sourceKey(row.event_seq, row.rule)));
}

async function readRates(sql: Sql, merchantId: string, baseCurrency: string, events: readonly StoredEvent[]) {
  const orderIds = new Set<string>();
  for (const { data } of events)
    if ("orderId" in data && "currency" in data && data.currency !== baseCurrency) orderIds.add(data.orderId);
  if (orderIds.size === 0) return new Map<string, string | null>();
  const rows = await sql.query<{ order_id: string; rate: string | null }>(
    `select wanted.order_id, first.rate
     from unnest($2::uuid[]) as wanted(order_id)
     cross join lateral (
       select dimensions->>'rate' as rate from journal_entries
       where merchant_id = $1 and order_id = wanted.order_id and currency <> $3
       order by number limit 1
     ) as first`,
    [merchantId, [...orderIds], baseCurrency],
  );
  return new Map(rows.map((row): [string, string | null] => [row.order_id, row.rate]));
}

async function readShipmentEntries(
  sql: Sql,
  merchantId: string,
  events: readonly StoredEvent[],
): Promise<Map<string, BookedEntry[]>> {
  const orderIds = new Set<string>();
  for (const { data } of events)
    if ("shipmentsCancelled" in data && data.shipmentsCancelled) orderIds.add(data.orderId);
  const found = new Map<string, BookedEntry[]>();
  if (orderIds.size === 0) return found;
  const rows = await sql.query<Omit<BookedEntry, "lines"> & { lines: string }>(
    `select entry.number, entry.rule, entry.currency, entry.dimensions, lines.text as lines
     from unnest($2::uuid[]) as wanted(order_id)
     cross join lateral (
       select number, rule, currency, dimensions from journal_entries
       where merchant_id = $1 and order_id = wanted.order_id and rule like 'order.shipped.%'
     ) as entry
     cross join lateral (${linesColumn("entry.number")}) as lines
     order by entry.number`,
    [merchantId, [...orderIds]],
  );
  for (const { lines, ...entry } of rows) {
    const { shipment = "" } = entry.dimensions;
    found.set(shipment, [...(found.get(shipment) ?? []), { ...entry, lines: readLines(lines) }]);
  }
  return found;
}

/** Appends entries and their lines: two statements, however many there are. */
export async function insertEntries(
  tx: Sql,
  merchantId: string,
  entries: readonly JournalEntry[],
  postedAt: Instant,
): Promise<void> {
  if (entries.length === 0) return;
  const column = <Value>(read: (entry: JournalEntry) => Value): Value[] => entries.map(read);
  const writingEntries = tx.query(
    `insert into journal_entries
       (merchant_id, number, date, rule, event_seq, currency, narration, order_id, reversal_of, dimensions, posted_at)
     select $1, number, date, rule, event_seq, currency, narration, order_id, reversal_of, dimensions::jsonb, $2
     from unnest($3::bigint[], $4::date[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::uuid[], $10::bigint[], $11::text[])
       as entry(number, date, rule, event_seq, currency, narration, order_id, reversal_of, dimensions)`,
    [
      merchantId,
      postedAt,
      column((entry) => entry.number),
      column((entry) => entry.date),
      column((entry) => entry.rule),
      column((entry) => entry.eventSeq),
      column((entry) => entry.currency),
      column((entry) => entry.narration),
      column((entry) => entry.orderId),
      column((entry) => entry.reversalOf),
      column((entry) => JSON.stringify(entry.dimensions)),
    ],
  );
  await Promise.all([writingEntries, insertLines(tx, merchantId, entries)]);
}

function insertLines(tx: Sql, merchantId: string, entries: readonly JournalEntry[]): Promise<unknown> {
  const rows = entries.flatMap((entry) =>
    entry.lines.map((line, index) => ({ entry, line, lineNo: index + 1 })),
  );
  const column = <Value>(read: (row: (typeof rows)[number]) => Value): Value[] => rows.map(read);
  return tx.query(
    `insert into journal_lines
       (merchant_id, number, line_no, role, account_code, account_name, side, amount_minor, currency, base_amount_minor)
     select $1, * from unnest($2::bigint[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::bigint[])`,
    [
      merchantId,
      column((row) => row.entry.number),
      column((row) => row.lineNo),
      column((row) => row.line.role),
      column((row) => row.line.accountCode),
      column((row) => row.line.accountName),
      column((row) => row.line.side),
      column((row) => row.line.amountMinor),
      column((row) => row.entry.currency),
      column((row) => row.line.baseAmountMinor),
    ],
  );
}
