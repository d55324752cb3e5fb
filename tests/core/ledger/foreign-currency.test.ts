import { describe, expect, it } from "vitest";
import { post } from "../../../src/core/ledger/post.ts";
import {
  books,
  byRule,
  cost,
  nothingBooked,
  orderEvent,
  orderId,
  paid,
  part,
  postAll,
  refunded,
  shipped,
} from "./builders.ts";

describe("foreign currency", () => {
  const usd = { currency: "USD" };

  it("gets base amounts that balance to the cent, remainders going to the last line", () => {
    const [entry] = postAll([paid(1, 10001, 1151, usd)], { exchangeRates: { USD: "7.1034" } });
    expect(entry?.currency).toBe("USD");
    expect(entry?.dimensions.rate).toBe("7.1034");
    // 100.01 USD = 710.41 CNY (710.411034); 88.50 USD = 628.65 (628.6509); the tax takes the rest.
    expect(entry?.lines.map((line) => [line.side, line.amountMinor, line.baseAmountMinor])).toEqual([
      ["debit", 10001, 71041],
      ["credit", 8850, 62865],
      ["credit", 1151, 8176],
    ]);
  });

  it("converts between currencies of different exponents (F118)", () => {
    const base = (currency: string, amountMinor: number, rate: string, baseCurrency = "CNY") =>
      postAll(
        [paid(1, amountMinor, 0, { currency })],
        { exchangeRates: { [currency]: rate } },
        { baseCurrency },
      )[0]?.lines[0]?.baseAmountMinor;
    expect(base("JPY", 3000, "0.0471")).toBe(14130); // 3000 yen = 141.30 yuan
    expect(base("KWD", 1500, "23.5")).toBe(3525); // 1.500 dinar = 35.25 yuan
    expect(base("USD", 1999, "151.25", "JPY")).toBe(3023); // 19.99 dollars = 3023.4875 yen
    expect(base("KRW", 1, "0.0052")).toBe(1); // 0.0052 yuan, half up
  });

  it("keeps an order's first rate, so that its accounts clear in the base currency too", () => {
    const rates = new Map([[orderId, "7.0000"]]);
    const event = orderEvent(2, {
      currency: "USD",
      refunded: [refunded({ amountMinor: 10000, unshipped: [part(10000, 0)] })],
    });
    const [entry] = post([event], books({ settings: { exchangeRates: { USD: "7.5000" } } }), {
      ...nothingBooked,
      rates,
    }).entries;
    expect(entry?.lines.map((line) => line.baseAmountMinor)).toEqual([70000, 70000]);
    expect(entry?.dimensions.rate).toBe("7.0000");
  });

  it("without a rate is booked without base amounts, and the currency is reported", () => {
    const posting = post(
      [paid(1, 10000, 0, usd)],
      books({ settings: { exchangeRates: { EUR: "7.8" } } }),
      nothingBooked,
    );
    expect(posting.entries[0]?.lines.map((line) => line.baseAmountMinor)).toEqual([null, null]);
    expect(posting.entries[0]?.dimensions).not.toHaveProperty("rate");
    expect(posting.missingRates).toEqual(["USD"]);
  });

  it("an order that began without a rate goes on without one: half an order in base amounts would not clear", () => {
    const event = orderEvent(2, {
      currency: "USD",
      refunded: [refunded({ amountMinor: 10000, unshipped: [part(10000, 0)] })],
    });
    const posting = post([event], books({ settings: { exchangeRates: { USD: "7.5" } } }), {
      ...nothingBooked,
      rates: new Map([[orderId, null]]),
    });
    expect(posting.entries[0]?.lines.map((line) => line.baseAmountMinor)).toEqual([null, null]);
    expect(posting.missingRates).toEqual([]);
  });

  it("leaves cost in the base currency", () => {
    const [, cogs] = postAll(
      [
        orderEvent(1, {
          currency: "USD",
          shipped: [shipped({ revenue: [part(100, 0)], costs: [cost(6000)] })],
        }),
      ],
      {
        exchangeRates: { USD: "7" },
      },
    );
    expect(cogs).toMatchObject({
      rule: "order.shipped.cogs",
      currency: "CNY",
      lines: [{ amountMinor: 6000, baseAmountMinor: 6000 }, {}],
    });
  });

  it("is refunded as entered, to the minor unit of each currency (F118)", () => {
    const refund = (currency: string, amountMinor: number) =>
      byRule(
        postAll([
          orderEvent(1, {
            currency,
            refunded: [refunded({ amountMinor, unshipped: [part(amountMinor, 0)] })],
          }),
        ]),
      )["refund.before_shipment"]?.[1];
    expect([refund("JPY", 500), refund("KRW", 15000), refund("KWD", 1500), refund("CNY", 500)]).toEqual([
      "Cr ar_platform 500",
      "Cr ar_platform 15000",
      "Cr ar_platform 1.500",
      "Cr ar_platform 5.00",
    ]);
  });
});
