import type { Sql } from "../db/database.ts";
import { exactSum, type Sum } from "../money/money.ts";
import { loadAccounts } from "./accounts.ts";
import type { AccountingDate } from "./calendar.ts";
import { type AccountType, defaultAccounts, isRole, type Role } from "./chart.ts";
import type { PostedEntry } from "./entry.ts";
import { linesColumn, readLines } from "./rows.ts";

export { closePeriod, listPeriods, reopenPeriod } from "./periods.ts";

/** Reading the books. */

/** Entries after number `after`, in the order of posting, at most `limit`, each with its lines. */
export async function listJournals(
  sql: Sql,
  merchantId: string,
  page: { after: number; limit: number },
): Promise<PostedEntry[]> {
  const rows = await sql.query<Omit<PostedEntry, "lines"> & { lines: string }>(
    `select entry.number, entry.date, entry.rule, entry.event_seq as "eventSeq", entry.currency, entry.narration,
       entry.order_id as "orderId", entry.reversal_of as "reversalOf", entry.dimensions, entry.posted_at as "postedAt", lines.text as lines
     from (select * from journal_entries where merchant_id = $1 and number > $2 order by number limit $3) as entry
     cross join lateral (${linesColumn("entry.number")}) as lines
     order by entry.number`,
    [merchantId, page.after, page.limit],
  );
  return rows.map((row) => ({ ...row, lines: readLines(row.lines) }));
}

export interface TrialBalanceRow {
  accountCode: string;
  accountName: string;
  type: AccountType;
  currency: string;
  debitMinor: Sum;
  creditMinor: Sum;
  /** In the base currency; null when a line of the account has no base amount. */
  baseDebitMinor: Sum | null;
  baseCreditMinor: Sum | null;
}

/**
 * Turnover per account and currency, by account code; `from` and `to` are accounting dates, both included. Per currency
 * the debits add up to the credits.
 */
export async function trialBalance(
  sql: Sql,
  merchantId: string,
  range: { from?: AccountingDate | undefined; to?: AccountingDate | undefined } = {},
): Promise<TrialBalanceRow[]> {
  const [sums, accounts] = await Promise.all([
    readSums(sql, merchantId, range),
    loadAccounts(sql, merchantId),
  ]);
  const rows = new Map<string, TrialBalanceRow>();
  for (const sum of sums) {
    const current = Object.values(accounts).find((account) => account.code === sum.accountCode);
    const key = `${sum.accountCode} ${sum.currency}`;
    const row = rows.get(key) ?? {
      ...emptyRow(sum),
      accountName: current?.name ?? sum.accountName,
      type: current?.type ?? typeOf(sum.role),
    };
    row.debitMinor = plus(row.debitMinor, sum.debitMinor);
    row.creditMinor = plus(row.creditMinor, sum.creditMinor);
    row.baseDebitMinor = plusBase(row.baseDebitMinor, sum.baseDebitMinor);
    row.baseCreditMinor = plusBase(row.baseCreditMinor, sum.baseCreditMinor);
    rows.set(key, row);
  }
  return [...rows.values()];
}

type SumRow = Omit<TrialBalanceRow, "type"> & { role: string };

/** One row per account as it was named: a renamed account gives two, which the caller adds up. */
function readSums(
  sql: Sql,
  merchantId: string,
  range: { from?: string | undefined; to?: string | undefined },
): Promise<SumRow[]> {
  const dated = range.from !== undefined || range.to !== undefined;
  const sum = (column: string, side: string) =>
    `coalesce(sum(line.${column}) filter (where line.side = '${side}'), 0)`;
  const base = (side: string) =>
    `case when bool_and(line.base_amount_minor is not null) then ${sum("base_amount_minor", side)} end`;
  return sql.query<SumRow>(
    `select line.role, line.account_code as "accountCode", line.account_name as "accountName", line.currency,
       ${sum("amount_minor", "debit")} as "debitMinor", ${sum("amount_minor", "credit")} as "creditMinor",
       ${base("debit")} as "baseDebitMinor", ${base("credit")} as "baseCreditMinor"
     from journal_lines as line
     ${dated ? "join journal_entries as entry on entry.merchant_id = $1 and entry.number = line.number and entry.date between $2 and $3" : ""}
     where line.merchant_id = $1
     group by line.role, line.account_code, line.account_name, line.currency
     order by line.account_code, line.currency`,
    dated ? [merchantId, range.from ?? "0001-01-01", range.to ?? "9999-12-31"] : [merchantId],
  );
}

const emptyRow = ({ accountCode, currency }: SumRow) => ({
  accountCode,
  currency,
  debitMinor: 0 as Sum,
  creditMinor: 0 as Sum,
  baseDebitMinor: 0 as Sum | null,
  baseCreditMinor: 0 as Sum | null,
});

const plus = (a: Sum, b: Sum): Sum => exactSum(BigInt(a) + BigInt(b));
const plusBase = (a: Sum | null, b: Sum | null): Sum | null => (a === null || b === null ? null : plus(a, b));

const typeOf = (role: Role | string): AccountType =>
  isRole(role) ? defaultAccounts("cas")[role].type : "asset";
