import type { Database } from "../../src/core/db/database.ts";
import { migrate } from "../../src/core/db/migrate.ts";
import { openPrepared } from "./prepared.ts";

/** One embedded database for many runs: emptied between them, since making one costs a second and emptying it 50 ms. */
export interface Store {
  db: Database;
  empty(): Promise<void>;
  close(): Promise<void>;
}

export async function openStore(): Promise<Store> {
  const db = await openPrepared();
  await migrate(db);
  await tellPlanner(db);
  const rows = await db.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'schema_migrations' order by 1",
  );
  const tables = rows.map((row) => row.name).join(", ");
  return {
    db,
    empty: async () => {
      await db.query(`truncate ${tables}`);
    },
    close: () => db.close(),
  };
}

/**
 * Plans are made while tables are empty. Knowing nothing of a column, the planner takes 200 values for granted, so that a merchant
 * seems to have one row of each table, and any index that begins with the merchant will do: every look-up then reads all rows.
 * Told once; emptying a table leaves it in place.
 */
async function tellPlanner(db: Database): Promise<void> {
  await db.query(
    `select pg_restore_attribute_stats('schemaname', 'public', 'relname', c.relname::text, 'attname', a.attname::text,
       'inherited', false, 'null_frac', 0::real, 'avg_width', case when a.attlen > 0 then a.attlen::int else 16 end,
       'n_distinct', 1::real)
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname = any($1::text[])`,
    [["merchant_id", "status", "state", "kind"]],
  );
}
