import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { memoryDatabase } from "../../support/database.ts";
import { testRuntime } from "../../support/runtime.ts";
import { diceOf } from "./dice.ts";
import { play } from "./play.ts";
import { openWorld } from "./world.ts";

// Random operations of every kind, interleaved, in batches of every size: whatever happens, the promises hold. To look
// for more trouble than an everyday run does: MODEL_SEED=100 MODEL_RUNS=50 npx vitest run tests/core/engine/model.test.ts

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const runs = Number(process.env.MODEL_RUNS ?? 4);
const operations = Number(process.env.MODEL_OPERATIONS ?? 2500);
const first = Number(process.env.MODEL_SEED ?? 1);

describe("any sequence of commands", () => {
  it.each(Array.from({ length: runs }, (_, index) => [first + index]))(
    "F018: keeps every promise (seed %i)",
    { timeout: 600_000 },
    async (seed) => {
      const world = await openWorld(db, { runtime: testRuntime({ seed }) });
      const outcomes = await play(world, diceOf(seed), { operations });
      // Commands of every kind were carried out and refused.
      expect(Object.keys(outcomes).length).toBeGreaterThan(20);
    },
  );
});
