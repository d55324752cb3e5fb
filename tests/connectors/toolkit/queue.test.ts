import { describe, expect, it } from "vitest";
import { createQueue } from "../../../src/connectors/toolkit/queue.ts";

/** What a promise has come to after everything that can run has run. */
async function stateOf<Value>(promise: Promise<Value>): Promise<Value | "waits"> {
  let state: Value | "waits" = "waits";
  void promise.then((value) => {
    state = value;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return state;
}

describe("queue", () => {
  it("gives what waits, in order, in sets", async () => {
    const queue = createQueue<number>({ most: 10 });
    for (const item of [1, 2, 3]) expect(queue.offer(item)).toBe(true);
    expect(await queue.take(2)).toEqual([1, 2]);
    expect(await queue.take(2)).toEqual([3]);
  });

  it("a taker waits for an item, one who brings waits for room", async () => {
    const queue = createQueue<number>({ most: 1 });
    const taking = queue.take(5);
    expect(await stateOf(taking)).toBe("waits");
    expect(await queue.put(1)).toBe(true);
    expect(await taking).toEqual([1]);
    expect(queue.offer(2)).toBe(true);
    expect(queue.offer(3)).toBe(false);
    const putting = queue.put(3);
    expect(await stateOf(putting)).toBe("waits");
    expect(await queue.take(5)).toEqual([2]);
    expect(await putting).toBe(true);
    expect(await queue.take(5)).toEqual([3]);
  });

  it("weighs items; one that is too heavy alone still goes in", async () => {
    const queue = createQueue<number>({ most: 10, weigh: (item) => item });
    expect(queue.offer(50)).toBe(true);
    expect(queue.offer(1)).toBe(false);
    expect(await queue.take(1)).toEqual([50]);
    expect([queue.offer(4), queue.offer(6), queue.offer(1)]).toEqual([true, true, false]);
  });

  it("ended: nothing more goes in, what waits comes out, then nothing", async () => {
    const queue = createQueue<number>({ most: 1 });
    queue.offer(1);
    const putting = queue.put(2);
    queue.end();
    expect(await putting).toBe(false);
    expect(queue.offer(3)).toBe(false);
    expect(await queue.take(5)).toEqual([1]);
    expect(await queue.take(5)).toEqual([]);
  });

  it("broken: what waits comes out, then the error", async () => {
    const queue = createQueue<number>({ most: 5 });
    queue.offer(1);
    queue.fail(new Error("gone"));
    const read: number[] = [];
    const reading = (async () => {
      for await (const item of queue) read.push(item);
    })();
    await expect(reading).rejects.toThrow("gone");
    expect(read).toEqual([1]);
  });

  it("an error after the end changes nothing", async () => {
    const queue = createQueue<number>({ most: 5 });
    queue.end();
    queue.fail(new Error("late"));
    expect(await queue.take(1)).toEqual([]);
  });
});
