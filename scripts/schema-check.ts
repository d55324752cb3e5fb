/**
 * `npm run schema:check`: fails when the tables in src/core/db/schema differ from what the migrations in drizzle/ make.
 * It compares with the snapshot that was generated with the newest migration. (Running `drizzle-kit generate` would
 * not do: without a terminal it cannot ask whether a column was renamed, writes nothing and reports success.)
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { generateDrizzleJson } from "drizzle-kit/api";
import { z } from "zod";
import * as schema from "../src/core/db/schema/index.ts";

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), "drizzle");

const journalSchema = z.object({ entries: z.array(z.object({ tag: z.string() })).min(1) });
const snapshotSchema = z.looseObject({
  id: z.string(),
  prevId: z.string(),
  tables: z.record(z.string(), z.unknown()),
});

const problems = [...compareFiles(), ...compareSchema()];
if (problems.length > 0) {
  const remedy = "Run `npm run schema:generate -- --name <what changed>` and commit what it writes.";
  console.error(`src/core/db/schema and drizzle/ differ. ${remedy}\n- ${problems.join("\n- ")}`);
  process.exitCode = 1;
} else {
  console.log(`schema and migrations agree (${journal().length} in drizzle/)`);
}

function compareFiles(): string[] {
  const recorded = journal().map((tag) => `${tag}.sql`);
  const present = readdirSync(folder).filter((file) => file.endsWith(".sql"));
  return [
    ...recorded.filter((file) => !present.includes(file)).map((file) => `drizzle/${file} is missing`),
    ...present
      .filter((file) => !recorded.includes(file))
      .map((file) => `drizzle/${file} is not in meta/_journal.json`),
  ];
}

function compareSchema(): string[] {
  const newest = journal().at(-1)?.slice(0, 4);
  const recorded = snapshotSchema.parse(readJson(`meta/${newest}_snapshot.json`));
  // Through JSON and back, as the recorded one went.
  const wanted = snapshotSchema.parse(
    JSON.parse(JSON.stringify(generateDrizzleJson({ ...schema }, recorded.prevId))),
  );
  const tables = new Set([...Object.keys(wanted.tables), ...Object.keys(recorded.tables)]);
  const differing = [...tables].filter(
    (table) => !isDeepStrictEqual(wanted.tables[table], recorded.tables[table]),
  );
  if (differing.length > 0) return differing.sort().map((table) => `table ${table}`);
  const { id: _wantedId, ...wantedRest } = wanted;
  const { id: _recordedId, ...recordedRest } = recorded;
  return isDeepStrictEqual(wantedRest, recordedRest)
    ? []
    : ["something besides the tables (enums, views, sequences)"];
}

function journal(): string[] {
  return journalSchema.parse(readJson("meta/_journal.json")).entries.map((entry) => entry.tag);
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(folder, file), "utf8"));
}
