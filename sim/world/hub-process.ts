import type { Connector, RawDelivery, Tokens } from "../../src/connectors/contract.ts";
import { generic } from "../../src/connectors/generic/index.ts";
import type { Chance } from "../../src/connectors/sandbox/random.ts";
import type { Clock } from "../../src/core/clock.ts";
import type { Database } from "../../src/core/db/database.ts";
import type { Answer, Command, Engine } from "../../src/core/engine/commands.ts";
import { createEngine } from "../../src/core/engine/engine.ts";
import { createIds } from "../../src/core/ids.ts";
import type { Runtime } from "../../src/core/runtime.ts";
import { createVault } from "../../src/core/vault.ts";
import type { Receipt } from "../../src/sync/contract.ts";
import type { SyncOptions } from "../../src/sync/parts.ts";
import type { Jobs } from "../../src/sync/schedule.ts";
import { createSync, type RunningSync } from "../../src/sync/sync.ts";
import { databaseOf, type StoreParts } from "./database.ts";
import type { Life } from "./life.ts";
import type { Network } from "./network.ts";
import type { Plant, PlantTools } from "./plant.ts";
import { randomOf } from "./random.ts";

export const hubHost = "hub.sim";
/** Master key of simulated hubs: 00 01 02 … 1f. */
export const masterKey = Uint8Array.from({ length: 32 }, (_, index) => index);

export interface ProcessParts extends StoreParts {
  network: Pick<Network, "fetchOf">;
  /** Other connectors than the `generic` one. */
  connectors?: ReadonlyMap<string, Connector>;
  chance: Chance;
  merchantId: () => string;
  plant: Plant | null;
  did(): void;
  options: Partial<SyncOptions>;
  /** The live room of the run, if there is one. */
  room: { connectorOf(life: Life): Connector } | null;
  pullEveryMs: number;
  onLog(process: string, level: string, message: string): void;
}

/** How often the timetable has each other job run; a host that is busy may be late. */
const timetable: readonly [keyof Jobs, number][] = [
  ["expireHolds", 3_000],
  ["compareWithPlatforms", 30_000],
  ["reportGaps", 3_600_000],
  ["keepHouse", 3_600_000],
];

/** One hub process of the real core, sync and `generic` connector. Over with the first crash; a new one takes its place. */
export class HubProcess {
  readonly life: Life;
  readonly name: string;
  readonly runtime: Runtime;
  private readonly engine: Engine;
  private readonly sync: RunningSync;
  private readonly receiveDelivery: RunningSync["receive"];
  private readonly parts: ProcessParts;
  private jobs: Jobs | null = null;
  private readonly nextAtMs = new Map<keyof Jobs, number>();
  private readonly running = new Set<keyof Jobs>();

  constructor(name: string, place: number, skewMs: number, life: Life, parts: ProcessParts) {
    this.name = name;
    this.life = life;
    this.parts = parts;
    const { time, plant, chance } = parts;
    const tools: PlantTools = { did: parts.did, fraction: chance.fraction, life, place };
    const plain: Clock = { nowMs: () => time.nowMs() + skewMs };
    const clock = plant?.clock?.(plain, tools) ?? plain;
    const random = randomOf(chance.between(0, 0x7fffffff));
    this.runtime = {
      clock,
      timers: time.timersOf(life),
      random,
      ids: createIds(clock, random),
      fetch: parts.network.fetchOf(name, life),
    };
    const gated = databaseOf(name, life, { ...parts, store: rewritten(parts.store, plant, tools) });
    const db = plant?.database?.(gated, tools) ?? gated;
    const sealed = createVault(masterKey, random);
    const vault = plant?.vault?.(sealed, tools) ?? sealed;
    this.engine = createEngine({ db, vault, runtime: this.runtime });
    const connector = plant?.connector?.(generic, tools) ?? generic;
    const connectors = [connector, ...(parts.room ? [parts.room.connectorOf(life)] : [])];
    const write = (level: string) => (fields: Record<string, unknown>, message: string) =>
      parts.onLog(name, level, `${message} ${String(fields.error ?? fields.problem ?? "")}`);
    this.sync = createSync({
      db,
      engine: plant?.engine?.(this.engine, tools) ?? this.engine,
      vault,
      runtime: this.runtime,
      connectors: parts.connectors ?? new Map(connectors.map((one) => [one.manifest.id, one])),
      publicUrl: `https://${hubHost}`,
      log: { info: () => undefined, warn: write("warn"), error: write("error") },
      holder: name,
      options: parts.options,
      lookTimers: time.looksOf(life),
      schedule: (jobs) => {
        this.jobs = jobs;
        return { stop: () => Promise.resolve() };
      },
    });
    this.receiveDelivery = plant?.receive?.(this.sync.receive, tools) ?? this.sync.receive;
    this.sync.start();
  }

  /** Rejects when the process dies first: the caller does not know what became of it. */
  submit(command: Command): Promise<Answer> {
    return Promise.race([
      this.life.onlyAlive(this.engine.submit(this.parts.merchantId(), command)),
      this.life.died,
    ]);
  }

  receive(connectionId: string, delivery: RawDelivery): Promise<Receipt> {
    return Promise.race([this.life.onlyAlive(this.receiveDelivery(connectionId, delivery)), this.life.died]);
  }

  enterTokens(connectionId: string, tokens: Tokens): Promise<void> {
    return Promise.race([
      this.sync.enterTokens(this.parts.merchantId(), connectionId, tokens),
      this.life.died,
    ]);
  }

  /** A person opens the address, grants access, and the platform sends them back. */
  grantAccess(connectionId: string, grant: (address: string) => Record<string, string>): Promise<unknown> {
    const granted = async () => {
      const { address } = await this.sync.startAuthorization(this.parts.merchantId(), connectionId);
      return this.sync.finishAuthorization(grant(address));
    };
    return Promise.race([granted(), this.life.died]);
  }

  retryByHand(connectionId: string): Promise<unknown> {
    const merchantId = this.parts.merchantId();
    const both = async () => {
      await this.sync.retryParked(merchantId, connectionId);
      await this.sync.retryQuarantined(merchantId, connectionId);
    };
    return Promise.race([both(), this.life.died]).catch(() => undefined);
  }

  /** Starts the jobs whose time has come; one that still runs is not doubled. */
  runJobs(wanted: ReadonlySet<keyof Jobs>, evenEarly = false): void {
    const { jobs } = this;
    if (jobs === null || !this.life.isAwake()) return;
    const nowMs = this.parts.time.nowMs();
    for (const [name, everyMs] of [["pullOrders", this.parts.pullEveryMs] as const, ...timetable]) {
      if (!wanted.has(name) || this.running.has(name)) continue;
      if (!evenEarly && (this.nextAtMs.get(name) ?? 0) > nowMs) continue;
      this.nextAtMs.set(name, nowMs + everyMs);
      this.running.add(name);
      this.life
        .onlyAlive(jobs[name]())
        .catch((error: unknown) => this.parts.onLog(this.name, "error", `${name}: ${String(error)}`))
        .finally(() => this.running.delete(name));
    }
  }
}

/** Statements as a planted bug wants them, just before the database gets them. */
function rewritten(store: Database, plant: Plant | null, tools: PlantTools): Database {
  const change = plant?.statement?.bind(plant);
  if (!change) return store;
  const query: Database["query"] = (text, params) => {
    const next = change({ text, params }, tools);
    return store.query(next.text, next.params);
  };
  return {
    ...store,
    query,
    transaction: (work) =>
      store.transaction((tx) =>
        work({
          query: (text, params) => {
            const next = change({ text, params }, tools);
            return tx.query(next.text, next.params);
          },
        }),
      ),
  };
}
