import postgres from "postgres";
import { isSluiceError, messageOf, SluiceError } from "../errors.ts";
import type { Database, Sql, SqlValue } from "./database.ts";
import { createPool, type PostgresPool } from "./postgres-pool.ts";
import { explain, runScope, withRetries } from "./transaction.ts";
import { encodeBytes, encodeParams, parsers } from "./wire.ts";

export interface PostgresOptions {
  /** Connections kept by this process. */
  maxConnections?: number;
  onNotice?: (text: string) => void;
  /** Takes a server that may lose acknowledged work, e.g. a service that keeps its own log under `fsync = off`. */
  allowUnsafe?: boolean;
}

/** Connects to PostgreSQL 15+ and refuses a server that is too old or may forget what it acknowledged. */
export async function openPostgres(url: string, options: PostgresOptions = {}): Promise<Database> {
  const database = overPool(createPool((onClose) => connect(url, options, onClose)));
  try {
    await checkServer(database, options.allowUnsafe ?? false);
    return database;
  } catch (error) {
    await database.close();
    if (isSluiceError(error)) throw error;
    throw new SluiceError(
      "unavailable",
      `PostgreSQL cannot be used: ${reasonOf(error)}. Check that it runs and that DATABASE_URL names its host, user and database.`,
      { cause: error },
    );
  }
}

/** Node gathers the failures of several addresses in one error without a sentence. */
const reasonOf = (error: unknown): string =>
  error instanceof AggregateError ? error.errors.map(messageOf).join("; ") : messageOf(error);

function connect(url: string, options: PostgresOptions, onClose: () => void): postgres.Sql {
  try {
    return postgres(url, {
      max: options.maxConnections ?? 10,
      // Array types are read by `wire.ts`; asking for them would cost a query on each connection.
      fetch_types: false,
      connect_timeout: 10,
      connection: { application_name: "sluice", TimeZone: "UTC" },
      types: wireTypes,
      // A connection that ends by age would count as lost.
      max_lifetime: null,
      onclose: onClose,
      onnotice: (notice) => options.onNotice?.(notice.message ?? ""),
    });
  } catch (error) {
    throw new SluiceError(
      "configuration",
      "DATABASE_URL is not a PostgreSQL address; write postgres://user:password@host:5432/name.",
      {
        cause: error,
      },
    );
  }
}

/** One entry per type that we read ourselves. Parameters are text already, bytes and booleans aside. */
const wireTypes = Object.fromEntries(
  Object.entries(parsers).map(([oid, parse]): [string, postgres.PostgresType] => [
    `t${oid}`,
    { to: Number(oid), from: [Number(oid)], parse, serialize },
  ]),
);

function serialize(value: unknown): string {
  if (value instanceof Uint8Array) return encodeBytes(value);
  return String(value);
}

type Client = Pick<postgres.Sql, "unsafe">;

async function runOn<Row>(client: Client, text: string, params: readonly SqlValue[]): Promise<Row[]> {
  // Left to itself the driver would send a statement without parameters unprepared.
  try {
    const rows = await client.unsafe(text, encodeParams(params), extended);
    return Array.from(rows) as Row[];
  } catch (error) {
    throw explain(error);
  }
}

const extended: postgres.UnsafeQueryOptions & { simple: boolean } = { prepare: true, simple: false };

function overPool(pool: PostgresPool): Database {
  const run = <Row>(text: string, params: readonly SqlValue[]) =>
    pool.run((client) => runOn<Row>(client, text, params));
  // 5, 10, 20, 40 ms, waited for by the server: no timer of this process is needed.
  const pauseFor = (tries: number) => run("select pg_sleep($1::float8 / 1000)", [2.5 * 2 ** tries]);
  return {
    kind: "postgres",
    query: (text, params = []) => run(text, params),
    transaction: (work) =>
      withRetries(
        () =>
          pool.transaction((client, guard) =>
            runScope((text, params) => guard(() => runOn(client, text, params)), work),
          ),
        pauseFor,
      ),
    close: () => pool.close(),
  };
}

const neededVersion = 150_000;

async function checkServer(sql: Sql, allowUnsafe: boolean): Promise<void> {
  const [server] = await sql.query<ServerSettings>(
    `select current_setting('server_version_num')::int as version, current_setting('fsync') as fsync,
      current_setting('full_page_writes') as full_page_writes, current_setting('synchronous_commit') as synchronous_commit`,
  );
  if (!server)
    throw new SluiceError("unavailable", "PostgreSQL did not say its version; check DATABASE_URL.");
  if (server.version < neededVersion) {
    throw new SluiceError(
      "configuration",
      `PostgreSQL ${Math.floor(server.version / 10_000)} is too old: 15 or newer is needed. Upgrade the server or point DATABASE_URL to another.`,
    );
  }
  if (allowUnsafe) return;
  for (const setting of ["fsync", "full_page_writes", "synchronous_commit"] as const) {
    if (server[setting] === "off") throw unsafeServer(setting);
  }
}

interface ServerSettings {
  version: number;
  fsync: string;
  full_page_writes: string;
  synchronous_commit: string;
}

const unsafeServer = (setting: string): SluiceError =>
  new SluiceError(
    "configuration",
    `PostgreSQL runs with ${setting} = off and may lose orders that were acknowledged. ` +
      `Run as superuser: ALTER SYSTEM SET ${setting} = on; SELECT pg_reload_conf(); then start again. ` +
      "If it stays off, it was also set for this database or role: ALTER DATABASE … RESET or ALTER ROLE … RESET.",
    { details: { setting, value: "off" } },
  );
