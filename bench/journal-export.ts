/**
 * Journal export on PostgreSQL: lines per second, and whether memory stays flat from 10 thousand to 1 million entries.
 * Alone: `node bench/journal-export.ts [--entries 1000000] [--format csv]`. Reads DATABASE_URL (a user who may create
 * databases; default postgres://postgres@127.0.0.1:5432/postgres), makes a database of its own there and drops it.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import postgres from "postgres";
import { instantOf } from "../src/core/clock.ts";
import type { Database } from "../src/core/db/database.ts";
import { migrate } from "../src/core/db/migrate.ts";
import { openPostgres } from "../src/core/db/postgres.ts";
import { defaultAccounts } from "../src/core/ledger/chart.ts";
import {
  type ExportFormat,
  exportFormats,
  exportJournals,
} from "../src/core/ledger/export/export-journals.ts";

export interface JournalExportOptions {
  databaseUrl?: string;
  /** Entries of the large export. */
  entries?: number;
  /** Entries of the small export that memory is compared with. */
  smallEntries?: number;
  format?: ExportFormat;
}

export interface JournalExportResult {
  name: string;
  format: ExportFormat;
  entries: number;
  lines: number;
  bytes: number;
  seconds: number;
  linesPerSecond: number;
  /** Highest resident memory while the small journal was exported again and again, and while the large one was. */
  rssSmallMb: number;
  rssLargeMb: number;
  /** Large by small; 1 is flat. */
  rssGrowth: number;
}

const defaultUrl = "postgres://postgres@127.0.0.1:5432/postgres";
const merchantId = "01900000-0000-7000-8000-000000000001";

export async function run(options: JournalExportOptions = {}): Promise<JournalExportResult> {
  const { entries = 1_000_000, smallEntries = 10_000, format = "jsonl" } = options;
  const created = await createDatabase(options.databaseUrl ?? process.env.DATABASE_URL ?? defaultUrl);
  try {
    return await measure(created.db, entries, smallEntries, format);
  } finally {
    await created.drop();
  }
}

async function measure(
  db: Database,
  entries: number,
  smallEntries: number,
  format: ExportFormat,
): Promise<JournalExportResult> {
  await migrate(db);
  await db.query(
    `insert into merchants (merchant_id, code, name, base_currency, time_zone, wrapped_key, created_at)
     values ($1, 'bench', 'Bench', 'CNY', 'Asia/Shanghai', '', $2)`,
    [merchantId, instantOf(0)],
  );
  await insertSynthetic(db, 0, smallEntries);
  await db.query("analyze journal_entries");
  await db.query("analyze journal_lines");
  // As much work on the small journal as later on the large one: then only the journal's size differs.
  let rssSmall = 0;
  for (let done = 0; done < entries; done += smallEntries) {
    rssSmall = Math.max(rssSmall, (await drain(db, format)).rss);
  }
  await insertSynthetic(db, smallEntries, entries);
  await db.query("vacuum analyze journal_entries");
  await db.query("vacuum analyze journal_lines");
  const { bytes, seconds, rss } = await drain(db, format);
  const lines = entries * linesPerEntry;
  return {
    name: "journal-export",
    format,
    entries,
    lines,
    bytes,
    seconds: round(seconds, 2),
    linesPerSecond: Math.round(lines / seconds),
    rssSmallMb: round(rssSmall / 2 ** 20, 1),
    rssLargeMb: round(rss / 2 ** 20, 1),
    rssGrowth: round(rss / rssSmall, 2),
  };
}

/** Exports everything to nowhere. */
async function drain(
  db: Database,
  format: ExportFormat,
): Promise<{ bytes: number; seconds: number; rss: number }> {
  const start = performance.now();
  let bytes = 0;
  let rss = 0;
  for await (const chunk of exportJournals(db, merchantId, { format })) {
    bytes += chunk.byteLength;
    rss = Math.max(rss, process.memoryUsage.rss());
  }
  return { bytes, seconds: (performance.now() - start) / 1000, rss };
}

const linesPerEntry = 3;

/**
 * Paid orders of a year, in date order with a late one here and there. The database makes the rows: making them here
 * would leave this process with memory that the export never used.
 */
async function insertSynthetic(db: Database, from: number, to: number): Promise<void> {
  await db.query(
    `insert into journal_entries (merchant_id, number, date, rule, event_seq, currency, narration, order_id, dimensions, posted_at)
     select $1, n, date '2026-01-05' + (n / 2740)::int - case when n % 97 = 0 then 3 else 0 end, 'order.paid', n, 'CNY',
       '订单付款 DY-' || n, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
       jsonb_build_object('order', 'DY-' || n, 'connection', '01900000-0000-7000-8000-00000000000a'), $4
     from generate_series($2::bigint + 1, $3::bigint) as n`,
    [merchantId, from, to, instantOf(0)],
  );
  const accounts = [receivable, liability, tax];
  await db.query(
    `insert into journal_lines (merchant_id, number, line_no, role, account_code, account_name, side, amount_minor, currency, base_amount_minor)
     select $1, n, line_no, role, code, name, case line_no when 1 then 'debit' else 'credit' end, amount, 'CNY', amount
     from generate_series($2::bigint + 1, $3::bigint) as n
     cross join lateral (select 10000 + n % 7919 as gross) as sale
     cross join unnest($4::text[], $5::text[], $6::text[]) with ordinality as account(role, code, name, line_no)
     cross join lateral (select case line_no when 1 then gross when 2 then gross * 100 / 113 else gross - gross * 100 / 113 end as amount) as split`,
    [
      merchantId,
      from,
      to,
      accounts.map((account) => account.role),
      accounts.map((account) => account.code),
      accounts.map((account) => account.name),
    ],
  );
}

const { ar_platform: receivable, contract_liab: liability, vat_out_pending: tax } = defaultAccounts("cas");

async function createDatabase(url: string): Promise<{ db: Database; drop(): Promise<void> }> {
  const name = `sluice_bench_export_${process.pid}`;
  const server = postgres(url, { max: 1, onnotice: () => {} });
  await server`drop database if exists ${server(name)} with (force)`;
  await server`create database ${server(name)}`;
  const own = new URL(url);
  own.pathname = `/${name}`;
  const db = await openPostgres(own.href, { maxConnections: 4, allowUnsafe: true });
  return {
    db,
    async drop() {
      await db.close();
      await server`drop database if exists ${server(name)} with (force)`;
      await server.end();
    },
  };
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { entries: { type: "string" }, format: { type: "string" } } });
  const format = values.format ?? "jsonl";
  if (!(format in exportFormats))
    throw new Error(`--format is one of ${Object.keys(exportFormats).join(", ")}.`);
  const result = await run({
    ...(values.entries === undefined ? {} : { entries: Number(values.entries) }),
    format: format as ExportFormat,
  });
  console.log(JSON.stringify(result, null, 2));
}
