import type { Connector } from "../connectors/contract.ts";
import type { Timers } from "../core/clock.ts";
import type { Database } from "../core/db/database.ts";
import type { Engine } from "../core/engine/commands.ts";
import type { Runtime } from "../core/runtime.ts";
import type { Vault } from "../core/vault.ts";
import type { Calls } from "./calls.ts";
import type { Connections } from "./connections.ts";
import type { SyncCounters } from "./counters.ts";
import type { Leases } from "./leases.ts";
import type { RateLimiter } from "./rate.ts";
import type { TakeComments } from "./rooms/take.ts";
import type { StartSchedule } from "./schedule.ts";
import type { TokenKeeper } from "./tokens.ts";

export interface Log {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

/** What the composition root gives to `createSync`. */
export interface SyncParts {
  db: Database;
  engine: Engine;
  vault: Vault;
  runtime: Runtime;
  connectors: ReadonlyMap<string, Connector>;
  /** Where this hub is reached from outside. */
  publicUrl: string;
  log: Log;
  /** Names this process in leases. */
  holder: string;
  /** Where comments of live rooms go: into the live sessions when left out. */
  takeComments?: TakeComments;
  options?: Partial<SyncOptions>;
  /** Runs the timetable; node-cron on the machine's own clock when left out. */
  schedule?: StartSchedule;
  /** Measures the time between two looks for work of others; the runtime's own when left out. */
  lookTimers?: Pick<Timers, "sleep">;
}

export interface SyncOptions {
  /** How far back the first pull of a connection reaches. */
  firstPullDays: number;
  /** Pages of one pull run; the next run goes on from the cursor. */
  pagesPerRun: number;
  /** A pull run starts no further page after this time. */
  runMs: number;
  /** Deadline of one call to a platform. */
  callMs: number;
  /** How much longer a call that only reads may take in all because its requests wait for their turns in the call budget. */
  turnsMs: number;
  /** How long a job waits for its turn in the call budget before it puts the work back. */
  patienceMs: number;
  /** How often each connection is compared with its platform. */
  reconcileEveryMs: number;
  /** An hour is compared this long after its end. */
  gapGraceMs: number;
  /** How long a process keeps deliveries to itself that it has stored or taken from the inbox. */
  keepMs: number;
  /** Pause of a follower of the event log between two looks while events keep coming; 0 for none. */
  followRestMs: number;
  /**
   * How long a lasting process lets changes of stock gather before it sends them; 0 for not at all. Where the call budget is small
   * a push of shared units also waits until the one before could have been made up for.
   */
  gatherMs: number;
  /** Closed deliveries and records of runs are deleted after this time. */
  keepInboxDays: number;
  keepRunsDays: number;
  /** Checks all promises; called hourly when given. */
  doctor: (() => Promise<void>) | null;
}

export const defaultOptions: SyncOptions = {
  firstPullDays: 7,
  pagesPerRun: 200,
  runMs: 50_000,
  callMs: 30_000,
  turnsMs: 120_000,
  patienceMs: 10_000,
  reconcileEveryMs: 600_000,
  gapGraceMs: 600_000,
  keepMs: 30_000,
  followRestMs: 0,
  gatherMs: 0,
  keepInboxDays: 30,
  keepRunsDays: 7,
  doctor: null,
};

/** What every job of this layer works with. */
export interface SyncContext extends Omit<SyncParts, "options" | "takeComments" | "lookTimers"> {
  takeComments: TakeComments;
  options: SyncOptions;
  counters: SyncCounters;
  connections: Connections;
  calls: Calls;
  limiter: RateLimiter;
  leases: Leases;
  tokens: TokenKeeper;
  /** Aborted when the process is about to end: begin nothing new. */
  stopping: AbortSignal;
  /** Told of merchants whose orders have just changed, so that followers need not wait for their next look. */
  onChange(merchantId: string): void;
}
