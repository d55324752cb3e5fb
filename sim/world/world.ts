import { type Chance, createChance } from "../../src/connectors/sandbox/random.ts";
import type { Database } from "../../src/core/db/database.ts";
import { isSluiceError } from "../../src/core/errors.ts";
import { createIds } from "../../src/core/ids.ts";
import type { Runtime } from "../../src/core/runtime.ts";
import type { Jobs } from "../../src/sync/schedule.ts";
import { tendShow } from "../operations/live-rooms.ts";
import { buy } from "../operations/shoppers.ts";
import type { Plan } from "../plan.ts";
import { Caller } from "./caller.ts";
import { assertFenced } from "./fence.ts";
import { emptyFurniture, type Furniture, furnish, productsOf } from "./furnish.ts";
import { HubProcess, hubHost } from "./hub-process.ts";
import { createIngress } from "./ingress.ts";
import { Life } from "./life.ts";
import { type LiveShow, openShow } from "./live-show.ts";
import { createNetwork, type Network } from "./network.ts";
import type { Plant } from "./plant.ts";
import { randomOf } from "./random.ts";
import { openShop, type SimShop, webhookSecret } from "./shops.ts";
import { VirtualTime } from "./time.ts";
import { createTrace, type Trace } from "./trace.ts";
import { newTruth, type Truth } from "./truth.ts";

/** A line of an order the hub could send now, as its page shows it. */
export interface ShippableLine {
  orderId: string;
  externalId: string;
  shop: string | null;
  lineNo: number;
  unitsPer: number;
  reserved: number;
}

export const startMs = Date.parse("2026-11-22T08:00:00.000Z");

/** Several times what the longest runs were seen to need; only work that makes work gets there. */
const statementsPerRun = 20_000;
/** Leases are kept however little there is to do. */
const statementsPerHour = 300;
const statementsPerOperation = 50;

export interface WorldParts {
  plan: Plan;
  db: Database;
  plant: Plant | null;
  keepTrace: boolean;
}

/** A merchant, their shops and shoppers, and the hub's processes, all on virtual time. */
export class World {
  readonly plan: Plan;
  readonly db: Database;
  readonly time: VirtualTime;
  readonly trace: Trace;
  readonly truth: Truth = newTruth();
  readonly seen = new Map<string, number>();
  readonly counts = { statements: 0, transactions: 0 };
  readonly caller: Caller;
  readonly chance: Chance;
  readonly logged: string[] = [];
  shops: SimShop[] = [];
  processes: HubProcess[] = [];
  furniture: Furniture = emptyFurniture;
  /** The live room, in runs that have one. */
  live: LiveShow | null = null;
  /** What people will do while calls are under way. */
  readonly agenda: (() => void)[] = [];
  /** How often the planted bug changed something. */
  did = 0;
  isCalm = false;
  /** The merchant's people work with it. */
  readonly desk: Runtime;
  private readonly plant: Plant | null;
  private readonly faultChance: Chance;
  private readonly processChance: Chance;
  private readonly network: Network;
  private readonly wakeAtMs = new Map<HubProcess, number>();
  private shippableLines: ShippableLine[] = [];
  private made = 0;
  private places = 0;

  constructor({ plan, db, plant, keepTrace }: WorldParts) {
    this.plan = plan;
    this.db = db;
    const most = statementsPerRun + statementsPerOperation * plan.operations;
    const hours = (nowMs: number) => Math.floor((nowMs - startMs) / 3_600_000);
    this.time = new VirtualTime(
      startMs,
      (nowMs) => this.counts.statements > most + statementsPerHour * hours(nowMs),
    );
    this.plant = plant;
    this.trace = createTrace(this.time.nowMs, keepTrace);
    this.chance = createChance(plan.seed);
    this.faultChance = createChance(plan.seed ^ 0xfa17);
    this.processChance = createChance(plan.seed ^ 0x9c0c);
    const random = randomOf(plan.seed ^ 0xde5c);
    const clock = { nowMs: this.time.nowMs };
    const timers = this.time.timersOf({ lazy: false, isAwake: () => true, isDead: false });
    this.desk = {
      clock,
      timers,
      random,
      ids: createIds(clock, random),
      fetch: () => Promise.reject(new Error("no")),
    };
    const { time, trace } = this;
    const { faultChance, see: seen, meanwhile } = this;
    this.network = createNetwork({ time, trace, chance: faultChance, seen, meanwhile });
    this.caller = new Caller({
      pick: () => this.anyProcess(),
      plant,
      did: this.note,
      onError: (request, error) => trace.step(`${request.command.kind} failed: ${String(error)}`),
    });
  }

  readonly see = (fault: string): void => {
    this.seen.set(fault, (this.seen.get(fault) ?? 0) + 1);
  };

  private readonly note = (): void => {
    this.did += 1;
  };

  /** A call is under way: people do the next of what they were about to do. */
  readonly meanwhile = (): void => {
    if (this.agenda.length === 0) return;
    for (const act of this.agenda.splice(0, this.chance.between(1, 4))) act();
  };

  async open(): Promise<void> {
    const { plan, time, truth, trace } = this;
    const { features } = plan;
    const products = productsOf(plan, this.processChance);
    this.shops = plan.shops.map((shopPlan) => {
      const pick = () => this.anyProcess();
      const fetch = createIngress({
        ...{ shop: shopPlan.name, pick, truth, time, trace },
        ...{ chance: this.faultChance, seen: this.see },
      });
      const shipsItself =
        features.has("shop ships") && (!features.has("hub ships") || this.processChance.happens(0.5));
      return openShop({ plan: shopPlan, products, time, chance: this.processChance, shipsItself, fetch });
    });
    const { db, desk: runtime, processChance: chance, shops } = this;
    this.furniture = await furnish({ db, runtime, plan, chance, truth, shops });
    for (const shop of this.shops) {
      const { name, sendsWebhooks, weather } = shop.plan;
      this.network.hosts.set(`${name}.sim`, {
        sandbox: shop.sandbox,
        weather,
        buyOne: (externalId) => buy(this, shop, externalId),
      });
      if (!sendsWebhooks) continue;
      const url = `https://${hubHost}/webhooks/${shop.connectionId}`;
      shop.sandbox.connectWebhook({ url, secret: webhookSecret });
    }
    if (features.has("live rooms")) this.live = await this.openShow();
    for (let count = features.has("two processes") ? 2 : 1; count > 0; count -= 1) this.startProcess();
  }

  private openShow(): Promise<LiveShow> {
    const { db, desk: runtime, time, see: seen, furniture, plan } = this;
    const { merchantId, bundleCode } = furniture;
    const skuCodes = [...furniture.skuCodes, ...(bundleCode === null ? [] : [bundleCode])];
    return openShow({
      seed: plan.seed,
      leftOut: plan.leftOut,
      db,
      runtime,
      time,
      merchantId,
      skuCodes,
      seen,
    });
  }

  /** What people change that needs no decision on stock, as the API does it; refusals are theirs to live with. */
  async edit(work: (db: Database, runtime: Runtime, merchantId: string) => Promise<unknown>): Promise<void> {
    try {
      await work(this.db, this.desk, this.furniture.merchantId);
    } catch (error) {
      if (!isSluiceError(error)) throw error;
    }
  }

  private startProcess(): void {
    const place = this.places;
    this.places += 1;
    const name = `hub${place + 1}`;
    const { plan, time, trace, counts, network, plant, processChance: chance } = this;
    const life = new Life({
      ...plan.hub.dangers,
      ...(this.isCalm ? { crash: 0, pause: 0 } : {}),
      chance: this.faultChance,
      onCrash: (where) => {
        this.see(`crash ${where}`);
        trace.step(`${name} crashes ${where}`);
      },
      onPause: (durationMs) => {
        this.see("pause");
        trace.step(`${name} stops for ${durationMs} ms`);
      },
    });
    const skewMs = plan.hub.skewMs === 0 ? 0 : chance.between(-plan.hub.skewMs, plan.hub.skewMs) >> 1;
    if (skewMs !== 0) this.see("clock.hub");
    const process = new HubProcess(name, place, skewMs, life, {
      ...{ store: this.db, time, trace, counts, network, chance, plant, room: this.live?.feed ?? null },
      merchantId: () => this.furniture.merchantId,
      pullEveryMs: plan.pullEveryMs,
      did: this.note,
      onCommit: async (tx, statements, by) => {
        const broken = plan.hub.dangers.pause > 0 ? await assertFenced(tx, statements, time.nowMs()) : null;
        if (broken !== null) this.truth.failed.push(`${by}: ${broken}`);
      },
      options: { keepMs: plan.keepMs, followRestMs: plan.followRestMs, firstPullDays: 1 / 48 },
      onLog: (by, level, message) => this.logged.push(`${by} ${level} ${message}`),
    });
    trace.step(`${name} starts`);
    this.processes.push(process);
  }

  /** One that takes calls: the balancer does not know yet of one that has just stopped. */
  private anyProcess(): HubProcess | null {
    const alive = this.processes.filter(({ life }) => !life.isDead);
    const awake = alive.filter(({ life }) => !life.isPaused);
    if (awake.length > 0) return this.processChance.oneOf(awake);
    return alive.length > 0 && this.processChance.happens(0.2) ? this.processChance.oneOf(alive) : null;
  }

  anyShop(): SimShop {
    return this.chance.oneOf(this.shops);
  }

  nextReference(kind: string): string {
    this.made += 1;
    return `${kind}-${this.made}`;
  }

  nextId(): string {
    return this.desk.ids.next();
  }

  shippable(): readonly ShippableLine[] {
    return this.shippableLines;
  }

  /** What people look up before they act. */
  async look(): Promise<void> {
    await this.live?.look();
    if (!this.plan.features.has("hub ships")) return;
    const shopOf = new Map(
      this.shops.filter((shop) => !shop.shipsItself).map((shop) => [shop.connectionId, shop.plan.name]),
    );
    const rows = await this.db.query<Omit<ShippableLine, "shop"> & { connectionId: string }>(
      `select o.id as "orderId", o.external_id as "externalId", o.connection_id as "connectionId", l.line_no as "lineNo",
         l.units_per as "unitsPer", l.quantity * l.units_per - l.shipped - l.cancelled - l.shortfall as reserved
       from orders o join order_lines l on l.merchant_id = o.merchant_id and l.order_id = o.id
       where o.merchant_id = $1 and o.status in ('paid', 'partially_shipped')
         and l.quantity * l.units_per > l.shipped + l.cancelled + l.shortfall
       order by o.id, l.line_no limit 60`,
      [this.furniture.merchantId],
    );
    this.shippableLines = rows.flatMap(({ connectionId, ...row }): ShippableLine[] => {
      const isManual = connectionId === this.furniture.manualConnectionId;
      const shop = isManual ? null : shopOf.get(connectionId);
      return shop === undefined ? [] : [{ ...row, shop }];
    });
  }

  /** Ends what a pause or a crash began: the paused wake, the dead are followed by new ones. */
  tend(): void {
    const nowMs = this.time.nowMs();
    tendShow(this);
    for (const process of [...this.processes]) {
      const { life } = process;
      if (life.isDead) {
        this.processes.splice(this.processes.indexOf(process), 1);
        this.time.forget(life);
        this.startProcess();
        continue;
      }
      if (!life.isPaused) continue;
      const wakeAtMs = this.wakeAtMs.get(process) ?? nowMs + life.pauseMs;
      this.wakeAtMs.set(process, wakeAtMs);
      if (wakeAtMs > nowMs && !this.isCalm) continue;
      this.wakeAtMs.delete(process);
      this.trace.step(`${process.name} wakes`);
      life.wakeUp();
    }
  }

  runJobs(wanted: ReadonlySet<keyof Jobs>, evenEarly = false): void {
    for (const process of this.processes) process.runJobs(wanted, evenEarly);
  }
}
