import type { Connector } from "./connectors/contract.ts";
import { registry } from "./connectors/registry.ts";
import type { Database } from "./core/db/database.ts";
import { migrate } from "./core/db/migrate.ts";
import { openDatabase } from "./core/db/open.ts";
import { runDoctor } from "./core/doctor.ts";
import { createEngine, type EngineOptions } from "./core/engine/engine.ts";
import { listMerchants } from "./core/merchants.ts";
import type { Runtime } from "./core/runtime.ts";
import { createVault, type Vault } from "./core/vault.ts";
import type { App, AppParts, Log } from "./http/parts.ts";
import type { SyncOptions } from "./sync/parts.ts";
import type { RunningSync } from "./sync/sync.ts";

/** How the parts become a hub: the CLI, the demo, tests and benches all build theirs here. */

export interface CoreOptions extends Pick<EngineOptions, "onBatch"> {
  runtime: Runtime;
  /** A PostgreSQL address; left out, the embedded database in `dataDir`. */
  databaseUrl?: string | undefined;
  /** A directory, or "memory". */
  dataDir: string;
  /** 32 bytes: what `readMasterKey` makes of SLUICE_KEY. */
  masterKey: Uint8Array;
  maxConnections?: number;
  allowUnsafe?: boolean;
  onNotice?: (text: string) => void;
}

/** Database and write path, without anything that listens or runs by itself. */
export interface Core {
  db: Database;
  vault: Vault;
  engine: ReturnType<typeof createEngine>;
  runtime: Runtime;
  connectors: ReadonlyMap<string, Connector>;
  /** Migrations that opening it has applied. */
  applied: string[];
  /** Finishes the commands in hand, then closes the database. */
  close(): Promise<void>;
}

/**
 * Opens the database and brings it to this release's schema. Throws `database_locked` naming the holder, and
 * `configuration` when `masterKey` is not the one the database was made with.
 */
export async function openCore(options: CoreOptions): Promise<Core> {
  const { runtime, masterKey } = options;
  const vault = createVault(masterKey, runtime.random);
  const db = await openDatabase(options);
  try {
    const { applied } = await migrate(db);
    const [merchant] = await listMerchants(db);
    // A wrong key is told now and not by the first order that brings a buyer.
    if (merchant) vault.keyFor(merchant.wrappedKey);
    const { onBatch } = options;
    const engine = createEngine({ db, vault, runtime }, onBatch ? { onBatch } : {});
    return {
      db,
      vault,
      engine,
      runtime,
      connectors: registry,
      applied,
      async close() {
        await engine.close();
        await db.close();
      },
    };
  } catch (error) {
    await db.close();
    throw error;
  }
}

export interface HubOptions extends CoreOptions {
  /** Address the outside reaches the hub at, without a slash at the end. */
  publicUrl: string;
  version: string;
  /** Names this process in leases. */
  holder: string;
  log: Log;
  sync?: Partial<SyncOptions>;
  /** Files the app serves, and the key its page uses by itself; see `AppParts`. */
  app?: Pick<AppParts, "readAsset" | "readPageFile" | "pageKey">;
}

export interface Hub extends Core {
  sync: RunningSync;
  app: App;
  /** Starts polling, pushing and booking. Requests are answered without it too. */
  start(): void;
}

/** The whole hub. Nothing runs by itself before `start`. */
export async function openHub(options: HubOptions): Promise<Hub> {
  // Side by side: loading the code takes as long as opening the database.
  const metrics = import("./http/metrics.ts").then(({ createMetrics }) => createMetrics());
  const [core, { createSync }, { createApp }] = await Promise.all([
    metrics.then(({ batch }) => openCore({ onBatch: batch, ...options })),
    import("./sync/sync.ts"),
    import("./http/app.ts"),
  ]);
  const { publicUrl, version, holder, log } = options;
  const sync = createSync({
    ...core,
    publicUrl,
    holder,
    log,
    options: {
      doctor: () => reportPromises(core.db, log),
      followRestMs,
      gatherMs,
      // The embedded database has one process: what it kept to itself and left by dying may be taken soon.
      ...(core.db.kind === "pglite" ? { keepMs: embeddedKeepMs } : {}),
      ...options.sync,
    },
  });
  const app = createApp({
    ...core,
    ...options.app,
    sync,
    log,
    metrics: await metrics,
    options: { publicUrl, version },
  });
  return {
    ...core,
    sync,
    app,
    start: () => sync.start(),
    async close() {
      // The pulls and deliveries in hand still need the engine.
      await sync.stop();
      await core.close();
    },
  };
}

/**
 * Shops see a sale within a second; looking at the log after every single commit would cost half of the hub's speed
 * (measured: 1,440 against 2,840 reservations/s with 64 callers).
 */
const followRestMs = 150;
/** What is sold within a quarter of a second is one push to each shop. */
const gatherMs = 250;
const embeddedKeepMs = 5_000;

/** What `doctor` finds, hourly: a broken promise belongs in the log of whoever runs the hub. */
async function reportPromises(db: Database, log: Log): Promise<void> {
  const { checks } = await runDoctor(db);
  for (const { merchant, name, message } of checks.filter(({ ok }) => !ok)) {
    log.error({ merchant, check: name, message }, "A promise is broken; run `sluice doctor` for the rows.");
  }
}
