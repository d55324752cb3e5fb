import type { Timers } from "../../src/core/clock.ts";

/** Whose sleeps these are: those of the dead never end, those of the paused end when they wake. */
export interface Sleeping {
  isAwake(): boolean;
  readonly isDead: boolean;
  /** Sleeps that nobody waits for at once; they end together at the end of a step. */
  readonly lazy: boolean;
  /** Sleeps that end at their moment like a call's, but that no work in hand waits for. */
  readonly aside?: boolean;
}

interface Sleeper {
  dueMs: number;
  order: number;
  lazy: boolean;
  owner: Sleeping;
  wake(): void;
}

/** The hub asks for more and more work and comes to no end. */
export class EndlessWork extends Error {}

/**
 * Virtual time. It moves only when nothing real is under way: statements, calls and turns of the event loop are counted
 * by `busy`. So a run of days takes as long as its work.
 */
export class VirtualTime {
  private now: number;
  private made = 0;
  private sleepers = new Set<Sleeper>();
  private under = 0;
  private moves = 0;

  private readonly isTooMuch: (nowMs: number) => boolean;

  /** `isTooMuch`: asked at every turn; then whoever waits for the work in hand gets `EndlessWork`. */
  constructor(startMs: number, isTooMuch: (nowMs: number) => boolean = () => false) {
    this.now = startMs;
    this.isTooMuch = isTooMuch;
  }

  readonly nowMs = (): number => this.now;

  /** Counts real work that must end before time moves on. */
  async busy<Result>(work: () => Promise<Result>): Promise<Result> {
    this.under += 1;
    this.moves += 1;
    try {
      return await work();
    } finally {
      this.under -= 1;
      this.moves += 1;
    }
  }

  /** Something has just gone on: whatever follows from it gets its turn before time moves. */
  touch(): void {
    this.moves += 1;
  }

  timersOf(owner: Sleeping, lazy = owner.lazy): Timers {
    return {
      sleep: (durationMs, signal) =>
        new Promise((resolve) => {
          this.moves += 1;
          if (signal?.aborted || durationMs <= 0) return resolve();
          this.made += 1;
          const sleeper: Sleeper = {
            dueMs: this.now + durationMs,
            order: this.made,
            lazy,
            owner,
            wake: () => {
              this.moves += 1;
              this.sleepers.delete(sleeper);
              signal?.removeEventListener("abort", sleeper.wake);
              resolve();
            },
          };
          this.sleepers.add(sleeper);
          signal?.addEventListener("abort", sleeper.wake, { once: true });
        }),
      soon: (work) => {
        this.under += 1;
        setImmediate(() => {
          this.under -= 1;
          this.moves += 1;
          if (!owner.isDead) work();
        });
      },
    };
  }

  /** For somebody who looks again and again whether there is work: one look per step of time is enough. */
  looksOf(owner: Sleeping): Timers {
    return this.timersOf(owner, true);
  }

  /** Resolves when everything that can go on without time passing has gone on. */
  async settle(): Promise<void> {
    for (let quietTurns = 0; quietTurns < 3; ) {
      const before = this.moves;
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.isTooMuch(this.now)) throw new EndlessWork("Work follows from work without an end.");
      quietTurns = this.under === 0 && this.moves === before ? quietTurns + 1 : 0;
    }
  }

  /** Lets time pass. Calls and waits end at their moment; looks and deliveries wait for the end of the step. */
  async pass(durationMs: number): Promise<void> {
    const endMs = this.now + durationMs;
    for (;;) {
      await this.settle();
      const dueMs = this.nextDue((sleeper) => !sleeper.lazy && sleeper.dueMs <= endMs);
      if (dueMs === null) break;
      this.now = Math.max(this.now, dueMs);
      this.wake((sleeper) => !sleeper.lazy && sleeper.dueMs <= this.now);
    }
    this.now = endMs;
    this.wake((sleeper) => sleeper.dueMs <= endMs);
    await this.settle();
  }

  /** Lets the work in hand end: as much time as it asks for, looks and what is still on its way left aside. */
  async drain(mostMs: number): Promise<void> {
    const endMs = this.now + mostMs;
    for (;;) {
      await this.settle();
      const dueMs = this.nextDue(
        ({ lazy, owner, dueMs: at }) => !lazy && owner.aside !== true && at <= endMs,
      );
      if (dueMs === null) return;
      this.now = Math.max(this.now, dueMs);
      this.wake((sleeper) => !sleeper.lazy && sleeper.dueMs <= this.now);
    }
  }

  /** Forgets the sleeps of somebody who is dead. */
  forget(owner: Sleeping): void {
    for (const sleeper of this.sleepers) if (sleeper.owner === owner) this.sleepers.delete(sleeper);
  }

  private nextDue(counts: (sleeper: Sleeper) => boolean): number | null {
    let dueMs: number | null = null;
    for (const sleeper of this.sleepers) {
      if (!sleeper.owner.isAwake() || !counts(sleeper)) continue;
      if (dueMs === null || sleeper.dueMs < dueMs) dueMs = sleeper.dueMs;
    }
    return dueMs;
  }

  private wake(which: (sleeper: Sleeper) => boolean): void {
    const due = [...this.sleepers].filter((sleeper) => sleeper.owner.isAwake() && which(sleeper));
    due.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
    for (const sleeper of due) sleeper.wake();
  }
}
