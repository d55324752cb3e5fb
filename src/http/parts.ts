import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Connector } from "../connectors/contract.ts";
import type { Database } from "../core/db/database.ts";
import type { Engine } from "../core/engine/commands.ts";
import type { Runtime } from "../core/runtime.ts";
import type { Vault } from "../core/vault.ts";
import type { Sync } from "../sync/contract.ts";
import type { Language } from "./messages.ts";
import type { Metrics } from "./metrics.ts";

/** What the app writes its log with; pino fits. Fields never hold personal data, tokens, bodies or query values. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface AppOptions {
  /** Address the outside reaches the hub at, without a slash at the end; webhook URLs start with it. */
  publicUrl: string;
  version: string;
  /** Default 1 MiB. */
  bodyLimitBytes?: number;
  /** Default 30,000. */
  requestTimeoutMs?: number;
  /** Check every answer against its documented schema and fail when it differs. For tests. */
  checkAnswers?: boolean;
}

/** Counts of the sync layer by group; they only ever rise. */
export type SyncFigures = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

/** A file of the API reference page, or null when there is no such file. */
export type ReadAsset = (name: string) => Promise<Uint8Array | null>;

export interface AppParts {
  db: Database;
  engine: Engine & { queueLength?(): number };
  sync: Sync & { readonly counters?: SyncFigures };
  vault: Vault;
  runtime: Runtime;
  connectors: ReadonlyMap<string, Connector>;
  log: Log;
  options: AppOptions;
  /** Given when other parts of the process add figures of their own; made here otherwise. */
  metrics?: Metrics;
  /** Where the files of swagger-ui-dist are read from; without it /docs answers 404. */
  readAsset?: ReadAsset;
  /** Where the files of the page at / are read from; without it / answers 404. */
  readPageFile?: ReadAsset;
  /** A key the page uses without asking for one. It is shown to everybody who can reach the hub: for the demo only. */
  pageKey?: () => string | undefined;
}

/** What is known about one request from its first moment on. */
export interface Scope {
  requestId: string;
  language: Language;
  startedMs: number;
  merchantId?: string;
  keyId?: string;
}

export interface AppEnv {
  Variables: { scope: Scope };
}

export type App = OpenAPIHono<AppEnv>;
