import type { RawDelivery } from "../../src/connectors/contract.ts";
import { type Chance, createChance } from "../../src/connectors/sandbox/random.ts";
import { createConnection } from "../../src/core/catalogue/connections.ts";
import { createListings } from "../../src/core/catalogue/listings.ts";
import { createSku } from "../../src/core/catalogue/skus.ts";
import type { Database } from "../../src/core/db/database.ts";
import type { Answer, Command } from "../../src/core/engine/commands.ts";
import { createEngine } from "../../src/core/engine/engine.ts";
import { createIds } from "../../src/core/ids.ts";
import { createMerchant } from "../../src/core/merchants.ts";
import type { Runtime } from "../../src/core/runtime.ts";
import { createVault } from "../../src/core/vault.ts";
import type { Jobs } from "../../src/sync/schedule.ts";
import type { Subject } from "../../tests/connectors/subject.ts";
import { HubProcess, masterKey } from "../world/hub-process.ts";
import { Killed, Life } from "../world/life.ts";
import { randomOf } from "../world/random.ts";
import { VirtualTime } from "../world/time.ts";
import { createTrace, type Trace } from "../world/trace.ts";
import { startMs } from "../world/world.ts";
import { createPlatformNetwork, type PlatformNetwork } from "./network.ts";
import type { PlatformPlan } from "./plan.ts";
import { type Bought, buyThere, openPlatform, type PlatformShop } from "./shop.ts";

const patienceSeconds = 30;

/** A merchant with accounts on fake platforms that check every request, all on virtual time, and the real hub between them. */
export class PlatformWorld {
  readonly time = new VirtualTime(startMs);
  readonly trace: Trace;
  readonly chance: Chance;
  readonly faultChance: Chance;
  readonly seen = new Map<string, number>();
  readonly failed: string[] = [];
  readonly logged: string[] = [];
  readonly statements = { statements: 0, transactions: 0 };
  /** Units that were put on the shelf, by SKU. */
  readonly received: number[];
  readonly plan: PlatformPlan;
  readonly db: Database;
  readonly desk: Runtime;
  shops: PlatformShop[] = [];
  processes: HubProcess[] = [];
  merchantId = "";
  isCalm = false;
  deliveries = { sent: 0, dropped: 0, refused: 0 };
  private readonly deliveryTimers = this.time.timersOf({ lazy: true, isAwake: () => true, isDead: false });
  private network: PlatformNetwork | null = null;
  private started = 0;
  private made = 0;
  private readonly wakeAtMs = new Map<HubProcess, number>();

  constructor(plan: PlatformPlan, db: Database, keepTrace = false) {
    this.plan = plan;
    this.db = db;
    this.trace = createTrace(this.time.nowMs, keepTrace);
    this.chance = createChance(plan.seed);
    this.faultChance = createChance(plan.seed ^ 0xfa17);
    this.received = Array.from({ length: plan.skuCount }, () => 0);
    const random = randomOf(plan.seed ^ 0xde5c);
    const clock = { nowMs: this.time.nowMs };
    this.desk = {
      clock,
      random,
      ids: createIds(clock, random),
      timers: this.time.timersOf({ lazy: false, isAwake: () => true, isDead: false }),
      fetch: () => Promise.reject(new Error("Nobody calls from the desk.")),
    };
  }

  readonly see = (fault: string): void => {
    this.seen.set(fault, (this.seen.get(fault) ?? 0) + 1);
  };

  async open(subjects: readonly Subject[]): Promise<void> {
    for (const subject of subjects) this.shops.push(await openPlatform(subject, this.time, this.faultChance));
    const { shops, time, trace, faultChance: chance, see: seen } = this;
    this.network = createPlatformNetwork({ shops, time, trace, chance, seen });
    await this.furnish();
    for (let count = 0; count < this.plan.processes; count += 1) this.startProcess();
  }

  private async furnish(): Promise<void> {
    const { db, desk: runtime, plan } = this;
    const vault = createVault(masterKey, runtime.random);
    const merchant = await createMerchant(
      db,
      { vault, runtime },
      { code: "sim", name: "Simulated merchant" },
    );
    this.merchantId = merchant.id;
    const codes = this.received.map((_, index) => `SKU-${index + 1}`);
    for (const code of codes)
      await createSku(db, runtime, merchant.id, {
        code,
        name: code,
        kind: "physical",
        stockMode: plan.stockMode,
      });
    const engine = createEngine({ db, vault, runtime });
    await engine.submit(merchant.id, {
      kind: "stock.adjust",
      input: {
        reference: "opening",
        lines: codes.map((sku) => ({ sku, delta: plan.openingStock, unitCostMinor: 700, reason: "opening" })),
      },
    });
    await engine.close();
    this.received.fill(plan.openingStock);
    for (const shop of this.shops) await this.connect(shop, codes);
  }

  private async connect(shop: PlatformShop, codes: readonly string[]): Promise<void> {
    const { db, desk: runtime, merchantId } = this;
    const { settings, secrets, connector } = shop.subject;
    const vault = createVault(masterKey, runtime.random);
    const input = { connector: shop.id, name: shop.id, settings, secrets: secrets as Record<string, string> };
    const accountSettings = connector.manifest.accountSettings;
    const made = await createConnection(db, { vault, runtime }, merchantId, { ...input, accountSettings });
    shop.connectionId = made.id;
    const listings = shop.platform.listings.slice(0, codes.length).map((listing, index) => ({
      connection: made.id,
      externalId: listing.externalId,
      ...(listing.externalVariantId === undefined ? {} : { externalVariantId: listing.externalVariantId }),
      sku: codes[index] ?? "",
      unitsPer: 1,
      buffer: 0,
      cap: null,
    }));
    await createListings(db, runtime, merchantId, listings);
  }

  /** Gives the hub the tokens that the platform gave out, where it works with such. */
  async grantAccess(): Promise<void> {
    const [process] = this.processes;
    for (const { platform, connectionId } of this.shops) {
      const tokens = platform.authorization?.tokens();
      if (process && tokens) await process.enterTokens(connectionId, tokens);
    }
  }

  /** A person grants access again where the platform has refused: an answer that was lost can take the only good token with it. */
  async grantAgain(): Promise<void> {
    const rows = await this.db.query<{ id: string }>(
      "select id from connections where merchant_id = $1 and status = 'refused'",
      [this.merchantId],
    );
    const refused = new Set(rows.map(({ id }) => id));
    const [process] = this.processes;
    for (const { platform, connectionId } of this.shops) {
      const { authorization } = platform;
      if (!process || !authorization || !refused.has(connectionId)) continue;
      this.see("access granted again");
      await process.grantAccess(connectionId, authorization.grant);
    }
  }

  private startProcess(): void {
    const { plan, time, trace, statements: counts, network, faultChance: chance } = this;
    if (!network) throw new Error("The world is not open yet.");
    this.started += 1;
    const name = `hub${this.started}`;
    const life = new Life({
      ...plan.dangers,
      ...(this.isCalm ? { crash: 0, pause: 0 } : {}),
      chance,
      onCrash: (where) => {
        this.see(`crash ${where}`);
        trace.step(`${name} crashes ${where}`);
      },
      onPause: () => this.see("pause"),
    });
    this.processes.push(
      new HubProcess(name, this.started - 1, 0, life, {
        ...{ store: this.db, time, trace, counts, chance, plant: null, room: null },
        network: { fetchOf: network.fetchOf },
        connectors: network.connectors,
        merchantId: () => this.merchantId,
        did: () => undefined,
        pullEveryMs: 60_000,
        onCommit: () => Promise.resolve(),
        options: { firstPullDays: 1 / 24, ...plan.options },
        onLog: (by, level, message) => this.logged.push(`${by} ${level} ${message}`),
      }),
    );
  }

  /** One that is there and awake. */
  anyProcess(): HubProcess | null {
    const awake = this.processes.filter(({ life }) => life.isAwake());
    return awake.length > 0 ? this.chance.oneOf(awake) : null;
  }

  /** Ends pauses whose time is over; a process that died is followed by a new one. */
  tend(): void {
    const nowMs = this.time.nowMs();
    for (const process of [...this.processes]) {
      const { life } = process;
      if (life.isDead) {
        this.processes.splice(this.processes.indexOf(process), 1);
        this.time.forget(life);
        this.startProcess();
      } else if (life.isPaused) {
        const wakeAtMs = this.wakeAtMs.get(process) ?? nowMs + life.pauseMs;
        this.wakeAtMs.set(process, wakeAtMs);
        if (wakeAtMs > nowMs && !this.isCalm) continue;
        this.wakeAtMs.delete(process);
        life.wakeUp();
      }
    }
  }

  runJobs(wanted: ReadonlySet<keyof Jobs>, evenEarly = false): void {
    for (const process of this.processes) process.runJobs(wanted, evenEarly);
  }

  /** A person or the warehouse asks. Null when no answer came: of a crash, or because a process stands still too long. */
  async submit(command: Command): Promise<Answer | null> {
    const process = this.anyProcess();
    if (!process) return null;
    let answered: { answer: Answer | null } | null = null;
    void process.submit(command).then(
      (answer) => {
        answered = { answer };
      },
      () => {
        answered = { answer: null };
      },
    );
    for (let seconds = 0; seconds < patienceSeconds; seconds += 1) {
      await this.time.settle();
      if (answered !== null) return (answered as { answer: Answer | null }).answer;
      await this.time.pass(1_000);
      this.tend();
    }
    return null;
  }

  nextReference(kind: string): string {
    this.made += 1;
    return `${kind}-${this.made}`;
  }

  async buy(shop: PlatformShop, item: number, quantity: number): Promise<Bought | null> {
    const bought = await buyThere(shop, item, quantity, this.time.nowMs());
    if (bought) this.tell(shop, bought.externalId);
    return bought;
  }

  /** The platform tells of an order as it is now: late, twice or never, as its weather is. */
  tell(shop: PlatformShop, externalId: string): void {
    const { webhooks } = shop.platform;
    if (!webhooks) return;
    const { weather } = shop;
    this.deliveries.sent += 1;
    if (this.faultChance.happens(weather.dropped)) {
      this.deliveries.dropped += 1;
      this.see("webhook.drop");
      return;
    }
    const delayMs = weather.delayMs === 0 ? 0 : this.faultChance.between(0, weather.delayMs);
    if (delayMs > 60_000) this.see("webhook.delay");
    const repeats = this.faultChance.happens(weather.repeated) ? 2 : 1;
    if (repeats > 1) this.see("webhook.repeat");
    void this.deliver(shop, externalId, delayMs, repeats);
  }

  /** Signed when it is sent: platforms that sign the time sign late ones anew. */
  private async deliver(
    shop: PlatformShop,
    externalId: string,
    delayMs: number,
    repeats: number,
  ): Promise<void> {
    const { webhooks } = shop.platform;
    if (!webhooks) return;
    await this.deliveryTimers.sleep(delayMs);
    const delivery = await this.time.busy(async () => webhooks.deliver(externalId));
    for (let count = 0; count < repeats; count += 1) {
      const taken = await this.handOver(shop, delivery);
      if (!taken) this.deliveries.refused += 1;
    }
  }

  /** False when no process was there to take it, or when it died over it. */
  private async handOver({ connectionId }: PlatformShop, delivery: RawDelivery): Promise<boolean> {
    try {
      const receipt = await this.anyProcess()?.receive(connectionId, delivery);
      if (receipt?.accepted === false) this.failed.push(`a signed delivery was refused: ${receipt.reason}`);
      return receipt?.accepted === true;
    } catch (error) {
      if (error instanceof Killed) return false;
      throw error;
    }
  }
}
