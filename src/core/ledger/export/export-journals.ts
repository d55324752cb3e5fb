import { z } from "zod";
import type { Sql } from "../../db/database.ts";
import { SluiceError } from "../../errors.ts";
import { loadAccounts } from "../accounts.ts";
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

/** Which entries an export holds. */
interface Scope {
  baseCurrency: string;
  after: number;
  through: number;
  from: string | undefined;
  to: string | undefined;
}

async function readScope(
  db: Sql,
  merchantId: string,
  options: z.output<typeof exportOptionsSchema>,
): Promise<Scope> {
  const [row] = await db.query<{ base_currency: string; through: number }>(
    `select base_currency, (select coalesce(max(number), 0)::bigint from journal_entries where merchant_id = $1) as through
     from merchants where merchant_id = $1`,
    [merchantId],
  );
  if (!row) throw new SluiceError("not_found", `There is no merchant ${merchantId}; check the id.`);
  return {
    baseCurrency: row.base_currency,
    after: options.after ?? 0,
    through: row.through,
    from: options.from,
    to: options.to,
  };
}

const anyDay = { from: "0001-01-01", to: "9999-12-31" };

/** Accounts and currencies of the entries in scope. Base currency first; accounts by code. */
async function readDeclared(
  db: Sql,
  merchantId: string,
  scope: Scope,
): Promise<Pick<WriterOptions, "currencies" | "accounts">> {
  const dated = scope.from !== undefined || scope.to !== undefined;
  const rows = await db.query<{ account: string; currency: string }>(
    `select distinct concat(line.role, chr(31), line.account_code, chr(31), line.account_name) as account, line.currency, line.account_code, line.role
     from journal_lines as line
     ${dated ? "join journal_entries as entry on entry.merchant_id = $1 and entry.number = line.number and entry.date between $4 and $5" : ""}
     where line.merchant_id = $1 and line.number > $2 and line.number <= $3
     order by line.account_code, line.role, account`,
    [
      merchantId,
      scope.after,
      scope.through,
      ...(dated ? [scope.from ?? anyDay.from, scope.to ?? anyDay.to] : []),
    ],
  );
  const current = await loadAccounts(db, merchantId);
  return {
    currencies: [...new Set([scope.baseCurrency, ...rows.map((row) => row.currency).sort()])],
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
  const read = order === "number" ? readByNumber : readByDate;
  let next = read(db, merchantId, scope, undefined);
  for (;;) {
    const page = await next;
    const last = page.at(-1);
    if (!last) return;
    const full = page.length === pageSize;
    if (full) {
      next = read(db, merchantId, scope, last);
      // A caller that stops here never awaits it; its failure then concerns nobody.
      next.catch(() => undefined);
    }
    yield page;
    if (!full) return;
  }
}

type Position = Pick<ExportEntry, "date" | "number"> | undefined;

const entryColumns = `number, date, rule, event_seq, currency, narration, order_id, reversal_of, dimensions`;

const withLines = (entries: string, order: string): string =>
  `select entry.number, entry.date, entry.rule, entry.event_seq as "eventSeq", entry.currency, entry.narration,
     entry.order_id as "orderId", entry.reversal_of as "reversalOf", entry.dimensions, lines.text as lines
   from (${entries}) as entry
   cross join lateral (${linesColumn("entry.number")}) as lines
   order by ${order}`;

/** The limit on dates is an expression, so that it filters along the numbers and no plan sorts every page anew. */
function readByNumber(db: Sql, merchantId: string, scope: Scope, position: Position): Promise<ExportEntry[]> {
  return db.query<ExportEntry>(
    withLines(
      `select ${entryColumns} from journal_entries
       where merchant_id = $1 and number > $2 and number <= $3 and date + 0 between $4::date and $5::date
       order by number limit ${pageSize}`,
      "entry.number",
    ),
    [
      merchantId,
      position?.number ?? scope.after,
      scope.through,
      scope.from ?? anyDay.from,
      scope.to ?? anyDay.to,
    ],
  );
}

/** Here the numbers are the expression, and the index by date leads. */
function readByDate(db: Sql, merchantId: string, scope: Scope, position: Position): Promise<ExportEntry[]> {
  return db.query<ExportEntry>(
    withLines(
      `select ${entryColumns} from journal_entries
       where merchant_id = $1 and (date, number) > ($2::date, $3::bigint) and date <= $4::date
         and number + 0 > $5 and number + 0 <= $6
       order by date, number limit ${pageSize}`,
      "entry.date, entry.number",
    ),
    [
      merchantId,
      position?.date ?? scope.from ?? anyDay.from,
      position?.number ?? 0,
      scope.to ?? anyDay.to,
      scope.after,
      scope.through,
    ],
  );
}
