import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPool, type Pool } from "../../sim/pool.ts";
import { describeFailure } from "../../sim/report.ts";
import { neverSeen } from "../../sim/seen.ts";

// Enough to notice a broken promise before it is merged; `npm run sim` runs as many as there is time for.
const firstSeed = 1;
const seeds = 300;
const operations = 100;

let pool: Pool;
beforeAll(() => {
  pool = openPool();
});
afterAll(() => pool.close());

describe("simulated merchants", () => {
  it(`keep every promise in ${seeds} seeds, in which every fault happens`, {
    timeout: 1_800_000,
  }, async () => {
    const tasks = Array.from({ length: seeds }, (_, index) => ({
      options: { seed: firstSeed + index, operations },
    }));
    const failures: string[] = [];
    const seen: { seen: Record<string, number> }[] = [];
    for await (const result of pool.runAll(tasks)) {
      seen.push({ seen: result.seen });
      if (result.broken.length > 0) failures.push(describeFailure({ seed: result.seed, operations }, result));
    }
    if (failures.length > 0)
      expect.fail(`${failures.length} seeds fail.\n${failures.slice(0, 5).join("\n\n")}`);
    expect(neverSeen(seen)).toEqual([]);
  });

  it("leave the same trace when run again, in another process, whatever ran before", {
    timeout: 120_000,
  }, async () => {
    const others = [openPool(1), openPool(1)];
    try {
      // A seed that crashes within a transaction, where every step counts.
      const options = { seed: 6005, operations: 200 };
      const [one, two] = await Promise.all(
        others.map(async ({ run }, index) => {
          if (index > 0) await run({ options: { seed: 7, operations: 40 } });
          return run({ options });
        }),
      );
      expect(two?.traceHash).toBe(one?.traceHash);
      expect(two?.lastSteps).toEqual(one?.lastSteps);
    } finally {
      for (const other of others) await other.close();
    }
  });
});
