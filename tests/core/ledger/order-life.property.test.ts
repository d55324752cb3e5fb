import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OrderEventData, StoredEvent } from "../../../src/core/events/types.ts";
import { post } from "../../../src/core/ledger/post.ts";
import { sumMinor } from "../../../src/core/money/money.ts";
import { soldParts } from "../../../src/core/orders/amounts.ts";
import {
  openBooking,
  recognise,
  refund,
  refundableCash,
  unrecognise,
} from "../../../src/core/orders/booking.ts";
import {
  assertPromises,
  balances,
  books,
  cost,
  noon,
  nothingBooked,
  orderEvent,
  refunded,
  shipped,
} from "./builders.ts";

// Random orders taken through random lives, by the same functions that make the events of real ones.

const line = fc.record({
  quantity: fc.integer({ min: 1, max: 5 }),
  unitPriceMinor: fc.integer({ min: 0, max: 500_000 }),
  discountShare: fc.constantFrom<number>(0, 0, 1, 7, 33, 100),
  taxRateBp: fc.constantFrom<number>(0, 100, 300, 600, 900, 1300),
  virtual: fc.boolean(),
});
const step = fc.oneof(
  fc.record({ kind: fc.constant("ship" as const), line: fc.nat(4), units: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    kind: fc.constant("refund" as const),
    percent: fc.integer({ min: 1, max: 60 }),
    line: fc.nat(4),
  }),
  fc.record({ kind: fc.constant("callBack" as const), shipment: fc.nat(5) }),
);
const order = fc.record({
  lines: fc.array(line, { minLength: 1, maxLength: 4 }),
  shippingMinor: fc.constantFrom(0, 600, 1999),
  orderDiscountShare: fc.constantFrom(0, 0, 5, 50, 100),
  platformDiscountShare: fc.constantFrom(0, 0, 10),
  roundingMinor: fc.constantFrom(0, 0, -49, 25),
});
const life = fc.record({
  order,
  steps: fc.array(step, { maxLength: 8 }),
  taxpayer: fc.constantFrom("general" as const, "small_scale" as const),
  currency: fc.constantFrom("CNY", "USD"),
});
type Life = typeof life extends fc.Arbitrary<infer Value> ? Value : never;

function price({
  lines,
  shippingMinor,
  orderDiscountShare,
  platformDiscountShare,
  roundingMinor,
}: Life["order"]) {
  const priced = lines.map((item, index) => ({
    ...item,
    lineNo: index + 1,
    skuId: null,
    taxMinor: null,
    discountMinor: Math.floor((item.quantity * item.unitPriceMinor * item.discountShare) / 100),
  }));
  const goods = sumMinor(priced.map((item) => item.quantity * item.unitPriceMinor - item.discountMinor));
  const discountMinor = Math.floor((goods * orderDiscountShare) / 100);
  const platformDiscountMinor = Math.floor(((goods - discountMinor) * platformDiscountShare) / 100);
  const exact = goods + shippingMinor - discountMinor - platformDiscountMinor;
  const totalMinor = exact + roundingMinor < 0 || exact === 0 ? exact : exact + roundingMinor;
  return {
    totalMinor,
    ...soldParts({ lines: priced, shippingMinor, discountMinor, platformDiscountMinor, totalMinor }),
    platformDiscountMinor,
  };
}

/** Events of one order: paid, the steps, the rest shipped, and in the end all money given back. */
function live({ order, steps, currency }: Life): { events: StoredEvent[]; beforeFullRefund: number } {
  const { totalMinor, platformDiscountMinor, parts } = price(order);
  const events: StoredEvent[] = [];
  const add = (facts: Partial<OrderEventData>) =>
    events.push(orderEvent(events.length + 1, { currency, ...facts }));
  let booked = openBooking(totalMinor, platformDiscountMinor, parts);
  const open = new Map(order.lines.map((item, index) => [index + 1, item.quantity]));
  const parcels: {
    shipmentId: string;
    lineNo: number;
    units: number;
    revenue: ReturnType<typeof recognise>["revenue"];
  }[] = [];
  const ship = (lineNo: number, wanted: number) => {
    const openUnits = open.get(lineNo) ?? 0;
    const units = Math.min(wanted, openUnits);
    if (units === 0) return;
    const result = recognise(booked, [{ lineNo, units, openUnits }]);
    booked = result.booked;
    open.set(lineNo, openUnits - units);
    const shipmentId = `01900000-0000-7000-8000-${String(events.length).padStart(12, "0")}`;
    parcels.push({ shipmentId, lineNo, units, revenue: result.revenue });
    add({ shipped: [shipped({ shipmentId, revenue: result.revenue, costs: [cost(units * 700)] })] });
  };
  const giveBack = (amountMinor: number, lineNo: number) => {
    const { booked: next, ...step } = refund(booked, {
      amountMinor,
      shippingMinor: 0,
      lines: [{ lineNo, amountMinor }],
    });
    booked = next;
    add({ refunded: [refunded(step)] });
  };
  add({ paid: { paidAt: noon, totalMinor, platformDiscountMinor, parts } });
  for (const taken of steps) {
    if (taken.kind === "ship") ship((taken.line % order.lines.length) + 1, taken.units);
    else if (taken.kind === "refund") {
      // A part refund stays within the goods: what the platform rounded up goes back with the last of the money.
      const left = booked.parts.map(
        (item) => item.grossMinor - item.refundedLiabilityMinor - item.refundedRevenueMinor,
      );
      const amountMinor = Math.min(
        sumMinor(left),
        Math.floor((refundableCash(booked) * taken.percent) / 100),
      );
      giveBack(amountMinor, (taken.line % order.lines.length) + 1);
    } else {
      const [parcel] = parcels.splice(taken.shipment % Math.max(1, parcels.length), 1);
      if (!parcel) continue;
      const result = unrecognise(booked, parcel.revenue);
      booked = result.booked;
      open.set(parcel.lineNo, (open.get(parcel.lineNo) ?? 0) + parcel.units);
      const { shipmentId } = parcel;
      add({
        shipmentsCancelled: [
          {
            shipmentId,
            cancelledAt: noon,
            lines: [],
            revenue: result.revenue,
            costs: [cost(parcel.units * 700)],
          },
        ],
      });
    }
  }
  for (const [lineNo, units] of open) ship(lineNo, units);
  const beforeFullRefund = events.length;
  giveBack(refundableCash(booked), 1);
  return { events, beforeFullRefund };
}

const settings = (taxpayer: Life["taxpayer"]) => ({
  settings: { taxpayer, exchangeRates: { USD: "7.1034" } },
});

describe("any life of an order", () => {
  it("keeps every entry balanced, clears the liability when all is shipped, and sales and tax when all is refunded", () => {
    fc.assert(
      fc.property(life, (given) => {
        const { events, beforeFullRefund } = live(given);
        const posting = post(events, books(settings(given.taxpayer)), nothingBooked);
        expect(posting.parked).toEqual([]);
        assertPromises(posting);
        expect(posting.entries.map((entry) => entry.number)).toEqual(
          posting.entries.map((_, index) => index + 1),
        );
        const money = posting.entries.filter((entry) => !/cogs/.test(entry.rule));
        const shippedOut = balances(money.filter((entry) => entry.eventSeq <= beforeFullRefund));
        expect(shippedOut.contract_liab ?? 0).toBe(0);
        expect(shippedOut.vat_out_pending ?? 0).toBe(0);
        expect(balances(money)).toEqual({});
      }),
      { numRuns: 300 },
    );
  });

  it("posts the same money in any currency: the journal's platform account equals what moved (F120)", () => {
    fc.assert(
      fc.property(life, (given) => {
        const { events } = live(given);
        const posting = post(events, books(settings(given.taxpayer)), nothingBooked);
        for (const entry of posting.entries) {
          const fact = events[entry.eventSeq - 1]?.data as OrderEventData;
          const moved =
            entry.rule === "order.paid" ? fact.paid?.totalMinor : -(fact.refunded?.[0]?.amountMinor ?? 0);
          if (entry.rule === "order.paid" || /refund/.test(entry.rule))
            expect(balances([entry]).ar_platform ?? 0).toBe(moved);
          else expect(balances([entry]).ar_platform).toBeUndefined();
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("tax of an order (F114)", () => {
  it("is the sum of its lines' tax, with lines at a discount of 100 % and a discount on the order", () => {
    const hundred = {
      quantity: 1,
      unitPriceMinor: 9999,
      discountShare: 100,
      taxRateBp: 1300,
      virtual: false,
    };
    fc.assert(
      fc.property(order, (given) => {
        const { totalMinor, platformDiscountMinor, parts } = price({
          ...given,
          lines: [...given.lines, hundred],
          roundingMinor: 0,
        });
        const posting = post(
          [orderEvent(1, { paid: { paidAt: noon, totalMinor, platformDiscountMinor, parts } })],
          books(),
          nothingBooked,
        );
        const tax =
          posting.entries[0]?.lines.find((item) => item.role === "vat_out_pending")?.amountMinor ?? 0;
        expect(tax).toBe(sumMinor(parts.map((item) => item.taxMinor)));
        expect(parts.find((item) => item.lineNo === given.lines.length + 1)).toMatchObject({
          grossMinor: 0,
          taxMinor: 0,
        });
      }),
    );
  });
});
