import { describe, expect, it } from "vitest";
import { parseDecimal, toMinor, toMinorParts } from "../../../src/connectors/medusa/decimals.ts";

describe("Medusa's decimals", () => {
  it.each([
    ["81.37299999999999983", "EUR", 8137],
    ["81.375", "EUR", 8138],
    ["81.374999999999999999", "EUR", 8138],
    ["-8e-22", "EUR", 0],
    ["1e3", "EUR", 100_000],
    ["1.5E-2", "EUR", 2],
    ["-0.005", "EUR", -1],
    ["60.3669", "EUR", 6037],
    ["1980", "JPY", 1980],
    ["1980.5", "JPY", 1981],
    ["0.0125", "KWD", 13],
    ["90071992547409.91", "EUR", 9_007_199_254_740_991],
  ])("%s %s is %i minor units", (text, currency, minor) => {
    expect(toMinor(parseDecimal(text), currency)).toBe(minor);
  });

  it.each(["", "1,5", "0x1f", "NaN", "Infinity", "1e9999", "--1", " 1"])("refuses %j", (text) => {
    expect(() => parseDecimal(text)).toThrow("no decimal number");
  });

  it("refuses an amount that a JSON number cannot hold", () => {
    expect(() => toMinor(parseDecimal("90071992547409.92"), "EUR")).toThrow("does not fit");
  });

  it("rounds parts so that they add up to the rounded sum", () => {
    const thirds = ["0.333", "0.333", "0.333", "0.001"].map(parseDecimal);
    expect(toMinorParts(thirds, "EUR")).toEqual([33, 34, 33, 0]);
    expect(toMinorParts(["24.1879", "30.25", "5.929"].map(parseDecimal), "EUR")).toEqual([2419, 3025, 593]);
    expect(toMinorParts([], "EUR")).toEqual([]);
  });
});
