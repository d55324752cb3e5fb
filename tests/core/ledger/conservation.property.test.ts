import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { baseAmounts, rateOf, toBase } from "../../../src/core/ledger/exchange.ts";
import { decimalText } from "../../../src/core/ledger/export/text.ts";
import { post } from "../../../src/core/ledger/post.ts";
import { sumMinor } from "../../../src/core/money/money.ts";
import { assertPromises, balances, books, nothingBooked, stockEvent } from "./builders.ts";

describe("exchange", () => {
  it("splits a side so that its parts add up to its whole, for any rate", () => {
    const rate = fc
      .tuple(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 1, max: 9_999_999 }))
      .map(([whole, fraction]) => `${whole}.${String(fraction).padStart(7, "0")}`);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 10 ** 9 }), { minLength: 1 }),
        rate,
        fc.constantFrom("USD", "JPY", "KWD"),
        (amounts, text, currency) => {
          const fraction = rateOf(text, currency, "CNY");
          const parts = baseAmounts(amounts, fraction);
          expect(sumMinor(parts)).toBe(toBase(sumMinor(amounts), fraction));
          expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});

describe("stock value", () => {
  it("random walks of receipts and issues leave the inventory account at their exact sum, at any scale (F122)", () => {
    const reasons = [
      "opening",
      "receipt",
      "count",
      "gain",
      "loss",
      "damage",
      "sample",
      "return",
      "other",
    ] as const;
    const change = fc.record({
      reason: fc.constantFrom(...reasons),
      valueMinor: fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }),
    });
    fc.assert(
      fc.property(
        fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 20 }),
        fc.integer({ min: 0, max: 6 }),
        (documents, scale) => {
          const posting = post(
            documents.map((lines, index) => stockEvent(index + 1, lines)),
            books(),
            nothingBooked,
          );
          assertPromises(posting);
          const expected = sumMinor(documents.flat().map((item) => item.valueMinor));
          expect(balances(posting.entries).inventory ?? 0).toBe(expected);
          expect(BigInt(decimalText(String(Math.abs(expected)), scale).replace(".", ""))).toBe(
            BigInt(Math.abs(expected)),
          );
        },
      ),
    );
  });

  it("3140.00 - 3106.40 is 33.60", () => {
    const { entries } = post(
      [
        stockEvent(1, [
          { reason: "receipt", valueMinor: 314000 },
          { reason: "damage", valueMinor: -310640 },
        ]),
      ],
      books(),
      nothingBooked,
    );
    expect(decimalText(String(balances(entries).inventory), 2)).toBe("33.60");
  });
});
