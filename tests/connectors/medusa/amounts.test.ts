import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { differenceOf, mapped, type RawOrder, recordedOrder, summaryOf } from "./orders.ts";

interface Line {
  price: number;
  quantity: number;
  inclusive?: boolean;
  rate?: number;
  discount?: number;
  returned?: number;
}

/** Totals as Medusa calculates them (`getLineItemTotals`), on top of a recorded order. */
function priced(lines: readonly Line[], { shipping = 0, currency = "eur", storeCredit = 0 } = {}): RawOrder {
  const base = recordedOrder("order-captured");
  const [item] = base.items as [Record<string, unknown>];
  const items = lines.map(
    ({ price, quantity, inclusive = true, rate = 0, discount = 0, returned = 0 }, index) => {
      const gross = (price * quantity - discount) * (inclusive ? 1 : 1 + rate / 100);
      const total = (gross * (quantity - returned)) / quantity;
      return {
        ...item,
        id: `ordli_${index}`,
        variant_sku: `SKU-${index}`,
        is_tax_inclusive: inclusive,
        unit_price: price,
        raw_unit_price: null,
        quantity,
        total,
        raw_total: null,
        return_received_total: gross - total,
        return_dismissed_total: 0,
        tax_lines: rate === 0 ? [] : [{ rate }],
        detail: { ...(item.detail as object), return_received_quantity: returned },
      };
    },
  );
  const total = items.reduce((sum, line) => sum + line.total, shipping) - storeCredit;
  return {
    ...base,
    currency_code: currency,
    items,
    shipping_total: shipping,
    raw_shipping_total: null,
    credit_line_total: storeCredit,
    raw_credit_line_total: null,
    credit_lines: storeCredit === 0 ? [] : [{ amount: storeCredit, reference: "gift_card" }],
    summary: { current_order_total: total, paid_total: total, pending_difference: 0 },
  };
}

describe("amounts of an order", () => {
  it.each<[string, readonly Line[], Parameters<typeof priced>[1], string[], number]>([
    [
      "no decimals",
      [{ price: 1980, quantity: 3 }],
      { currency: "jpy", shipping: 500 },
      ["SKU-0: 3 x 1980 - 0, tax 0"],
      6440,
    ],
    [
      "a gift at price 0",
      [
        { price: 25, quantity: 1 },
        { price: 0, quantity: 2 },
      ],
      {},
      ["SKU-0: 1 x 2500 - 0, tax 0", "SKU-1: 2 x 0 - 0, tax 0"],
      2500,
    ],
    [
      "three decimals",
      [{ price: 12.345, quantity: 2 }],
      { currency: "kwd" },
      ["SKU-0: 2 x 12345 - 0, tax 0"],
      24_690,
    ],
    // 3 x 0.335 = 1.005: the unit is shown as 0.34, what is too much is a discount.
    [
      "a price finer than the currency",
      [{ price: 0.335, quantity: 3 }],
      {},
      ["SKU-0: 3 x 34 - 1, tax 0"],
      101,
    ],
    // 100 x 0.333 = 33.30: 0.33 would be too little.
    [
      "a unit price that rounds below",
      [{ price: 0.333, quantity: 100 }],
      {},
      ["SKU-0: 100 x 34 - 70, tax 0"],
      3330,
    ],
    // Net: 3 x 19.99 = 59.97, tax 12.5937.
    [
      "net prices",
      [{ price: 19.99, quantity: 3, inclusive: false, rate: 21 }],
      {},
      ["SKU-0: 3 x 1999 - 0, tax 1259"],
      7256,
    ],
    // Mixed: the net line is given with its tax inside, or the core could not add the two up.
    [
      "net and gross prices",
      [
        { price: 10, quantity: 1, rate: 21 },
        { price: 10, quantity: 1, inclusive: false, rate: 21 },
      ],
      {},
      ["SKU-0: 1 x 1000 - 0, tax 174", "SKU-1: 1 x 1210 - 0, tax 210"],
      2210,
    ],
    // The unit is shown with its tax, 12.10, and so is the discount.
    [
      "a discounted net line beside a gross one",
      [
        { price: 10, quantity: 1, rate: 21 },
        { price: 10, quantity: 1, inclusive: false, rate: 21, discount: 2 },
      ],
      {},
      ["SKU-0: 1 x 1000 - 0, tax 174", "SKU-1: 1 x 1210 - 242, tax 168"],
      1968,
    ],
    [
      "half of it returned",
      [{ price: 25, quantity: 4, discount: 10, rate: 21, returned: 2 }],
      { shipping: 4.9 },
      ["SKU-0: 4 x 2500 - 1000, tax 1562"],
      9490,
    ],
    [
      "all of it returned",
      [{ price: 25, quantity: 2, returned: 2 }],
      { shipping: 4.9 },
      ["SKU-0: 2 x 2500 - 0, tax 0"],
      5490,
    ],
  ])("%s", (_, lines, options, expected, total) => {
    const order = mapped(priced(lines, options));
    expect(summaryOf(order).lines).toEqual(expected);
    expect(order.totalMinor).toBe(total);
    expect(differenceOf(order)).toBe(0);
  });

  it("takes store credit for a discount of the order", () => {
    const order = mapped(priced([{ price: 25, quantity: 2 }], { shipping: 4.9, storeCredit: 20 }));
    expect(order).toMatchObject({ discountMinor: 2000, totalMinor: 3490, shippingMinor: 490 });
    expect(order.refunds).toBeUndefined();
    expect(differenceOf(order)).toBe(0);
  });

  it("gives Medusa's total where the lines do not explain it, so that the core holds the order", () => {
    const raw = priced([{ price: 25, quantity: 2 }]);
    const order = mapped({
      ...raw,
      summary: { current_order_total: 45, paid_total: 45, pending_difference: 0 },
    });
    expect(order.totalMinor).toBe(4500);
    expect(differenceOf(order)).toBe(-500);
  });

  it("adds up to the last cent, whatever the prices, rates and discounts", () => {
    const line = fc.record({
      price: fc.integer({ min: 0, max: 10_000_000 }).map((value) => value / 10_000),
      quantity: fc.integer({ min: 1, max: 1000 }),
      inclusive: fc.boolean(),
      rate: fc.constantFrom(0, 4, 5.5, 9, 13, 21, 27),
      share: fc.integer({ min: 0, max: 100 }),
      returnedShare: fc.integer({ min: 0, max: 100 }),
    });
    const order = fc.record({
      lines: fc.array(line, { minLength: 1, maxLength: 12 }),
      shipping: fc.integer({ min: 0, max: 100_000 }).map((value) => value / 1000),
      currency: fc.constantFrom("eur", "jpy", "kwd"),
    });
    fc.assert(
      fc.property(order, ({ lines, shipping, currency }) => {
        const raw = priced(
          lines.map(({ share, returnedShare, ...one }) => ({
            ...one,
            discount: (one.price * one.quantity * share) / 100,
            returned: Math.floor((one.quantity * returnedShare) / 100),
          })),
          { shipping, currency },
        );
        expect(differenceOf(mapped(raw))).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
