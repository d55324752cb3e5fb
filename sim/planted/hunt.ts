import type { Ran, Runner } from "../pool.ts";
import type { Planted } from "./planted.ts";

export interface Hunt {
  name: string;
  removes: string;
  /** Seeds run until the bug was found; null when it was not. */
  seeds: number | null;
  promise: string | null;
  /** How often the bug changed something in the runs. */
  did: number;
  found: Ran | null;
}

export interface HuntOptions {
  from: number;
  mostSeeds: number;
  operations: number;
}

/** Runs seeds with the bug in place until a promise breaks. */
export async function hunt({ name, removes }: Planted, run: Runner, options: HuntOptions): Promise<Hunt> {
  let did = 0;
  for (let count = 1; count <= options.mostSeeds; count += 1) {
    const one = { seed: options.from + count - 1, operations: options.operations };
    const result = await run({ options: one, bug: name });
    did += result.did;
    if (result.broken.length === 0 || result.did === 0) continue;
    // Only what the bug broke counts: without it the seed must hold.
    const without = await run({ options: one });
    if (without.broken.length === 0)
      return { name, removes, seeds: count, promise: result.broken[0]?.promise ?? null, did, found: result };
  }
  return { name, removes, seeds: null, promise: null, did, found: null };
}
