import { describe, expect, it } from "vitest";
import { readOrder } from "../../../src/connectors/vendure/map.ts";
import sample from "../../fixtures/vendure/order.json" with { type: "json" };
import { line, options, payment, read, sumOf } from "./sample.ts";

describe("Vendure orders", () => {
  it("an ordinary one", () => {
    expect(read()).toEqual({
      externalId: "512",
      // The order's own updatedAt is a second and a half older than the order.
      updatedAt: "2026-11-22T08:01:11.820Z",
      placedAt: "2026-11-22T08:01:11.820Z",
      paidAt: "2026-11-22T08:01:11.677Z",
      status: "paid",
      currency: "EUR",
      lines: [
        {
          externalLineId: "87",
          externalVariantId: "42",
          sku: "MUG-BLU-350",
          title: "Stoneware mug Blue",
          quantity: 2,
          unitPriceMinor: 2500,
          taxMinor: 868,
        },
      ],
      shippingMinor: 490,
      totalMinor: 5490,
      buyer: {
        externalId: "77",
        name: "Ana Ruiz",
        email: "ana@example.com",
        phone: "+34600000000",
        address: { line1: "Calle Mayor 1", city: "Madrid", postalCode: "28013", country: "ES" },
      },
    });
  });

  it("discounts of lines and of the order, spread over the lines by Vendure, and surcharges both ways", () => {
    const order = read({
      lines: [
        { ...line, proratedUnitPriceWithTax: 2230, proratedLinePriceWithTax: 4460, proratedLinePrice: 3686 },
      ],
      surcharges: [{ priceWithTax: 250 }, { priceWithTax: -100 }],
      totalWithTax: 4460 + 490 + 150,
    });
    expect(order.lines[0]).toMatchObject({ unitPriceMinor: 2500, discountMinor: 540, taxMinor: 774 });
    expect(order).toMatchObject({ shippingMinor: 740, discountMinor: 100, totalMinor: 5100 });
    expect(sumOf(order)).toBe(order.totalMinor);
  });

  it("a gift for nothing, and a bundle as it is sold", () => {
    const gift = {
      ...line,
      id: "88",
      quantity: 1,
      unitPriceWithTax: 0,
      proratedUnitPriceWithTax: 0,
      proratedLinePriceWithTax: 0,
      proratedLinePrice: 0,
      productVariant: { id: "43", sku: "GIFT-1", name: "Tea strainer" },
    };
    const bundle = { ...line, productVariant: { id: "44", sku: "SET-2", name: "Set of two" } };
    const order = read({ lines: [bundle, gift] });
    expect(
      order.lines.map(({ sku, quantity, unitPriceMinor, taxMinor }) => [
        sku,
        quantity,
        unitPriceMinor,
        taxMinor,
      ]),
    ).toEqual([
      ["SET-2", 2, 2500, 868],
      ["GIFT-1", 1, 0, 0],
    ]);
    expect(sumOf(order)).toBe(order.totalMinor);
  });

  it("net prices: a line rounded once may be a cent above its units, never below what was paid", () => {
    // 3 x 19.99 net and 21 %: 72.56, while the unit shows 24.19.
    const priced = (unit: number, lineGross: number) => ({
      ...line,
      quantity: 3,
      unitPriceWithTax: unit,
      proratedUnitPriceWithTax: unit,
      proratedLinePriceWithTax: lineGross,
      proratedLinePrice: Math.round(lineGross / 1.21),
    });
    for (const [unit, gross] of [
      [2419, 7256],
      [2418, 7256],
    ] as const) {
      const order = read({ lines: [priced(unit, gross)], totalWithTax: gross + 490 });
      expect(sumOf(order), `unit ${unit}`).toBe(gross + 490);
    }
  });

  it.each([
    ["JPY", 2, [250_000, 250_000, 500_000, 49_000, 549_000], [2500, 490, 5490]],
    ["KWD", 2, [2500, 2500, 5000, 490, 5490], [25_000, 4900, 54_900]],
    ["EUR", 3, [24_995, 24_995, 49_990, 4905, 54_895], [2500, 491, 5490]],
  ] as const)("amounts in %s on a server with %i digits", (currencyCode, precision, raw, expected) => {
    const [unit, prorated, gross, shippingWithTax, totalWithTax] = raw;
    const lines = [
      {
        ...line,
        unitPriceWithTax: unit,
        proratedUnitPriceWithTax: prorated,
        proratedLinePriceWithTax: gross,
        proratedLinePrice: gross,
      },
    ];
    const payments = [{ ...payment, amount: totalWithTax }];
    const order = read(
      { currencyCode, lines, shippingWithTax, totalWithTax, payments },
      { ...options, precision },
    );
    expect([order.lines[0]?.unitPriceMinor, order.shippingMinor, order.totalMinor]).toEqual(expected);
    expect(sumOf(order), "adds up after rounding").toBe(order.totalMinor);
    expect(order.status).toBe("paid");
  });

  it("a sum that is wrong by more than rounding is not made to fit", () => {
    const order = read({ totalWithTax: 999_000 }, { ...options, precision: 3 });
    expect(sumOf(order)).not.toBe(order.totalMinor);
  });

  it("a buyer without name, and none at all", () => {
    const address = { ...sample.shippingAddress, fullName: "" };
    expect(read({ shippingAddress: address }).buyer?.name).toBe("Ana Ruiz");
    const nobody = { ...sample.customer, firstName: "", lastName: null };
    expect(read({ shippingAddress: address, customer: nobody }).buyer?.name).toBeUndefined();
    expect(read({ shippingAddress: null, customer: null }).buyer).toBeUndefined();
  });

  it("times with an offset are the same instants", () => {
    expect(read({ orderPlacedAt: "2026-10-25T02:30:00+01:00" }).placedAt).toBe("2026-10-25T01:30:00.000Z");
  });
});

describe("rows that cannot be read", () => {
  it.each([
    [
      "a missing field",
      { totalWithTax: undefined },
      "totalWithTax: Invalid input: expected number, received undefined",
    ],
    ["half a cent", { totalWithTax: 10.5 }, "totalWithTax: Invalid input: expected int, received number"],
    ["a currency nobody knows", { currencyCode: "XXZ" }, "currencyCode: is no ISO 4217 currency"],
  ])("%s", (_what, change, reason) => {
    expect(readOrder({ ...sample, ...change } as never, options)).toEqual({
      kind: "rejected",
      externalId: "512",
      reason,
    });
  });
});
