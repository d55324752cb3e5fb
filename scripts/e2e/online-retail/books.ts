import type { Database } from "../../../src/core/db/database.ts";

/** The hub's own figures, read back from its tables. */

export interface HubFigures {
  orders: number;
  /** Orders that stand for sales outside the file, see docs/import.md. */
  standIns: number;
  salesMinor: number;
  standInsMinor: number;
  refundsMinor: number;
  /** What platforms still owe: debits minus credits of the receivable. */
  receivableMinor: number;
  revenueMinor: number;
  /** Sale minus refunds of orders whose sale is in the file: what revenue has to be. */
  deliveredMinor: number;
  entries: number;
  unitsShippedWithoutStock: number;
}

const one = async (db: Database, text: string, merchantId: string): Promise<Record<string, number>> => {
  const [row] = await db.query<Record<string, number>>(text, [merchantId]);
  return row ?? {};
};

export async function hubFigures(db: Database, merchantId: string): Promise<HubFigures> {
  const sales = await one(
    db,
    `select count(*) filter (where not is_return)::int as orders, count(*) filter (where is_return)::int as "standIns",
       coalesce(sum(total_minor) filter (where not is_return), 0)::bigint as "salesMinor",
       coalesce(sum(total_minor) filter (where is_return), 0)::bigint as "standInsMinor",
       coalesce(sum(total_minor - refunded_minor) filter (where not is_return), 0)::bigint as "deliveredMinor"
     from (select total_minor, refunded_minor, external_id like 'C%' as is_return from orders where merchant_id = $1) as o`,
    merchantId,
  );
  const refunds = await one(
    db,
    `select coalesce(sum(amount_minor), 0)::bigint as "refundsMinor" from refunds where merchant_id = $1`,
    merchantId,
  );
  const books = await one(
    db,
    `select coalesce(sum(signed) filter (where role = 'ar_platform'), 0)::bigint as "receivableMinor",
       coalesce(-sum(signed) filter (where role in ('revenue', 'revenue_digital', 'freight_income')), 0)::bigint as "revenueMinor",
       count(distinct number)::int as entries
     from (select number, role, case side when 'debit' then amount_minor else -amount_minor end as signed
       from journal_lines where merchant_id = $1) as l`,
    merchantId,
  );
  const uncovered = await one(
    db,
    `select coalesce(sum((detail ->> 'units')::bigint), 0)::bigint as "unitsShippedWithoutStock"
     from tasks where merchant_id = $1 and kind = 'shipped_without_stock'`,
    merchantId,
  );
  return { ...sales, ...refunds, ...books, ...uncovered } as unknown as HubFigures;
}

/** On hand per SKU code. */
export async function hubStock(db: Database, merchantId: string): Promise<Map<string, number>> {
  const rows = await db.query<{ code: string; units: number }>(
    `select s.code, sum(v.on_hand)::bigint as units from stock_levels v
     join skus s on s.merchant_id = v.merchant_id and s.id = v.sku_id
     where v.merchant_id = $1 group by s.code`,
    [merchantId],
  );
  return new Map(rows.map(({ code, units }) => [code, units]));
}
