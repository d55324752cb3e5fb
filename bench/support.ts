import { performance } from "node:perf_hooks";
import postgres from "postgres";
import { createConnection } from "../src/core/catalogue/connections.ts";
import { createSku } from "../src/core/catalogue/skus.ts";
import type { Database } from "../src/core/db/database.ts";
import { migrate } from "../src/core/db/migrate.ts";
import { openPostgres } from "../src/core/db/postgres.ts";
import { createEngine } from "../src/core/engine/engine.ts";
import { createMerchant } from "../src/core/merchants.ts";
import type { Runtime } from "../src/core/runtime.ts";
import { createVault, type Vault } from "../src/core/vault.ts";
import { systemRuntime } from "../src/http/system.ts";

/** What the benches share: a fresh database on the PostgreSQL server, a merchant with one hot SKU, and medians. */

/** Server for the benches; a database of its own is made and dropped there. */
export const serverUrl =
  process.env.BENCH_DATABASE_URL ??
  process.env.TEST_DATABASE_URL ??
  "postgres://postgres@127.0.0.1:5432/postgres";

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
};

export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};

export async function seconds(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

export async function freshDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `sluice_bench_${process.pid}_${Math.round(performance.now() * 1000)}`;
  const admin = postgres(serverUrl, { max: 1, onnotice: () => undefined });
  await admin.unsafe(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.toString(),
    async drop() {
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

export interface BenchHub {
  db: Database;
  vault: Vault;
  runtime: Runtime;
  url: string;
  merchantId: string;
  connectionId: string;
  close(): Promise<void>;
}

/** A migrated database with one merchant, one connection and the SKU "HOT". */
export async function benchHub(options: { onHand: number; maxConnections?: number }): Promise<BenchHub> {
  const database = await freshDatabase();
  const db = await openPostgres(database.url, { maxConnections: options.maxConnections ?? 8 });
  await migrate(db);
  const runtime = systemRuntime();
  const vault = createVault(runtime.random.bytes(32), runtime.random);
  const merchant = await createMerchant(db, { vault, runtime }, { code: "bench", name: "Bench" });
  const connection = await createConnection(db, { vault, runtime }, merchant.id, {
    connector: "generic",
    name: "shop",
    settings: {},
    secrets: {},
  });
  await createSku(db, runtime, merchant.id, { code: "HOT", name: "Hot", kind: "physical" });
  const engine = createEngine({ db, vault, runtime });
  const line = { sku: "HOT", delta: options.onHand, reason: "opening" as const, unitCostMinor: 100 };
  const answer = await engine.submit(merchant.id, {
    kind: "stock.adjust",
    input: { reference: "opening", lines: [line] },
  });
  if (answer.kind !== "stock") throw new Error(JSON.stringify(answer));
  await engine.close();
  return {
    db,
    vault,
    runtime,
    url: database.url,
    merchantId: merchant.id,
    connectionId: connection.id,
    async close() {
      await db.close();
      await database.drop();
    },
  };
}
