import { addMs, type Instant } from "../../../src/core/clock.ts";
import type { Booked } from "../../../src/core/engine/rows.ts";
import {
  charge,
  chargeFor,
  mayObserve,
  observe,
  settleDone,
  settleFailed,
  settleUnknown,
  whyNot,
} from "../../../src/core/escrow/charge.ts";
import { type Exposure, exposedOf, newExposure } from "../../../src/core/escrow/exposure.ts";
import { claimedUnits, takeable } from "../../../src/core/escrow/free.ts";
import { countSale, ingest, restore, speedOf } from "../../../src/core/escrow/ingest.ts";
import { planShares } from "../../../src/core/escrow/plan.ts";
import { pass } from "../../../src/core/escrow/sighting.ts";
import { isHungry, nextStep, writeFor } from "../../../src/core/escrow/step.ts";
import { movedSince, putsBack, takenOf } from "../../../src/core/escrow/taken.ts";
import { declaredSkewMs, type Platform, type Sale, Shops, type Telling } from "./model-shops.ts";
import { second, startMs, Timeline } from "./timeline.ts";

/**
 * The escrow rules against platforms that know nothing of them: each sells from its own figure, its orders arrive late, its
 * writes are lost, late, or answered and not made. What the platforms really sold is counted by them alone.
 */

/** Ways to break the rules, to see that the model notices. */
export interface Shortcuts {
  /** A plain set charges only what it adds. */
  chargesDifference?: boolean;
  /** What was sold before a sighting counts as known at once. */
  ignoresWatermark?: boolean;
  /** An answer frees units although the figure could be read. */
  believesAnswers?: boolean;
  /** An unpaid order counts as sold although its platform takes the unit with the payment. */
  countsUnpaid?: boolean;
  /** Goods that came back count as still sold, although the platform offers them again. */
  forgetsReturns?: boolean;
}

const callMs = 30 * second;
const lateMs = 60 * second;

export interface Played {
  stock: number;
  /** Units the platforms and the hub itself sold and did not take back. */
  sold: number;
  short: number;
  /** Highest claim beyond what was there, over all committed states. */
  worst: number;
  writes: number;
  fates: Record<string, number>;
  /** Units on offer at the end, or that a platform that cannot be read may still stand for. */
  left: number;
  /** Units of those that are not on offer: the platform may have put them back, nobody was told of a payment, and nobody can look. */
  hidden: number;
}

export class Model {
  readonly fates: Record<string, number> = {};
  private readonly time: Timeline;
  private readonly shops: Shops;
  private readonly exposures = new Map<string, Exposure>();
  private readonly waiting = new Set<Sale>();
  private readonly shortcuts: Shortcuts;
  private readonly stock: number;
  private available: number;
  private ownSales = 0;
  private worst = 0;
  private writes = 0;
  private readonly watermarks: (Instant | null)[] = [];
  /** The write a platform was sent last; landing again answers what the first time did. */
  private readonly landings = new Map<number, () => boolean>();

  constructor(seed: number, shortcuts: Shortcuts = {}) {
    this.time = new Timeline(seed);
    this.shortcuts = shortcuts;
    this.stock = this.time.int(1, 40);
    this.available = this.stock;
    this.shops = new Shops(this.time, (sale, telling) => this.announce(sale, telling));
    for (const [index, platform] of this.shops.platforms.entries()) this.open(index, platform);
  }

  play(minutes = 60): Played {
    const { time, shops } = this;
    for (const index of shops.platforms.keys()) {
      time.soon(time.int(0, 20) * second, () => shops.shop(index));
      time.soon(time.int(0, 60) * second, () => this.pull(index));
      time.soon(time.int(0, 20) * second, () => this.tick(index));
      time.soon(time.int(0, 600) * second, () => this.compare(index));
    }
    time.soon(time.int(0, 600) * second, () => this.sellHere());
    time.run(startMs + minutes * 60 * second);
    // The calm: nothing is lost any more, buyers go on, orders come quickly.
    shops.calm = true;
    time.run(time.nowMs + 120 * 60 * second);
    for (const platform of shops.platforms) platform.appetite = 0; // every order there is comes in
    time.run(time.nowMs + 30 * 60 * second);
    return {
      stock: this.stock,
      sold: this.ownSales + shops.sales.reduce((sum, sale) => sum + shops.keeps(sale), 0),
      short: shops.sales.reduce((sum, sale) => sum + sale.short, 0),
      worst: this.worst,
      writes: this.writes,
      fates: this.fates,
      left: shops.platforms.reduce(
        (sum, { readable, figure }, index) => sum + (readable ? figure : exposedOf(this.ofListing(index))),
        0,
      ),
      hidden: shops.platforms.reduce(
        (sum, { readable, figure }, index) =>
          sum + (readable ? 0 : Math.max(0, exposedOf(this.ofListing(index)) - figure)),
        0,
      ),
    };
  }

  private open(index: number, platform: Platform): void {
    const id = `listing-${index}`;
    const traits = {
      deducts: platform.deducts,
      restoresUnpaid: platform.restoresUnpaid,
      restoresPaid: platform.restoresPaid,
      skewMs: declaredSkewMs,
      readable: platform.readable && !this.shortcuts.believesAnswers,
    };
    // What a look at a listing without stock and orders leaves.
    this.exposures.set(id, { ...newExposure(id, "connection", traits), adopted: true });
    this.watermarks.push(null);
  }

  private announce(sale: Sale, telling: number): void {
    const lagMs = this.shops.calm ? second : (this.shops.platforms[sale.listing]?.lagMs ?? 0);
    if (this.time.chance(0.3)) return; // the webhook never comes: a pull must find it
    this.time.soon(Math.floor(this.time.fraction() * lagMs), () => this.hear(sale, telling));
  }

  // ---- The hub

  private ofListing(index: number): Exposure {
    const exposure = this.exposures.get(`listing-${index}`);
    if (!exposure) throw new Error(`no exposure of listing ${index}`);
    return exposure;
  }

  private keep(exposure: Exposure): void {
    this.exposures.set(exposure.listingId, exposure);
  }

  private claims() {
    return [...this.exposures.keys()].map((listingId) => ({ listingId, units: 1 }));
  }

  private claimed(): number {
    return claimedUnits(this.claims(), this.exposures);
  }

  /** Ends every step: waiting sales first, then the invariant. */
  private commit(): void {
    for (const sale of this.waiting) {
      const units = Math.min(sale.short, this.free());
      sale.short -= units;
      sale.held += units;
      this.available -= units;
      if (sale.short === 0) this.waiting.delete(sale);
    }
    this.worst = Math.max(this.worst, this.claimed() - this.available);
  }

  private free(): number {
    return takeable("split", this.available, this.claimed(), 0);
  }

  /** Takes in what the order said at one time, unless something later is known. */
  private hear(sale: Sale, telling: number): void {
    const told = sale.tellings[telling - 1];
    if (told === undefined || telling <= sale.heard) return;
    sale.heard = telling;
    sale.wasBooked ||= told.status === "paid" || told.status === "shipped" || told.paidAt !== null;
    const isOver = told.status === "cancelled";
    const wanted = isOver || this.isEarly(sale, told) ? 0 : sale.quantity - told.returned;
    if (wanted < sale.held) {
      this.available += sale.held - wanted;
      sale.held = wanted;
    }
    const granted = this.follow(sale, told);
    const more = Math.min(wanted - sale.held, takeable("split", this.available, this.claimed(), granted));
    sale.held += more;
    this.available -= more;
    sale.short = wanted - sale.held;
    if (sale.short > 0) this.waiting.add(sale);
    else this.waiting.delete(sale);
    this.commit();
  }

  private isEarly(sale: Sale, told: Telling): boolean {
    return told.status === "pending_payment" && this.ofListing(sale.listing).platform.deducts === "paid";
  }

  /** The listing's units follow the order. Answers those that are the order's own to take. */
  private follow(sale: Sale, told: Telling): number {
    const exposure = this.ofListing(sale.listing);
    const { platform } = exposure;
    const order = {
      status: told.status,
      toldStatus: told.status,
      paidAt: told.paidAt,
      booked: sale.wasBooked ? ({} as Booked) : null,
    };
    const returned = this.shortcuts.forgetsReturns ? 0 : told.returned;
    const line = { quantity: sale.quantity, unitsPer: 1, cancelled: 0, returned };
    const deducts = this.shortcuts.countsUnpaid ? "placed" : platform.deducts;
    const taken = takenOf(order, line, deducts);
    const { sold, back } = movedSince(sale.taken, taken, order, line, { ...platform, deducts });
    sale.taken = taken;
    const soldAt = platform.deducts === "paid" ? (told.paidAt ?? sale.placedAt) : sale.placedAt;
    if (sold > 0) this.keep(countSale(ingest(exposure, sold, soldAt), sold, this.time.now()));
    const granted = Math.max(0, exposedOf(exposure) - exposedOf(this.ofListing(sale.listing)));
    if (back > 0 && putsBack(order, platform)) this.keep(restore(this.ofListing(sale.listing), back));
    return granted;
  }

  private pull(index: number): void {
    const lagMs = this.shops.calm
      ? 0
      : this.time.chance(0.2)
        ? this.time.int(60, 1800) * second
        : this.time.int(0, 5) * second;
    this.time.soon(this.time.int(20, this.shops.calm ? 60 : 600) * second, () => this.pull(index));
    const told = addMs(this.shops.now(index), -lagMs);
    // A page says of each order what it said then: a cancel after it is not in it.
    const page = this.shops.sales
      .filter((sale) => sale.listing === index && sale.placedAt <= told)
      .map((sale) => ({ sale, telling: sale.tellings.filter((one) => one.changedAt <= told).length }));
    const watermark = told < this.time.now() ? told : this.time.now();
    this.time.soon(this.time.int(0, 10) * second, () => {
      for (const { sale, telling } of page) this.hear(sale, telling);
      const known = this.watermarks[index];
      if (known === null || known === undefined || watermark > known) this.watermarks[index] = watermark;
      this.keep(pass(this.ofListing(index), this.watermarks[index] ?? null).exposure);
      this.commit();
    });
  }

  /** An order taken by the hub itself may have free units only. */
  private sellHere(): void {
    this.time.soon(this.time.int(300, 3000) * second, () => this.sellHere());
    if (this.free() === 0 || !this.time.chance(0.3)) return;
    this.available -= 1;
    this.ownSales += 1;
    this.commit();
  }

  private tick(index: number): void {
    this.time.soon(this.time.int(5, 40) * second, () => this.tick(index));
    const platform = this.shops.platforms[index];
    if (!platform) return;
    const shares = planShares(
      this.available,
      this.shops.platforms.map((_, other) => ({
        listingId: `listing-${other}`,
        units: 1,
        rule: { minimum: null, maximum: null, fixed: null, percentBp: null },
        holds: this.ofListing(other).after,
        speed: speedOf(this.ofListing(other), this.time.nowMs),
      })),
    );
    const exposure = this.ofListing(index);
    const target = shares.get(exposure.listingId) ?? 0;
    let hungry = 0;
    let coming = 0;
    for (const other of this.exposures.values()) {
      const share = shares.get(other.listingId) ?? 0;
      if (isHungry(other, share)) hungry += share - Math.max(0, other.after);
      coming += Math.max(0, other.before);
    }
    const room = this.available - this.claimed();
    const step = nextStep({
      exposure,
      state: "split",
      target,
      room,
      pressure: hungry - room - coming,
      isShort: room + coming < 0,
      kinds: platform.kinds,
      readable: platform.readable,
      now: this.time.now(),
    });
    if (step.kind === "look") this.look(index);
    else if (step.kind === "repeat") this.repeat(index);
    else if (step.kind === "write") {
      const change = writeFor(step.change, platform.kinds, null);
      if (change) this.send(index, change);
      else this.look(index, (figure) => this.send(index, writeFor(step.change, platform.kinds, figure)));
    }
  }

  /** A write in doubt where the platform cannot be read: made again under its id, which takes effect once. */
  private repeat(index: number): void {
    const { writes } = this.ofListing(index);
    const landed = this.landings.get(index)?.() ?? false;
    this.time.soon(this.time.int(0, 5) * second, () => {
      const exposure = this.ofListing(index);
      if (exposure.writes !== writes || exposure.write === null) return;
      this.keep(landed ? settleDone(exposure, this.time.now(), false, null) : settleFailed(exposure));
      this.commit();
    });
  }

  /** The comparison that comes round whether or not anything happened. */
  private compare(index: number): void {
    this.time.soon(600 * second, () => this.compare(index));
    if (this.shops.platforms[index]?.readable) this.look(index);
  }

  private look(index: number, then?: (figure: number) => void): void {
    const platform = this.shops.platforms[index];
    const { writes, ingested, restored } = this.ofListing(index);
    const startedAt = this.time.now();
    if (!platform) return;
    this.time.soon(this.time.int(0, 4) * second, () => {
      const { figure } = platform;
      this.time.soon(this.time.int(0, 4) * second, () => {
        const exposure = this.ofListing(index);
        if (!mayObserve(exposure, startedAt, writes)) return;
        let seen = observe(exposure, { figure, readAt: this.time.now(), ingested, restored });
        if (this.shortcuts.ignoresWatermark) seen = { ...seen, before: 0, anchor: null };
        this.keep(seen);
        this.commit();
        then?.(figure);
      });
    });
  }

  private send(index: number, change: ReturnType<typeof writeFor>): void {
    const platform = this.shops.platforms[index];
    const exposure = this.ofListing(index);
    if (!platform || !change || whyNot(exposure, change) !== null) return;
    const units = chargeFor(change);
    const isDifference = this.shortcuts.chargesDifference && change.kind === "set";
    const asked = isDifference ? Math.max(0, units - Math.max(0, exposure.after)) : units;
    if (asked > 0 && asked > this.available - this.claimed()) return;
    const until = addMs(this.time.now(), callMs + lateMs);
    const charged = charge(exposure, { id: "w", ...change, since: this.time.now(), until });
    this.keep(isDifference ? { ...charged, inFlight: asked } : charged);
    this.writes += 1;
    this.commit();
    const settle = (how: (exposure: Exposure) => Exposure) => () => {
      const current = this.ofListing(index);
      if (current.writes !== charged.writes || current.write === null) return;
      let settled = how(current);
      if (isDifference && settled.write === null)
        settled = {
          ...settled,
          after: change.quantity,
          before: 0,
          anchor: null,
          next: null,
          mustLook: false,
        };
      if (this.shortcuts.ignoresWatermark) settled = { ...settled, before: 0, anchor: null, next: null };
      this.keep(settled);
      this.commit();
    };
    this.fly(index, change, settle);
  }

  private fly(
    index: number,
    change: NonNullable<ReturnType<typeof writeFor>>,
    settle: (how: (exposure: Exposure) => Exposure) => () => void,
  ): void {
    const platform = this.shops.platforms[index];
    if (!platform) return;
    const roll = this.shops.calm ? 1 : this.time.fraction();
    let answer: boolean | null = null;
    const land = (): boolean => {
      answer ??= apply();
      return answer;
    };
    this.landings.set(index, land);
    const apply = (): boolean => {
      if (change.kind === "compareAndSet" && platform.figure !== change.expected) return false;
      const next = change.kind === "delta" ? platform.figure + change.quantity : change.quantity;
      if (next < 0) return false;
      platform.figure = next;
      return true;
    };
    const note = (fate: string) => {
      this.fates[fate] = (this.fates[fate] ?? 0) + 1;
    };
    const done = () => settle((exposure) => settleDone(exposure, this.time.now(), false, null))();
    if (roll < 0.05) {
      note("lost");
      this.time.soon(callMs, settle(settleUnknown));
    } else if (roll < 0.1) {
      note("late");
      this.time.soon(this.time.int(20, 85) * second, land);
      this.time.soon(callMs, settle(settleUnknown));
    } else if (roll < 0.15) {
      note("applied and timed out");
      this.time.soon(this.time.int(0, 20) * second, land);
      this.time.soon(callMs, settle(settleUnknown));
    } else if (roll < 0.2 && platform.readable) {
      note("answered and not applied");
      this.time.soon(this.time.int(0, 10) * second, done);
    } else if (roll < 0.25) {
      note("refused");
      this.time.soon(this.time.int(0, 10) * second, settle(settleFailed));
    } else {
      this.time.soon(this.time.int(0, 5) * second, () => {
        const landed = land();
        if (!landed) note("refused by the figure");
        this.time.soon(this.time.int(0, 5) * second, landed ? done : settle(settleFailed));
      });
    }
  }
}
