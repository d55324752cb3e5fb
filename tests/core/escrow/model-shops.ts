import type { Instant } from "../../../src/core/clock.ts";
import { instantOf } from "../../../src/core/clock.ts";
import type { WriteKind } from "../../../src/core/escrow/exposure.ts";
import type { Taken } from "../../../src/core/escrow/taken.ts";
import type { OrderStatus } from "../../../src/core/model/order.ts";
import { second, type Timeline } from "./timeline.ts";

/** Platforms that sell from their own figure and know nothing of the rules. What was really sold is counted by them alone. */

export interface Platform {
  kinds: WriteKind[];
  figure: number;
  skewMs: number;
  readable: boolean;
  /** From the sale to the hub, at most. */
  lagMs: number;
  deducts: "placed" | "paid";
  restoresUnpaid: boolean;
  restoresPaid: boolean;
  /** Whether its orders say when they were paid. */
  tellsPayment: boolean;
  appetite: number;
}

/** What an order says from one moment on. */
export interface Telling {
  changedAt: Instant;
  status: Extract<OrderStatus, "pending_payment" | "paid" | "shipped" | "cancelled">;
  paidAt: Instant | null;
  returned: number;
}

export interface Sale {
  listing: number;
  quantity: number;
  placedAt: Instant;
  tellings: Telling[];
  /** The hub's view: how many tellings it has heard, and what came of them. */
  heard: number;
  taken: Taken | null;
  wasBooked: boolean;
  held: number;
  short: number;
}

export const declaredSkewMs = 5 * second;

export class Shops {
  readonly platforms: Platform[] = [];
  readonly sales: Sale[] = [];
  calm = false;
  private readonly time: Timeline;
  private readonly announce: (sale: Sale, telling: number) => void;

  constructor(time: Timeline, announce: (sale: Sale, telling: number) => void) {
    this.time = time;
    this.announce = announce;
    const count = time.int(2, 6);
    for (let index = 0; index < count; index += 1) this.platforms.push(this.make());
  }

  private make(): Platform {
    const { time } = this;
    const kinds: WriteKind[] = [(["set", "delta", "compareAndSet"] as const)[time.int(0, 2)] ?? "set"];
    return {
      kinds,
      figure: 0,
      readable: kinds[0] === "compareAndSet" || time.chance(0.7),
      skewMs: time.int(-declaredSkewMs, declaredSkewMs),
      lagMs: time.int(1, 5400) * second,
      deducts: time.chance(0.4) ? "paid" : "placed",
      restoresUnpaid: time.chance(0.5),
      restoresPaid: time.chance(0.5),
      tellsPayment: time.chance(0.7),
      appetite: time.int(1, 12),
    };
  }

  now(index: number): Instant {
    return instantOf(this.time.nowMs + (this.platforms[index]?.skewMs ?? 0));
  }

  /** One shopper after the other, for ever. */
  shop(index: number): void {
    const { time } = this;
    const platform = this.platforms[index];
    if (!platform) return;
    time.soon(time.int(2, 240) * second, () => this.shop(index));
    if (platform.appetite === 0 || time.int(1, 12) > platform.appetite) return;
    const quantity = Math.min(platform.figure, time.int(1, 3));
    if (quantity === 0) return;
    if (platform.deducts === "placed") platform.figure -= quantity;
    const sale: Sale = {
      listing: index,
      quantity,
      placedAt: this.now(index),
      tellings: [],
      heard: 0,
      taken: null,
      wasBooked: false,
      held: 0,
      short: 0,
    };
    this.sales.push(sale);
    this.tell(sale, { status: "pending_payment" });
    if (time.chance(0.8)) time.soon(time.int(0, 300) * second, () => this.pay(sale));
    if (!this.calm && time.chance(0.2)) time.soon(time.int(1, 900) * second, () => this.cancel(sale));
    if (!this.calm && time.chance(0.3)) time.soon(time.int(300, 900) * second, () => this.send(sale));
  }

  private last(sale: Sale): Telling | undefined {
    return sale.tellings.at(-1);
  }

  private tell(sale: Sale, change: Partial<Telling>): void {
    const known = this.last(sale) ?? { status: "pending_payment", paidAt: null, returned: 0 };
    sale.tellings.push({ ...known, ...change, changedAt: this.now(sale.listing) });
    this.announce(sale, sale.tellings.length);
  }

  private pay(sale: Sale): void {
    const platform = this.platforms[sale.listing];
    if (!platform || this.last(sale)?.status !== "pending_payment") return;
    if (platform.deducts === "paid") {
      if (platform.figure < sale.quantity) return;
      platform.figure -= sale.quantity;
    }
    this.tell(sale, { status: "paid", paidAt: platform.tellsPayment ? this.now(sale.listing) : null });
  }

  private cancel(sale: Sale): void {
    const platform = this.platforms[sale.listing];
    const status = this.last(sale)?.status;
    if (!platform || (status !== "pending_payment" && status !== "paid")) return;
    const isTaken = status === "paid" || platform.deducts === "placed";
    if (isTaken && (status === "paid" ? platform.restoresPaid : platform.restoresUnpaid))
      platform.figure += sale.quantity;
    this.tell(sale, { status: "cancelled" });
  }

  /** The parcel leaves; sometimes part of it comes back. */
  private send(sale: Sale): void {
    const { time } = this;
    if (this.last(sale)?.status !== "paid") return;
    this.tell(sale, { status: "shipped" });
    if (time.chance(0.5)) time.soon(time.int(60, 900) * second, () => this.takeBack(sale));
  }

  private takeBack(sale: Sale): void {
    const platform = this.platforms[sale.listing];
    if (!platform || this.last(sale)?.status !== "shipped" || this.last(sale)?.returned !== 0) return;
    const returned = this.time.int(1, sale.quantity);
    if (platform.restoresPaid) platform.figure += returned;
    this.tell(sale, { returned });
  }

  /** Units that a sale has taken for good. */
  keeps(sale: Sale): number {
    const told = this.last(sale);
    if (!told || told.status === "cancelled") return 0;
    const isEarly = told.status === "pending_payment" && this.platforms[sale.listing]?.deducts === "paid";
    return isEarly ? 0 : sale.quantity - told.returned;
  }
}
