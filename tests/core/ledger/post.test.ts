import { describe, expect, it } from "vitest";
import { defaultAccounts } from "../../../src/core/ledger/chart.ts";
import { type Booked, post } from "../../../src/core/ledger/post.ts";
import {
  assertPromises,
  balances,
  books,
  cost,
  linesOf,
  noon,
  nothingBooked,
  orderEvent,
  paid,
  part,
  postAll,
  refunded,
  shipmentId,
  shipped,
  stockEvent,
} from "./builders.ts";

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
