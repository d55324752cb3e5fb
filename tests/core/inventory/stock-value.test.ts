import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { costOfIssue, costOfReceipt, cumulativeShare } from "../../../src/core/inventory/stock-value.ts";

describe("moving average", () => {
  it("follows the worked example: receive 3, issue 1, receive 10, issue 5, issue 7", () => {
    // The example's first receipt is at 12.3456, which is 37.04 in all; unit costs here are whole minor units.
    let stock = { onHand: 3, valueMinor: 3704 };
    const issue = (quantity: number) => {
      const cost = costOfIssue(stock, quantity);
      stock = { onHand: stock.onHand - quantity, valueMinor: stock.valueMinor - cost };
      return cost;
    };
    expect(issue(1)).toBe(1235);
    expect(stock).toEqual({ onHand: 2, valueMinor: 2469 });
    const received = costOfReceipt(stock, 10, 1300);
    expect(received).toBe(13_000);
    stock = { onHand: 12, valueMinor: stock.valueMinor + received };
    expect(stock.valueMinor).toBe(15_469);
    expect(issue(5)).toBe(6445);
    expect(stock).toEqual({ onHand: 7, valueMinor: 9024 });
    expect(issue(7)).toBe(9024);
    expect(stock).toEqual({ onHand: 0, valueMinor: 0 });
  });

  it.each([
    ["a given unit cost counts", { onHand: 5, valueMinor: 100 }, 4, 30, 120],
    ["a given cost of nothing counts too", { onHand: 5, valueMinor: 100 }, 4, 0, 0],
    ["else the average of what is there", { onHand: 3, valueMinor: 100 }, 2, undefined, 67],
    ["else nothing is known", { onHand: 0, valueMinor: 0 }, 2, undefined, 0],
  ])("receipt: %s", (_, stock, quantity, unitCost, expected) => {
    expect(costOfReceipt(stock, quantity, unitCost)).toBe(expected);
  });

  it("issues exactly what was received, in any steps", () => {
    const step = fc.record({ receive: fc.nat(9), unitCostMinor: fc.nat(9999), issue: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let [onHand, valueMinor, received, issued] = [0, 0, 0, 0];
        for (const { receive, unitCostMinor, issue } of steps) {
          const cost = costOfReceipt({ onHand, valueMinor }, receive, unitCostMinor);
          [onHand, valueMinor, received] = [onHand + receive, valueMinor + cost, received + cost];
          const leaving = Math.min(issue, onHand);
          const out = costOfIssue({ onHand, valueMinor }, leaving);
          [onHand, valueMinor, issued] = [onHand - leaving, valueMinor - out, issued + out];
          expect(valueMinor).toBeGreaterThanOrEqual(0);
          if (onHand === 0) expect(valueMinor).toBe(0);
        }
        expect(issued + valueMinor).toBe(received);
      }),
    );
  });
});

describe("cumulativeShare", () => {
  it.each([
    [100, 0, 1, 3, 33],
    [100, 1, 1, 3, 34],
    [100, 2, 1, 3, 33],
    [100, 0, 3, 3, 100],
    [100, 0, 0, 3, 0],
    [100, 0, 2, 0, 0],
  ])("of %i: after %i the next %i of %i are worth %i", (amount, before, quantity, total, expected) => {
    expect(cumulativeShare(amount, before, quantity, total)).toBe(expected);
  });
});
