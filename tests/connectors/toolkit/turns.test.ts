import { describe, expect, it } from "vitest";
import { createTurns } from "../../../src/connectors/toolkit/turns.ts";

const gate = () => Promise.withResolvers<string>();

describe("turns", () => {
  it("one key after the other, other keys side by side", async () => {
    const inTurn = createTurns();
    const first = gate();
    const begun: string[] = [];
    const work = (name: string, result: Promise<string>) => () => {
      begun.push(name);
      return result;
    };
    const one = inTurn("order 1", work("1a", first.promise));
    const two = inTurn("order 1", work("1b", Promise.resolve("second")));
    const other = await inTurn("order 2", work("2a", Promise.resolve("other")));
    expect([begun, other]).toEqual([["1a", "2a"], "other"]);
    first.resolve("first");
    expect(await Promise.all([one, two])).toEqual(["first", "second"]);
    expect(begun).toEqual(["1a", "2a", "1b"]);
  });

  it("work that fails keeps nobody waiting", async () => {
    const inTurn = createTurns();
    const failing = inTurn("order 1", () => Promise.reject(new Error("no")));
    const next = inTurn("order 1", async () => "next");
    await expect(failing).rejects.toThrow("no");
    expect(await next).toBe("next");
  });
});
