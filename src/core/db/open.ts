import type { Database } from "./database.ts";
import { openPostgres } from "./postgres.ts";

export interface OpenOptions {
  /** A PostgreSQL address; left out or empty means the embedded database in `dataDir`. */
  databaseUrl?: string | undefined;
  /** A directory, or "memory". */
  dataDir: string;
  /** Told what a person should know: what the embedded database promises, warnings of the server. */
  onNotice?: (text: string) => void;
  maxConnections?: number;
  allowUnsafe?: boolean;
}

/** The database this process works with. It is not migrated yet: see `migrate`. */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const notice = options.onNotice ? { onNotice: options.onNotice } : {};
  if (options.databaseUrl) {
    return openPostgres(options.databaseUrl, {
      ...notice,
      ...(options.maxConnections === undefined ? {} : { maxConnections: options.maxConnections }),
      ...(options.allowUnsafe === undefined ? {} : { allowUnsafe: options.allowUnsafe }),
    });
  }
  // Only here: a bundle for Workers takes postgres.ts and must not drag PGlite's megabytes and node:fs along.
  const { openPglite } = await import("./pglite.ts");
  return openPglite({ ...notice, directory: options.dataDir });
}
