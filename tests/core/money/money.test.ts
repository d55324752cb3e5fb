import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { currencyExponent, isCurrency } from "../../../src/core/money/currency.ts";
import {
  formatMinor,
  maxMinor,
  mulDivRound,
  netOfTax,
  parseMinor,
  splitMinor,
  sumMinor,
  toSafe,
} from "../../../src/core/money/money.ts";

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return String((error as { code?: string }).code);
  }
  return "no error";
};

describe("minor units", () => {
  it.each([
    ["JPY", 0, "1980", 1980],
    ["KRW", 0, "50000", 50_000],
    ["CNY", 2, "19.99", 1999],
    ["USD", 2, "-0.05", -5],
    ["KWD", 3, "1.234", 1234],
    ["CLF", 4, "0.0001", 1],
  ])(
    "F118: %s has %i decimals: a refund of %s is %i minor units, and back",
    (currency, exponent, text, minor) => {
      expect(currencyExponent(currency)).toBe(exponent);
      expect(parseMinor(text, currency)).toBe(minor);
      expect(formatMinor(minor, currency)).toBe(text);
    },
  );

  it.each([
    ["5", "CNY", 500],
    ["5.", "CNY", "invalid_request"],
    ["05.10", "CNY", 510],
    [" 7.10 ", "CNY", 710],
    ["+7.1", "CNY", 710],
    ["7.100", "CNY", 710],
    ["7.101", "CNY", "number_out_of_range"],
    ["1980.0", "JPY", 1980],
    ["1980.5", "JPY", "number_out_of_range"],
    ["1e3", "CNY", "invalid_request"],
    ["1,000.00", "CNY", "invalid_request"],
    ["", "CNY", "invalid_request"],
    ["NaN", "CNY", "invalid_request"],
    ["90071992547409.91", "CNY", maxMinor],
    ["90071992547409.92", "CNY", "number_out_of_range"],
    ["1.00", "XXX", "unknown_currency"],
  ])("reads %j %s as %s", (text, currency, expected) => {
    if (typeof expected === "number") expect(parseMinor(text, currency)).toBe(expected);
    else expect(codeOf(() => parseMinor(text, currency))).toBe(expected);
  });

  it("F122: 3140.00 - 3106.40 is 33.60", () => {
    expect(formatMinor(parseMinor("3140.00", "CNY") - parseMinor("3106.40", "CNY"), "CNY")).toBe("33.60");
  });

  it("F122: random walks at any scale stay exact decimals", () => {
    const walk = fc.array(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), { maxLength: 50 });
    fc.assert(
      fc.property(walk, fc.constantFrom("JPY", "CNY", "KWD", "CLF"), (steps, currency) => {
        const texts = steps.map((step) => formatMinor(step, currency));
        const sum = sumMinor(texts.map((text) => parseMinor(text, currency)));
        expect(sum).toBe(steps.reduce((total, step) => total + step, 0));
        expect(parseMinor(formatMinor(sum, currency), currency)).toBe(sum);
      }),
    );
  });

  it("knows capital letters only", () => {
    expect(["CNY", "cny", "ZZZ", ""].map(isCurrency)).toEqual([true, false, false, false]);
  });
});

describe("mulDivRound", () => {
  it.each([
    [1, 1, 2, 1],
    [1, 1, 3, 0],
    [2, 1, 3, 1],
    [-1, 1, 2, -1],
    [-1, 1, 3, 0],
    [5, 0, 7, 0],
    [maxMinor, maxMinor, maxMinor, maxMinor],
    [9_007_199_254_740_991, 3, 9, 3_002_399_751_580_330],
  ])("%i * %i / %i = %i", (a, b, c, expected) => {
    expect(mulDivRound(a, b, c) + 0).toBe(expected);
  });

  it("refuses what a JSON number cannot hold", () => {
    expect(codeOf(() => mulDivRound(maxMinor, 2, 1))).toBe("number_out_of_range");
    expect(codeOf(() => sumMinor([maxMinor, 1]))).toBe("number_out_of_range");
    expect(codeOf(() => toSafe(-(2n ** 60n)))).toBe("number_out_of_range");
  });
});

describe("splitMinor", () => {
  it.each([
    [100, [1, 1, 1], [33, 34, 33]],
    [1, [1, 1], [1, 0]],
    [0, [3, 4], [0, 0]],
    [10, [0, 5, 0], [0, 10, 0]],
    [7, [0, 0], [7, 0]],
    [5, [], []],
    [-100, [1, 2], [-33, -67]],
  ])("splits %i over %j", (total, weights, expected) => {
    expect(splitMinor(total, weights)).toEqual(expected);
  });

  it("adds up, and no part strays a unit from its exact share", () => {
    const weights = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), weights, (total, given) => {
        const parts = splitMinor(total, given);
        const sum = sumMinor(given);
        expect(sumMinor(parts)).toBe(total);
        for (const [index, part] of parts.entries()) {
          expect(part).toBeGreaterThanOrEqual(0);
          if (sum > 0) expect(Math.abs(part - (total * (given[index] ?? 0)) / sum)).toBeLessThanOrEqual(1.01);
        }
      }),
    );
  });
});

describe("netOfTax", () => {
  it.each([
    [11_300, 1300, 10_000],
    [100, 0, 100],
    [0, 1300, 0],
    [1, 1300, 1],
    [11_300, 100, 11_188],
  ])("%i at %i bp is net %i", (gross, rate, net) => {
    expect(netOfTax(gross, rate)).toBe(net);
  });
});
