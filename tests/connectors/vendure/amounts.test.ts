import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readOrder } from "../../../src/connectors/vendure/map.ts";
import { sumMinor } from "../../../src/core/money/money.ts";
import sample from "../../fixtures/vendure/order.json" with { type: "json" };

/** Any order whose amounts add up there adds up here: after cancelling, shipping, taking back and rounding. */

const lineArbitrary = fc
  .record({
    unit: fc.integer({ min: 0, max: 300_000 }),
    /** Per cent of the unit's price that is left after discounts. */
    left: fc.integer({ min: 0, max: 100 }),
    ordered: fc.integer({ min: 0, max: 6 }),
    cancelled: fc.integer({ min: 0, max: 6 }),
    sent: fc.integer({ min: 0, max: 6 }),
    taxRate: fc.constantFrom(0, 7, 21, 25.5),
  })
  .map(({ ordered, cancelled, sent, ...line }) => ({
    ...line,
    quantity: ordered - Math.min(cancelled, ordered),
    sent: Math.min(sent, ordered),
  }));

const orderArbitrary = fc.record({
  lines: fc.array(lineArbitrary, { minLength: 1, maxLength: 5 }),
  shipping: fc.integer({ min: 0, max: 9_000 }),
  surcharges: fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 2 }),
  currencyCode: fc.constantFrom("EUR", "JPY", "KWD"),
  precision: fc.integer({ min: 2, max: 4 }),
});

type Drawn = typeof orderArbitrary extends fc.Arbitrary<infer Value> ? Value : never;

function orderOf({ lines, shipping, surcharges, currencyCode }: Drawn) {
  const rows = lines.map(({ unit, left, quantity, taxRate }, index) => {
    const prorated = Math.round((unit * left) / 100);
    return {
      id: String(index + 1),
      quantity,
      unitPriceWithTax: unit,
      proratedUnitPriceWithTax: prorated,
      proratedLinePriceWithTax: prorated * quantity,
      proratedLinePrice: Math.round((prorated * quantity) / (1 + taxRate / 100)),
      taxRate,
      productVariant: { id: String(index + 1), sku: `SKU-${index + 1}`, name: "Any" },
    };
  });
  const sent = lines.flatMap(({ sent: quantity }, index) =>
    quantity > 0 ? [{ orderLineId: String(index + 1), quantity }] : [],
  );
  const at = { createdAt: sample.updatedAt, updatedAt: sample.updatedAt };
  return {
    ...sample,
    currencyCode,
    lines: rows,
    shippingWithTax: shipping,
    surcharges: surcharges.map((priceWithTax) => ({ priceWithTax })),
    totalWithTax: sumMinor([...rows.map((row) => row.proratedLinePriceWithTax), shipping, ...surcharges]),
    fulfillments: [{ id: "1", state: "Shipped", method: "", trackingCode: "", lines: sent, ...at }],
  };
}

describe("amounts of any order", () => {
  it("add up to its total, and no discount or tax is below zero", () => {
    fc.assert(
      fc.property(orderArbitrary, (drawn) => {
        const read = readOrder(orderOf(drawn) as never, {
          captureAtShipment: false,
          precision: drawn.precision,
        });
        if (read.kind !== "order") throw new Error(JSON.stringify(read));
        const { lines, shippingMinor = 0, discountMinor = 0, totalMinor } = read.order;
        const gross = lines.map((line) => line.unitPriceMinor * line.quantity - (line.discountMinor ?? 0));
        expect(sumMinor(gross) + shippingMinor - discountMinor).toBe(totalMinor);
        for (const [index, line] of lines.entries()) {
          const drawnLine = drawn.lines[index];
          expect(line.quantity).toBe(Math.max(drawnLine?.quantity ?? 0, drawnLine?.sent ?? 0));
          expect(line.taxMinor).toBeLessThanOrEqual(gross[index] ?? 0);
        }
        const back = (read.order.refunds ?? []).filter((refund) => refund.externalId.startsWith("returned:"));
        const expected = drawn.lines.map(({ sent, quantity }) => Math.max(0, sent - quantity));
        expect(back.length, "units that came back, one entry each").toBe(sumMinor(expected));
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});
