import type { Sql, SqlValue } from "../db/database.ts";
import { BatchConflict } from "./conflict.ts";

/** One statement for a whole set of rows. Every write is guarded and its row count checked. */

/** A statement over a set: each column is an array of one PostgreSQL type. */
export type Column<Row> = [name: string, type: string, value: (row: Row) => SqlValue];

async function insertSet<Row>(
  tx: Sql,
  merchantId: string,
  table: string,
  columns: Column<Row>[],
  rows: readonly Row[],
  conflict = "",
): Promise<number> {
  if (rows.length === 0) return 0;
  const names = columns.map(([name]) => name).join(", ");
  const arrays = columns.map(([, type], index) => `$${index + 2}::${type}[]`).join(", ");
  const values = columns.map(([name, type]) =>
    type === "text" && jsonColumns.has(`${table}.${name}`) ? `k.${name}::jsonb` : `k.${name}`,
  );
  const written = await tx.query<{ n: number }>(
    `with written as (insert into ${table} (merchant_id, ${names}) select $1, ${values.join(", ")}
       from unnest(${arrays}) k(${names}) ${conflict} returning 1) select count(*)::int as n from written`,
    [merchantId, ...columns.map(([, , value]) => rows.map(value) as SqlValue)],
  );
  return written[0]?.n ?? 0;
}

const jsonColumns = new Set([
  "orders.booked",
  "orders.terms",
  "order_lines.components",
  "shipments.lines",
  "refunds.lines",
  "holds.lines",
  "stock_documents.result",
  "live_orders.lines",
  "live_orders.units",
]);

/** Also set by others, without the order's lock, and never taken back: a null of ours must not wipe it out. */
const keptColumns = new Set(["shipments.external_id"]);

export async function updateSet<Row>(
  tx: Sql,
  merchantId: string,
  table: string,
  keys: Column<Row>[],
  sets: Column<Row>[],
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  const columns = [...keys, ...sets];
  const names = columns.map(([name]) => name).join(", ");
  const arrays = columns.map(([, type], index) => `$${index + 2}::${type}[]`).join(", ");
  const assignments = sets
    .map(([name]) => {
      if (keptColumns.has(`${table}.${name}`)) return `${name} = coalesce(k.${name}, t.${name})`;
      return jsonColumns.has(`${table}.${name}`) ? `${name} = k.${name}::jsonb` : `${name} = k.${name}`;
    })
    .join(", ");
  const match = keys.map(([name]) => `t.${name} = k.${name}`).join(" and ");
  const written = await tx.query<{ n: number }>(
    `with written as (update ${table} t set ${assignments} from unnest(${arrays}) k(${names})
       where t.merchant_id = $1 and ${match} returning 1) select count(*)::int as n from written`,
    [merchantId, ...columns.map(([, , value]) => rows.map(value) as SqlValue)],
  );
  const count = written[0]?.n ?? 0;
  if (count !== rows.length)
    throw new BatchConflict(`${table}: ${count} of ${rows.length} rows were as expected`);
}

export async function inserted<Row>(
  tx: Sql,
  merchantId: string,
  table: string,
  columns: Column<Row>[],
  rows: readonly Row[],
): Promise<void> {
  const count = await insertSet(tx, merchantId, table, columns, rows, "on conflict do nothing");
  if (count !== rows.length)
    throw new BatchConflict(`${table}: ${rows.length - count} rows were there already`);
}

export const json = (value: unknown): string => JSON.stringify(value);
