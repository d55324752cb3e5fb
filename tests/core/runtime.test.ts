import { describe, expect, it } from "vitest";
import { nowInstant } from "../../src/core/clock.ts";
import { testRuntime } from "../support/runtime.ts";

describe("the runtime of tests", () => {
  it("stands still until it is moved", async () => {
    const runtime = testRuntime();
    expect(nowInstant(runtime.clock)).toBe("2026-11-22T08:00:00.000Z");
    await runtime.advance(1500);
    expect(nowInstant(runtime.clock)).toBe("2026-11-22T08:00:01.500Z");
    await runtime.set("2026-01-01T00:00:00.000Z");
    expect(nowInstant(runtime.clock)).toBe("2026-01-01T00:00:00.000Z");
  });

  it("wakes sleeps in order of time, each at its own time, also those that sleep again", async () => {
    const runtime = testRuntime();
    const woken: string[] = [];
    const loop = async (name: string, everyMs: number) => {
      for (let round = 0; round < 3; round += 1) {
        await runtime.timers.sleep(everyMs);
        woken.push(`${name} ${nowInstant(runtime.clock).slice(17, 23)}`);
      }
    };
    const loops = Promise.all([loop("slow", 2000), loop("quick", 1500)]);
    await runtime.advance(4000);
    expect(woken).toStrictEqual(["quick 01.500", "slow 02.000", "quick 03.000", "slow 04.000"]);
    expect(runtime.sleeping()).toBe(2);
    await runtime.advance(2000);
    await loops;
    expect(woken.slice(4)).toStrictEqual(["quick 04.500", "slow 06.000"]);
  });

  it("wakes a sleep that is aborted", async () => {
    const runtime = testRuntime();
    const controller = new AbortController();
    const asleep = runtime.timers.sleep(1000, controller.signal);
    controller.abort();
    await asleep;
    expect(runtime.sleeping()).toBe(0);
  });

  it("repeats its randomness for a seed", () => {
    const [one, same, other] = [testRuntime(), testRuntime(), testRuntime({ seed: 2 })];
    const id = one.ids.next();
    expect(same.ids.next()).toBe(id);
    expect(other.ids.next()).not.toBe(id);
  });

  it("refuses the network", async () => {
    await expect(testRuntime().fetch("https://shop.example/orders")).rejects.toThrow(
      "https://shop.example/orders",
    );
  });
});
