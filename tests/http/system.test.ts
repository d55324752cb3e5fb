import { describe, expect, it } from "vitest";
import { isUuid } from "../../src/core/ids.ts";
import { systemRandom, systemRuntime } from "../../src/http/system.ts";

describe("the real machine", () => {
  it("gives as many random bytes as asked for, never the same twice", () => {
    const random = systemRandom();
    const seen = new Set<string>();
    for (let round = 0; round < 3000; round += 1) {
      const bytes = random.bytes(16);
      expect(bytes.length).toBe(16);
      seen.add(Buffer.from(bytes).toString("hex"));
    }
    expect(seen.size).toBe(3000);
    expect(random.bytes(100_000).length).toBe(100_000);
    expect(random.bytes(0).length).toBe(0);
  });

  it("does not change bytes that it gave out", () => {
    const random = systemRandom();
    const first = random.bytes(32);
    const copy = Uint8Array.from(first);
    for (let round = 0; round < 2000; round += 1) random.bytes(32);
    expect(first).toStrictEqual(copy);
  });

  it("wakes a sleep that is aborted, before or while it sleeps", async () => {
    const { timers } = systemRuntime();
    await timers.sleep(1_000_000, AbortSignal.abort());
    const controller = new AbortController();
    const asleep = timers.sleep(1_000_000, controller.signal);
    controller.abort();
    await asleep;
    await timers.sleep(0);
  });

  it("makes ids that rise", () => {
    const { ids } = systemRuntime();
    const made = Array.from({ length: 1000 }, () => ids.next());
    expect(made.every(isUuid)).toBe(true);
    expect([...made].sort()).toStrictEqual(made);
  });

  it("runs what is put off after what runs now", async () => {
    const { timers } = systemRuntime();
    const order: string[] = [];
    const later = new Promise<void>((resolve) => {
      timers.soon(() => {
        order.push("soon");
        resolve();
      });
    });
    order.push("now");
    await later;
    expect(order).toStrictEqual(["now", "soon"]);
  });
});
