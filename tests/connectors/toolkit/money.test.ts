import { describe, expect, it } from "vitest";
import { decimalText, minorOf } from "../../../src/connectors/toolkit/money.ts";

describe("minorOf", () => {
  it.each([
    ["JPY", 1990, 1990],
    ["JPY", "1990", 1990],
    ["JPY", "1990.00", 1990],
    ["KRW", 45_000, 45_000],
    ["KWD", "1.234", 1234],
    ["KWD", 1.5, 1500],
    ["CNY", 19.9, 1990],
    ["CNY", "19.90", 1990],
    ["CNY", 0.07, 7],
    ["CNY", 1.005e3, 100_500],
    ["CNY", 4.35, 435],
    ["CNY", -8, -800],
    ["CNY", 0, 0],
    ["USD", "9007199254740.99", 900_719_925_474_099],
  ])("F118: %s %s is %d minor units", (currency, amount, minor) => {
    expect(minorOf(amount, currency)).toBe(minor);
  });

  it("F118: every amount with the currency's decimals comes out exactly, as number and as text", () => {
    for (let fen = 0; fen <= 100_000; fen += 7) {
      const text = `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")}`;
      expect([minorOf(text, "CNY"), minorOf(Number(text), "CNY")]).toEqual([fen, fen]);
    }
  });

  it.each([
    ["JPY", 19.9, "number_out_of_range"],
    ["CNY", "19.999", "number_out_of_range"],
    ["KRW", "0.5", "number_out_of_range"],
    ["CNY", 0.1 + 0.2, "number_out_of_range"],
    ["CNY", 1e21, "number_out_of_range"],
    ["CNY", Number.NaN, "number_out_of_range"],
    ["CNY", Number.POSITIVE_INFINITY, "number_out_of_range"],
    ["CNY", "1,234.50", "invalid_request"],
    ["CNY", "", "invalid_request"],
    ["CNY", "1e3", "invalid_request"],
    ["XXX", "1", "unknown_currency"],
  ])("%s %s is refused as %s %s", (currency, amount, code) => {
    expect(() => minorOf(amount, currency)).toThrow(expect.objectContaining({ code }));
  });
});

describe("decimalText", () => {
  it("writes the shortest text, without exponent", () => {
    expect([0.1, 19.9, -3, 1e6, 1.1].map(decimalText)).toEqual(["0.1", "19.9", "-3", "1000000", "1.1"]);
    expect(() => decimalText(1e-7)).toThrow(expect.objectContaining({ code: "number_out_of_range" }));
  });
});
