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
