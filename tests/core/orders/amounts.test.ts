import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sumMinor } from "../../../src/core/money/money.ts";
import {
  type PricedLine,
  type PricedOrder,
  partsForTotal,
  soldParts,
} from "../../../src/core/orders/amounts.ts";

const line = (more: Partial<PricedLine> = {}): PricedLine => ({
  lineNo: 1,
  skuId: "a",
  virtual: false,
  quantity: 1,
  unitPriceMinor: 10_000,
  discountMinor: 0,
  taxMinor: null,
  taxRateBp: 0,
  ...more,
});
const order = (totalMinor: number, lines: PricedLine[], more: Partial<PricedOrder> = {}): PricedOrder => ({
  lines,
  shippingMinor: 0,
  discountMinor: 0,
  platformDiscountMinor: 0,
  totalMinor,
  ...more,
});

/** "lineNo: gross/tax" of each part. */
const short = (of: PricedOrder) => {
  const { parts, differenceMinor } = soldParts(of);
  return [
    ...parts.map((part) => `${part.lineNo}: ${part.grossMinor}/${part.taxMinor}`),
    `off ${differenceMinor}`,
  ];
};

describe("soldParts", () => {
  it.each<[string, PricedOrder, string[]]>([
    ["one line, no tax", order(10_000, [line()]), ["1: 10000/0", "off 0"]],
    [
      "tax of the SKU is inside",
      order(11_300, [line({ unitPriceMinor: 11_300, taxRateBp: 1300 })]),
      ["1: 11300/1300", "off 0"],
    ],
    [
      "told tax inside the price",
      order(11_300, [line({ unitPriceMinor: 11_300, taxMinor: 1300, taxRateBp: 600 })]),
      ["1: 11300/1300", "off 0"],
    ],
    ["told tax on top of the price", order(11_300, [line({ taxMinor: 1300 })]), ["1: 11300/1300", "off 0"]],
    [
      "told tax of zero stays zero",
      order(10_000, [line({ taxMinor: 0, taxRateBp: 1300 })]),
      ["1: 10000/0", "off 0"],
    ],
    [
      "tax on top, total rounded by a cent",
      order(11_299, [line({ taxMinor: 1300 })]),
      ["1: 11300/1300", "off -1"],
    ],
    [
      "tax inside, total rounded by a cent",
      order(11_301, [line({ unitPriceMinor: 11_300, taxMinor: 1300 })]),
      ["1: 11300/1300", "off 1"],
    ],
    ["line discount", order(9_500, [line({ discountMinor: 500 })]), ["1: 9500/0", "off 0"]],
    [
      "order discount by weight, to the cent",
      order(29_900, [line(), line({ lineNo: 2 }), line({ lineNo: 3 })], { discountMinor: 100 }),
      ["1: 9967/0", "2: 9966/0", "3: 9967/0", "off 0"],
    ],
    [
      "a line at 100 % discount takes no share",
      order(9_000, [line({ discountMinor: 10_000 }), line({ lineNo: 2 })], { discountMinor: 1000 }),
      ["1: 0/0", "2: 9000/0", "off 0"],
    ],
    [
      "the whole order at 100 %",
      order(0, [line(), line({ lineNo: 2 })], { discountMinor: 20_000 }),
      ["1: 0/0", "2: 0/0", "off 0"],
    ],
    [
      "a line discounted below zero lowers the others",
      order(9_000, [line({ discountMinor: 11_000 }), line({ lineNo: 2 })]),
      ["1: 0/0", "2: 9000/0", "off 0"],
    ],
    [
      "the platform's discount is money due",
      order(9_000, [line()], { platformDiscountMinor: 1000 }),
      ["1: 10000/0", "off 0"],
    ],
    [
      "freight carries the goods' tax share",
      order(11_900, [line({ unitPriceMinor: 11_300, taxRateBp: 1300 })], { shippingMinor: 600 }),
      ["1: 11300/1300", "0: 600/69", "off 0"],
    ],
    [
      "a discount beyond the goods lowers the freight",
      order(100, [line()], { shippingMinor: 600, discountMinor: 10_500 }),
      ["1: 0/0", "0: 100/0", "off 0"],
    ],
    [
      "free goods with freight",
      order(600, [line({ unitPriceMinor: 0 })], { shippingMinor: 600 }),
      ["1: 0/0", "0: 600/0", "off 0"],
    ],
    ["does not add up", order(12_345, [line()]), ["1: 10000/0", "off 2345"]],
    ["no line at all", order(0, []), ["off 0"]],
  ])("%s", (_, given, expected) => {
    expect(short(given)).toEqual(expected);
  });

  it("F114: what adds up is accounted for to the cent, tax never exceeds its part", () => {
    const anyLine = fc.record({
      quantity: fc.integer({ min: 1, max: 9 }),
      unitPriceMinor: fc.nat(99_999),
      discountPercent: fc.constantFrom(0, 10, 33, 100, 120),
      taxRateBp: fc.constantFrom(0, 600, 1300),
      taxTold: fc.boolean(),
    });
    const given = fc.record({
      lines: fc.array(anyLine, { minLength: 1, maxLength: 6 }),
      shippingMinor: fc.nat(2000),
      discountPercent: fc.constantFrom(0, 5, 50, 100),
      platformPercent: fc.constantFrom(0, 10, 100),
      onTop: fc.boolean(),
    });
    fc.assert(
      fc.property(given, ({ lines, shippingMinor, discountPercent, platformPercent, onTop }) => {
        const priced = lines.map((item, index) => {
          const goods = item.quantity * item.unitPriceMinor;
          return line({
            ...item,
            lineNo: index + 1,
            discountMinor: Math.floor((goods * item.discountPercent) / 100),
            taxMinor: item.taxTold ? Math.floor((goods * item.taxRateBp) / 10_000) : null,
          });
        });
        const goods = sumMinor(
          priced.map((item) => item.quantity * item.unitPriceMinor - item.discountMinor),
        );
        const taxes = sumMinor(priced.map((item) => item.taxMinor ?? 0));
        const worth = Math.max(0, goods + (onTop ? taxes : 0));
        const discountMinor = Math.floor((worth * discountPercent) / 100);
        const platformDiscountMinor = Math.floor(((worth - discountMinor) * platformPercent) / 100);
        const totalMinor =
          goods + (onTop ? taxes : 0) + shippingMinor - discountMinor - platformDiscountMinor;
        fc.pre(totalMinor >= 0);
        const sold = soldParts({
          lines: priced,
          shippingMinor,
          discountMinor,
          platformDiscountMinor,
          totalMinor,
        });
        expect(sold.differenceMinor).toBe(0);
        expect(sumMinor(sold.parts.map((part) => part.grossMinor))).toBe(totalMinor + platformDiscountMinor);
        for (const part of sold.parts) {
          expect(part.grossMinor).toBeGreaterThanOrEqual(0);
          expect(part.taxMinor).toBeGreaterThanOrEqual(0);
          expect(part.taxMinor).toBeLessThanOrEqual(part.grossMinor);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("partsForTotal", () => {
  it("spreads an accepted total over the parts by weight, tax with it", () => {
    const { parts } = soldParts(
      order(99_999, [
        line({ unitPriceMinor: 11_300, taxRateBp: 1300 }),
        line({ lineNo: 2, unitPriceMinor: 22_600, taxRateBp: 1300 }),
      ]),
    );
    const spread = partsForTotal(parts, 30_000);
    expect(spread.map((part) => [part.grossMinor, part.taxMinor])).toEqual([
      [10_000, 1150],
      [20_000, 2301],
    ]);
  });

  it("books money without goods as freight", () => {
    expect(partsForTotal([], 500)).toEqual([
      { lineNo: 0, skuId: null, grossMinor: 500, taxMinor: 0, virtual: false },
    ]);
    expect(partsForTotal([], 0)).toEqual([]);
  });
});
