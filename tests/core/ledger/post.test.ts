import { describe, expect, it } from "vitest";
import { defaultAccounts } from "../../../src/core/ledger/chart.ts";
import { type Booked, post } from "../../../src/core/ledger/post.ts";
import {
  assertPromises,
  balances,
  books,
  byRule,
  cost,
  linesOf,
  noon,
  nothingBooked,
  orderEvent,
  orderId,
  part,
  postAll,
  refunded,
  shipmentId,
  shipped,
  stockEvent,
} from "./builders.ts";

const paid = (
  seq: number,
  grossMinor: number,
  taxMinor: number,
  options: { currency?: string; paidAt?: string } = {},
) =>
  orderEvent(seq, {
    currency: options.currency ?? "CNY",
    paid: {
      paidAt: options.paidAt ?? noon,
      totalMinor: grossMinor,
      platformDiscountMinor: 0,
      parts: [part(grossMinor, taxMinor)],
    },
  });

describe("numbers", () => {
  it("follow the last one without gaps, over events without entries", () => {
    const posting = post([paid(1, 100, 0), orderEvent(2, {}), paid(7, 100, 0)], books(), {
      ...nothingBooked,
      lastNumber: 41,
    });
    expect(posting.entries.map((entry) => [entry.number, entry.eventSeq])).toEqual([
      [42, 1],
      [43, 7],
    ]);
  });

  it("are not given to entries that exist already", () => {
    const event = orderEvent(5, { shipped: [shipped({ revenue: [part(1130, 130)], costs: [cost(600)] })] });
    const booked: Booked = { ...nothingBooked, lastNumber: 9, sources: new Set(["5 order.shipped.revenue"]) };
    expect(post([event], books(), booked).entries.map((entry) => [entry.number, entry.rule])).toEqual([
      [10, "order.shipped.cogs"],
    ]);
  });
});

describe("dates", () => {
  it("are those of the event in the merchant's time zone", () => {
    const dates = (timeZone: string) =>
      postAll(
        [
          paid(1, 100, 0, { paidAt: "2026-10-31T15:59:59.999Z" }),
          paid(2, 100, 0, { paidAt: "2026-10-31T16:00:00.000Z" }),
        ],
        {},
        { timeZone },
      ).map((entry) => entry.date);
    expect(dates("Asia/Shanghai")).toEqual(["2026-10-31", "2026-11-01"]);
    expect(dates("UTC")).toEqual(["2026-10-31", "2026-10-31"]);
    expect(dates("America/Los_Angeles")).toEqual(["2026-10-31", "2026-10-31"]);
    expect(dates("Pacific/Kiritimati")).toEqual(["2026-11-01", "2026-11-01"]);
  });

  it("move to the first open day when the month, or a later one, is closed; the own date is kept", () => {
    const [october, august, november] = postAll(
      [
        paid(1, 100, 0, { paidAt: "2026-10-15T00:00:00.000Z" }),
        paid(2, 100, 0, { paidAt: "2026-08-01T00:00:00.000Z" }),
        paid(3, 100, 0, { paidAt: "2026-11-02T00:00:00.000Z" }),
      ],
      {},
      { closedThrough: "2026-10" },
    );
    expect(october).toMatchObject({ date: "2026-11-01", dimensions: { originalDate: "2026-10-15" } });
    expect(august).toMatchObject({ date: "2026-11-01", dimensions: { originalDate: "2026-08-01" } });
    expect(november?.date).toBe("2026-11-02");
    expect(november?.dimensions).not.toHaveProperty("originalDate");
    expect(
      postAll([paid(1, 100, 0, { paidAt: "2025-12-31T00:00:00.000Z" })], {}, { closedThrough: "2025-12" })[0]
        ?.date,
    ).toBe("2026-01-01");
  });
});

describe("accounts and narration", () => {
  it("come from the merchant's chart", () => {
    const lines = (chart: string) => postAll([paid(1, 11300, 1300)], { chart })[0];
    expect(lines("cas")?.lines.map((line) => `${line.accountCode} ${line.accountName}`)).toEqual([
      "1122.01 应收账款-平台待结算",
      "2205.01 合同负债-订单货款",
      "2221.06 待转销项税额",
    ]);
    expect(lines("sbe")?.lines.map((line) => line.accountCode)).toEqual(["1122.01", "2203.01", "2221.06"]);
    expect(lines("ifrs")?.lines.map((line) => `${line.accountCode} ${line.accountName}`)).toEqual([
      "1100 Receivable - platform unsettled",
      "2100 Contract liabilities - orders",
      "2220 Output VAT deferred",
    ]);
    expect([lines("cas")?.narration, lines("ifrs")?.narration]).toEqual(["订单付款 DY-1", "Order paid DY-1"]);
  });

  it("a reversal keeps the accounts that were booked, whatever the chart says now", () => {
    const parcel = { revenue: [part(11300, 1300)], costs: [] };
    const [original] = postAll([orderEvent(1, { shipped: [shipped(parcel)] })]);
    const cancelled = orderEvent(2, {
      shipmentsCancelled: [{ shipmentId, cancelledAt: noon, lines: [], ...parcel }],
    });
    const booked: Booked = {
      ...nothingBooked,
      lastNumber: 1,
      shipments: new Map([[shipmentId, original ? [original] : []]]),
    };
    const [reversal] = post([cancelled], { ...books(), accounts: defaultAccounts("ifrs") }, booked).entries;
    expect(reversal?.lines.map((line) => line.accountCode)).toEqual([
      "6001.01",
      "2221.01.07",
      "2205.01",
      "2221.06",
    ]);
    expect(reversal).toMatchObject({ reversalOf: 1, narration: "撤销发货，冲回收入 DY-1 (JE-1)" });
  });
});

describe("a shipment called back", () => {
  const cancelled = (seq: number, grossMinor: number, taxMinor: number) =>
    orderEvent(seq, {
      shipmentsCancelled: [
        {
          shipmentId,
          cancelledAt: noon,
          lines: [],
          revenue: [part(grossMinor, taxMinor)],
          costs: [cost(6000)],
        },
      ],
    });

  it("after part of its revenue was refunded gives back the rest only", () => {
    const entries = postAll([
      orderEvent(1, { shipped: [shipped({ revenue: [part(11300, 1300)], costs: [cost(6000)] })] }),
      orderEvent(2, { refunded: [refunded({ amountMinor: 2000, shipped: [part(2000, 230)] })] }),
      cancelled(3, 9300, 1070),
    ]);
    expect(linesOf(entries[3]!)).toEqual([
      "Dr revenue 82.30",
      "Dr vat_out 10.70",
      "Cr contract_liab 82.30",
      "Cr vat_out_pending 10.70",
    ]);
    expect([entries[3]?.reversalOf, entries[4]?.reversalOf]).toEqual([null, 2]);
    expect(balances(entries)).toEqual({ ar_platform: -2000, contract_liab: 1770, vat_out_pending: 230 });
  });

  it("shipped and called back in one event leaves nothing", () => {
    const parcel = { revenue: [part(11300, 1300)], costs: [cost(6000)] };
    const entries = postAll([
      orderEvent(1, {
        shipped: [shipped(parcel)],
        shipmentsCancelled: [{ shipmentId, cancelledAt: noon, lines: [], ...parcel }],
      }),
    ]);
    expect(entries.map((entry) => entry.reversalOf)).toEqual([null, null, 1, 2]);
    expect(balances(entries)).toEqual({});
  });

  it("waits while the shipment's own entry is not in the books", () => {
    const posting = post([cancelled(3, 11300, 1300)], books(), nothingBooked);
    expect(posting.entries).toEqual([]);
    expect(posting.parked).toEqual([
      {
        seq: 3,
        reason: `The entry "order.shipped.revenue" of shipment ${shipmentId} is not in the books, so it cannot be reversed. Clear the parked event that holds it, then post parked events again.`,
      },
    ]);
  });

  it("S08: cancelling a shipped order reverses its entries and refunds the rest", () => {
    const parcel = { revenue: [part(11300, 1300)], costs: [cost(6000)] };
    const entries = postAll([
      paid(1, 11300, 1300),
      orderEvent(2, { shipped: [shipped(parcel)] }),
      {
        ...orderEvent(3, {
          status: "cancelled",
          shipmentsCancelled: [{ shipmentId, cancelledAt: noon, lines: [], ...parcel }],
          refunded: [refunded({ amountMinor: 11300, unshipped: [part(11300, 1300)] })],
        }),
        type: "order.cancelled",
      } as ReturnType<typeof orderEvent>,
    ]);
    expect(entries.map((entry) => [entry.rule, entry.reversalOf])).toEqual([
      ["order.paid", null],
      ["order.shipped.revenue", null],
      ["order.shipped.cogs", null],
      ["shipment.cancelled.revenue", 2],
      ["shipment.cancelled.cogs", 3],
      ["refund.before_shipment", null],
    ]);
    expect(balances(entries)).toEqual({});
  });
});

describe("an event that cannot be booked", () => {
  it("makes none of its entries and leaves the others their numbers", () => {
    const bad = orderEvent(2, {
      paid: { paidAt: noon, totalMinor: 100, platformDiscountMinor: 0, parts: [part(100, 0)] },
      refunded: [refunded({ amountMinor: 5000, unshipped: [part(100, 0)] })],
    });
    const posting = post([paid(1, 100, 0), bad, paid(3, 100, 0)], books(), nothingBooked);
    expect(posting.entries.map((entry) => [entry.number, entry.eventSeq])).toEqual([
      [1, 1],
      [2, 3],
    ]);
    expect(posting.parked.map(({ seq }) => seq)).toEqual([2]);
    expect(posting.parked[0]?.reason).toMatch(
      /^Order DY-1: the money and the lines it stands for differ by 49\.00 CNY/,
    );
  });

  it.each([
    [
      "an unknown currency",
      orderEvent(1, {
        currency: "XXX",
        paid: { paidAt: noon, totalMinor: 1, platformDiscountMinor: 0, parts: [part(1, 0)] },
      }),
    ],
    ["a time that is none", paid(1, 100, 0, { paidAt: "yesterday" })],
    ["an amount beyond exactness", paid(1, 2 ** 53, 0)],
    ["a fraction of a cent", paid(1, 10.5, 0)],
    ["facts of another shape", orderEvent(1, { shipped: [null as never] })],
  ])("is parked: %s", (_name, event) => {
    const posting = post([event], books(), nothingBooked);
    expect([posting.entries.length, posting.parked.length]).toEqual([0, 1]);
  });
});

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

describe("the promises", () => {
  it("hold for a mixed batch", () => {
    const posting = post(
      [
        stockEvent(1, [{ reason: "opening", valueMinor: 60000 }]),
        paid(2, 11300, 1300),
        orderEvent(3, { shipped: [shipped({ revenue: [part(11300, 1300)], costs: [cost(6000)] })] }),
        paid(4, 999, 115, { currency: "USD" }),
      ],
      books({ settings: { exchangeRates: { USD: "7.1" } } }),
      nothingBooked,
    );
    assertPromises(posting);
    expect(posting.entries.map((entry) => entry.number)).toEqual([1, 2, 3, 4, 5]);
    expect(balances(posting.entries.filter((entry) => entry.currency === "CNY"))).toEqual({
      ar_platform: 11300,
      capital: -60000,
      cogs: 6000,
      inventory: 54000,
      revenue: -10000,
      vat_out: -1300,
    });
  });
});
