/**
 * The figures of the design, as JSON: `npm run bench [-- name …]` with names out of intake, reservations, webhooks, pipeline,
 * journal-export, live, start-up. Each is the median of several runs; both sides of a ratio come from one run. Needs a
 * PostgreSQL server (BENCH_DATABASE_URL, default postgres://postgres@127.0.0.1:5432/postgres) and makes databases of its own there.
 */
import { cpus, totalmem } from "node:os";
import postgres from "postgres";
import { serverUrl } from "./support.ts";

type Bench = { run(): Promise<object> };

const benches: Record<string, () => Promise<Bench>> = {
  intake: () => import("./intake.ts"),
  reservations: () => import("./reservations.ts"),
  webhooks: () => import("./webhooks.ts"),
  pipeline: () => import("./pipeline.ts"),
  "journal-export": () => import("./journal-export.ts"),
  live: () => import("./live.ts"),
  "start-up": () => import("./start-up.ts"),
};

async function machine(): Promise<object> {
  const sql = postgres(serverUrl, { max: 1, onnotice: () => undefined });
  const shown = async (name: string) => (await sql.unsafe(`show ${name}`))[0]?.[name] as string;
  const settings = {
    version: await shown("server_version"),
    fsync: await shown("fsync"),
    synchronousCommit: await shown("synchronous_commit"),
    sharedBuffers: await shown("shared_buffers"),
  };
  await sql.end();
  const processors = cpus();
  return {
    processors: processors.length,
    processor: processors[0]?.model ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    postgres: settings,
  };
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(
    `There is no bench "${unknown.join('", "')}". There are: ${Object.keys(benches).join(", ")}.`,
  );
  process.exit(2);
}
const results: object[] = [];
for (const [name, open] of Object.entries(benches)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  process.stderr.write(`bench ${name} …\n`);
  results.push(await (await open()).run());
}
console.log(JSON.stringify({ machine: await machine(), results }, null, 2));
