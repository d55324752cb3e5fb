import type { Sql } from "../db/database.ts";
import type { Sum } from "../money/money.ts";
import { booksCursor } from "./store.ts";
import { parkedKind } from "./tasks.ts";

/** The promises of the books, asked of the database itself. */

export interface BooksProblem {
  check: "balance" | "lines" | "numbers" | "inventory";
  message: string;
  detail: Record<string, unknown>;
}

/** Enough to see what is wrong without flooding a report. */
const mostShown = 100;

/** Every broken promise of a merchant's books; empty when all hold. Reads all lines: for `doctor` and the hourly check. */
export async function checkBooks(sql: Sql, merchantId: string): Promise<BooksProblem[]> {
  const found = await Promise.all([
    unbalancedEntries(sql, merchantId),
    thinEntries(sql, merchantId),
    numberGaps(sql, merchantId),
    inventoryDifference(sql, merchantId),
  ]);
  return found.flat();
}

async function unbalancedEntries(sql: Sql, merchantId: string): Promise<BooksProblem[]> {
  const rows = await sql.query<{ number: number; currency: string; difference: Sum; base: Sum }>(
    `select number, currency,
       sum(case side when 'debit' then amount_minor else -amount_minor end) as difference,
       coalesce(sum(case side when 'debit' then base_amount_minor else -base_amount_minor end), 0) as base
     from journal_lines where merchant_id = $1
     group by number, currency
     having sum(case side when 'debit' then amount_minor else -amount_minor end) <> 0
       or sum(case side when 'debit' then base_amount_minor else -base_amount_minor end) <> 0
     order by number limit ${mostShown}`,
    [merchantId],
  );
  return rows.map(({ number, currency, difference, base }) => ({
    check: "balance",
    message: `Entry ${number}: debits and credits differ by ${difference} in ${currency} and ${base} in the base currency (minor units).`,
    detail: { number, currency, difference, base },
  }));
}

async function thinEntries(sql: Sql, merchantId: string): Promise<BooksProblem[]> {
  const rows = await sql.query<{ number: number; lines: number }>(
    `select entry.number, count(line.line_no)::int as lines
     from journal_entries as entry
     left join journal_lines as line on line.merchant_id = entry.merchant_id and line.number = entry.number
     where entry.merchant_id = $1
     group by entry.number having count(line.line_no) < 2
     order by entry.number limit ${mostShown}`,
    [merchantId],
  );
  return rows.map(({ number, lines }) => ({
    check: "lines",
    message: `Entry ${number} has ${lines} lines; an entry has at least two.`,
    detail: { number, lines },
  }));
}

async function numberGaps(sql: Sql, merchantId: string): Promise<BooksProblem[]> {
  const rows = await sql.query<{ number: number; before: number }>(
    `select number, before from (
       select number, coalesce(lag(number) over (order by number), 0) as before from journal_entries where merchant_id = $1
     ) as pair
     where number <> before + 1 order by number limit ${mostShown}`,
    [merchantId],
  );
  return rows.map(({ number, before }) => ({
    check: "numbers",
    message: `Entry ${number} follows entry ${before}; numbers must have no gaps.`,
    detail: { number, before },
  }));
}

/** Inventory account = stock value, as far as events are posted; parked ones are left out on both sides. */
async function inventoryDifference(sql: Sql, merchantId: string): Promise<BooksProblem[]> {
  const [row] = await sql.query<{ booked: Sum; stock: Sum }>(
    `select
       (select coalesce(sum(case side when 'debit' then amount_minor else -amount_minor end), 0)
        from journal_lines where merchant_id = $1 and role = 'inventory') as booked,
       (select coalesce(sum(value_minor), 0) from movements
        where merchant_id = $1
          and event_seq <= coalesce((select (value->>'seq')::bigint from cursors where merchant_id = $1 and name = $2), 0)
          and event_seq not in (
            select (detail->>'seq')::bigint from tasks where merchant_id = $1 and kind = $3 and status = 'open')) as stock`,
    [merchantId, booksCursor, parkedKind],
  );
  if (!row || row.booked === row.stock) return [];
  return [
    {
      check: "inventory",
      message: `The inventory account says ${row.booked}, the stock that was booked is worth ${row.stock} (minor units of the base currency).`,
      detail: { bookedMinor: row.booked, stockMinor: row.stock },
    },
  ];
}
