/**
 * Kills the hub, and its PostgreSQL, at random moments under load and checks against a journal kept outside that nothing
 * acknowledged is missing and nothing was applied twice, and that `doctor` is clean.
 *
 *   npm run crash -- [--postgres 100] [--pglite 50] [--server 20] [--seed 1]
 *
 * Needs PostgreSQL's server programs (Debian: postgresql); it starts a server of its own and touches no other.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Cluster, freePort, startCluster } from "./crash/cluster.ts";
import { openScene, type Scene } from "./crash/scene.ts";

const { values } = parseArgs({
  options: {
    postgres: { type: "string", default: "100" },
    pglite: { type: "string", default: "50" },
    server: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
  },
});

const seed = Number(values.seed);
const key = Buffer.alloc(32, 7).toString("base64");
/** A fresh scene after this many kills keeps the final one-by-one comparison short. */
const killsPerScene = 25;

async function rounds(
  title: string,
  count: number,
  open: (part: number) => Promise<Scene>,
  breakIt: Parameters<Scene["round"]>[0],
): Promise<void> {
  let done = 0;
  let operations = 0;
  for (let part = 0; done < count; part += 1) {
    const scene = await open(part);
    while (done < count && scene.kills < killsPerScene) {
      await scene.round(breakIt);
      done += 1;
      console.log(
        `${title}: ${done} of ${count} kills, ${operations + scene.operations()} operations, nothing lost, nothing twice`,
      );
    }
    await scene.finish();
    operations += scene.operations();
    console.log(`${title}: doctor clean, every hold and order compared`);
  }
}

async function onPostgres(cluster: Cluster): Promise<void> {
  const open = async (part: number) => {
    const name = `crash_hub_${part}`;
    await makeDatabase(cluster.url, name);
    return openScene({
      env: { DATABASE_URL: withDatabase(cluster.url, name), SLUICE_KEY: key },
      port: await freePort(),
      seed: seed + part,
    });
  };
  await rounds("hub on PostgreSQL", Number(values.postgres), open, (hub) => hub.killHub());
  const openForServer = async (part: number) => {
    const name = `crash_server_${part}`;
    await makeDatabase(cluster.url, name);
    return openScene({
      env: { DATABASE_URL: withDatabase(cluster.url, name), SLUICE_KEY: key },
      port: await freePort(),
      seed: seed + 1000 + part,
    });
  };
  await rounds("PostgreSQL itself", Number(values.server), openForServer, async () => {
    await cluster.kill();
    await cluster.start();
  });
}

async function onPglite(): Promise<void> {
  const base = await mkdtemp(join(tmpdir(), "sluice-crash-"));
  try {
    const open = async (part: number) => {
      const env = { DATABASE_URL: "", SLUICE_DATA_DIR: join(base, `data-${part}`), SLUICE_KEY: key };
      return openScene({ env, port: await freePort(), seed: seed + 2000 + part });
    };
    await rounds("hub on the embedded database", Number(values.pglite), open, (hub) => hub.killHub());
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}

const withDatabase = (url: string, name: string): string => {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.toString();
};

async function makeDatabase(url: string, name: string): Promise<void> {
  const { default: postgres } = await import("postgres");
  const admin = postgres(url, { max: 1, onnotice: () => undefined });
  await admin.unsafe(`create database ${name}`);
  await admin.end();
}

if (Number(values.postgres) + Number(values.server) > 0) {
  const cluster = await startCluster();
  try {
    await onPostgres(cluster);
  } finally {
    await cluster.destroy();
  }
}
if (Number(values.pglite) > 0) await onPglite();
console.log("All kills survived.");
