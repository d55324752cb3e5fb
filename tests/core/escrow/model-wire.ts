import { addMs } from "../../../src/core/clock.ts";
import {
  charge,
  chargeFor,
  mayObserve,
  observe,
  settleDone,
  settleFailed,
  settleUnknown,
  settleUntaken,
  whyNot,
} from "../../../src/core/escrow/charge.ts";
import type { Exposure } from "../../../src/core/escrow/exposure.ts";
import type { writeFor } from "../../../src/core/escrow/step.ts";
import type { Shops } from "./model-shops.ts";
import { second, type Timeline } from "./timeline.ts";

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
  /** A write in doubt counts as refused when it is made again and not let in. */
  believesRefusals?: boolean;
}

const callMs = 30 * second;
const lateMs = 60 * second;

/** What the hub's side of a write reads and keeps. */
export interface Ledger {
  ofListing(index: number): Exposure;
  keep(exposure: Exposure): void;
  /** Units that are set aside for nobody. */
  room(): number;
  /** Ends a step. */
  commit(): void;
}

/** Looks and writes on their way to the platforms, with all that may happen to them. */
export class Wire {
  readonly fates: Record<string, number> = {};
  writes = 0;
  private readonly time: Timeline;
  private readonly shops: Shops;
  private readonly shortcuts: Shortcuts;
  private readonly ledger: Ledger;
  /** The write a platform was sent last; landing again answers what the first time did. */
  private readonly landings = new Map<number, () => boolean>();

  constructor(time: Timeline, shops: Shops, shortcuts: Shortcuts, ledger: Ledger) {
    this.time = time;
    this.shops = shops;
    this.shortcuts = shortcuts;
    this.ledger = ledger;
  }

  /** A write in doubt where the platform cannot be read: made again under its id, which takes effect once. */
  repeat(index: number): void {
    const { writes } = this.ledger.ofListing(index);
    if (!this.shops.calm && this.time.fraction() < 0.2) {
      this.note("repeat not let in");
      this.time.soon(this.time.int(0, 5) * second, () => {
        const exposure = this.ledger.ofListing(index);
        if (exposure.writes !== writes || exposure.write === null) return;
        this.ledger.keep(
          this.shortcuts.believesRefusals
            ? settleFailed(exposure)
            : settleUntaken(exposure, this.time.now(), false),
        );
        this.ledger.commit();
      });
      return;
    }
    const landed = this.landings.get(index)?.() ?? false;
    this.time.soon(this.time.int(0, 5) * second, () => {
      const exposure = this.ledger.ofListing(index);
      if (exposure.writes !== writes || exposure.write === null) return;
      this.ledger.keep(landed ? settleDone(exposure, this.time.now(), false, null) : settleFailed(exposure));
      this.ledger.commit();
    });
  }

  look(index: number, then?: (figure: number) => void): void {
    const platform = this.shops.platforms[index];
    const { writes, ingested, restored } = this.ledger.ofListing(index);
    const startedAt = this.time.now();
    if (!platform) return;
    this.time.soon(this.time.int(0, 4) * second, () => {
      const { figure } = platform;
      this.time.soon(this.time.int(0, 4) * second, () => {
        const exposure = this.ledger.ofListing(index);
        if (!mayObserve(exposure, startedAt, writes)) return;
        let seen = observe(exposure, { figure, readAt: this.time.now(), ingested, restored });
        if (this.shortcuts.ignoresWatermark) seen = { ...seen, before: 0, anchor: null };
        this.ledger.keep(seen);
        this.ledger.commit();
        then?.(figure);
      });
    });
  }

  send(index: number, change: ReturnType<typeof writeFor>): void {
    const platform = this.shops.platforms[index];
    const exposure = this.ledger.ofListing(index);
    if (!platform || !change || whyNot(exposure, change) !== null) return;
    const units = chargeFor(change);
    const isDifference = this.shortcuts.chargesDifference && change.kind === "set";
    const asked = isDifference ? Math.max(0, units - Math.max(0, exposure.after)) : units;
    if (asked > 0 && asked > this.ledger.room()) return;
    const until = addMs(this.time.now(), callMs + lateMs);
    const charged = charge(exposure, { id: "w", ...change, since: this.time.now(), until });
    this.ledger.keep(isDifference ? { ...charged, inFlight: asked } : charged);
    this.writes += 1;
    this.ledger.commit();
    const settle = (how: (exposure: Exposure) => Exposure) => () => {
      const current = this.ledger.ofListing(index);
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
      this.ledger.keep(settled);
      this.ledger.commit();
    };
    this.fly(index, change, settle);
  }

  private note(fate: string): void {
    this.fates[fate] = (this.fates[fate] ?? 0) + 1;
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
    const note = (fate: string) => this.note(fate);
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
