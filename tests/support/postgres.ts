/**
 * Real PostgreSQL for tests named `*.pg.test.ts`: locking and two callers at once, which PGlite with its
 * single connection cannot show. The server is TEST_DATABASE_URL (a user who may create databases).
 */
import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { describe, it } from "vitest";

const DEFAULT_URL = "postgres://postgres@127.0.0.1:5432/postgres";

export type TestDatabase = { url: string; drop(): Promise<void> };

/** The server's address. An empty TEST_DATABASE_URL counts as unset. */
export function testDatabaseUrl(): string {
  return process.env.TEST_DATABASE_URL || DEFAULT_URL;
}

let answer: Promise<boolean> | undefined;

/** Whether the server lets us in. Asked once per test file; a server that does not answer costs 3 seconds. */
export function postgresAvailable(): Promise<boolean> {
  answer ??= withServer(async (sql) => {
    await sql`select 1`;
    return true;
  }).catch(() => false);
  return answer;
}

/**
 * Creates an empty database with a name of its own, so that test files can run side by side.
 * Call `drop` in `afterAll`: it also ends connections that a failed test left open.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `sluice_test_${process.pid}_${randomBytes(6).toString("hex")}`;
  // template0, so that a server installed without a locale (SQL_ASCII) still gives us UTF-8.
  await withServer((sql) => sql`create database ${sql(name)} template template0 encoding 'UTF8'`);
  const url = new URL(testDatabaseUrl());
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => {
      await withServer((sql) => sql`drop database if exists ${sql(name)} with (force)`);
    },
  };
}

/**
 * `describe` for tests that need PostgreSQL. Without a server they are skipped and say so;
 * with CI=true a missing server is a failure, since a skipped race test proves nothing.
 *
 * @example
 * await describePg("reserve", () => { it("lets one of two callers win", async () => { ... }); });
 */
export async function describePg(name: string, body: () => void): Promise<void> {
  if (await postgresAvailable()) {
    describe(name, body);
    return;
  }
  const { host } = new URL(testDatabaseUrl());
  const reason = `no PostgreSQL at ${host}; start one or set TEST_DATABASE_URL`;
  if (process.env.CI === "true") {
    describe(name, () => {
      it("needs PostgreSQL", () => {
        throw new Error(reason);
      });
    });
    return;
  }
  describe.skip(`${name} (skipped: ${reason})`, body);
}

/** One short-lived connection to the server itself, not to a test's database. */
async function withServer<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(testDatabaseUrl(), { max: 1, connect_timeout: 3, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
