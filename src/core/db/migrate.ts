import { SluiceError } from "../errors.ts";
import type { Database, Sql } from "./database.ts";

export interface Migration {
  /** File name without ".sql"; names sort in the order of application. */
  name: string;
  text: string;
}

export interface MigrateOptions {
  /** The release's migrations where they cannot be read from `drizzle/` (Workers). */
  migrations?: readonly Migration[];
}

/** Any fixed number will do, as long as nothing else in this database takes the same advisory lock. */
const lockKey = 7_310_548_211;

/**
 * Brings the database to this release's schema, in one transaction. Safe to run twice and from several processes at
 * once. Throws `schema_mismatch` when the database is of a newer release or an applied migration was edited since.
 */
export async function migrate(db: Database, options: MigrateOptions = {}): Promise<{ applied: string[] }> {
  const migrations = options.migrations ?? (await (await import("./migration-files.ts")).readMigrations());
  const known = await Promise.all(
    migrations.map(async (migration) => ({ ...migration, digest: await digestOf(migration.text) })),
  );
  return db.transaction(async (tx) => {
    await tx.query("select pg_advisory_xact_lock($1::bigint)", [lockKey]);
    const done = await readApplied(tx);
    refuseStrangers(done, known);
    const missing = known.filter((migration) => !done.has(migration.name));
    for (const migration of missing) await applyOne(tx, migration);
    return { applied: missing.map((migration) => migration.name) };
  });
}

type Known = Migration & { digest: string };

async function readApplied(tx: Sql): Promise<Map<string, string>> {
  // The database's own clock stands here: a note for operators, written before anything else exists and read by no decision.
  await tx.query(
    `create table if not exists schema_migrations (
      name text primary key, digest text not null, applied timestamp(3) with time zone not null default now())`,
  );
  const rows = await tx.query<{ name: string; digest: string }>("select name, digest from schema_migrations");
  return new Map(rows.map((row) => [row.name, row.digest]));
}

function refuseStrangers(done: ReadonlyMap<string, string>, known: readonly Known[]): void {
  const digests = new Map(known.map((migration) => [migration.name, migration.digest]));
  for (const [name, digest] of done) {
    const ours = digests.get(name);
    if (ours === undefined) {
      throw new SluiceError(
        "schema_mismatch",
        `The database has migration ${name}, which this release does not know: a newer release has worked with it. Install that release or a later one.`,
        { details: { migration: name } },
      );
    }
    if (ours !== digest) {
      throw new SluiceError(
        "schema_mismatch",
        `Migration ${name} was changed after this database took it. Restore drizzle/${name}.sql as it was released.`,
        { details: { migration: name } },
      );
    }
  }
}

async function applyOne(tx: Sql, migration: Known): Promise<void> {
  for (const statement of migration.text.split("--> statement-breakpoint")) {
    if (statement.trim() !== "") await tx.query(statement);
  }
  await tx.query("insert into schema_migrations (name, digest) values ($1, $2)", [
    migration.name,
    migration.digest,
  ]);
}

/** SHA-256 of the text; line endings do not count, since Git may change them on Windows. */
async function digestOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text.replaceAll("\r\n", "\n"));
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Buffer.from(digest).toString("hex");
}
