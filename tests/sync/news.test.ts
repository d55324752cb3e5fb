import { describe, expect, it } from "vitest";
import type { OrderEventData, StockChangedData, StoredEvent } from "../../src/core/events/types.ts";
import { inPlatformUnits, parcelNews } from "../../src/sync/outbox/parcels.ts";
import { stockNews } from "../../src/sync/outbox/publish.ts";

const occurredAt = "2026-11-22T08:00:00.000Z";
const stock = (seq: number, skuId: string, own = true): StoredEvent => {
  const data: StockChangedData = {
    skuId,
    locationId: "main",
    own,
    onHand: 1,
    reserved: 0,
    heldBack: 0,
    inDoubt: 0,
    valueMinor: 0,
    version: 1,
  };
  return { seq, type: "stock.changed", subject: skuId, occurredAt, data };
};
const listing = (
  seq: number,
  type: "listing.changed" | "listing.removed",
  listingId: string,
): StoredEvent => ({
  seq,
  type,
  subject: listingId,
  occurredAt,
  data: { listingId, connectionId: "shop", skuId: "a" },
});
const order = (seq: number, more: Partial<OrderEventData>): StoredEvent => ({
  seq,
  type: "order.updated",
  subject: "order",
  occurredAt,
  data: {
    orderId: "order",
    connectionId: "shop",
    externalId: "1",
    status: "paid",
    previousStatus: null,
    currency: "CNY",
    totalMinor: 1,
    ...more,
  },
});

describe("stockNews", () => {
  it("names each SKU once, with the oldest event", () => {
    const news = stockNews([stock(3, "a"), stock(4, "b"), stock(5, "a")]);
    expect([...news.skus]).toStrictEqual([
      ["a", 3],
      ["b", 4],
    ]);
  });

  it("leaves out stock that is not ours to sell", () => {
    expect(stockNews([stock(1, "a", false)]).skus.size).toBe(0);
  });

  it("takes a new composition of a bundle for a change of its stock", () => {
    const news = stockNews([
      { seq: 9, type: "bundle.changed", subject: "set", occurredAt, data: { skuId: "set" } },
    ]);
    expect([...news.skus]).toStrictEqual([["set", 9]]);
  });

  it("the last word on a listing counts", () => {
    const gone = stockNews([listing(1, "listing.changed", "x"), listing(2, "listing.removed", "x")]);
    expect([[...gone.listings], [...gone.removed]]).toStrictEqual([[], ["x"]]);
    const back = stockNews([listing(1, "listing.removed", "x"), listing(2, "listing.changed", "x")]);
    expect([[...back.listings], [...back.removed]]).toStrictEqual([[["x", 2]], []]);
  });

  it("notes what a platform sold or took back by itself", () => {
    const line = { lineNo: 1, wanted: 1, reserved: 1, shortfall: 0 };
    const news = stockNews([
      order(1, {
        allocation: [
          { ...line, skuId: "a" },
          { ...line, skuId: null },
        ],
      }),
      order(2, {}),
    ]);
    expect([...news.soldOn].map(([shop, skus]) => [shop, [...skus]])).toStrictEqual([["shop", ["a"]]]);
  });
});

describe("parcelNews", () => {
  it("names parcels of our own and those called back", () => {
    const fact = { shippedAt: occurredAt, lines: [], revenue: [], costs: [] };
    const news = parcelNews([
      order(1, {
        shipped: [
          { ...fact, shipmentId: "p1", origin: "hub" },
          { ...fact, shipmentId: "p2", origin: "platform" },
        ],
      }),
      order(2, {
        shipmentsCancelled: [
          { shipmentId: "p1", cancelledAt: occurredAt, lines: [], revenue: [], costs: [] },
        ],
      }),
    ]);
    expect(news).toStrictEqual({
      shipped: [{ shipmentId: "p1", connectionId: "shop", eventSeq: 1 }],
      recalled: [{ shipmentId: "p1", connectionId: "shop" }],
    });
  });
});

describe("inPlatformUnits", () => {
  const line = { orderId: "o", lineNo: 1, externalLineId: "L1", unitsPer: 6 };

  it("counts whole packs, and tells a split pack with the parcel that completes it", () => {
    const parcels = inPlatformUnits([
      { ...line, shipmentId: "p1", units: 8 },
      { ...line, shipmentId: "p2", units: 3 },
      { ...line, shipmentId: "p3", units: 7 },
    ]);
    expect([...parcels]).toStrictEqual([
      ["p1", [{ externalLineId: "L1", quantity: 1 }]],
      ["p2", []],
      ["p3", [{ externalLineId: "L1", quantity: 2 }]],
    ]);
  });

  it("keeps lines and orders apart", () => {
    const parcels = inPlatformUnits([
      { ...line, shipmentId: "p1", units: 6 },
      { ...line, lineNo: 2, externalLineId: "L2", unitsPer: 1, shipmentId: "p1", units: 2 },
      { ...line, orderId: "other", shipmentId: "p2", units: 12 },
    ]);
    expect([...parcels]).toStrictEqual([
      [
        "p1",
        [
          { externalLineId: "L1", quantity: 1 },
          { externalLineId: "L2", quantity: 2 },
        ],
      ],
      ["p2", [{ externalLineId: "L1", quantity: 2 }]],
    ]);
  });

  it("notes SKUs whose units are shared again, and forgets those split since", () => {
    const mode = (seq: number, skuId: string, state: "shared" | "split" | "converging") => ({
      seq,
      type: "allocation.changed" as const,
      subject: skuId,
      occurredAt,
      data: { skuId, state, deficit: 0 },
    });
    const news = stockNews([mode(1, "a", "shared"), mode(2, "b", "shared"), mode(3, "b", "converging")]);
    expect([[...news.shared], [...news.skus.keys()]]).toStrictEqual([["a"], ["a", "b"]]);
  });
});
