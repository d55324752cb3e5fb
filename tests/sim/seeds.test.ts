import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeFailure } from "../../sim/report.ts";
import { runSeed } from "../../sim/run.ts";
import { openStore, type Store } from "../../sim/world/store.ts";

// Enough to notice a broken promise before it is merged; `npm run sim` runs as many as there is time for.
const firstSeed = 1;
const seeds = 35;
const operations = 120;

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

describe("simulated merchants", () => {
  it(`keep every promise in ${seeds} seeds`, { timeout: 900_000 }, async () => {
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      const options = { seed, operations };
      const result = await runSeed(options, { store });
      if (result.broken.length > 0) expect.fail(describeFailure(options, result));
    }
  });

  it("leave the same trace when run again, whatever ran before", { timeout: 120_000 }, async () => {
    const options = { seed: 8, operations: 120 };
    const first = await runSeed(options, { store });
    await runSeed({ seed: 9, operations: 40 }, { store });
    const second = await runSeed(options, { store });
    expect(second.traceHash).toBe(first.traceHash);
    expect(second.lastSteps).toEqual(first.lastSteps);
  });
});
