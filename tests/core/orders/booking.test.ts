import { describe, expect, it } from "vitest";
import { decodeBooked, encodeBooked } from "../../../src/core/engine/booked-codec.ts";
import type { SoldPart } from "../../../src/core/events/types.ts";
import { amend, closed, reopen } from "../../../src/core/orders/amend.ts";
import {
  openBooking,
  refund,
  refundableCash,
  refundRest,
  refundUndelivered,
  unrecognise,
} from "../../../src/core/orders/booking.ts";
import { earned, open, owed, part, ship, short } from "./booking.ts";

describe("recognise", () => {
  it("takes the share of what is left, the last parcel the rest", () => {
    const first = ship(open(part(1, 100, 13)), 1, 1, 3);
    const second = ship(first.booked, 1, 1, 2);
    const third = ship(second.booked, 1, 1, 1);
    expect([first, second, third].map(({ revenue }) => short(revenue))).toEqual([
      ["1: 33/4"],
      ["1: 34/5"],
      ["1: 33/4"],
    ]);
    expect(owed(third.booked)).toEqual([0]);
  });

  it("earns freight with the first parcel and only once", () => {
    const first = ship(open(part(1, 100), part(2, 50), part(0, 10, 1)), 1, 1, 1);
    expect(short(first.revenue)).toEqual(["1: 100/0", "0: 10/1"]);
    expect(short(ship(first.booked, 2, 1, 1).revenue)).toEqual(["2: 50/0"]);
  });

  it("earns nothing for a line the order does not have, or for no units", () => {
    const booked = open(part(1, 100));
    expect(ship(booked, 7, 1, 1)).toEqual({ booked, revenue: [] });
    expect(ship(booked, 1, 0, 3)).toEqual({ booked, revenue: [] });
  });

  it("leaves out what was given back before", () => {
    const { booked } = refund(open(part(1, 100)), { amountMinor: 40, shippingMinor: 0, lines: [] });
    expect(short(ship(booked, 1, 1, 2).revenue)).toEqual(["1: 30/0"]);
  });
});

describe("unrecognise", () => {
  it("takes back what the parcel had earned", () => {
    const { booked, revenue } = ship(open(part(1, 100, 13), part(0, 10)), 1, 1, 2);
    const back = unrecognise(booked, revenue);
    expect(short(back.revenue)).toEqual(["1: 50/7", "0: 10/0"]);
    expect(owed(back.booked)).toEqual([100, 10]);
    expect(earned(back.booked)).toEqual([0, 0]);
  });

  it("takes back at most what was not refunded since", () => {
    const { booked, revenue } = ship(open(part(1, 100, 13)), 1, 1, 1);
    const after = refund(booked, { amountMinor: 60, shippingMinor: 0, lines: [] }).booked;
    const back = unrecognise(after, revenue);
    expect(short(back.revenue)).toEqual(["1: 40/5"]);
    expect(owed(back.booked)).toEqual([40]);
    expect(earned(back.booked)).toEqual([0]);
  });
});

describe("amend", () => {
  const next = (totalMinor: number, parts: SoldPart[], platformDiscountMinor = 0) => ({
    totalMinor,
    platformDiscountMinor,
    parts,
  });

  it("nothing new changes nothing", () => {
    const booked = open(part(1, 100, 10));
    expect(amend(booked, next(100, [part(1, 100, 10)]))).toEqual({ booked, amended: null, lowered: [] });
  });

  it.each<[string, SoldPart[], string[], number]>([
    ["dearer", [part(1, 130, 13)], ["1: 30/3"], 30],
    ["cheaper", [part(1, 60, 6)], ["1: -40/-4"], -40],
    ["a line more", [part(1, 100, 10), part(2, 50, 5)], ["2: 50/5"], 50],
    ["the line gone, another instead", [part(2, 100, 10)], ["1: -100/-10", "2: 100/10"], 0],
    ["another rate of tax", [part(1, 100, 6)], ["1: 0/-4"], 0],
  ])("before delivery: %s", (_, parts, changes, totalMinor) => {
    const total = parts.reduce((sum, { grossMinor }) => sum + grossMinor, 0);
    const step = amend(open(part(1, 100, 10)), next(total, parts));
    expect(short(step.amended?.parts ?? [])).toEqual(changes);
    expect(step.amended?.totalMinor).toBe(totalMinor);
    expect(step.lowered).toEqual([]);
    expect(owed(step.booked).reduce((sum, one) => sum + one, 0)).toBe(total);
  });

  it("lowered below what was earned gives revenue back", () => {
    const booked = ship(open(part(1, 100, 10)), 1, 3, 4).booked;
    const step = amend(booked, next(60, [part(1, 60, 6)]));
    expect([short(step.amended?.parts ?? []), step.amended?.totalMinor]).toEqual([["1: -25/-2"], -25]);
    expect(short(step.lowered)).toEqual(["1: 15/2"]);
    expect([owed(step.booked), earned(step.booked), refundableCash(step.booked)]).toEqual([[0], [60], 60]);
    const again = amend(step.booked, next(60, [part(1, 60, 6)]));
    expect([again.amended, again.lowered]).toEqual([null, []]);
  });

  it("raised again after that is owed anew", () => {
    const booked = ship(open(part(1, 100)), 1, 1, 1).booked;
    const lowered = amend(booked, next(60, [part(1, 60)])).booked;
    const raised = amend(lowered, next(90, [part(1, 90)]));
    expect([short(raised.amended?.parts ?? []), owed(raised.booked), earned(raised.booked)]).toEqual([
      ["1: 30/0"],
      [30],
      [60],
    ]);
  });

  it("what was refunded before is not taken off twice", () => {
    const booked = refund(open(part(1, 100)), { amountMinor: 80, shippingMinor: 0, lines: [] }).booked;
    const step = amend(booked, next(0, []));
    expect([short(step.amended?.parts ?? []), step.amended?.totalMinor]).toEqual([["1: -20/0"], -20]);
    expect([owed(step.booked), refundableCash(step.booked)]).toEqual([[0], 0]);
    expect(amend(step.booked, next(0, [])).amended).toBeNull();
  });

  it("a line that gets its SKU is earned under it", () => {
    const booked = openBooking(100, 0, [{ ...part(1, 100), skuId: null }]);
    const step = amend(booked, next(100, [{ ...part(1, 100), virtual: true }]));
    expect(step.amended).toBeNull();
    expect(ship(step.booked, 1, 1, 1).revenue).toEqual([{ ...part(1, 100), virtual: true }]);
  });
});

describe("reopen", () => {
  it("makes due what closing gave back, undelivered and delivered", () => {
    const booked = ship(openBooking(90, 10, [part(1, 40, 4), part(2, 60, 6)]), 1, 1, 1).booked;
    const over = closed(refundRest(booked));
    expect([owed(over), earned(over), refundableCash(over)]).toEqual([[0, 0], [0, 0], 0]);
    const { booked: back, amended } = reopen(over);
    expect(amended).toEqual({
      totalMinor: 90,
      platformDiscountMinor: 10,
      parts: [part(1, 40, 4), part(2, 60, 6)],
    });
    expect([owed(back), earned(back), refundableCash(back), back.closing]).toEqual([
      [40, 60],
      [0, 0],
      90,
      null,
    ]);
  });

  it("leaves refunds made before the closing alone, and remembers several closings", () => {
    const first = refund(open(part(1, 100)), { amountMinor: 30, shippingMinor: 0, lines: [] }).booked;
    const over = closed(refundUndelivered(first));
    const more = closed(
      refundUndelivered(
        amend(over, { totalMinor: 120, platformDiscountMinor: 0, parts: [part(1, 120)] }).booked,
      ),
    );
    expect(more.closing).toMatchObject({ cashMinor: 90, discountMinor: 0 });
    const { booked, amended } = reopen(more);
    expect([amended?.totalMinor, owed(booked), refundableCash(booked)]).toEqual([90, [90], 90]);
  });

  it("an order never closed has nothing to open", () => {
    const booked = open(part(1, 100));
    expect(reopen(booked)).toEqual({ booked, amended: null });
  });
});

describe("the stored form", () => {
  it("comes back as it was, and is short for a fresh order", () => {
    const fresh = open(part(1, 100, 13));
    expect(encodeBooked(fresh)).toBe('{"t":100,"d":0,"p":[[1,"sku1",0,100,13]]}');
    const worn = closed(
      refundUndelivered(
        amend(ship(openBooking(90, 10, [part(1, 100, 13), part(0, 0)]), 1, 1, 2).booked, {
          totalMinor: 30,
          platformDiscountMinor: 10,
          parts: [part(1, 40, 5)],
        }).booked,
      ),
    );
    for (const booked of [fresh, worn])
      expect(decodeBooked(JSON.parse(encodeBooked(booked) ?? ""))).toEqual(booked);
    expect([encodeBooked(null), decodeBooked(null)]).toEqual([null, null]);
  });
});
