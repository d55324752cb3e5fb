import { AsyncLocalStorage } from "node:async_hooks";
import manifest from "../../package.json" with { type: "json" };
import { registry } from "../connectors/registry.ts";
import type { Database } from "../core/db/database.ts";
import { openPostgres } from "../core/db/postgres.ts";
import type { Engine } from "../core/engine/commands.ts";
import { createEngine } from "../core/engine/engine.ts";
import { SluiceError } from "../core/errors.ts";
import type { Runtime } from "../core/runtime.ts";
import { createVault, readMasterKey, type Vault } from "../core/vault.ts";
import type { Sync } from "../sync/contract.ts";
import { createSync } from "../sync/sync.ts";
import { createApp } from "./app.ts";
import type { App, Log, ReadAsset } from "./parts.ts";
import { problemOf } from "./problem.ts";
import { systemRuntime } from "./system.ts";

/**
 * The app on Cloudflare Workers, over PostgreSQL through Hyperdrive. Migrate that database from a machine with Node:
 * `sluice migrate`.
 *
 * A Worker may use a socket only in the request that opened it. So the app, its routes and its caches are made once per
 * isolate, and the parts that reach the database are made anew for each request, when first asked for; the app's own parts pass
 * every call on to those of the request it is in. Between requests nothing runs: what a lasting process does in
 * loops, the cron trigger does every minute (`runDue`).
 */

interface Env {
  HYPERDRIVE: { connectionString: string };
  SLUICE_KEY?: string;
  /** Address the outside reaches the hub at; that of the first request when left out. */
  SLUICE_PUBLIC_URL?: string;
  /** Files of the API reference page. */
  ASSETS?: { fetch(request: Request): Promise<Response> };
}

interface Execution {
  waitUntil(work: Promise<unknown>): void;
}

/** What one request works with. */
interface Machinery {
  db: Database;
  engine: Engine;
  sync: Sync;
}

interface Opened {
  machinery(): Promise<Machinery>;
  close(): Promise<void>;
}

interface Isolate {
  app: App;
  runtime: Runtime;
  vault: Vault;
  publicUrl: string;
}

const current = new AsyncLocalStorage<Opened>();

/** Connections to Hyperdrive of one request: reads that do not depend on each other share a round trip. */
const connectionsPerRequest = 4;

let isolate: Isolate | undefined;

function isolateOf(env: Env, origin: string): Isolate {
  if (isolate) return isolate;
  const runtime = systemRuntime();
  const vault = createVault(readMasterKey(env.SLUICE_KEY), runtime.random);
  const publicUrl = env.SLUICE_PUBLIC_URL ?? origin;
  const app = createApp({
    db: databaseOfRequest,
    engine: engineOfRequest,
    sync: syncOfRequest,
    vault,
    runtime,
    connectors: registry,
    log: consoleLog,
    options: { publicUrl, version: manifest.version },
    readAsset: assetsOf(env),
  });
  isolate = { app, runtime, vault, publicUrl };
  return isolate;
}

function openRequest(env: Env, { runtime, vault, publicUrl }: Isolate): Opened {
  let opened: Promise<Machinery> | undefined;
  const open = async (): Promise<Machinery> => {
    const db = await openPostgres(env.HYPERDRIVE.connectionString, { maxConnections: connectionsPerRequest });
    const engine = createEngine({ db, vault, runtime });
    const sync = createSync({
      db,
      engine,
      vault,
      runtime,
      connectors: registry,
      publicUrl,
      log: consoleLog,
      holder: `worker ${runtime.ids.next()}`,
      // Nothing is kept in this process: the next run of the cron trigger takes it up.
      options: { keepMs: 0 },
    });
    return { db, engine, sync };
  };
  return {
    machinery() {
      opened ??= open();
      return opened;
    },
    async close() {
      const machinery = await opened?.catch(() => undefined);
      await machinery?.sync.stop();
      await machinery?.engine.close();
      await machinery?.db.close();
    },
  };
}

function now(): Promise<Machinery> {
  const request = current.getStore();
  if (!request) throw new SluiceError("internal", "The database was asked for outside of a request.");
  return request.machinery();
}

const databaseOfRequest: Database = {
  kind: "postgres",
  query: async (text, params) => (await now()).db.query(text, params),
  transaction: async (work) => (await now()).db.transaction(work),
  close: async () => undefined,
};

const engineOfRequest: Engine = {
  submit: async (merchantId, command) => (await now()).engine.submit(merchantId, command),
  close: async () => undefined,
};

const syncOfRequest: Sync = {
  receive: async (connectionId, delivery) => (await now()).sync.receive(connectionId, delivery),
  syncConnection: async (merchantId, id) => (await now()).sync.syncConnection(merchantId, id),
  testConnection: async (merchantId, id) => (await now()).sync.testConnection(merchantId, id),
  mapListings: async (merchantId, id) => (await now()).sync.mapListings(merchantId, id),
  startAuthorization: async (merchantId, id) => (await now()).sync.startAuthorization(merchantId, id),
  finishAuthorization: async (parameters) => (await now()).sync.finishAuthorization(parameters),
  enterTokens: async (merchantId, id, tokens) => (await now()).sync.enterTokens(merchantId, id, tokens),
  retryParked: async (merchantId, id) => (await now()).sync.retryParked(merchantId, id),
  retryQuarantined: async (merchantId, id) => (await now()).sync.retryQuarantined(merchantId, id),
  states: async (merchantId) => (await now()).sync.states(merchantId),
  reserveFrom: async (connectionId) => (await now()).sync.reserveFrom(connectionId),
  // Every request has a sync layer of its own, which remembers nothing of others.
  forget: () => undefined,
  runDue: async () => (await now()).sync.runDue(),
  start: () => undefined,
  stop: async () => undefined,
};

/** Workers keep what is written to the console; JSON lines can be searched there. */
const consoleLog: Log = {
  info: (fields, message) => write("info", fields, message),
  warn: (fields, message) => write("warn", fields, message),
  error: (fields, message) => write("error", fields, message),
};

function write(level: "info" | "warn" | "error", fields: object, message: string): void {
  // biome-ignore lint/suspicious/noConsole: the console is where Workers log to
  console[level](JSON.stringify({ level, ...fields, message }));
}

const assetsOf =
  ({ ASSETS }: Env): ReadAsset =>
  async (name) => {
    const response = await ASSETS?.fetch(new Request(`https://assets.local/${name}`));
    return response?.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  };

/**
 * Passes the body on inside the request it belongs to, and closes the request's parts when it has ended: an export or event stream
 * goes on reading the database long after its headers were sent.
 */
function closingAfter(response: Response, request: Opened, execution: Execution): Response {
  if (response.body === null) {
    execution.waitUntil(request.close());
    return response;
  }
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  // A client that leaves breaks the pipe: that ends the stream and is nobody's failure.
  const piped = response.body.pipeTo(writable).catch(() => undefined);
  execution.waitUntil(piped.then(() => request.close()));
  return new Response(readable, response);
}

export default {
  async fetch(request: Request, env: Env, execution: Execution): Promise<Response> {
    let made: Isolate;
    try {
      made = isolateOf(env, new URL(request.url).origin);
    } catch (error) {
      // Wrong settings, most likely SLUICE_KEY: the sentence says which.
      return Response.json(problemOf(error, "en", "start"), { status: 500 });
    }
    const opened = openRequest(env, made);
    return current.run(opened, async () =>
      closingAfter(await made.app.fetch(request, env), opened, execution),
    );
  },

  async scheduled(_controller: unknown, env: Env): Promise<void> {
    const made = isolateOf(env, env.SLUICE_PUBLIC_URL ?? "http://localhost");
    const opened = openRequest(env, made);
    try {
      await current.run(opened, syncOfRequest.runDue);
    } finally {
      await opened.close();
    }
  },
};
