import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { SluiceError } from "../errors.ts";
import type { Database, SqlValue } from "./database.ts";
import { lockDirectory } from "./lock-file.ts";
import { explain, runScope, withRetries } from "./transaction.ts";
import { encodeBytes, encodeParams, parsers } from "./wire.ts";

export interface PgliteOptions {
  /** Where the data lives, or "memory" for a database that ends with the process. */
  directory: string;
  /** An image made by `dumpPglite`, to start from instead of an empty database. Memory only. */
  image?: Blob;
  onNotice?: (text: string) => void;
}

/** What to tell at start, so that nobody takes the embedded database for more than it is. */
export const pgliteNotice =
  "Embedded database: it survives a killed process, but promises nothing when the power fails. " +
  "Set DATABASE_URL to a PostgreSQL server for orders you cannot afford to lose.";

/** Opens the embedded database; throws `database_locked` when another process has the directory. */
export async function openPglite(options: PgliteOptions): Promise<Database> {
  if (options.directory === "memory") {
    const image = options.image ? { loadDataDir: options.image } : {};
    return overClient(await start("memory://", image), () => {});
  }
  makeDirectory(options.directory);
  const release = lockDirectory(options.directory);
  try {
    const client = await start(join(options.directory, "database"), {});
    options.onNotice?.(pgliteNotice);
    return overClient(client, release);
  } catch (error) {
    release();
    throw error;
  }
}

/** The whole content of an in-memory database, to start others from. */
export async function dumpPglite(database: Database): Promise<Blob> {
  const client = clients.get(database);
  if (!client) throw new SluiceError("unsupported", "Only an embedded database that is open can be dumped.");
  return await client.dumpDataDir("none");
}

const clients = new WeakMap<Database, PGlite>();

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new SluiceError(
      "configuration",
      `Cannot make the data directory ${directory}; set SLUICE_DATA_DIR to one you may write to.`,
      {
        cause: error,
      },
    );
  }
}

async function start(dataDir: string, extra: { loadDataDir?: Blob }): Promise<PGlite> {
  const client = await PGlite.create(dataDir, { ...extra, parsers, serializers: { 17: serializeBytes } });
  // PGlite puts its own array readers in place while it starts; theirs read a quoted "NULL" as null.
  Object.assign(client.parsers, parsers);
  await client.exec("set timezone = 'UTC'");
  return client;
}

/** Some bytes come as text already: bytea literals that a statement built. */
const serializeBytes = (value: unknown): string =>
  value instanceof Uint8Array ? encodeBytes(value) : String(value);

/** What a `PGlite` and its transactions have in common. */
type Client = Pick<PGlite, "query">;

async function runOn<Row>(client: Client, text: string, params: readonly SqlValue[]): Promise<Row[]> {
  try {
    const answer = await client.query<Row>(text, encodeParams(params));
    return answer.rows;
  } catch (error) {
    throw explain(error);
  }
}

function overClient(client: PGlite, release: () => void): Database {
  const database: Database = {
    kind: "pglite",
    query: (text, params = []) => runOn(client, text, params),
    // One connection, hence one transaction after the other: READ COMMITTED is its default and nothing can conflict.
    transaction: (work) =>
      withRetries(() =>
        client.transaction((tx) => runScope((text, params) => runOn(tx, text, params), work)),
      ),
    close: async () => {
      try {
        if (!client.closed) await client.close();
      } finally {
        release();
      }
    },
  };
  clients.set(database, client);
  return database;
}
