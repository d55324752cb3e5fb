import { describe, expect, it } from "vitest";
import { readOrder } from "../../../src/connectors/vendure/map.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import sample from "../../fixtures/vendure/order.json" with { type: "json" };

/** Fixtures are explained in tests/fixtures/vendure/README.md. */

const options = { captureAtShipment: false, precision: 2 };

function read(change: object = {}, given = options): OrderSnapshot {
  const result = readOrder({ ...sample, ...change } as never, given);
  if (result.kind !== "order") throw new Error(JSON.stringify(result));
  return result.order;
}

/** Lines, freight and discounts must give the total, or the order is held for a person. */
const sumOf = ({ lines, shippingMinor = 0, discountMinor = 0 }: OrderSnapshot): number =>
  lines.reduce(
    (sum, line) => sum + line.unitPriceMinor * line.quantity - (line.discountMinor ?? 0),
    shippingMinor - discountMinor,
  );

const [line] = sample.lines;
const [payment] = sample.payments;
const at = (minute: number) => `2026-11-22T09:${String(minute).padStart(2, "0")}:00.000Z`;
const refund = (id: string, total: number, state = "Settled", minute = 10) => ({
  id,
  state,
  total,
  reason: "asked for",
  createdAt: at(minute),
  updatedAt: at(minute),
});
const parcel = (id: string, quantity: number, state = "Shipped", minute = 5) => ({
  id,
  state,
  method: "DHL",
  trackingCode: `JD${id}`,
  createdAt: at(minute - 1),
  updatedAt: at(minute),
  lines: [{ orderLineId: "87", quantity }],
});
const paidWith = (...refunds: object[]) => [{ ...payment, refunds }];

describe("Vendure orders", () => {
  it("an ordinary one", () => {
    expect(read()).toEqual({
      externalId: "512",
      // The order's own updatedAt is a second and a half older than the order.
      updatedAt: "2026-11-22T08:01:11.820Z",
      placedAt: "2026-11-22T08:01:11.820Z",
      paidAt: "2026-11-22T08:01:11.677Z",
      status: "paid",
      currency: "EUR",
      lines: [
        {
          externalLineId: "87",
          externalVariantId: "42",
          sku: "MUG-BLU-350",
          title: "Stoneware mug Blue",
          quantity: 2,
          unitPriceMinor: 2500,
          taxMinor: 868,
        },
      ],
      shippingMinor: 490,
      totalMinor: 5490,
      buyer: {
        externalId: "77",
        name: "Ana Ruiz",
        email: "ana@example.com",
        phone: "+34600000000",
        address: { line1: "Calle Mayor 1", city: "Madrid", postalCode: "28013", country: "ES" },
      },
    });
  });

  it("discounts of lines and of the order, spread over the lines by Vendure, and surcharges both ways", () => {
    const order = read({
      lines: [
        { ...line, proratedUnitPriceWithTax: 2230, proratedLinePriceWithTax: 4460, proratedLinePrice: 3686 },
      ],
      surcharges: [{ priceWithTax: 250 }, { priceWithTax: -100 }],
      totalWithTax: 4460 + 490 + 150,
    });
    expect(order.lines[0]).toMatchObject({ unitPriceMinor: 2500, discountMinor: 540, taxMinor: 774 });
    expect(order).toMatchObject({ shippingMinor: 740, discountMinor: 100, totalMinor: 5100 });
    expect(sumOf(order)).toBe(order.totalMinor);
  });

  it("a gift for nothing, and a bundle as it is sold", () => {
    const gift = {
      ...line,
      id: "88",
      quantity: 1,
      unitPriceWithTax: 0,
      proratedUnitPriceWithTax: 0,
      proratedLinePriceWithTax: 0,
      proratedLinePrice: 0,
      productVariant: { id: "43", sku: "GIFT-1", name: "Tea strainer" },
    };
    const bundle = { ...line, productVariant: { id: "44", sku: "SET-2", name: "Set of two" } };
    const order = read({ lines: [bundle, gift] });
    expect(
      order.lines.map(({ sku, quantity, unitPriceMinor, taxMinor }) => [
        sku,
        quantity,
        unitPriceMinor,
        taxMinor,
      ]),
    ).toEqual([
      ["SET-2", 2, 2500, 868],
      ["GIFT-1", 1, 0, 0],
    ]);
    expect(sumOf(order)).toBe(order.totalMinor);
  });

  it("net prices: a line rounded once may be a cent above its units, never below what was paid", () => {
    // 3 x 19.99 net and 21 %: 72.56, while the unit shows 24.19.
    const priced = (unit: number, lineGross: number) => ({
      ...line,
      quantity: 3,
      unitPriceWithTax: unit,
      proratedUnitPriceWithTax: unit,
      proratedLinePriceWithTax: lineGross,
      proratedLinePrice: Math.round(lineGross / 1.21),
    });
    for (const [unit, gross] of [
      [2419, 7256],
      [2418, 7256],
    ] as const) {
      const order = read({ lines: [priced(unit, gross)], totalWithTax: gross + 490 });
      expect(sumOf(order), `unit ${unit}`).toBe(gross + 490);
    }
  });

  it.each([
    ["JPY", 2, [250_000, 250_000, 500_000, 49_000, 549_000], [2500, 490, 5490]],
    ["KWD", 2, [2500, 2500, 5000, 490, 5490], [25_000, 4900, 54_900]],
    ["EUR", 3, [24_995, 24_995, 49_990, 4905, 54_895], [2500, 491, 5490]],
  ] as const)("amounts in %s on a server with %i digits", (currencyCode, precision, raw, expected) => {
    const [unit, prorated, gross, shippingWithTax, totalWithTax] = raw;
    const lines = [
      {
        ...line,
        unitPriceWithTax: unit,
        proratedUnitPriceWithTax: prorated,
        proratedLinePriceWithTax: gross,
        proratedLinePrice: gross,
      },
    ];
    const payments = [{ ...payment, amount: totalWithTax }];
    const order = read(
      { currencyCode, lines, shippingWithTax, totalWithTax, payments },
      { ...options, precision },
    );
    expect([order.lines[0]?.unitPriceMinor, order.shippingMinor, order.totalMinor]).toEqual(expected);
    expect(sumOf(order), "adds up after rounding").toBe(order.totalMinor);
    expect(order.status).toBe("paid");
  });

  it("a sum that is wrong by more than rounding is not made to fit", () => {
    const order = read({ totalWithTax: 999_000 }, { ...options, precision: 3 });
    expect(sumOf(order)).not.toBe(order.totalMinor);
  });

  it("a buyer without name, and none at all", () => {
    const address = { ...sample.shippingAddress, fullName: "" };
    expect(read({ shippingAddress: address }).buyer?.name).toBe("Ana Ruiz");
    const nobody = { ...sample.customer, firstName: "", lastName: null };
    expect(read({ shippingAddress: address, customer: nobody }).buyer?.name).toBeUndefined();
    expect(read({ shippingAddress: null, customer: null }).buyer).toBeUndefined();
  });

  it("times with an offset are the same instants", () => {
    expect(read({ orderPlacedAt: "2026-10-25T02:30:00+01:00" }).placedAt).toBe("2026-10-25T01:30:00.000Z");
  });
});

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

describe("rows that cannot be read", () => {
  it.each([
    [
      "a missing field",
      { totalWithTax: undefined },
      "totalWithTax: Invalid input: expected number, received undefined",
    ],
    ["half a cent", { totalWithTax: 10.5 }, "totalWithTax: Invalid input: expected int, received number"],
    ["a currency nobody knows", { currencyCode: "XXZ" }, "currencyCode: is no ISO 4217 currency"],
  ])("%s", (_what, change, reason) => {
    expect(readOrder({ ...sample, ...change } as never, options)).toEqual({
      kind: "rejected",
      externalId: "512",
      reason,
    });
  });
});
