import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runShow } from "../../sim/live-show.ts";
import { liveBugs } from "../../sim/planted/live.ts";
import { openStore, type Store } from "../../sim/world/store.ts";

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

describe("a show with a lossy feed and a hub that is killed again and again", () => {
  // `runShow` takes as many comments as there is time for: 6,000 keep the promises as well.
  it.each([
    [1, 1_200],
    [2, 600],
    [3, 600],
    [4, 600],
  ])(
    "gives nobody two units for one claim and loses no paid claim, seed %i",
    { timeout: 300_000 },
    async (seed, comments) => {
      const result = await runShow({ seed, comments, kills: 6 }, { store });
      expect(result.broken).toEqual([]);
      // What a run without these shows would prove nothing.
      expect(result).toMatchObject({ kills: 6 });
      expect(result.paid).toBeGreaterThan(5);
      expect(result.claims).toBeGreaterThan(100);
      expect(result.stored).toBeLessThan(result.written);
      for (const fault of ["room.lose", "room.repeat", "room.delay", "room.reorder"])
        expect(result.seen[fault]).toBeGreaterThan(0);
    },
  );
});

describe("planted bugs of live rooms", () => {
  it.each(liveBugs.map((bug) => [bug.name, bug] as const))(
    "%s: is found, where the same show holds without it",
    { timeout: 300_000 },
    async (_, bug) => {
      for (let seed = 1; seed <= 4; seed += 1) {
        const options = { seed, comments: 300, kills: 3 };
        const { broken } = await runShow(options, { store, plant: bug.make() });
        if (broken.length === 0) continue;
        expect((await runShow(options, { store })).broken).toEqual([]);
        return;
      }
      expect.fail("not found in four shows");
    },
  );
});
