import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Booked } from "../../../src/core/engine/rows.ts";
import type { AmendedFact, SoldPart } from "../../../src/core/events/types.ts";
import { sumMinor } from "../../../src/core/money/money.ts";
import { amend, closed, reopen } from "../../../src/core/orders/amend.ts";
import { liabilityOf, revenueOf } from "../../../src/core/orders/booked-part.ts";
import {
  openBooking,
  type RefundStep,
  recognise,
  refund,
  refundableCash,
  refundRest,
  refundUndelivered,
  shiftToSent,
  unrecognise,
} from "../../../src/core/orders/booking.ts";

// Any life of an order's books: at every moment nothing is below zero, every amount that moved is told in a step, and
// at the end nothing is owed; after all is given back, neither revenue nor tax is left.

const part = fc.record({
  grossMinor: fc.nat(100_000),
  taxPercent: fc.constantFrom(0, 6, 13, 100),
  units: fc.integer({ min: 1, max: 4 }),
});
const step = fc.oneof(
  fc.record({ kind: fc.constant("ship" as const), line: fc.nat(9), units: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant("refund" as const), line: fc.nat(9), percent: fc.nat(110) }),
  fc.record({ kind: fc.constant("recall" as const), parcel: fc.nat(9) }),
  fc.record({
    kind: fc.constant("amend" as const),
    line: fc.nat(9),
    grossMinor: fc.nat(150_000),
    taxPercent: fc.constantFrom(0, 6, 13),
  }),
  fc.record({ kind: fc.constant("close" as const), all: fc.boolean() }),
  fc.record({ kind: fc.constant("reopen" as const) }),
  fc.record({ kind: fc.constant("shift" as const), line: fc.nat(9), grossMinor: fc.nat(20_000) }),
);
const life = fc.record({
  parts: fc.array(part, { minLength: 1, maxLength: 4 }),
  platformPercent: fc.constantFrom(0, 10, 100),
  steps: fc.array(step, { maxLength: 25 }),
});

class Life {
  booked: Booked;
  /** What the events told: liability and revenue by their sums. */
  told = { liability: 0, liabilityTax: 0, revenue: 0, revenueTax: 0, cash: 0, discount: 0 };
  private declared: SoldPart[];
  private readonly units: number[];
  private readonly sent: number[];
  private readonly parcels: { line: number; units: number; revenue: SoldPart[] }[] = [];

  constructor(parts: { grossMinor: number; taxPercent: number; units: number }[], platformPercent: number) {
    this.declared = parts.map((one, index) => ({
      lineNo: index + 1,
      skuId: null,
      virtual: false,
      grossMinor: one.grossMinor,
      taxMinor: Math.floor((one.grossMinor * one.taxPercent) / 100),
    }));
    this.units = parts.map((one) => one.units);
    this.sent = parts.map(() => 0);
    const gross = sumMinor(this.declared.map((one) => one.grossMinor));
    const discount = Math.floor((gross * platformPercent) / 100);
    this.booked = openBooking(gross - discount, discount, this.declared);
    this.amended({ totalMinor: gross - discount, platformDiscountMinor: discount, parts: this.declared });
  }

  private owe(parts: readonly SoldPart[], sign: number): void {
    for (const one of parts) {
      this.told.liability += sign * one.grossMinor;
      this.told.liabilityTax += sign * one.taxMinor;
    }
  }
  private earn(parts: readonly SoldPart[], sign: number): void {
    for (const one of parts) {
      this.told.revenue += sign * one.grossMinor;
      this.told.revenueTax += sign * one.taxMinor;
    }
  }
  private amended(fact: AmendedFact | null): void {
    if (!fact) return;
    this.owe(fact.parts, 1);
    this.told.cash += fact.totalMinor;
    this.told.discount += fact.platformDiscountMinor;
    // Money and the parts it stands for move together: these orders have no rounding.
    expect(fact.totalMinor + fact.platformDiscountMinor).toBe(
      sumMinor(fact.parts.map((one) => one.grossMinor)),
    );
  }
  private refunded(given: RefundStep): void {
    this.owe(given.unshipped, -1);
    this.earn(given.shipped, -1);
    this.told.cash -= given.amountMinor;
    this.told.discount -= given.platformDiscountMinor;
    expect(given.amountMinor + given.platformDiscountMinor).toBe(
      sumMinor([...given.unshipped, ...given.shipped].map((one) => one.grossMinor)),
    );
  }

  take(next: typeof step extends fc.Arbitrary<infer Value> ? Value : never): void {
    switch (next.kind) {
      case "ship":
        this.ship(next.line % this.units.length, next.units);
        return;
      case "recall":
        this.recall(next.parcel);
        return;
      case "refund": {
        const amountMinor = Math.floor((refundableCash(this.booked) * next.percent) / 100);
        const line = next.line % this.units.length;
        const sentOf = this.sent[line] ?? 0;
        const openOf = (this.units[line] ?? 0) - sentOf;
        const sent = Math.min(next.percent % 3, sentOf);
        const open = Math.min(next.percent % 2, openOf);
        const given = refund(this.booked, {
          amountMinor,
          shippingMinor: 0,
          lines: [{ lineNo: line + 1, amountMinor, sent, sentOf, open, openOf }],
        });
        this.booked = given.booked;
        this.refunded(given);
        return;
      }
      case "amend": {
        if (this.booked.closing) return;
        this.declared = this.declared.map((one, index) =>
          index === next.line % this.units.length
            ? {
                ...one,
                grossMinor: next.grossMinor,
                taxMinor: Math.floor((next.grossMinor * next.taxPercent) / 100),
              }
            : one,
        );
        const gross = sumMinor(this.declared.map((one) => one.grossMinor));
        const platformDiscountMinor = Math.min(gross, this.booked.platformDiscountMinor);
        const change = amend(
          this.booked,
          { totalMinor: gross - platformDiscountMinor, platformDiscountMinor, parts: this.declared },
          // Some of what was given back is what the price fell by.
          next.grossMinor % 2 === 0
            ? []
            : [{ lineNo: (next.line % this.units.length) + 1, grossMinor: 20_000 }],
        );
        this.booked = change.booked;
        this.amended(change.amended);
        this.earn(change.lowered, -1);
        this.told.cash -= sumMinor(change.lowered.map((one) => one.grossMinor));
        return;
      }
      case "close": {
        const given = next.all ? refundRest(this.booked) : refundUndelivered(this.booked);
        this.booked = closed(given);
        this.refunded(given);
        return;
      }
      case "shift": {
        const lineNo = (next.line % this.units.length) + 1;
        const given = shiftToSent(this.booked, [{ lineNo, grossMinor: next.grossMinor }]);
        this.booked = given.booked;
        this.refunded(given);
        return;
      }
      case "reopen": {
        const { booked, amended } = reopen(this.booked);
        this.booked = booked;
        this.amended(amended);
      }
    }
  }

  private ship(line: number, wanted: number): void {
    const openUnits = (this.units[line] ?? 0) - (this.sent[line] ?? 0);
    const units = Math.min(wanted, openUnits);
    if (units === 0) return;
    const given = recognise(this.booked, [{ lineNo: line + 1, units, openUnits }]);
    this.sent[line] = (this.sent[line] ?? 0) + units;
    this.parcels.push({ line, units, revenue: given.revenue });
    this.booked = given.booked;
    this.owe(given.revenue, -1);
    this.earn(given.revenue, 1);
  }

  private recall(index: number): void {
    const [parcel] = this.parcels.splice(index % Math.max(1, this.parcels.length), 1);
    if (!parcel) return;
    const given = unrecognise(this.booked, parcel.revenue);
    this.sent[parcel.line] = (this.sent[parcel.line] ?? 0) - parcel.units;
    this.booked = given.booked;
    this.owe(given.revenue, 1);
    this.earn(given.revenue, -1);
  }

  shipRest(): void {
    this.units.forEach((_, line) => {
      this.ship(line, 99);
      const given = recognise(this.booked, [{ lineNo: line + 1, units: 1, openUnits: 1 }]);
      this.booked = given.booked;
      this.owe(given.revenue, -1);
      this.earn(given.revenue, 1);
    });
  }

  check(): void {
    const liability = this.booked.parts.map(liabilityOf);
    const revenue = this.booked.parts.map(revenueOf);
    for (const amounts of [...liability, ...revenue]) {
      expect(amounts.grossMinor).toBeGreaterThanOrEqual(0);
      expect(amounts.taxMinor).toBeGreaterThanOrEqual(0);
      expect(amounts.taxMinor).toBeLessThanOrEqual(amounts.grossMinor);
    }
    expect(this.told).toEqual({
      liability: sumMinor(liability.map((one) => one.grossMinor)),
      liabilityTax: sumMinor(liability.map((one) => one.taxMinor)),
      revenue: sumMinor(revenue.map((one) => one.grossMinor)),
      revenueTax: sumMinor(revenue.map((one) => one.taxMinor)),
      cash: refundableCash(this.booked),
      discount: this.booked.platformDiscountMinor - this.booked.refundedDiscountMinor,
    });
  }
}

describe("any life of an order's books", () => {
  it("keeps every amount above zero and told, ends owing nothing, and gives everything back", () => {
    fc.assert(
      fc.property(life, ({ parts, platformPercent, steps }) => {
        const one = new Life(parts, platformPercent);
        one.check();
        for (const next of steps) {
          one.take(next);
          one.check();
        }
        one.shipRest();
        one.check();
        expect(one.told.liability).toBe(0);
        expect(one.told.liabilityTax).toBe(0);
        one.take({ kind: "close", all: true });
        one.check();
        expect(one.told).toEqual({
          liability: 0,
          liabilityTax: 0,
          revenue: 0,
          revenueTax: 0,
          cash: 0,
          discount: 0,
        });
      }),
      { numRuns: 1000 },
    );
  });
});
