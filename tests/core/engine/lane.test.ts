import { describe, expect, it } from "vitest";
import { Lane, type LaneOptions } from "../../../src/core/engine/lane.ts";

const soon = (work: () => void) => void setImmediate(work);
const options = (more: Partial<LaneOptions> = {}): LaneOptions => ({
  batchSize: 100,
  queueLimit: 1000,
  soon,
  mayRepeat: () => true,
  ...more,
});

/** A lane whose batches are written down; items that are negative break the batch they are in. */
function lane(more: Partial<LaneOptions> = {}) {
  const batches: number[][] = [];
  const run = async (items: number[]) => {
    batches.push(items);
    await Promise.resolve();
    const bad = items.find((item) => item < 0);
    if (bad !== undefined) throw new Error(`broken by ${bad}`);
    return items.map((item) => item * 10);
  };
  return { batches, lane: new Lane(run, options(more)) };
}
const outcomes = async (answers: Promise<number>[]) =>
  (await Promise.allSettled(answers)).map((one) =>
    one.status === "fulfilled" ? one.value : (one.reason as Error).message,
  );

describe("a lane", () => {
  it("takes what callers of one turn hand in as one batch, in their order", async () => {
    const { batches, lane: one } = lane();
    expect(await outcomes([1, 2, 3].map((item) => one.submit(item)))).toEqual([10, 20, 30]);
    expect(batches).toEqual([[1, 2, 3]]);
    expect(await one.submit(4)).toBe(40);
    expect(batches).toEqual([[1, 2, 3], [4]]);
  });

  it("runs one batch at a time and takes what came meanwhile as the next, up to its size", async () => {
    let running = 0;
    let most = 0;
    const sizes: number[] = [];
    const one: Lane<number, number> = new Lane(
      async (items: number[]) => {
        running += 1;
        most = Math.max(most, running);
        sizes.push(items.length);
        if (sizes.length === 1) more.push(...[5, 6, 7].map((item) => one.submit(item)));
        await new Promise(setImmediate);
        running -= 1;
        return items;
      },
      options({ batchSize: 2 }),
    );
    const more: Promise<number>[] = [];
    const first = await Promise.all([1, 2, 3, 4].map((item) => one.submit(item)));
    expect([first, await Promise.all(more)]).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7],
    ]);
    expect([most, sizes]).toEqual([1, [2, 2, 2, 1]]);
  });

  it("splits a batch until what breaks it stands alone; everybody else is answered, in order", async () => {
    const { batches, lane: one } = lane();
    expect(await outcomes([1, 2, -3, 4, 5, -6, 7].map((item) => one.submit(item)))).toEqual([
      10,
      20,
      "broken by -3",
      40,
      50,
      "broken by -6",
      70,
    ]);
    const carriedOut = batches.filter((batch) => batch.every((item) => item > 0)).flat();
    expect(carriedOut).toEqual([1, 2, 4, 5, 7]);
  });

  it("does not run a batch again that may have taken effect", async () => {
    const { batches, lane: one } = lane({ mayRepeat: () => false });
    expect(await outcomes([1, -2, 3].map((item) => one.submit(item)))).toEqual([
      "broken by -2",
      "broken by -2",
      "broken by -2",
    ]);
    expect(batches).toEqual([[1, -2, 3]]);
    expect(await one.submit(4)).toBe(40);
  });

  it("tells callers to come back when too many wait", async () => {
    const { lane: one } = lane({ queueLimit: 2 });
    const answers = [1, 2].map((item) => one.submit(item));
    expect(one.waiting).toBe(2);
    await expect(one.submit(3)).rejects.toMatchObject({ code: "overloaded", retryable: true });
    expect(await outcomes(answers)).toEqual([10, 20]);
    expect(await one.submit(4)).toBe(40);
  });

  it("closing answers what waits and takes nothing more", async () => {
    const { lane: one, batches } = lane({ batchSize: 1 });
    const answers = outcomes([1, 2, 3].map((item) => one.submit(item)));
    await one.close();
    expect(batches).toEqual([[1], [2], [3]]);
    await expect(one.submit(4)).rejects.toMatchObject({ code: "unavailable" });
    expect(await answers).toEqual([10, 20, 30]);
    await one.close();
  });
});
