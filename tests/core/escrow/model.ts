import { addMs, type Instant } from "../../../src/core/clock.ts";
import type { Booked } from "../../../src/core/engine/rows.ts";
import { type Exposure, exposedOf, newExposure } from "../../../src/core/escrow/exposure.ts";
import { claimedUnits, takeable } from "../../../src/core/escrow/free.ts";
import { countSale, ingest, restore, speedOf } from "../../../src/core/escrow/ingest.ts";
import { planShares } from "../../../src/core/escrow/plan.ts";
import { pass } from "../../../src/core/escrow/sighting.ts";
import { isHungry, nextStep, writeFor } from "../../../src/core/escrow/step.ts";
import { movedSince, putsBack, takenOf } from "../../../src/core/escrow/taken.ts";
import { declaredSkewMs, type Platform, type Sale, Shops, type Telling } from "./model-shops.ts";
import { type Shortcuts, Wire } from "./model-wire.ts";
import { second, startMs, Timeline } from "./timeline.ts";

/**
 * The escrow rules against platforms that know nothing of them: each sells from its own figure, its orders arrive late, its
 * writes are lost, late, or answered and not made. What the platforms really sold is counted by them alone.
 */

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
  private readonly time: Timeline;
  private readonly shops: Shops;
  private readonly exposures = new Map<string, Exposure>();
  private readonly waiting = new Set<Sale>();
  private readonly shortcuts: Shortcuts;
  private readonly stock: number;
  private available: number;
  private ownSales = 0;
  private worst = 0;
  private readonly watermarks: (Instant | null)[] = [];
  private readonly wire: Wire;

  constructor(seed: number, shortcuts: Shortcuts = {}) {
    this.time = new Timeline(seed);
    this.shortcuts = shortcuts;
    this.stock = this.time.int(1, 40);
    this.available = this.stock;
    this.shops = new Shops(this.time, (sale, telling) => this.announce(sale, telling));
    this.wire = new Wire(this.time, this.shops, shortcuts, {
      ofListing: (index) => this.ofListing(index),
      keep: (exposure) => this.keep(exposure),
      room: () => this.available - this.claimed(),
      commit: () => this.commit(),
    });
    for (const [index, platform] of this.shops.platforms.entries()) this.open(index, platform);
  }

  /** An hour of trade, then the calm. */
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
      writes: this.wire.writes,
      fates: this.wire.fates,
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
    if (step.kind === "look") this.wire.look(index);
    else if (step.kind === "repeat") this.wire.repeat(index);
    else if (step.kind === "write") {
      const change = writeFor(step.change, platform.kinds, null);
      if (change) this.wire.send(index, change);
      else
        this.wire.look(index, (figure) =>
          this.wire.send(index, writeFor(step.change, platform.kinds, figure)),
        );
    }
  }

  /** The comparison that comes round whether or not anything happened. */
  private compare(index: number): void {
    this.time.soon(600 * second, () => this.compare(index));
    if (this.shops.platforms[index]?.readable) this.wire.look(index);
  }
}
