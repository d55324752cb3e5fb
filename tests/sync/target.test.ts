import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StockWriteKind } from "../../src/connectors/contract.ts";
import { type ChosenWrite, chooseWrite, stockTarget } from "../../src/sync/outbox/target.ts";

describe("stockTarget", () => {
  it.each([
    ["F076: on hand 80, reserved 29", { available: 51, unitsPer: 1, buffer: 0, cap: null }, 51],
    ["packs of six, whole ones only", { available: 51, unitsPer: 6, buffer: 0, cap: null }, 8],
    ["the buffer is taken off first", { available: 51, unitsPer: 6, buffer: 4, cap: null }, 7],
    ["a cap", { available: 51, unitsPer: 1, buffer: 0, cap: 10 }, 10],
    ["a cap above what there is", { available: 3, unitsPer: 1, buffer: 0, cap: 10 }, 3],
    ["a cap of zero", { available: 3, unitsPer: 1, buffer: 0, cap: 0 }, 0],
    ["a buffer above what there is", { available: 3, unitsPer: 1, buffer: 5, cap: null }, 0],
    ["negative availability", { available: -4, unitsPer: 3, buffer: 0, cap: null }, 0],
  ])("%s", (_, input, target) => {
    expect(stockTarget(input)).toBe(target);
  });

  it("never shows more units than there are, and never less than none", () => {
    const whole = fc.integer({ min: -1000, max: 1_000_000 });
    const positive = fc.integer({ min: 1, max: 1000 });
    fc.assert(
      fc.property(
        whole,
        positive,
        fc.nat(1000),
        fc.option(fc.nat(1000)),
        (available, unitsPer, buffer, cap) => {
          const target = stockTarget({ available, unitsPer, buffer, cap });
          expect(target).toBeGreaterThanOrEqual(0);
          expect(target * unitsPer).toBeLessThanOrEqual(Math.max(0, available - buffer));
          if (cap !== null) expect(target).toBeLessThanOrEqual(cap);
        },
      ),
    );
  });
});

describe("chooseWrite", () => {
  const cases: [string, StockWriteKind[], number | null, number | null, ChosenWrite][] = [
    [
      "a set needs nothing else",
      ["delta", "set", "compareAndSet"],
      null,
      null,
      { kind: "write", write: { mode: "set", quantity: 7 } },
    ],
    [
      "no plain set over a figure that was read",
      ["delta", "set", "compareAndSet"],
      9,
      null,
      { kind: "write", write: { mode: "compareAndSet", quantity: 7, expected: 9 } },
    ],
    [
      "a set where there is nothing else",
      ["set"],
      9,
      9,
      { kind: "write", write: { mode: "set", quantity: 7 } },
    ],
    [
      "compare and set from what was read",
      ["delta", "compareAndSet"],
      9,
      5,
      { kind: "write", write: { mode: "compareAndSet", quantity: 7, expected: 9 } },
    ],
    [
      "compare and set from what was confirmed",
      ["compareAndSet"],
      null,
      5,
      { kind: "write", write: { mode: "compareAndSet", quantity: 7, expected: 5 } },
    ],
    ["a difference upwards", ["delta"], 5, null, { kind: "write", write: { mode: "delta", quantity: 2 } }],
    ["a difference downwards", ["delta"], 10, 7, { kind: "write", write: { mode: "delta", quantity: -3 } }],
    ["nothing when it shows the target", ["delta"], 7, 1, { kind: "shown", quantity: 7 }],
    ["nothing can be said", ["delta", "compareAndSet"], null, null, { kind: "unknowable" }],
  ];
  it.each(cases)("%s", (_, kinds, current, published, chosen) => {
    expect(chooseWrite({ kinds, target: 7, current, published })).toStrictEqual(chosen);
  });
});
