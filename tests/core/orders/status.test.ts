import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type OrderStatus, orderStatuses } from "../../../src/core/model/order.ts";
import {
  compareFreshness,
  effectiveStatus,
  type Freshness,
  isClosed,
  isServing,
  isShippedOut,
  placeInQueue,
  wantsUnits,
  wasPaid,
} from "../../../src/core/orders/status.ts";

const early = "2026-11-22T08:00:00.000Z";
const late = "2026-11-22T09:00:00.000Z";

describe("what a status means", () => {
  it.each<[OrderStatus, string]>([
    ["pending_payment", "serving"],
    ["paid", "serving paid"],
    ["partially_shipped", "serving paid"],
    ["shipped", "out paid"],
    ["completed", "out paid"],
    ["cancelled", "closed"],
    ["refunding", "serving paid"],
    ["refunded", "closed paid"],
  ])("%s: %s", (status, meaning) => {
    const words = [
      isServing(status) && "serving",
      isClosed(status) && "closed",
      isShippedOut(status) && "out",
      wasPaid(status, null) && "paid",
    ];
    expect(words.filter(Boolean).join(" ")).toBe(meaning);
    expect(wasPaid(status, early)).toBe(true);
    expect(wantsUnits(status, "placed")).toBe(isServing(status));
    expect(wantsUnits(status, "paid")).toBe(isServing(status) && status !== "pending_payment");
  });
});

describe("effectiveStatus", () => {
  const line = (quantity: number, shipped: number, more = {}) => ({
    quantity,
    shipped,
    unitsPer: 1,
    cancelled: 0,
    ...more,
  });
  it.each<[string, OrderStatus, ReturnType<typeof line>[], OrderStatus]>([
    ["nothing shipped", "paid", [line(2, 0)], "paid"],
    ["one of two", "paid", [line(2, 1)], "partially_shipped"],
    ["all of one line, none of the other", "paid", [line(2, 2), line(1, 0)], "partially_shipped"],
    ["all", "paid", [line(2, 2), line(1, 1)], "shipped"],
    ["all, though the platform has seen a part", "partially_shipped", [line(2, 2)], "shipped"],
    ["the platform saw a parcel we did not", "partially_shipped", [line(2, 0)], "partially_shipped"],
    ["the rest was cancelled", "paid", [line(3, 2, { cancelled: 1 })], "shipped"],
    ["packs count in their units", "paid", [line(2, 6, { unitsPer: 6 })], "partially_shipped"],
    ["a removed line that had left", "paid", [line(0, 1), line(1, 1)], "shipped"],
    ["an unpaid order stays unpaid", "pending_payment", [line(1, 1)], "pending_payment"],
    ["cancelled stays cancelled", "cancelled", [line(1, 1)], "cancelled"],
    ["completed stays completed", "completed", [line(1, 0)], "completed"],
    ["refunding stays refunding", "refunding", [line(1, 1)], "refunding"],
  ])("%s", (_, told, lines, expected) => {
    expect(effectiveStatus(told, lines)).toBe(expected);
  });
});

describe("compareFreshness", () => {
  const snapshot: fc.Arbitrary<Freshness> = fc.record({
    updatedAt: fc.constantFrom(early, late),
    status: fc.constantFrom(...orderStatuses),
    digest: fc.constantFrom("a", "b", "c"),
  });

  it.each<[string, Freshness, Freshness]>([
    [
      "the older first",
      { updatedAt: early, status: "cancelled", digest: "z" },
      { updatedAt: late, status: "paid", digest: "a" },
    ],
    [
      "of one instant the one further along",
      { updatedAt: early, status: "paid", digest: "z" },
      { updatedAt: early, status: "shipped", digest: "a" },
    ],
    [
      "cancelled is last of all",
      { updatedAt: early, status: "refunded", digest: "z" },
      { updatedAt: early, status: "cancelled", digest: "a" },
    ],
    [
      "else the digest decides",
      { updatedAt: early, status: "paid", digest: "a" },
      { updatedAt: early, status: "paid", digest: "b" },
    ],
  ])("%s", (_, older, newer) => {
    expect(compareFreshness(older, newer)).toBeLessThan(0);
    expect(compareFreshness(newer, older)).toBeGreaterThan(0);
    expect(compareFreshness(newer, newer)).toBe(0);
  });

  it("orders any set of snapshots the same way, however they arrive", () => {
    fc.assert(
      fc.property(fc.array(snapshot, { maxLength: 8 }), fc.array(fc.nat()), (snapshots, keys) => {
        const shuffled = snapshots
          .map((item, index) => ({ item, key: keys[index] ?? index }))
          .sort((a, b) => a.key - b.key)
          .map(({ item }) => item);
        expect(shuffled.toSorted(compareFreshness)).toEqual(snapshots.toSorted(compareFreshness));
      }),
    );
  });
});

describe("placeInQueue", () => {
  it.each<[string, OrderStatus, string | null, string | null]>([
    ["paid: since payment", "paid", late, late],
    ["paid at a time nobody told: since it was placed", "paid", null, early],
    ["not paid: behind all who did", "pending_payment", null, null],
  ])("%s", (_, toldStatus, paidAt, expected) => {
    expect(placeInQueue({ toldStatus, paidAt, placedAt: early })).toBe(expected);
  });
});
