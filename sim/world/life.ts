import type { Chance } from "../../src/connectors/sandbox/random.ts";
import type { Sleeping } from "./time.ts";

/** Thrown inside a transaction of a process that is dead, so that the database rolls it back. */
export class Killed extends Error {
  constructor() {
    super("The process was killed.");
  }
}

/** Where a process can die or stop: before and after everything that others can see. */
export const placesToDie = [
  "before statement",
  "after statement",
  "in transaction",
  "before commit",
  "after commit",
  "before call",
  "after call",
] as const;
export type PlaceToDie = (typeof placesToDie)[number];

export interface Dangers {
  chance: Chance;
  /** Probabilities per place passed. */
  crash: number;
  pause: number;
  longestPauseMs: number;
  onCrash(place: PlaceToDie): void;
  onPause(durationMs: number): void;
}

/** The life of one hub process: it can die at any place, and stop at those that hold no transaction. */
export class Life implements Sleeping {
  readonly lazy = false;
  readonly died: Promise<never>;
  isDead = false;
  private readonly dangers: Dangers;
  private die: (reason: Killed) => void = () => undefined;
  private resumed: Promise<void> | null = null;
  private resume: () => void = () => undefined;
  private pausedForMs = 0;

  constructor(dangers: Dangers) {
    this.dangers = dangers;
    this.died = new Promise((_, reject) => {
      this.die = reject;
    });
    this.died.catch(() => undefined);
  }

  readonly isAwake = (): boolean => !this.isDead && this.resumed === null;

  get isPaused(): boolean {
    return this.resumed !== null;
  }

  get pauseMs(): number {
    return this.pausedForMs;
  }

  kill(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.wakeUp();
    this.die(new Killed());
  }

  pause(durationMs: number): void {
    if (this.isDead || this.resumed !== null) return;
    this.pausedForMs = durationMs;
    this.resumed = new Promise((resolve) => {
      this.resume = resolve;
    });
    this.dangers.onPause(durationMs);
  }

  /** From now on it can die and stop again. */
  endanger({ crash, pause }: Pick<Dangers, "crash" | "pause">): void {
    this.dangers.crash = crash;
    this.dangers.pause = pause;
  }

  /** Nothing strikes any more. */
  becalm(): void {
    this.dangers.crash = 0;
    this.dangers.pause = 0;
  }

  wakeUp(): void {
    this.resumed = null;
    this.resume();
  }

  /** Inside a transaction: dies here or goes on. Throws `Killed`. */
  strike(place: PlaceToDie): void {
    if (!this.isDead && this.dangers.chance.happens(this.dangers.crash)) {
      this.dangers.onCrash(place);
      this.kill();
    }
    if (this.isDead) throw new Killed();
  }

  /** Outside a transaction: dies, stops for a while or goes on. Never resolves for the dead. */
  async pass(place: PlaceToDie): Promise<void> {
    try {
      this.strike(place);
    } catch {
      return never();
    }
    if (this.dangers.chance.happens(this.dangers.pause)) {
      this.pause(this.dangers.chance.between(1, this.dangers.longestPauseMs));
    }
    while (this.resumed !== null) await this.resumed;
    if (this.isDead) return never();
  }

  /** What the dead still had in flight never comes back to them. */
  async onlyAlive<Result>(work: Promise<Result>): Promise<Result> {
    try {
      const result = await work;
      return this.isDead ? await never() : result;
    } catch (error) {
      if (this.isDead) return never();
      throw error;
    }
  }
}

const never = <Result>(): Promise<Result> => new Promise(() => undefined);
