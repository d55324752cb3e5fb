import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createConnection } from "../src/core/catalogue/connections.ts";
import { createSkus } from "../src/core/catalogue/skus.ts";
import type { Database } from "../src/core/db/database.ts";
import { migrate } from "../src/core/db/migrate.ts";
import { openPostgres } from "../src/core/db/postgres.ts";
import { createEngine } from "../src/core/engine/engine.ts";
import { createKey } from "../src/core/keys.ts";
import { createMerchant } from "../src/core/merchants.ts";
import { createVault } from "../src/core/vault.ts";
import { systemRuntime } from "../src/http/system.ts";
import { freshDatabase } from "./support.ts";

/** A hub process over a fresh database, with a key, SKUs and a signed connection, for benches that go through HTTP. */

export interface HubBench {
  port: number;
  key: string;
  db: Database;
  merchantId: string;
  connectionId: string;
  webhookSecret: string;
  addConnection(name: string, baseUrl: string): Promise<string>;
  close(): Promise<void>;
}

export async function startHubBench(skus: string[], onHand = 100_000_000): Promise<HubBench> {
  const database = await freshDatabase();
  const runtime = systemRuntime();
  const db = await openPostgres(database.url, { maxConnections: 3 });
  await migrate(db);
  const masterKey = runtime.random.bytes(32);
  const vault = createVault(masterKey, runtime.random);
  const parts = { db, vault, runtime };
  const merchant = await createMerchant(db, parts, { code: "bench", name: "Bench" });
  const key = await createKey(db, runtime, merchant.id, { name: "bench", role: "owner" });
  const webhookSecret = `whsec_${Buffer.from(runtime.random.bytes(32)).toString("base64")}`;
  const connect = (name: string, baseUrl: string) =>
    createConnection(db, parts, merchant.id, {
      connector: "generic",
      name,
      settings: { baseUrl },
      secrets: { webhookSecret },
    });
  const connection = await connect("sender", "http://127.0.0.1:9");
  await createSkus(
    db,
    runtime,
    merchant.id,
    skus.map((code) => ({ code, name: code, kind: "physical" as const })),
  );
  const engine = createEngine(parts);
  const lines = skus.map((sku) => ({ sku, delta: onHand, reason: "opening" as const, unitCostMinor: 100 }));
  await engine.submit(merchant.id, { kind: "stock.adjust", input: { reference: "opening", lines } });
  await engine.close();
  const hub = await spawnHub(database.url, Buffer.from(masterKey).toString("base64"));
  return {
    port: hub.port,
    key: key.token,
    db,
    merchantId: merchant.id,
    connectionId: connection.id,
    webhookSecret,
    addConnection: async (name, baseUrl) => (await connect(name, baseUrl)).id,
    async close() {
      await hub.stop();
      await db.close();
      await database.drop();
    },
  };
}

async function spawnHub(databaseUrl: string, key: string): Promise<{ port: number; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("./hub-server.ts", import.meta.url))], {
    env: { ...process.env, DATABASE_URL: databaseUrl, BENCH_KEY: key },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", (line) =>
      resolve((JSON.parse(line) as { port: number }).port),
    );
    child.once("exit", (code) => reject(new Error(`the hub of the bench ended with code ${code}`)));
  });
  return {
    port,
    async stop() {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await gone;
    },
  };
}
