import { describe, expect, it } from "vitest";
import { readOrder } from "../../../src/connectors/woocommerce/map.ts";
import type { WireRefund } from "../../../src/connectors/woocommerce/wire.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { seededRandom } from "../../support/runtime.ts";
import { leftOver } from "../left-over.ts";

/**
 * The shop's own way of adding up (plugin source, `WC_Cart_Totals`, `WC_Item_Totals` and `get_order_item_data` of the REST API v2,
 * read 2026-11-23): tax of a line is rounded by itself or, with "round tax at subtotal level", not at all; the total is rounded once;
 * the API then rounds each figure to the decimals the shop shows.
 */
interface Shop {
  currency: string;
  decimals: number;
  pricesIncludeTax: boolean;
  roundAtSubtotal: boolean;
}

function orderOf(shop: Shop, seed: number): object {
  const bytes = seededRandom(seed);
  const random = (): number => {
    const [high = 0, low = 0] = bytes.bytes(2);
    return (high * 256 + low) / 65_536;
  };
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random() * values.length)] as Value;
  const text = (amount: number) => amount.toFixed(shop.decimals);
  const unit = 10 ** -shop.decimals;
  const rounded = (amount: number) => Math.round(amount / unit + 1e-9) * unit;
  const rate = pick([0, 0.055, 0.07, 0.08, 0.1, 0.19, 0.2, 0.21]);
  const lines = Array.from({ length: 1 + Math.floor(random() * 6) }, (_, index) => {
    const quantity = 1 + Math.floor(random() * 9);
    const gross = rounded(random() * 5_000 * unit) * quantity;
    const charged = rounded(gross * (1 - pick([0, 0.05, 0.15, 1 / 3])));
    const netOf = (amount: number) => (shop.pricesIncludeTax ? amount / (1 + rate) : amount);
    const tax = netOf(charged) * rate;
    return {
      id: index + 1,
      quantity,
      subtotal: netOf(gross),
      total: netOf(charged),
      tax: shop.roundAtSubtotal ? tax : rounded(tax),
    };
  });
  const shipping = pick([0, 4.9 * 100 * unit]);
  const shippingTax = shop.roundAtSubtotal ? shipping * rate : rounded(shipping * rate);
  const fee = pick([0, 250 * unit, -130 * unit]);
  const total = lines.reduce((sum, line) => sum + line.total + line.tax, shipping + shippingTax + fee);
  return {
    id: seed,
    status: "processing",
    currency: shop.currency,
    date_created_gmt: "2026-11-01T05:30:11",
    date_modified_gmt: "2026-11-01T06:30:15",
    date_paid_gmt: "2026-11-01T05:30:14",
    shipping_total: text(shipping),
    shipping_tax: text(shippingTax),
    total: text(rounded(Math.max(0, total))),
    line_items: lines.map((line) => ({
      id: line.id,
      product_id: 93,
      quantity: line.quantity,
      price: line.total / line.quantity,
      subtotal: text(line.subtotal),
      total: text(line.total),
      total_tax: text(line.tax),
    })),
    fee_lines: fee === 0 ? [] : [{ total: text(fee), total_tax: text(0) }],
  };
}

const read = (row: object, refunds: WireRefund[] = []): OrderSnapshot => {
  const result = readOrder(row as never, refunds, { paidStatuses: [], shippedStatuses: [] });
  if (result.kind !== "order") throw new Error(JSON.stringify(result));
  return result.order;
};

const currencies = [
  { currency: "EUR", decimals: 2 },
  { currency: "EUR", decimals: 4 },
  { currency: "JPY", decimals: 0 },
  { currency: "JPY", decimals: 2 },
  { currency: "KRW", decimals: 0 },
  { currency: "IDR", decimals: 0 },
  { currency: "KWD", decimals: 3 },
];

describe("WooCommerce orders add up", () => {
  it.each(currencies)("in $currency with $decimals decimals, however tax is rounded", (money) => {
    for (const pricesIncludeTax of [true, false])
      for (const roundAtSubtotal of [true, false])
        for (let seed = 1; seed <= 200; seed += 1) {
          const shop: Shop = { ...money, pricesIncludeTax, roundAtSubtotal };
          const order = read(orderOf(shop, seed));
          expect(leftOver(order), JSON.stringify({ seed, ...shop })).toBe(0);
        }
  });

  const line = {
    id: 1,
    product_id: 93,
    quantity: 1,
    price: 8.325,
    subtotal: "8.33",
    total: "8.33",
    total_tax: "1.67",
  };
  const plain = orderOf({ currency: "GBP", decimals: 2, pricesIncludeTax: true, roundAtSubtotal: true }, 1);
  const bought = {
    ...plain,
    line_items: [line],
    fee_lines: [],
    shipping_total: "5.00",
    shipping_tax: "1.00",
  };

  it("9.99 with a fifth of tax in it, whose halves are both rounded up", () => {
    const order = read({ ...bought, shipping_total: "0.00", shipping_tax: "0.00", total: "9.99" });
    expect([order.totalMinor, order.discountMinor, leftOver(order)]).toEqual([999, 1, 0]);
  });

  it("but what is more than rounding is left for a person", () => {
    const order = read({ ...bought, total: "15.90" });
    expect([order.shippingMinor, order.discountMinor, leftOver(order)]).toEqual([600, undefined, -10]);
  });

  const refund = (change: Partial<WireRefund>): WireRefund => ({
    id: 9,
    date_created_gmt: "2026-11-22T09:00:00.000Z",
    amount: "6.00",
    line_items: [],
    ...change,
  });
  const ofLine = {
    quantity: -1,
    total: "-8.33",
    total_tax: "-1.67",
    meta_data: [{ key: "_refunded_item_id", value: "1" }],
  };
  const freight = { total: "-5.00", total_tax: "-1.00" };

  it.each<[string, Partial<WireRefund>, number | undefined]>([
    ["all of the freight alone", { shipping_lines: [freight] }, 600],
    [
      "half of the freight alone",
      { amount: "3.00", shipping_lines: [{ total: "-2.50", total_tax: "-0.50" }] },
      300,
    ],
    ["freight beside a line", { amount: "16.00", line_items: [ofLine], shipping_lines: [freight] }, 600],
    [
      "freight of a shop that does not name it, beside a line",
      { amount: "16.00", line_items: [ofLine] },
      600,
    ],
    ["a line, with more typed in", { amount: "12.00", line_items: [ofLine], shipping_lines: [] }, undefined],
    [
      "less typed in than the rows say",
      { amount: "11.00", line_items: [ofLine], shipping_lines: [freight] },
      100,
    ],
    ["an amount of nothing in particular", { amount: "2.00", shipping_lines: [], fee_lines: [] }, undefined],
    [
      "a fee, which is freight here",
      { amount: "2.00", shipping_lines: [], fee_lines: [{ total: "-2.00", total_tax: "0" }] },
      200,
    ],
  ])("a refund of %s", (_what, change, expected) => {
    const [told] = read({ ...bought, total: "16.00" }, [refund(change)]).refunds ?? [];
    expect(told?.shippingMinor).toBe(expected);
  });
});
