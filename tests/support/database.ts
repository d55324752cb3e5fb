import { createHash } from "node:crypto";
import { access, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Database } from "../../src/core/db/database.ts";
import { migrate } from "../../src/core/db/migrate.ts";
import { readMigrations } from "../../src/core/db/migration-files.ts";
import { dumpPglite, openPglite } from "../../src/core/db/pglite.ts";
import { openPostgres } from "../../src/core/db/postgres.ts";
import { createTestDatabase } from "./postgres.ts";

let image: Promise<Blob> | undefined;

/** A migrated embedded database of its own, in memory. Close it in `afterEach` or `afterAll`. */
export async function memoryDatabase(): Promise<Database> {
  image ??= migratedImage();
  return openPglite({ directory: "memory", image: await image });
}

/**
 * Every test file is a process of its own. Starting from a stored image takes a third of a second, initialising and
 * migrating ten times that; so the first one to need it stores the image for all, named by everything it depends on.
 */
async function migratedImage(): Promise<Blob> {
  const cache = fileURLToPath(new URL("../../node_modules/.cache/sluice/", import.meta.url));
  const path = `${cache}pglite-${await imageKey()}.tar`;
  if (!(await exists(path))) {
    const db = await openPglite({ directory: "memory" });
    await migrate(db);
    const dump = await dumpPglite(db);
    await db.close();
    await mkdir(cache, { recursive: true });
    // Renamed when whole: files running side by side see all of it or nothing.
    await writeFile(`${path}.${process.pid}`, dump.stream());
    await rename(`${path}.${process.pid}`, path);
  }
  // Read at once: a blob over the file breaks when another process renames its own image into place.
  return new Blob([await readFile(path)]);
}

async function imageKey(): Promise<string> {
  const hash = createHash("sha256").update(process.version);
  hash.update(
    await readFile(new URL("../../node_modules/@electric-sql/pglite/package.json", import.meta.url)),
  );
  for (const { name, text } of await readMigrations()) hash.update(name).update(text);
  return hash.digest("hex").slice(0, 16);
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** A migrated database of its own on the PostgreSQL server; for tests inside `describePg`. */
export async function postgresDatabase(
  options: { maxConnections?: number } = {},
): Promise<{ db: Database; url: string; close(): Promise<void> }> {
  const created = await createTestDatabase();
  const db = await openPostgres(created.url, { maxConnections: options.maxConnections ?? 4 });
  await migrate(db);
  return {
    db,
    url: created.url,
    close: async () => {
      await db.close();
      await created.drop();
    },
  };
}
