import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hunt } from "../../sim/planted/hunt.ts";
import { plantedBugs } from "../../sim/planted/list.ts";
import { openPool, type Pool } from "../../sim/pool.ts";
import { replayCommand, shrink } from "../../sim/shrink.ts";

let pool: Pool;
beforeAll(() => {
  pool = openPool();
});
afterAll(() => pool.close());

const bugNamed = (name: string) => {
  const bug = plantedBugs.find((candidate) => candidate.name === name);
  if (!bug) throw new Error(`no planted bug "${name}"`);
  return bug;
};

describe("planted bugs", () => {
  it("are at least 20, each with a name of its own", () => {
    expect(new Set(plantedBugs.map(({ name }) => name)).size).toBe(plantedBugs.length);
    expect(plantedBugs.length).toBeGreaterThanOrEqual(20);
  });

  // Those that few seeds find; `npm run sim:planted` hunts all.
  it.each([
    "change during a push forgotten",
    "edit downwards ignored",
    "released units stay reserved",
    "no transaction",
    "cost dropped on restock",
  ])("%s: is found", { timeout: 300_000 }, async (name) => {
    const { seeds, did } = await hunt(bugNamed(name), pool.run, { from: 1, mostSeeds: 20, operations: 120 });
    expect(did).toBeGreaterThan(0);
    expect(seeds).not.toBeNull();
  });

  it("one is found, shrunk and found again by what was shrunk", { timeout: 300_000 }, async () => {
    const bug = bugNamed("event number skipped");
    const found = await hunt(bug, pool.run, { from: 1, mostSeeds: 10, operations: 60 });
    expect(found.seeds).toBe(1);
    const [failed] = [found.found];
    if (!failed) throw new Error("not found");
    const options = { seed: failed.seed, operations: failed.operations };
    const smaller = await shrink(options, failed, pool.run, bug.name);
    expect(smaller.options.operations).toBeLessThan(options.operations);
    const again = await pool.run({ options: smaller.options, bug: bug.name });
    expect(again.broken.map(({ promise }) => promise)).toContain(failed.broken[0]?.promise);
    expect(again.traceHash).toBe(smaller.result.traceHash);
    expect(replayCommand(smaller.options)).toContain(`--seed ${failed.seed} --operations `);
  });
});
