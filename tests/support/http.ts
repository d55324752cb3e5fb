import type { Connector } from "../../src/connectors/contract.ts";
import { generic } from "../../src/connectors/generic/index.ts";
import type { Database } from "../../src/core/db/database.ts";
import { createKey, type KeyRole } from "../../src/core/keys.ts";
import { createApp } from "../../src/http/app.ts";
import type { AppParts, Log } from "../../src/http/parts.ts";
import type { Receipt, Sync } from "../../src/sync/contract.ts";
import { memoryDatabase } from "./database.ts";
import { type TestHub, testHub } from "./hub.ts";
import { testVault } from "./merchant.ts";
import { type TestRuntime, testRuntime } from "./runtime.ts";

/** The app over a real database and engine, called in memory. */
export interface TestApp {
  db: Database;
  hub: TestHub;
  runtime: TestRuntime;
  app: ReturnType<typeof createApp>;
  sync: FakeSync;
  logged: LogRecord[];
  /** An API key of the hub's merchant. */
  key(role: KeyRole): Promise<string>;
  /** Calls with an owner's key unless another is given; a plain object becomes JSON. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  close(): Promise<void>;
}

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  /** Parsed body; empty for none. Tests say what they expect in it. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the server sent and compares it
  body: any;
}

export interface LogRecord {
  level: "info" | "warn" | "error";
  fields: Record<string, unknown>;
  message: string;
}

export interface TestAppOptions {
  db?: Database;
  runtime?: TestRuntime;
  options?: Partial<AppParts["options"]>;
  sync?: Sync | ((hub: TestHub) => Sync);
  connectors?: readonly Connector[];
  more?: Partial<AppParts>;
}

let made = 0;

/** With a database given, a merchant of its own in it; `close` then leaves the database open. */
export async function testApp(given: TestAppOptions = {}): Promise<TestApp> {
  const db = given.db ?? (await memoryDatabase());
  made += 1;
  const runtime = given.runtime ?? testRuntime({ seed: made });
  const hub = await testHub(db, runtime);
  const sync = fakeSync();
  const { log, logged } = recordingLog();
  const app = createApp({
    db,
    engine: hub.engine,
    sync: typeof given.sync === "function" ? given.sync(hub) : (given.sync ?? sync),
    vault: testVault(runtime),
    runtime,
    connectors: new Map((given.connectors ?? [generic]).map((one) => [one.manifest.id, one])),
    log,
    options: { publicUrl: "https://hub.example", version: "1.2.3", checkAnswers: true, ...given.options },
    ...given.more,
  });
  const key = async (role: KeyRole) =>
    (await createKey(db, runtime, hub.merchant.id, { name: `${role} of a test`, role })).token;
  const ownerKey = await key("owner");
  return {
    db,
    hub,
    runtime,
    app,
    sync,
    logged,
    key,
    async call(method, path, body, headers = {}) {
      const response = await app.request(path, {
        method,
        headers: {
          authorization: `Bearer ${ownerKey}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: bodyOf(body) }),
      });
      return replyOf(response);
    },
    async close() {
      await hub.engine.close();
      if (!given.db) await db.close();
    },
  };
}

const bodyOf = (body: unknown): string | Uint8Array<ArrayBuffer> => {
  if (typeof body === "string") return body;
  return body instanceof Uint8Array ? body.slice() : JSON.stringify(body);
};

export async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  const isJson = /json$/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text !== "" ? JSON.parse(text) : "",
  };
}

export interface FakeSync extends Sync {
  /** What `receive` answers next; by default everything is accepted with 204. */
  receipt: Receipt;
  calls: unknown[][];
}

/** Remembers what it was asked and answers as told. */
export function fakeSync(): FakeSync {
  const calls: unknown[][] = [];
  const sync: FakeSync = {
    calls,
    receipt: {
      accepted: true,
      repeated: false,
      acknowledgement: { status: 204, body: "", contentType: "text/plain" },
    },
    async receive(connectionId, delivery) {
      calls.push(["receive", connectionId, delivery]);
      return sync.receipt;
    },
    async mapListings(merchantId, connectionId) {
      calls.push(["mapListings", merchantId, connectionId]);
      const unmatched = [{ externalId: "P9", sku: "NONE", title: "Nothing" }];
      return { listed: 4, created: 1, changedHands: 1, known: 1, unmatched };
    },
    async syncConnection(merchantId, connectionId) {
      calls.push(["syncConnection", merchantId, connectionId]);
      return {
        pages: 1,
        orders: 2,
        created: 1,
        updated: 1,
        unchanged: 0,
        rejected: 0,
        pushed: 3,
        failed: 0,
      };
    },
    async testConnection(merchantId, connectionId) {
      calls.push(["testConnection", merchantId, connectionId]);
      return { ok: true, account: "Shop of a test" };
    },
    async startAuthorization(merchantId, connectionId) {
      calls.push(["startAuthorization", merchantId, connectionId]);
      return {
        address: "https://shop.test/grant",
        redirectUrl: "https://hub.example/authorizations/callback",
        expiresAt: "2026-11-22T08:30:00.000Z",
      };
    },
    async finishAuthorization(parameters) {
      calls.push(["finishAuthorization", parameters]);
      return {
        merchantId: "01a20244-e800-7000-8000-000000000000",
        connectionId: "01a20244-e800-7000-8000-000000000001",
      };
    },
    async enterTokens(merchantId, connectionId, tokens) {
      calls.push(["enterTokens", merchantId, connectionId, tokens]);
    },
    async retryParked(merchantId, connectionId) {
      calls.push(["retryParked", merchantId, connectionId]);
      return 4;
    },
    async retryQuarantined(merchantId, connectionId) {
      calls.push(["retryQuarantined", merchantId, connectionId]);
      return 5;
    },
    async states() {
      return [];
    },
    async reserveFrom() {
      return "placed" as const;
    },
    forget(connectionId) {
      calls.push(["forget", connectionId]);
    },
    async runDue() {},
    start() {},
    async stop() {},
  };
  return sync;
}

export function recordingLog(): { log: Log; logged: LogRecord[] } {
  const logged: LogRecord[] = [];
  const record = (level: LogRecord["level"]) => (fields: object, message: string) => {
    logged.push({ level, fields: { ...fields }, message });
  };
  return { log: { info: record("info"), warn: record("warn"), error: record("error") }, logged };
}

/** Rows of the tables a refused write must not touch. */
export async function storedCounts(db: Database): Promise<Record<string, number>> {
  const tables = [
    "orders",
    "order_lines",
    "reservations",
    "holds",
    "movements",
    "events",
    "skus",
    "inbox",
    "tasks",
    "shipments",
    "refunds",
    "stock_documents",
    "listings",
    "connections",
    "idempotency_keys",
  ];
  const counts = await Promise.all(
    tables.map(async (table): Promise<[string, number]> => {
      const [row] = await db.query<{ count: number }>(`select count(*) as count from ${table}`);
      return [table, row?.count ?? 0];
    }),
  );
  return Object.fromEntries(counts);
}
