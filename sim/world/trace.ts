import { createHash } from "node:crypto";
import { instantOf } from "../../src/core/clock.ts";

/** What happened, in order. Equal seeds give equal traces, so one hash stands for the whole run. */
export interface Trace {
  /** Something a person reads when a run fails. */
  step(text: string): void;
  /** Counts for the hash only. */
  note(text: string): void;
  last(count: number): string[];
  all(): readonly string[];
  hash(): string;
}

/** Enough to see what led to a failure. */
const keptSteps = 400;

export function createTrace(nowMs: () => number, keepAll: boolean): Trace {
  const hash = createHash("sha256");
  let steps: string[] = [];
  return {
    step(text) {
      const line = `${instantOf(nowMs()).slice(5, 23)} ${text}`;
      hash.update(`${line}\n`);
      steps.push(line);
      if (!keepAll && steps.length > keptSteps * 2) steps = steps.slice(-keptSteps);
    },
    note(text) {
      hash.update(`${nowMs()} ${text}\n`);
      if (keepAll) steps.push(`${instantOf(nowMs()).slice(5, 23)}   ${text}`);
    },
    last: (count) => steps.slice(-count),
    all: () => steps,
    hash: () => hash.copy().digest("hex").slice(0, 32),
  };
}
