import { type RunResult, runSeed } from "../run.ts";
import type { Store } from "../world/store.ts";
import type { Planted } from "./planted.ts";

export interface Hunt {
  name: string;
  removes: string;
  /** Seeds run until the bug was found; null when it was not. */
  seeds: number | null;
  promise: string | null;
  /** How often the bug changed something in the runs. */
  did: number;
  found: RunResult | null;
}

export interface HuntOptions {
  from: number;
  mostSeeds: number;
  operations: number;
}

/** Runs seeds with the bug in place until a promise breaks. */
export async function hunt(bug: Planted, store: Store, options: HuntOptions): Promise<Hunt> {
  const { name, removes } = bug;
  let did = 0;
  for (let count = 1; count <= options.mostSeeds; count += 1) {
    const seed = options.from + count - 1;
    const result = await runSeed({ seed, operations: options.operations }, { store, plant: bug.make() });
    did += result.did;
    if (result.broken.length === 0 || result.did === 0) continue;
    // Only what the bug broke counts: without it the seed must hold.
    const without = await runSeed({ seed, operations: options.operations }, { store });
    if (without.broken.length === 0)
      return { name, removes, seeds: count, promise: result.broken[0]?.promise ?? null, did, found: result };
  }
  return { name, removes, seeds: null, promise: null, did, found: null };
}
