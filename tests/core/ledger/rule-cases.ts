import type { OrderEventData } from "../../../src/core/events/types.ts";
import type { Taxpayer } from "../../../src/core/ledger/settings.ts";
import { cost, freight, noon, part, refunded, shipped } from "./builders.ts";

// Goods 113.00 at 13 % (small-scale: 1 %), cost 60.00 net (67.80 gross for a small-scale buyer), as in docs/books.md.

export interface RuleCase {
  name: string;
  facts: Partial<OrderEventData>;
  expected: Record<string, string[]>;
}

export const orderCases: Record<Taxpayer, RuleCase[]> = {
  general: [
    {
      name: "order.paid",
      facts: {
        paid: { paidAt: noon, totalMinor: 11300, platformDiscountMinor: 0, parts: [part(11300, 1300)] },
      },
      expected: {
        "order.paid": ["Dr ar_platform 113.00", "Cr contract_liab 100.00", "Cr vat_out_pending 13.00"],
      },
    },
    {
      name: "order.paid with freight (order.freight_income.paid)",
      facts: {
        paid: {
          paidAt: noon,
          totalMinor: 11900,
          platformDiscountMinor: 0,
          parts: [part(11300, 1300), freight(600, 69)],
        },
      },
      expected: {
        "order.paid": ["Dr ar_platform 119.00", "Cr contract_liab 105.31", "Cr vat_out_pending 13.69"],
      },
    },
    {
      name: "coupon.merchant: list 113.00, coupon 10.00",
      facts: {
        paid: { paidAt: noon, totalMinor: 10300, platformDiscountMinor: 0, parts: [part(10300, 1185)] },
      },
      expected: {
        "order.paid": ["Dr ar_platform 103.00", "Cr contract_liab 91.15", "Cr vat_out_pending 11.85"],
      },
    },
    {
      name: "coupon.platform: list 113.00, the platform pays 10.00",
      facts: {
        paid: { paidAt: noon, totalMinor: 10300, platformDiscountMinor: 1000, parts: [part(11300, 1300)] },
      },
      expected: {
        "order.paid": [
          "Dr ar_platform 103.00",
          "Dr subsidy_platform 10.00",
          "Cr contract_liab 100.00",
          "Cr vat_out_pending 13.00",
        ],
      },
    },
    {
      name: "order.amended downwards",
      facts: { amended: { totalMinor: -2000, platformDiscountMinor: 0, parts: [part(-2000, -230)] } },
      expected: {
        "order.amended": ["Dr contract_liab 17.70", "Dr vat_out_pending 2.30", "Cr ar_platform 20.00"],
      },
    },
    {
      name: "order.amended between lines, nothing owed changes: no entry",
      facts: {
        amended: {
          totalMinor: 0,
          platformDiscountMinor: 0,
          parts: [part(500, 58), part(-500, -58, { lineNo: 2 })],
        },
      },
      expected: {},
    },
    {
      name: "order.shipped",
      facts: { shipped: [shipped({ revenue: [part(11300, 1300)], costs: [cost(6000)] })] },
      expected: {
        "order.shipped.revenue": [
          "Dr contract_liab 100.00",
          "Dr vat_out_pending 13.00",
          "Cr revenue 100.00",
          "Cr vat_out 13.00",
        ],
        "order.shipped.cogs": ["Dr cogs 60.00", "Cr inventory 60.00"],
      },
    },
    {
      name: "order.shipped: goods, freight and a virtual line",
      facts: {
        shipped: [
          shipped({
            revenue: [part(11300, 1300), freight(600, 69), part(10600, 600, { lineNo: 2, virtual: true })],
          }),
        ],
      },
      expected: {
        "order.shipped.revenue": [
          "Dr contract_liab 205.31",
          "Dr vat_out_pending 19.69",
          "Cr revenue 100.00",
          "Cr revenue_digital 100.00",
          "Cr freight_income 5.31",
          "Cr vat_out 19.69",
        ],
      },
    },
    {
      name: "refund.before_shipment",
      facts: { refunded: [refunded({ amountMinor: 11300, unshipped: [part(11300, 1300)] })] },
      expected: {
        "refund.before_shipment": [
          "Dr contract_liab 100.00",
          "Dr vat_out_pending 13.00",
          "Cr ar_platform 113.00",
        ],
      },
    },
    {
      name: "return.refund and return.restocked",
      facts: {
        refunded: [refunded({ amountMinor: 11300, shipped: [part(11300, 1300)], restocked: [cost(6000)] })],
      },
      expected: {
        "return.refund": ["Dr revenue 100.00", "Dr vat_out 13.00", "Cr ar_platform 113.00"],
        "return.restocked": ["Dr inventory 60.00", "Cr cogs 60.00"],
      },
    },
    {
      name: "refund.only: 20.00 back, the buyer keeps the goods",
      facts: { refunded: [refunded({ amountMinor: 2000, shipped: [part(2000, 230)] })] },
      expected: { "return.refund": ["Dr revenue 17.70", "Dr vat_out 2.30", "Cr ar_platform 20.00"] },
    },
    {
      name: "a refund of shipped and unshipped parts gives the platform's money back too",
      facts: {
        refunded: [
          refunded({
            amountMinor: 20600,
            platformDiscountMinor: 2000,
            unshipped: [part(11300, 1300)],
            shipped: [part(11300, 1300, { lineNo: 2 })],
          }),
        ],
      },
      expected: {
        "return.refund": [
          "Dr contract_liab 100.00",
          "Dr vat_out_pending 13.00",
          "Dr revenue 100.00",
          "Dr vat_out 13.00",
          "Cr ar_platform 206.00",
          "Cr subsidy_platform 20.00",
        ],
      },
    },
  ],
  small_scale: [
    {
      name: "order.paid holds the gross amount",
      facts: {
        paid: { paidAt: noon, totalMinor: 11300, platformDiscountMinor: 0, parts: [part(11300, 112)] },
      },
      expected: { "order.paid": ["Dr ar_platform 113.00", "Cr contract_liab 113.00"] },
    },
    {
      name: "order.paid with freight",
      facts: {
        paid: {
          paidAt: noon,
          totalMinor: 11900,
          platformDiscountMinor: 0,
          parts: [part(11300, 112), freight(600, 6)],
        },
      },
      expected: { "order.paid": ["Dr ar_platform 119.00", "Cr contract_liab 119.00"] },
    },
    {
      name: "coupon.platform",
      facts: {
        paid: { paidAt: noon, totalMinor: 10300, platformDiscountMinor: 1000, parts: [part(11300, 112)] },
      },
      expected: {
        "order.paid": ["Dr ar_platform 103.00", "Dr subsidy_platform 10.00", "Cr contract_liab 113.00"],
      },
    },
    {
      name: "order.amended upwards",
      facts: { amended: { totalMinor: 2000, platformDiscountMinor: 0, parts: [part(2000, 20)] } },
      expected: { "order.amended": ["Dr ar_platform 20.00", "Cr contract_liab 20.00"] },
    },
    {
      name: "order.shipped splits tax only now",
      facts: { shipped: [shipped({ revenue: [part(11300, 112), freight(600, 6)], costs: [cost(6780)] })] },
      expected: {
        "order.shipped.revenue": [
          "Dr contract_liab 119.00",
          "Cr revenue 111.88",
          "Cr freight_income 5.94",
          "Cr vat_small 1.18",
        ],
        "order.shipped.cogs": ["Dr cogs 67.80", "Cr inventory 67.80"],
      },
    },
    {
      name: "virtual.delivered",
      facts: { shipped: [shipped({ revenue: [part(10600, 105, { virtual: true })], costs: [cost(8000)] })] },
      expected: {
        "order.shipped.revenue": [
          "Dr contract_liab 106.00",
          "Cr revenue_digital 104.95",
          "Cr vat_small 1.05",
        ],
        "order.shipped.cogs": ["Dr cogs 80.00", "Cr inventory 80.00"],
      },
    },
    {
      name: "refund.before_shipment",
      facts: { refunded: [refunded({ amountMinor: 11300, unshipped: [part(11300, 112)] })] },
      expected: { "refund.before_shipment": ["Dr contract_liab 113.00", "Cr ar_platform 113.00"] },
    },
    {
      name: "return.refund and return.restocked",
      facts: {
        refunded: [refunded({ amountMinor: 11300, shipped: [part(11300, 112)], restocked: [cost(6780)] })],
      },
      expected: {
        "return.refund": ["Dr revenue 111.88", "Dr vat_small 1.12", "Cr ar_platform 113.00"],
        "return.restocked": ["Dr inventory 67.80", "Cr cogs 67.80"],
      },
    },
  ],
};
