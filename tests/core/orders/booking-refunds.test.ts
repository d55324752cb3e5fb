import { describe, expect, it } from "vitest";
import {
  openBooking,
  refund,
  refundableCash,
  refundRest,
  refundUndelivered,
} from "../../../src/core/orders/booking.ts";
import { earned, open, owed, part, ship, short } from "./booking.ts";

describe("refund", () => {
  const twoLines = () => ship(open(part(1, 100, 10), part(2, 300, 30), part(0, 40, 4)), 1, 1, 1).booked;

  it.each<
    [
      string,
      { amountMinor: number; shippingMinor?: number; lines?: { lineNo: number; amountMinor: number }[] },
      string[],
      string[],
    ]
  >([
    ["of a line not sent", { amountMinor: 100, lines: [{ lineNo: 2, amountMinor: 100 }] }, ["2: 100/10"], []],
    [
      "of a line delivered",
      { amountMinor: 100, lines: [{ lineNo: 1, amountMinor: 100 }] },
      [],
      ["1: 100/10"],
    ],
    ["of the freight", { amountMinor: 40, shippingMinor: 40 }, [], ["0: 40/4"]],
    ["of nothing named: by what is left", { amountMinor: 44 }, ["2: 30/3"], ["1: 10/1", "0: 4/0"]],
    [
      "named more than the line: the rest is spread",
      { amountMinor: 150, lines: [{ lineNo: 1, amountMinor: 150 }] },
      ["2: 44/4"],
      ["1: 100/10", "0: 6/1"],
    ],
    ["of everything", { amountMinor: 440 }, ["2: 300/30"], ["1: 100/10", "0: 40/4"]],
    ["of more than everything: cut", { amountMinor: 9999 }, ["2: 300/30"], ["1: 100/10", "0: 40/4"]],
    ["of nothing", { amountMinor: 0 }, [], []],
  ])("%s", (_, request, unshipped, shipped) => {
    const step = refund(twoLines(), { shippingMinor: 0, lines: [], ...request });
    expect({ unshipped: short(step.unshipped), shipped: short(step.shipped) }).toEqual({
      unshipped,
      shipped,
    });
    expect(step.amountMinor).toBe(Math.min(440, request.amountMinor));
    expect(refundableCash(step.booked)).toBe(440 - step.amountMinor);
  });

  it("takes liability before revenue within one line", () => {
    const booked = ship(open(part(1, 100)), 1, 1, 2).booked;
    const step = refund(booked, {
      amountMinor: 70,
      shippingMinor: 0,
      lines: [{ lineNo: 1, amountMinor: 70 }],
    });
    expect([short(step.unshipped), short(step.shipped)]).toEqual([["1: 50/0"], ["1: 20/0"]]);
  });

  it("gives the platform's discount back with the last of the cash", () => {
    const booked = openBooking(90, 10, [part(1, 100)]);
    const first = refund(booked, { amountMinor: 50, shippingMinor: 0, lines: [] });
    expect([first.amountMinor, first.platformDiscountMinor, short(first.unshipped)]).toEqual([
      50,
      0,
      ["1: 50/0"],
    ]);
    const last = refund(first.booked, { amountMinor: 40, shippingMinor: 0, lines: [] });
    expect([last.amountMinor, last.platformDiscountMinor, short(last.unshipped)]).toEqual([
      40,
      10,
      ["1: 50/0"],
    ]);
  });

  it("goods that come back do not end an order the platform paid for", () => {
    const booked = openBooking(0, 100, [part(1, 100)]);
    const step = refund(booked, { amountMinor: 0, shippingMinor: 0, lines: [{ lineNo: 1, amountMinor: 0 }] });
    expect([step.platformDiscountMinor, step.unshipped]).toEqual([0, []]);
    const all = refundRest(booked);
    expect([all.amountMinor, all.platformDiscountMinor, short(all.unshipped)]).toEqual([
      0,
      100,
      ["1: 100/0"],
    ]);
  });

  it("what a platform rounded up stands for no part", () => {
    const booked = openBooking(102, 0, [part(1, 100)]);
    const step = refund(booked, {
      amountMinor: 101,
      shippingMinor: 0,
      lines: [{ lineNo: 1, amountMinor: 101 }],
    });
    expect([step.amountMinor, short(step.unshipped)]).toEqual([101, ["1: 100/0"]]);
    expect(owed(step.booked)).toEqual([0]);
  });
});

describe("refundUndelivered", () => {
  it("gives all back when nothing was delivered", () => {
    const step = refundUndelivered(openBooking(90, 10, [part(1, 60), part(2, 40)]));
    expect([step.amountMinor, step.platformDiscountMinor, short(step.unshipped)]).toEqual([
      90,
      10,
      ["1: 60/0", "2: 40/0"],
    ]);
  });

  it("keeps what was delivered sold, with its share of the platform's discount", () => {
    const booked = ship(openBooking(150, 50, [part(1, 40), part(2, 160)]), 1, 1, 1).booked;
    const step = refundUndelivered(booked);
    expect([step.amountMinor, step.platformDiscountMinor, short(step.unshipped), step.shipped]).toEqual([
      120,
      40,
      ["2: 160/0"],
      [],
    ]);
    expect(earned(step.booked)).toEqual([40, 0]);
  });

  it("gives nothing when everything was delivered", () => {
    const step = refundUndelivered(ship(open(part(1, 40)), 1, 1, 1).booked);
    expect([step.amountMinor, step.unshipped, step.shipped]).toEqual([0, [], []]);
  });
});
