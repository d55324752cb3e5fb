import { z } from "zod";
import type { Sql } from "../../db/database.ts";
import { SluiceError } from "../../errors.ts";
import { loadAccounts } from "../accounts.ts";
import type { AccountingDate } from "../calendar.ts";
import { linesColumn } from "../rows.ts";
import { beancountWriter } from "./beancount.ts";
import { csvWriter } from "./csv.ts";
import { hledgerWriter } from "./hledger.ts";
import { jsonlWriter } from "./jsonl.ts";
import { ledgerWriter } from "./ledger.ts";
import { type ExportEntry, exportAccount, type Writer, type WriterOptions } from "./writer.ts";

interface Format {
  contentType: string;
  extension: string;
  /**
   * number: in the order of posting, so that a reader can go on after the last number it saw. date: by accounting date,
   * then number, as `hledger check ordereddates` wants it; late events make dates step back in posting order.
   */
  order: "number" | "date";
  writer: (options: WriterOptions) => Writer;
}

export const exportFormats = {
  jsonl: {
    contentType: "application/x-ndjson; charset=utf-8",
    extension: "jsonl",
    order: "number",
    writer: jsonlWriter,
  },
  csv: { contentType: "text/csv; charset=utf-8", extension: "csv", order: "number", writer: csvWriter },
  hledger: {
    contentType: "text/plain; charset=utf-8",
    extension: "journal",
    order: "date",
    writer: hledgerWriter,
  },
  ledger: {
    contentType: "text/plain; charset=utf-8",
    extension: "ledger",
    order: "date",
    writer: ledgerWriter,
  },
  beancount: {
    contentType: "text/plain; charset=utf-8",
    extension: "beancount",
    order: "date",
    writer: beancountWriter,
  },
} as const satisfies Record<string, Format>;

export type ExportFormat = keyof typeof exportFormats;

export const exportOptionsSchema = z
  .object({
    format: z.enum(Object.keys(exportFormats) as [ExportFormat, ...ExportFormat[]]),
    from: z.iso.date("must be a date such as 2026-11-01").optional().describe("First accounting date"),
    to: z.iso.date("must be a date such as 2026-11-30").optional().describe("Last accounting date"),
    after: z.number().int().min(0).optional().describe("Only entries with a higher number"),
    bom: z.boolean().optional().describe("CSV for Excel: with a byte order mark, codes and long ids as text"),
  })
  .refine((options) => !options.bom || options.format === "csv", {
    message: "is for csv only",
    path: ["bom"],
  });
export type ExportOptions = z.input<typeof exportOptionsSchema>;

/** Entries read at once: large enough to make the round trip cheap, small enough (0.7 MB of text) to keep memory flat. */
const pageSize = 1000;

/**
 * Writes the journal as a stream of UTF-8 chunks, in constant memory. The export ends with the newest entry at its
 * start; entries never change, so that is a consistent picture without a long transaction. Throws `invalid_request` at
 * once, before the first chunk, when the options cannot be used.
 */
export function exportJournals(
  db: Sql,
  merchantId: string,
  options: ExportOptions,
): AsyncIterable<Uint8Array> {
  const parsed = exportOptionsSchema.safeParse(options);
  if (!parsed.success) {
    throw new SluiceError(
      "invalid_request",
      `The journal cannot be exported so. ${z.prettifyError(parsed.error)}`,
    );
  }
  return chunks(db, merchantId, parsed.data);
}

async function* chunks(
  db: Sql,
  merchantId: string,
  options: z.output<typeof exportOptionsSchema>,
): AsyncIterable<Uint8Array> {
  const { order, writer: makeWriter }: Format = exportFormats[options.format];
  const scope = await readScope(db, merchantId, options);
  const declared =
    order === "date" ? await readDeclared(db, merchantId, scope) : { currencies: [], accounts: [] };
  const writer = makeWriter({ baseCurrency: scope.baseCurrency, bom: options.bom ?? false, ...declared });
  const encoder = new TextEncoder();
  if (writer.head !== "") yield encoder.encode(writer.head);
  for await (const page of pages(db, merchantId, scope, order)) {
    const out: string[] = [];
    for (const entry of page) writer.write(entry, out);
    yield encoder.encode(out.join(""));
  }
}

/** Which entries an export holds: those within both ranges, ends included. */
interface Scope {
  baseCurrency: string;
  numbers: { first: number; last: number };
  dates: { first: AccountingDate; last: AccountingDate };
}

/**
 * Numbers and dates rise together, but for late events. So each limit that was given narrows the other: then reading
 * along one of them meets few entries that the other leaves out.
 */
async function readScope(
  db: Sql,
  merchantId: string,
  options: z.output<typeof exportOptionsSchema>,
): Promise<Scope> {
  const { after = 0, from = "0001-01-01", to = "9999-12-31" } = options;
  const [merchant] = await db.query<{ base_currency: string; last: number }>(
    `select base_currency, (select coalesce(max(number), 0)::bigint from journal_entries where merchant_id = $1) as last
     from merchants where merchant_id = $1`,
    [merchantId],
  );
  if (!merchant) throw new SluiceError("not_found", `There is no merchant ${merchantId}; check the id.`);
  const scope: Scope = {
    baseCurrency: merchant.base_currency,
    numbers: { first: after + 1, last: merchant.last },
    dates: { first: from, last: to },
  };
  if (after === 0 && options.from === undefined && options.to === undefined) return scope;
  const [found] = await db.query<{ first: number; last: number; first_date: string; last_date: string }>(
    `select min(number)::bigint as first, max(number)::bigint as last, min(date) as first_date, max(date) as last_date
     from journal_entries where merchant_id = $1 and number between $2 and $3 and date between $4 and $5 having count(*) > 0`,
    [merchantId, scope.numbers.first, scope.numbers.last, from, to],
  );
  if (!found) return { ...scope, numbers: { first: 1, last: 0 } };
  return {
    ...scope,
    numbers: { first: found.first, last: found.last },
    dates: { first: found.first_date, last: found.last_date },
  };
}

/** Accounts and currencies of the entries in scope. Base currency first; accounts by code. */
async function readDeclared(
  db: Sql,
  merchantId: string,
  { baseCurrency, numbers }: Scope,
): Promise<Pick<WriterOptions, "currencies" | "accounts">> {
  const rows = await db.query<{ account: string; currency: string }>(
    `select distinct concat(role, chr(31), account_code, chr(31), account_name) as account, currency, account_code, role
     from journal_lines where merchant_id = $1 and number between $2 and $3
     order by account_code, role, account`,
    [merchantId, numbers.first, numbers.last],
  );
  const current = await loadAccounts(db, merchantId);
  return {
    currencies: [...new Set([baseCurrency, ...rows.map((row) => row.currency).sort()])],
    accounts: [...new Set(rows.map((row) => row.account))].map((key) => exportAccount(key, current)),
  };
}

/** Pages of entries; the next one is under way while the caller writes this one. */
async function* pages(
  db: Sql,
  merchantId: string,
  scope: Scope,
  order: Format["order"],
): AsyncIterable<ExportEntry[]> {
  if (scope.numbers.first > scope.numbers.last) return;
  const read = (position: Position) => readPage(db, merchantId, scope, order, position);
  let next = read({ number: order === "number" ? scope.numbers.first - 1 : 0, date: scope.dates.first });
  for (;;) {
    const page = await next;
    const last = page.at(-1);
    const ended =
      !last ||
      page.length < pageSize ||
      (order === "number" ? last.number >= scope.numbers.last : last.date > scope.dates.last);
    if (!ended) {
      next = read(last);
      // A caller that stops here never awaits it; its failure then concerns nobody.
      next.catch(() => undefined);
    }
    yield page.filter(isInScope);
    if (ended) return;
  }
}

type Position = Pick<ExportEntry, "date" | "number">;
type Row = Omit<ExportEntry, "lines"> & { lines: string | null };

const isInScope = (row: Row): row is ExportEntry => row.lines !== null;

/** The inner query holds nothing but the position: any further condition there made PostgreSQL sort all entries for every page. */
function readPage(
  db: Sql,
  merchantId: string,
  scope: Scope,
  order: Format["order"],
  position: Position,
): Promise<Row[]> {
  const byDate = order === "date";
  const columns = byDate ? "date, number" : "number";
  const beyond = byDate ? "(date, number) > ($7::date, $6::bigint)" : "number > $6";
  const { numbers, dates } = scope;
  return db.query<Row>(
    `select entry.number, entry.date, entry.rule, entry.event_seq as "eventSeq", entry.currency, entry.narration,
       entry.order_id as "orderId", entry.reversal_of as "reversalOf", entry.dimensions, lines.text as lines
     from (
       select * from journal_entries where merchant_id = $1 and ${beyond} order by ${columns} limit ${pageSize}
     ) as entry
     cross join lateral (${linesColumn("entry.number", inScope)}) as lines
     order by ${columns}`,
    [
      merchantId,
      numbers.first,
      numbers.last,
      dates.first,
      dates.last,
      position.number,
      ...(byDate ? [position.date] : []),
    ],
  );
}

const inScope = "entry.number between $2 and $3 and entry.date between $4 and $5";
