import type { Sql } from "./db/database.ts";
import { booksChecks } from "./doctor/books-checks.ts";
import type { Check } from "./doctor/check.ts";
import { escrowChecks } from "./doctor/escrow-checks.ts";
import { liveChecks } from "./doctor/live-checks.ts";
import { orderChecks } from "./doctor/order-checks.ts";
import { stockChecks } from "./doctor/stock-checks.ts";
import { type BooksProblem, checkBooks } from "./ledger/checks.ts";
import { listMerchants } from "./merchants.ts";

export interface CheckResult {
  merchant: string;
  name: string;
  promise: string;
  ok: boolean;
  /** The first offending rows. */
  rows: Record<string, unknown>[];
  message: string;
}

export interface DoctorReport {
  ok: boolean;
  checks: CheckResult[];
}

/** Offending rows shown per check; one is enough to look further. */
const shownRows = 50;

const statementChecks: readonly Check[] = [
  ...stockChecks,
  ...orderChecks,
  ...booksChecks,
  ...escrowChecks,
  ...liveChecks,
];

/** What the books promise, by the name of the ledger's own check. */
const booksPromises: Record<BooksProblem["check"], { name: string; promise: string }> = {
  balance: { name: "entries_balance", promise: "Debits equal credits in every journal entry and currency." },
  lines: { name: "entries_have_lines", promise: "Every journal entry has at least two lines." },
  numbers: { name: "entry_numbers_without_gap", promise: "Journal entries are numbered without gaps." },
  inventory: {
    name: "inventory_is_stock_value",
    promise: "The inventory account is the value of the stock.",
  },
};

/** Names of all checks, in the order of the report. */
export const checkNames: readonly string[] = [
  ...statementChecks.map((check) => check.name),
  ...Object.values(booksPromises).map((check) => check.name),
];

/**
 * Runs every check for one merchant or for all. Reads only; each statement sees one moment, so it may run beside the
 * hub at work. Checks that compare tables are one statement each for that reason.
 */
export async function runDoctor(sql: Sql, options: { merchantId?: string } = {}): Promise<DoctorReport> {
  const merchants = (await listMerchants(sql)).filter(
    (merchant) => options.merchantId === undefined || merchant.id === options.merchantId,
  );
  const checks: CheckResult[] = [];
  for (const merchant of merchants) {
    for (const check of statementChecks) checks.push(await runCheck(sql, merchant, check));
    checks.push(...booksResults(merchant.code, await checkBooks(sql, merchant.id)));
  }
  return { ok: checks.every((check) => check.ok), checks };
}

const booksResults = (merchant: string, problems: readonly BooksProblem[]): CheckResult[] =>
  Object.entries(booksPromises).map(([check, { name, promise }]) => {
    const found = problems.filter((problem) => problem.check === check);
    const rows = found.map((problem) => problem.detail);
    const message =
      found[0] === undefined ? promise : `Broken in ${found.length} places: ${promise} ${found[0].message}`;
    return { merchant, name, promise, ok: found.length === 0, rows, message };
  });

async function runCheck(
  sql: Sql,
  merchant: { id: string; code: string },
  check: Check,
): Promise<CheckResult> {
  const rows = await sql.query<Record<string, unknown>>(
    `select * from (${check.text}) offending limit ${shownRows}`,
    [merchant.id],
  );
  const { name, promise } = check;
  const ok = rows.length === 0;
  const count = rows.length === shownRows ? `at least ${shownRows}` : String(rows.length);
  const message = ok ? promise : `Broken in ${count} places: ${promise} ${check.advice}`;
  return { merchant: merchant.code, name, promise, ok, rows, message };
}
