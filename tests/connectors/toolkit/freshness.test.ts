import { describe, expect, it } from "vitest";
import { asOfNewest, latestOf } from "../../../src/connectors/toolkit/freshness.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";

const at = (minute: number) => `2026-11-22T08:${String(minute).padStart(2, "0")}:00.000Z`;
const order: OrderSnapshot = {
  externalId: "1",
  updatedAt: at(10),
  placedAt: at(0),
  status: "paid",
  currency: "CNY",
  lines: [{ externalLineId: "1", externalItemId: "a", quantity: 1, unitPriceMinor: 100 }],
  totalMinor: 100,
};
const refund = (minute: number) => ({ externalId: `r${minute}`, refundedAt: at(minute), amountMinor: 1 });
const parcel = (minute: number) => ({ externalId: `p${minute}`, shippedAt: at(minute) });

describe("how fresh a snapshot is", () => {
  it.each<[string, Partial<OrderSnapshot>, (string | null | undefined)[], number]>([
    ["nothing else", {}, [], 10],
    ["older parts", { refunds: [refund(5)], shipments: [parcel(9)] }, [at(3)], 10],
    ["a later refund", { refunds: [refund(30), refund(20)] }, [], 30],
    ["a later parcel", { shipments: [parcel(20), parcel(40)], refunds: [refund(30)] }, [], 40],
    ["a later parcel of ours", { shipments: [{ ...parcel(40), reference: "ours" }] }, [], 10],
    ["a later time beside them", { refunds: [refund(30)] }, [null, undefined, at(50), at(45)], 50],
  ])("%s", (_, change, times, minute) => {
    const before = { ...order, ...change };
    expect(asOfNewest(before, times)).toEqual({ ...before, updatedAt: at(minute) });
  });

  it("compares instants, not texts", () => {
    expect(latestOf("2026-11-22T08:00:00.000Z", "2026-11-22T09:30:00+02:00", null)).toBe(at(0));
  });
});
