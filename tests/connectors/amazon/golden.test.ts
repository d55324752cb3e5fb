import { describe, expect, it } from "vitest";
import { carrierFields } from "../../../src/connectors/amazon/codes.ts";
import { readOrder } from "../../../src/connectors/amazon/map.ts";
import sample from "../../fixtures/amazon/order.json" with { type: "json" };
import refund from "../../fixtures/amazon/refund.json" with { type: "json" };
import { leftOver } from "../left-over.ts";

const us = "ATVPDKIKX0DER";
const usd = (amount: string) => ({ amount, currencyCode: "USD" });
const [item] = sample.orderItems;

const resultOf = (change: object, transactions: object[] | null = null) =>
  readOrder({ ...sample, ...change } as never, [us], transactions as never);
const read = (change: object = {}, transactions: object[] | null = null) => {
  const result = resultOf(change, transactions);
  if (result.kind !== "order") throw new Error(JSON.stringify(result));
  return result.order;
};
const withItems = (orderItems: object[], change: object = {}) => read({ orderItems, ...change });
const inState = (fulfillmentStatus: string) => ({
  fulfillment: { fulfillmentStatus, fulfilledBy: "MERCHANT" },
});

describe("Amazon orders", () => {
  it("an ordinary one, tax on top", () => {
    expect(read()).toEqual({
      externalId: "902-3159896-1390916",
      updatedAt: "2026-11-22T08:31:12.000Z",
      placedAt: "2026-11-22T07:58:00.000Z",
      status: "paid",
      currency: "USD",
      shippingMinor: 0,
      totalMinor: 5450,
      buyer: {
        name: "Ana Ruiz",
        email: "demo123@marketplace.amazon.com",
        address: { line1: "1 Broadway", city: "Oakland", province: "CA", postalCode: "94607", country: "US" },
      },
      lines: [
        {
          externalLineId: "05015851154158",
          sku: "MUG-BLU-350",
          externalItemId: "MUG-BLU-350",
          title: "Stoneware mug",
          quantity: 2,
          unitPriceMinor: 2500,
          taxMinor: 450,
        },
      ],
    });
  });

  it("tax that Amazon remits itself is nobody's money here", () => {
    const taxed = { ...item, tax: { taxCollections: [{ model: "MARKETPLACE_FACILITATOR" }] } };
    const order = withItems([taxed]);
    expect([order.totalMinor, order.lines[0]?.taxMinor]).toEqual([5000, 0]);
    // Where the price holds the tax, there is nothing to take out.
    const inside = withItems([taxed], { proceeds: { grandTotal: usd("50.00") } });
    expect([inside.totalMinor, inside.lines[0]?.taxMinor]).toEqual([5000, 450]);
  });

  it("freight, gift wrap, discounts on goods and freight, whatever their sign", () => {
    const breakdowns = (sign: string) => [
      { type: "ITEM", subtotal: usd("50.00") },
      { type: "SHIPPING", subtotal: usd("6.00") },
      { type: "GIFT_WRAP", subtotal: usd("3.00") },
      {
        type: "DISCOUNT",
        subtotal: usd(`${sign}8.00`),
        detailedBreakdowns: [
          { subtype: "ITEM", value: usd(`${sign}5.00`) },
          { subtype: "SHIPPING", value: usd(`${sign}3.00`) },
        ],
      },
    ];
    for (const sign of ["", "-"]) {
      const order = withItems([{ ...item, proceeds: { breakdowns: breakdowns(sign) } }], {
        proceeds: { grandTotal: usd("51.00") },
      });
      expect(order).toMatchObject({ shippingMinor: 600, totalMinor: 5100, lines: [{ discountMinor: 500 }] });
    }
  });

  it("a gift, a bundle under its own code, a line without a seller's code, a price that does not divide", () => {
    const line = (id: string, product: object, quantity: number, total: string) => ({
      orderItemId: id,
      quantityOrdered: quantity,
      product,
      proceeds: { breakdowns: [{ type: "ITEM", subtotal: usd(total) }] },
    });
    const order = withItems(
      [
        line("1", { sellerSku: "GIFT-1", price: { unitPrice: usd("0.00") } }, 1, "0.00"),
        line("2", { sellerSku: "SET-3", price: { unitPrice: usd("30.00") } }, 1, "30.00"),
        line("3", { asin: "B0DEMO0009", price: { unitPrice: usd("3.34") } }, 3, "10.00"),
      ],
      { proceeds: { grandTotal: usd("40.00") } },
    );
    expect(order.lines).toMatchObject([
      { sku: "GIFT-1", unitPriceMinor: 0 },
      { sku: "SET-3", unitPriceMinor: 3000 },
      { externalItemId: "B0DEMO0009", unitPriceMinor: 334, discountMinor: 2 },
    ]);
    expect(order.lines[2]?.sku).toBeUndefined();
  });

  it("pending: amounts and address are hidden, the units are sold all the same", () => {
    const bare = { orderItemId: "1", quantityOrdered: 2, product: { sellerSku: "MUG-BLU-350" } };
    const hidden = { proceeds: undefined, buyer: undefined, recipient: undefined };
    const order = read({ ...inState("PENDING"), ...hidden, orderItems: [bare] });
    expect(order).toMatchObject({ status: "pending_payment", currency: "USD", totalMinor: 0 });
    const priced = read({ ...inState("PENDING"), ...hidden, orderItems: [{ ...item, proceeds: undefined }] });
    expect([priced.totalMinor, leftOver(priced)], "prices told, and no total").toEqual([5000, 0]);
    expect([order.lines[0]?.quantity, order.buyer]).toEqual([2, undefined]);
  });

  it.each([
    ["PENDING_AVAILABILITY", "pending_payment"],
    ["PENDING", "pending_payment"],
    ["UNSHIPPED", "paid"],
    ["PARTIALLY_SHIPPED", "partially_shipped"],
    ["SHIPPED", "shipped"],
    ["CANCELLED", "cancelled"],
    ["UNFULFILLABLE", "cancelled"],
  ])("state %s is %s", (state, expected) => expect(read(inState(state)).status).toBe(expected));

  it("a state nobody knows is kept for a person", () => {
    expect(resultOf(inState("constructor"))).toMatchObject({ kind: "rejected", reason: /fulfillmentStatus/ });
  });

  it("a buyer who wants to cancel holds the parcel back; a cancelled unit is off its line", () => {
    const asked = { ...item, cancellation: { cancellationRequest: { requester: "BUYER" } } };
    expect(withItems([asked]).status).toBe("refunding");
    const done = {
      ...item,
      cancellation: { cancellationRequest: {}, cancellationExecution: { cancelledBy: "MERCHANT" } },
      fulfillment: { quantityFulfilled: 0, quantityUnfulfilled: 1 },
    };
    const order = withItems([done]);
    expect([order.status, order.lines[0]?.quantity]).toEqual(["paid", 1]);
  });

  it("two parcels of which one is there; completed when both are", () => {
    const parcel = (reference: string, status: string) => ({
      packageReferenceId: reference,
      shipTime: "2026-11-23T10:00:00Z",
      packageStatus: { status },
      carrier: "UPS",
      trackingNumber: `1Z${reference}`,
      packageItems: [{ orderItemId: "05015851154158", quantity: 1 }],
    });
    const shipped = inState("SHIPPED");
    const order = read({ ...shipped, packages: [parcel("1", "DELIVERED"), parcel("2", "IN_TRANSIT")] });
    expect(order.status).toBe("shipped");
    expect(
      order.shipments?.map((one) => [one.externalId, one.trackingNumber, one.lines?.[0]?.quantity]),
    ).toEqual([
      ["1", "1Z1", 1],
      ["2", "1Z2", 1],
    ]);
    expect(read({ ...shipped, packages: [parcel("1", "DELIVERED"), parcel("2", "DELIVERED")] }).status).toBe(
      "completed",
    );
    expect(read({ packages: [parcel("1", "PENDING"), parcel("2", "CANCELLED")] }).shipments).toBeUndefined();
  });

  it("what Amazon ships takes nothing from us; what was sold elsewhere comes from there", () => {
    const fba = read({ fulfillment: { fulfillmentStatus: "SHIPPED", fulfilledBy: "AMAZON" } });
    expect(fba.lines.map((line) => line.fulfilledBy)).toEqual(["platform"]);
    const onSite = { channelName: "NON_AMAZON", marketplaceId: us };
    expect(resultOf({ salesChannel: onSite }).kind).toBe("elsewhere");
    expect(resultOf({ salesChannel: { channelName: "AMAZON", marketplaceId: "A2EUQ1WTGCTBG2" } }).kind).toBe(
      "elsewhere",
    );
  });

  it("half of a line refunded: fees are not the buyer's, a deferred refund counts once, others are not ours", () => {
    const released = { ...refund, transactionId: "T2" };
    const other = {
      ...refund,
      relatedIdentifiers: [
        { relatedIdentifierName: "ORDER_ID", relatedIdentifierValue: "902-0000000-0000001" },
      ],
    };
    const order = read({}, [{ ...refund, transactionType: "Shipment" }, refund, released, other]);
    expect(order.refunds).toEqual([
      {
        externalId: "R-1",
        refundedAt: "2026-11-25T10:00:00.000Z",
        amountMinor: 2700,
        shippingMinor: 200,
        reason: "Refund Order",
        lines: [{ externalLineId: "05015851154158", amountMinor: 2500 }],
      },
    ]);
    expect(order.updatedAt, "refunds do not move the order's own time").toBe("2026-11-25T10:00:00.000Z");
    expect(read({}, []).refunds, "none, for sure").toEqual([]);
    expect(read().refunds, "not asked for").toBeUndefined();
  });

  it("a replacement names what it replaces; yen have no cents; an amount that is none is kept aside", () => {
    const order = read({
      associatedOrders: [{ orderId: "902-1", associationType: "REPLACEMENT_ORIGINAL_ID" }],
    });
    expect(order.note).toBe("Replaces order 902-1");
    const yen = { amount: "5980", currencyCode: "JPY" };
    const inYen = [
      { ...item, quantityOrdered: 1, product: { sellerSku: "A", price: { unitPrice: yen } }, proceeds: null },
    ];
    expect(withItems(inYen, { proceeds: { grandTotal: yen } })).toMatchObject({
      currency: "JPY",
      totalMinor: 5980,
    });
    const spoilt = resultOf({ proceeds: { grandTotal: usd("54,50") } });
    expect(spoilt).toMatchObject({ kind: "rejected", externalId: "902-3159896-1390916" });
    expect(JSON.stringify(spoilt)).not.toContain("Ruiz");
  });
});

describe("carriers", () => {
  it.each([
    ["UPS", { carrierCode: "UPS" }],
    ["Federal Express", { carrierCode: "FedEx" }],
    ["gls", { carrierCode: "GLS" }],
    ["顺丰", { carrierCode: "SF Express" }],
    ["Two Men and a Van", { carrierCode: "Other", carrierName: "Two Men and a Van" }],
  ])("%s", (name, expected) => expect(carrierFields(name)).toEqual(expected));
});
