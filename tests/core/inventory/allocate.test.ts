import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  allocate,
  availableIn,
  availableOver,
  bundlesFrom,
  type Supply,
} from "../../../src/core/inventory/allocate.ts";

const supply = (onHand: number, reserved = 0, heldBack = 0, own = true, inDoubt = 0): Supply => ({
  onHand,
  reserved,
  heldBack,
  inDoubt,
  own,
});

describe("available", () => {
  it.each([
    [supply(80, 29), 51],
    [supply(10, 4, 6), 0],
    [supply(10, 4, 8), 0],
    [supply(0), 0],
    [supply(50, 0, 0, false), 0],
  ])("of %j is %i", (place, expected) => {
    expect(availableIn(place)).toBe(expected);
  });

  it("adds up over places, other people's left out", () => {
    expect(availableOver([supply(3), supply(9, 5, 1), supply(100, 0, 0, false)])).toBe(6);
    expect(availableOver([])).toBe(0);
  });

  it("is less by what is in doubt at any place of ours, and never below zero", () => {
    expect(availableOver([supply(3, 0, 0, true, 2), supply(9, 5, 1)])).toBe(4);
    expect(availableOver([supply(0, 0, 0, true, 2), supply(9, 5, 1)])).toBe(1);
    expect(availableOver([supply(1, 0, 0, true, 2), supply(4, 0, 0, false)])).toBe(0);
    expect(availableOver([supply(3), supply(0, 0, 0, false, 2)])).toBe(3);
  });
});

describe("allocate", () => {
  it.each([
    ["one place has it all", 3, [supply(3), supply(9)], [3, 0], 0],
    ["a later place has it all, an earlier one not", 4, [supply(3), supply(9)], [0, 4], 0],
    ["S10: demand 5 over 3 and 4 is split", 5, [supply(3), supply(4)], [3, 2], 0],
    ["more than there is", 9, [supply(3), supply(4)], [3, 4], 2],
    ["reserved and held back stay", 5, [supply(5, 2, 1), supply(4, 4)], [2, 0], 3],
    ["other people's stock promises nothing", 2, [supply(9, 0, 0, false), supply(1)], [0, 1], 1],
    ["nothing wanted", 0, [supply(3)], [0], 0],
    ["no place at all", 2, [], [], 2],
  ])("%s", (_, quantity, supplies, taken, left) => {
    expect(allocate(quantity, supplies)).toEqual({ taken, left });
  });

  it("takes no more than there is, loses nothing, changes nothing it was given", () => {
    const place = fc.record({
      onHand: fc.nat(20),
      reserved: fc.nat(20),
      heldBack: fc.nat(5),
      inDoubt: fc.constant(0),
      own: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.nat(60), fc.array(place, { maxLength: 6 }), (quantity, supplies) => {
        const before = structuredClone(supplies);
        const { taken, left } = allocate(quantity, supplies);
        expect(taken.reduce((sum, units) => sum + units, left)).toBe(quantity);
        taken.forEach((units, index) => {
          expect(units).toBeGreaterThanOrEqual(0);
          expect(units).toBeLessThanOrEqual(availableIn(supplies[index] as Supply));
        });
        expect(left).toBe(Math.max(0, quantity - availableOver(supplies)));
        expect(supplies).toEqual(before);
      }),
    );
  });
});

describe("bundlesFrom", () => {
  it.each([
    [
      "F080: A x2 with 7, B x1 with 5",
      [
        { quantity: 2, available: 7 },
        { quantity: 1, available: 5 },
      ],
      3,
    ],
    [
      "one component missing",
      [
        { quantity: 1, available: 9 },
        { quantity: 3, available: 2 },
      ],
      0,
    ],
    ["made of nothing", [], 0],
  ])("%s", (_, components, expected) => {
    expect(bundlesFrom(components)).toBe(expected);
  });
});
