import type { RunOptions } from "./plan.ts";
import type { Runner } from "./pool.ts";
import type { RunResult } from "./run.ts";

export interface Shrunk {
  options: RunOptions;
  result: RunResult;
  /** Runs made on the way. */
  tries: number;
}

const mostTries = 60;

/**
 * Looks for a smaller run that breaks the same promise: fewer operations first, since they cost most, then without
 * each fault and feature that it does not need. Tries at most 60 runs; `bug` names the planted bug, if it needs one.
 */
export async function shrink(
  options: RunOptions,
  failed: RunResult,
  run: Runner,
  bug?: string,
): Promise<Shrunk> {
  const promise = failed.broken[0]?.promise;
  const best: Shrunk = { options, result: failed, tries: 0 };
  const attempt = async (next: RunOptions): Promise<boolean> => {
    if (best.tries >= mostTries) return false;
    best.tries += 1;
    const result = await run({ options: next, bug });
    if (!result.broken.some((broken) => broken.promise === promise)) return false;
    best.options = next;
    best.result = result;
    return true;
  };
  await fewerOperations(best, attempt);
  for (const name of [...failed.faults, ...failed.features]) {
    await attempt({ ...best.options, without: [...(best.options.without ?? []), name] });
  }
  await fewerOperations(best, attempt);
  return best;
}

/** Halves, then takes off a quarter and an eighth, as long as the failure stays. */
async function fewerOperations(best: Shrunk, attempt: (next: RunOptions) => Promise<boolean>): Promise<void> {
  for (const part of [0.5, 0.75, 0.875]) {
    while (best.options.operations > 1) {
      const operations = Math.floor(best.options.operations * part);
      if (!(await attempt({ ...best.options, operations }))) break;
    }
  }
}

/** The command that runs exactly this again. */
export function replayCommand({ seed, operations, without = [] }: RunOptions): string {
  const left = without.length === 0 ? "" : ` --without "${without.join(",")}"`;
  return `npm run sim -- --seed ${seed} --operations ${operations}${left}`;
}
