import { describe, expect, it } from "vitest";
import { at, line, options, paidWith, parcel, payment, read, refund, sumOf } from "./sample.ts";

describe("the status", () => {
  const none = { quantity: 0, proratedLinePriceWithTax: 0, proratedLinePrice: 0 };
  const authorised = [{ ...payment, state: "Authorized" }];
  const cases: [string, object, string][] = [
    ["only authorised", { state: "PaymentAuthorized", payments: authorised }, "pending_payment"],
    ["packed, not shipped", { fulfillments: [parcel("1", 2, "Pending")] }, "paid"],
    ["partly shipped", { state: "PartiallyShipped", fulfillments: [parcel("1", 1)] }, "partially_shipped"],
    ["in two parcels, both out", { fulfillments: [parcel("1", 1), parcel("2", 1)] }, "shipped"],
    [
      "one of two parcels delivered",
      { state: "PartiallyDelivered", fulfillments: [parcel("1", 1), parcel("2", 1, "Delivered")] },
      "shipped",
    ],
    ["delivered", { state: "Delivered", fulfillments: [parcel("1", 2, "Delivered")] }, "completed"],
    ["a cancelled parcel is none", { fulfillments: [parcel("1", 2, "Cancelled")] }, "paid"],
    ["being modified", { state: "Modifying" }, "paid"],
    [
      "modified, money missing",
      { state: "ArrangingAdditionalPayment", totalWithTax: 7490 },
      "pending_payment",
    ],
    ["a state of a plugin", { state: "WaitingForGiftWrap" }, "paid"],
    ["a refund asked for", { payments: paidWith(refund("9", 500, "Pending")) }, "refunding"],
    ["a refund that failed", { payments: paidWith(refund("9", 500, "Failed")) }, "paid"],
    ["paid back in full", { payments: paidWith(refund("9", 5490)) }, "refunded"],
    ["cancelled", { state: "Cancelled", lines: [{ ...line, quantity: 0 }] }, "cancelled"],
    [
      "shipped and all of it back, money still owed",
      {
        state: "Cancelled",
        lines: [{ ...line, ...none }],
        totalWithTax: 490,
        fulfillments: [parcel("1", 2)],
      },
      "refunding",
    ],
    [
      "shipped and all of it back, paid back but for the freight",
      {
        state: "Cancelled",
        lines: [{ ...line, ...none }],
        totalWithTax: 490,
        fulfillments: [parcel("1", 2)],
        payments: paidWith(refund("9", 5000)),
      },
      "refunded",
    ],
    ["free of charge", { totalWithTax: 0, payments: [] }, "paid"],
  ];
  it.each(cases)("%s", (_what, change, expected) => {
    expect(read(change).status).toBe(expected);
  });

  it("authorised counts as paid where the money is taken at shipment", () => {
    const order = read({ payments: authorised }, { ...options, captureAtShipment: true });
    expect([order.status, order.paidAt]).toEqual(["paid", "2026-11-22T08:01:11.677Z"]);
  });
});

describe("what was given back", () => {
  it("units cancelled before they left are off quantity and total, and their money is not listed", () => {
    const order = read({
      lines: [{ ...line, quantity: 1, proratedLinePriceWithTax: 2500, proratedLinePrice: 2066 }],
      totalWithTax: 2990,
      payments: paidWith(refund("9", 2500)),
    });
    expect(order).toMatchObject({ status: "paid", totalMinor: 2990 });
    expect(order.lines[0]?.quantity).toBe(1);
    expect(order.refunds).toBeUndefined();
  });

  it("beyond that it is a refund, named by Vendure's id", () => {
    const order = read({
      lines: [{ ...line, quantity: 1, proratedLinePriceWithTax: 2500, proratedLinePrice: 2066 }],
      totalWithTax: 2990,
      payments: paidWith(refund("9", 3000), refund("10", 200, "Settled", 20)),
    });
    expect(order.refunds?.map(({ externalId, amountMinor }) => [externalId, amountMinor])).toEqual([
      ["9", 500],
      ["10", 200],
    ]);
  });

  it("a unit cancelled after it was shipped came back: still ordered, put on the shelf, its money on its line", () => {
    const order = read({
      state: "Shipped",
      lines: [{ ...line, quantity: 1, proratedLinePriceWithTax: 2500, proratedLinePrice: 2066 }],
      totalWithTax: 2990,
      fulfillments: [parcel("1", 2)],
      payments: paidWith(refund("9", 2500)),
    });
    expect(order).toMatchObject({ status: "shipped", totalMinor: 5490 });
    expect(order.lines[0]).toMatchObject({ quantity: 2, unitPriceMinor: 2500, taxMinor: 868 });
    expect(order.refunds).toEqual([
      {
        externalId: "9",
        refundedAt: at(10),
        amountMinor: 2500,
        reason: "asked for",
        lines: [{ externalLineId: "87", amountMinor: 2500, quantity: 0 }],
      },
      {
        externalId: "returned:87:1",
        refundedAt: "2026-11-22T08:01:10.349Z",
        amountMinor: 0,
        lines: [{ externalLineId: "87", amountMinor: 0, quantity: 1, restock: true }],
      },
    ]);
    expect(sumOf(order)).toBe(order.totalMinor);
  });
});

describe("parcels", () => {
  const note = (shipmentId: string, before: string[], number: string) => ({
    type: "ORDER_NOTE",
    createdAt: at(1),
    data: {
      note: `Sluice parcel ${JSON.stringify({ shipmentId, before, lines: [{ id: "87", quantity: 1 }], number })}`,
    },
  });
  it("come with carrier, number, the time they left, and our id where our note speaks of them", () => {
    const shipped = {
      type: "ORDER_FULFILLMENT_TRANSITION",
      createdAt: at(6),
      data: { fulfillmentId: "1", from: "Pending", to: "Shipped" },
    };
    const other = { ...parcel("3", 1), lines: [{ orderLineId: "900", quantity: 1 }] };
    const order = read({
      fulfillments: [
        parcel("2", 1, "Shipped", 8),
        parcel("1", 1, "Delivered", 9),
        parcel("4", 1, "Pending"),
        other,
      ],
      history: {
        items: [
          { type: "ORDER_NOTE", createdAt: at(0), data: { note: "call her" } },
          note("ours", ["1"], "JD2"),
          shipped,
        ],
      },
    });
    expect(order.shipments).toEqual([
      {
        externalId: "2",
        shippedAt: at(7),
        carrier: "DHL",
        trackingNumber: "JD2",
        reference: "ours",
        lines: [{ externalLineId: "87", quantity: 1 }],
      },
      {
        externalId: "1",
        shippedAt: at(6),
        carrier: "DHL",
        trackingNumber: "JD1",
        lines: [{ externalLineId: "87", quantity: 1 }],
      },
    ]);
  });
});
