import { addMs, type Instant, instantOf } from "../../../src/core/clock.ts";
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
import { type Exposure, exposedOf, newExposure, type WriteKind } from "../../../src/core/escrow/exposure.ts";
import { claimedUnits, takeable } from "../../../src/core/escrow/free.ts";
import { countSale, ingest, restore, speedOf } from "../../../src/core/escrow/ingest.ts";
import { planShares } from "../../../src/core/escrow/plan.ts";
import { pass } from "../../../src/core/escrow/sighting.ts";
import { isHungry, nextStep, writeFor } from "../../../src/core/escrow/step.ts";

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
}

interface Platform {
  kinds: WriteKind[];
  figure: number;
  skewMs: number;
  readable: boolean;
  /** From the sale to the hub, at most. */
  lagMs: number;
  restores: boolean;
  appetite: number;
}

interface Sale {
  listing: number;
  quantity: number;
  placedAt: Instant;
  changedAt: Instant;
  cancelled: boolean;
  /** The hub's view. */
  known: "no" | "open" | "cancelled";
  held: number;
  short: number;
}

const second = 1000;
const startMs = Date.parse("2026-11-22T08:00:00.000Z");
const declaredSkewMs = 5 * second;
const callMs = 30 * second;
const lateMs = 60 * second;

/** mulberry32 */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

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
}

export class Model {
  readonly fates: Record<string, number> = {};
  private readonly random: () => number;
  private readonly platforms: Platform[] = [];
  private readonly exposures = new Map<string, Exposure>();
  private readonly sales: Sale[] = [];
  private readonly waiting = new Set<Sale>();
  private readonly queue: { at: number; turn: number; work: () => void }[] = [];
  private readonly shortcuts: Shortcuts;
  private readonly stock: number;
  private available: number;
  private ownSales = 0;
  private nowMs = startMs;
  private turn = 0;
  private calm = false;
  private worst = 0;
  private writes = 0;
  private readonly watermarks: (Instant | null)[] = [];
  /** The write a platform was sent last; landing again answers what the first time did. */
  private readonly landings = new Map<number, () => boolean>();

  constructor(seed: number, shortcuts: Shortcuts = {}) {
    this.random = generator(seed);
    this.shortcuts = shortcuts;
    this.stock = this.int(1, 40);
    this.available = this.stock;
    const count = this.int(2, 6);
    for (let index = 0; index < count; index += 1) this.addPlatform(index);
  }

  play(minutes = 60): Played {
    for (const index of this.platforms.keys()) {
      this.soon(this.int(0, 20) * second, () => this.shop(index));
      this.soon(this.int(0, 60) * second, () => this.pull(index));
      this.soon(this.int(0, 20) * second, () => this.tick(index));
      this.soon(this.int(0, 600) * second, () => this.compare(index));
    }
    this.soon(this.int(0, 600) * second, () => this.sellHere());
    this.run(startMs + minutes * 60 * second);
    // The calm: nothing is lost any more, buyers go on, orders come quickly.
    this.calm = true;
    this.run(this.nowMs + 120 * 60 * second);
    for (const platform of this.platforms) platform.appetite = 0; // every order there is comes in
    this.run(this.nowMs + 30 * 60 * second);
    const kept = this.sales.filter((sale) => !sale.cancelled);
    return {
      stock: this.stock,
      sold: this.ownSales + kept.reduce((sum, sale) => sum + sale.quantity, 0),
      short: this.sales.reduce((sum, sale) => sum + sale.short, 0),
      worst: this.worst,
      writes: this.writes,
      fates: this.fates,
      left: this.platforms.reduce(
        (sum, { readable, figure }, index) => sum + (readable ? figure : exposedOf(this.ofListing(index))),
        0,
      ),
    };
  }

  private int(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1));
  }

  private chance(probability: number): boolean {
    return this.random() < probability;
  }

  private addPlatform(index: number): void {
    const kinds: WriteKind[] = [(["set", "delta", "compareAndSet"] as const)[this.int(0, 2)] ?? "set"];
    const readable = kinds[0] === "compareAndSet" || this.chance(0.7);
    const restores = this.chance(0.5);
    this.platforms.push({
      kinds,
      figure: 0,
      skewMs: this.int(-declaredSkewMs, declaredSkewMs),
      readable,
      lagMs: this.int(1, 5400) * second,
      restores,
      appetite: this.int(1, 12),
    });
    const id = `listing-${index}`;
    const platform = {
      deducts: "placed",
      restoresUnpaid: restores,
      restoresPaid: restores,
      skewMs: declaredSkewMs,
      readable: readable && !this.shortcuts.believesAnswers,
    } as const;
    // What a look at a listing without stock and orders leaves.
    this.exposures.set(id, { ...newExposure(id, "connection", platform), adopted: true });
    this.watermarks.push(null);
  }

  private soon(inMs: number, work: () => void): void {
    this.turn += 1;
    const item = { at: this.nowMs + inMs, turn: this.turn, work };
    let low = 0;
    let high = this.queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.queue[middle]?.at ?? 0) > item.at) low = middle + 1;
      else high = middle;
    }
    // The queue is kept with the next one last; of two at one time the earlier made is nearer to the end.
    this.queue.splice(low, 0, item);
  }

  private run(untilMs: number): void {
    for (let item = this.queue.at(-1); item !== undefined && item.at <= untilMs; item = this.queue.at(-1)) {
      this.queue.pop();
      this.nowMs = Math.max(this.nowMs, item.at);
      item.work();
    }
    this.nowMs = untilMs;
  }

  private now(): Instant {
    return instantOf(this.nowMs);
  }

  private platformNow(index: number): Instant {
    return instantOf(this.nowMs + (this.platforms[index]?.skewMs ?? 0));
  }

  // ---- Platforms

  private shop(index: number): void {
    const platform = this.platforms[index];
    if (!platform) return;
    this.soon(this.int(2, 240) * second, () => this.shop(index));
    if (platform.appetite === 0 || this.int(1, 12) > platform.appetite) return;
    const quantity = Math.min(platform.figure, this.int(1, 3));
    if (quantity === 0) return;
    platform.figure -= quantity;
    const placedAt = this.platformNow(index);
    const sale: Sale = {
      listing: index,
      quantity,
      placedAt,
      changedAt: placedAt,
      cancelled: false,
      known: "no",
      held: 0,
      short: 0,
    };
    this.sales.push(sale);
    this.announce(sale);
    if (!this.calm && this.chance(0.15)) this.soon(this.int(1, 900) * second, () => this.abandon(sale));
  }

  private abandon(sale: Sale): void {
    const platform = this.platforms[sale.listing];
    if (!platform) return;
    sale.cancelled = true;
    sale.changedAt = this.platformNow(sale.listing);
    if (platform.restores) platform.figure += sale.quantity;
    this.announce(sale);
  }

  private announce(sale: Sale): void {
    const lagMs = this.calm ? second : (this.platforms[sale.listing]?.lagMs ?? 0);
    if (this.chance(0.3)) return; // the webhook never comes: a pull must find it
    this.soon(Math.floor(this.random() * lagMs), () => this.ingest(sale));
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

  private ingest(sale: Sale): void {
    const exposure = this.ofListing(sale.listing);
    if (sale.cancelled) {
      if (sale.known === "open") {
        this.available += sale.held;
        sale.held = 0;
        sale.short = 0;
        this.waiting.delete(sale);
      }
      // Told of both at once, both count: the sale may have come before a sighting, and the unit back after it.
      if (sale.known === "no") this.keep(ingest(exposure, sale.quantity, sale.placedAt));
      if (sale.known !== "cancelled" && exposure.platform.restoresUnpaid)
        this.keep(restore(this.ofListing(sale.listing), sale.quantity));
      sale.known = "cancelled";
    } else if (sale.known === "no") {
      const before = exposedOf(exposure);
      const after = countSale(ingest(exposure, sale.quantity, sale.placedAt), sale.quantity, this.now());
      this.keep(after);
      const granted = before - exposedOf(after);
      sale.held = Math.min(sale.quantity, takeable("split", this.available, this.claimed(), granted));
      sale.short = sale.quantity - sale.held;
      if (sale.short > 0) this.waiting.add(sale);
      this.available -= sale.held;
      sale.known = "open";
    }
    this.commit();
  }

  private pull(index: number): void {
    const lagMs = this.calm ? 0 : this.chance(0.2) ? this.int(60, 1800) * second : this.int(0, 5) * second;
    this.soon(this.int(20, this.calm ? 60 : 600) * second, () => this.pull(index));
    const told = addMs(this.platformNow(index), -lagMs);
    const page = this.sales.filter((sale) => sale.listing === index && sale.placedAt <= told);
    const watermark = told < this.now() ? told : this.now();
    this.soon(this.int(0, 10) * second, () => {
      for (const sale of page) this.ingestUpTo(sale, told);
      const known = this.watermarks[index];
      if (known === null || known === undefined || watermark > known) this.watermarks[index] = watermark;
      this.keep(pass(this.ofListing(index), this.watermarks[index] ?? null).exposure);
      this.commit();
    });
  }

  /** What the page said of the sale: a cancel after it is not in it. */
  private ingestUpTo(sale: Sale, told: Instant): void {
    if (sale.cancelled && sale.changedAt > told) {
      if (sale.known !== "no") return;
      sale.cancelled = false;
      this.ingest(sale);
      sale.cancelled = true;
      return;
    }
    this.ingest(sale);
  }

  /** An order taken by the hub itself may have free units only. */
  private sellHere(): void {
    this.soon(this.int(300, 3000) * second, () => this.sellHere());
    if (this.free() === 0 || !this.chance(0.3)) return;
    this.available -= 1;
    this.ownSales += 1;
    this.commit();
  }

  private tick(index: number): void {
    this.soon(this.int(5, 40) * second, () => this.tick(index));
    const platform = this.platforms[index];
    if (!platform) return;
    const shares = planShares(
      this.available,
      this.platforms.map((_, other) => ({
        listingId: `listing-${other}`,
        units: 1,
        rule: { minimum: null, maximum: null, fixed: null, percentBp: null },
        holds: this.ofListing(other).after,
        speed: speedOf(this.ofListing(other), this.nowMs),
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
      kinds: platform.kinds,
      readable: platform.readable,
      now: this.now(),
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
    this.soon(this.int(0, 5) * second, () => {
      const exposure = this.ofListing(index);
      if (exposure.writes !== writes || exposure.write === null) return;
      this.keep(landed ? settleDone(exposure, this.now(), false, null) : settleFailed(exposure));
      this.commit();
    });
  }

  /** The comparison that comes round whether or not anything happened. */
  private compare(index: number): void {
    this.soon(600 * second, () => this.compare(index));
    if (this.platforms[index]?.readable) this.look(index);
  }

  private look(index: number, then?: (figure: number) => void): void {
    const platform = this.platforms[index];
    const { writes, ingested, restored } = this.ofListing(index);
    const startedAt = this.now();
    if (!platform) return;
    this.soon(this.int(0, 4) * second, () => {
      const { figure } = platform;
      this.soon(this.int(0, 4) * second, () => {
        const exposure = this.ofListing(index);
        if (!mayObserve(exposure, startedAt, writes)) return;
        let seen = observe(exposure, { figure, readAt: this.now(), ingested, restored });
        if (this.shortcuts.ignoresWatermark) seen = { ...seen, before: 0, anchor: null };
        this.keep(seen);
        this.commit();
        then?.(figure);
      });
    });
  }

  private send(index: number, change: ReturnType<typeof writeFor>): void {
    const platform = this.platforms[index];
    const exposure = this.ofListing(index);
    if (!platform || !change || whyNot(exposure, change) !== null) return;
    const units = chargeFor(change);
    const isDifference = this.shortcuts.chargesDifference && change.kind === "set";
    const asked = isDifference ? Math.max(0, units - Math.max(0, exposure.after)) : units;
    if (asked > 0 && asked > this.available - this.claimed()) return;
    const until = addMs(this.now(), callMs + lateMs);
    const charged = charge(exposure, { id: "w", ...change, since: this.now(), until });
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
    const platform = this.platforms[index];
    if (!platform) return;
    const roll = this.calm ? 1 : this.random();
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
    const done = () => settle((exposure) => settleDone(exposure, this.now(), false, null))();
    if (roll < 0.05) {
      note("lost");
      this.soon(callMs, settle(settleUnknown));
    } else if (roll < 0.1) {
      note("late");
      this.soon(this.int(20, 85) * second, land);
      this.soon(callMs, settle(settleUnknown));
    } else if (roll < 0.15) {
      note("applied and timed out");
      this.soon(this.int(0, 20) * second, land);
      this.soon(callMs, settle(settleUnknown));
    } else if (roll < 0.2 && platform.readable) {
      note("answered and not applied");
      this.soon(this.int(0, 10) * second, done);
    } else if (roll < 0.25) {
      note("refused");
      this.soon(this.int(0, 10) * second, settle(settleFailed));
    } else {
      this.soon(this.int(0, 5) * second, () => {
        const landed = land();
        if (!landed) note("refused by the figure");
        this.soon(this.int(0, 5) * second, landed ? done : settle(settleFailed));
      });
    }
  }
}
