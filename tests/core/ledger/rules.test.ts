import { describe, expect, it } from "vitest";
import { reversed } from "../../../src/core/ledger/draft.ts";
import { draftsOf } from "../../../src/core/ledger/rules.ts";
import { templates } from "../../../src/core/ledger/templates.ts";
import type { AdjustmentReason } from "../../../src/core/model/stock.ts";
import {
  balances,
  byRule,
  cost,
  noon,
  orderEvent,
  part,
  postAll,
  refunded,
  shipmentId,
  shipped,
  stockEvent,
} from "./builders.ts";
import { orderCases } from "./rule-cases.ts";

describe.each(["general", "small_scale"] as const)("order rules, %s taxpayer", (taxpayer) => {
  it.each(orderCases[taxpayer])("$name", ({ facts, expected }) => {
    expect(byRule(postAll([orderEvent(1, facts)], { taxpayer }))).toEqual(expected);
  });

  it("shipment.cancelled takes back exactly what was booked", () => {
    const parcel = { revenue: [part(11300, 112)], costs: [cost(6780)] };
    const [revenue, cogs, revenueBack, cogsBack] = postAll(
      [
        orderEvent(1, { shipped: [shipped(parcel)] }),
        orderEvent(2, { shipmentsCancelled: [{ shipmentId, cancelledAt: noon, lines: [], ...parcel }] }),
      ],
      { taxpayer },
    );
    const mirrored = (entry: typeof revenue) => entry && reversed(entry.lines);
    expect(revenueBack).toMatchObject({
      rule: "shipment.cancelled.revenue",
      reversalOf: 1,
      lines: mirrored(revenue),
    });
    expect(cogsBack).toMatchObject({ rule: "shipment.cancelled.cogs", reversalOf: 2, lines: mirrored(cogs) });
    expect(balances([revenue, revenueBack, cogs, cogsBack].flatMap((entry) => entry ?? []))).toEqual({});
  });

  const stockCases: [AdjustmentReason, number, string, string[]][] = [
    ["opening", 60000, "stock.opening", ["Dr inventory 600.00", "Cr capital 600.00"]],
    ["receipt", 60000, "purchase.received", ["Dr inventory 600.00", "Cr grni 600.00"]],
    ["receipt", -6000, "purchase.returned.uninvoiced", ["Dr grni 60.00", "Cr inventory 60.00"]],
    ["count", -6000, "stocktake.loss", ["Dr suspense 60.00", "Cr inventory 60.00"]],
    ["count", 6000, "stocktake.gain", ["Dr inventory 60.00", "Cr suspense 60.00"]],
    ["loss", -6000, "stocktake.loss", ["Dr suspense 60.00", "Cr inventory 60.00"]],
    ["gain", 6000, "stocktake.gain", ["Dr inventory 60.00", "Cr suspense 60.00"]],
    ["damage", -6000, "damage.writeoff", ["Dr suspense 60.00", "Cr inventory 60.00"]],
    ["sample", -6000, "sample.sent", ["Dr samples 60.00", "Cr inventory 60.00"]],
    ["return", 6000, "return.restocked", ["Dr inventory 60.00", "Cr cogs 60.00"]],
    ["other", 6000, "stock.corrected", ["Dr inventory 60.00", "Cr suspense 60.00"]],
    ["other", -6000, "stock.corrected", ["Dr suspense 60.00", "Cr inventory 60.00"]],
  ];
  it.each(stockCases)("stock.adjusted, %s of %i", (reason, valueMinor, rule, lines) => {
    expect(byRule(postAll([stockEvent(1, [{ reason, valueMinor }])], { taxpayer }))).toEqual({
      [rule]: lines,
    });
  });
});

describe("entries of one event", () => {
  it("are one per template and stock document, however many lines it has", () => {
    const lines = [
      { reason: "count", valueMinor: -500 },
      { reason: "count", valueMinor: 200 },
      { reason: "count", valueMinor: -300 },
      { reason: "receipt", valueMinor: 0 },
    ] as const;
    expect(byRule(postAll([stockEvent(1, [...lines])]))).toEqual({
      "stocktake.loss": ["Dr suspense 8.00", "Cr inventory 8.00"],
      "stocktake.gain": ["Dr inventory 2.00", "Cr suspense 2.00"],
    });
  });

  it("are told apart when it holds two parcels and two refunds", () => {
    const second = "01900000-0000-7000-8000-0000000000f2";
    const entries = postAll([
      orderEvent(1, {
        shipped: [
          shipped({ revenue: [part(1130, 130)] }),
          shipped({ shipmentId: second, revenue: [part(2260, 260)] }),
        ],
        refunded: [
          refunded({ amountMinor: 1130, shipped: [part(1130, 130)] }),
          refunded({ amountMinor: 2260, shipped: [part(2260, 260)] }),
        ],
      }),
    ]);
    expect(entries.map((entry) => [entry.number, entry.rule, entry.dimensions.shipment])).toEqual([
      [1, "order.shipped.revenue", shipmentId],
      [2, "order.shipped.revenue#2", second],
      [3, "return.refund", undefined],
      [4, "return.refund#2", undefined],
    ]);
  });

  it("are none for a transfer between own locations, a free order, and events without facts", () => {
    const transfer = {
      seq: 1,
      type: "stock.transferred",
      subject: shipmentId,
      occurredAt: noon,
      data: {
        reference: "T-1",
        lines: [
          {
            skuId: shipmentId,
            fromLocationId: shipmentId,
            toLocationId: shipmentId,
            quantity: 1,
            valueMinor: 6000,
          },
        ],
      },
    } as const;
    const free = orderEvent(2, {
      paid: { paidAt: noon, totalMinor: 0, platformDiscountMinor: 0, parts: [part(0, 0)] },
    });
    expect(
      postAll([
        { ...transfer, data: { ...transfer.data, lines: [...transfer.data.lines] } },
        free,
        orderEvent(3, {}),
      ]),
    ).toEqual([]);
  });
});

describe("templates", () => {
  it("name every role at most once per column, so that lines of an entry never split an account", () => {
    for (const { lines } of Object.values(templates)) {
      for (const column of Object.values(lines)) {
        const roles = column.map((line) => line.role);
        expect(new Set(roles).size).toBe(roles.length);
      }
    }
  });
});

describe("rounding (F116)", () => {
  const paid = (totalMinor: number, grossMinor: number, currency = "CNY") =>
    orderEvent(1, {
      currency,
      paid: { paidAt: noon, totalMinor, platformDiscountMinor: 0, parts: [part(grossMinor, 0)] },
    });

  it("posts the difference of a total rounded to whole yuan to its account, and the payment clears", () => {
    expect(byRule(postAll([paid(399900, 399875)]))).toEqual({
      "order.paid": ["Dr ar_platform 3999.00", "Cr rounding 0.25", "Cr contract_liab 3998.75"],
    });
    expect(byRule(postAll([paid(399800, 399849)]))).toEqual({
      "order.paid": ["Dr ar_platform 3998.00", "Dr rounding 0.49", "Cr contract_liab 3998.49"],
    });
  });

  it("is undone by the full refund", () => {
    const entries = postAll([
      paid(399900, 399875),
      orderEvent(2, { refunded: [refunded({ amountMinor: 399900, unshipped: [part(399875, 0)] })] }),
    ]);
    expect(byRule(entries)["refund.before_shipment"]).toEqual([
      "Dr rounding 0.25",
      "Dr contract_liab 3998.75",
      "Cr ar_platform 3999.00",
    ]);
  });

  it("refuses more than the tolerance: what the merchant set, at least one whole unit", () => {
    const settings = { taxpayer: "general", baseCurrency: "CNY" } as const;
    expect(draftsOf(paid(10100, 10000), settings)).toHaveLength(1);
    expect(() => draftsOf(paid(10101, 10000), settings)).toThrow(
      "Order DY-1: the money and the lines it stands for differ by 1.01 CNY, more than the rounding tolerance of 1.00.",
    );
    expect(draftsOf(paid(10006, 10000), { ...settings, roundingToleranceMinor: 5 })).toHaveLength(1);
    expect(draftsOf(paid(10500, 10000), { ...settings, roundingToleranceMinor: 500 })).toHaveLength(1);
    expect(() => draftsOf(paid(10501, 10000), { ...settings, roundingToleranceMinor: 500 })).toThrow(
      "tolerance of 5.00",
    );
    expect(() => draftsOf(paid(102, 100, "JPY"), settings)).toThrow(
      "differ by 2 JPY, more than the rounding tolerance of 1.",
    );
  });
});
