import { describe, expect, it } from "vitest";
import { type AfterSales, readOrder } from "../../../src/connectors/tiktok-shop/map.ts";
import * as wire from "../../../src/connectors/tiktok-shop/wire.ts";
import sample from "../../fixtures/tiktok-shop/order.json" with { type: "json" };
import returned from "../../fixtures/tiktok-shop/return.json" with { type: "json" };

const [unit, other] = sample.line_items;
const { payment } = sample;

const returnsOf = (...rows: object[]): AfterSales => ({
  returns: rows.map((row) => wire.returnSchema.parse(row)),
  cancellations: [],
});
const resultOf = (change: object, afterSales: AfterSales | null = returnsOf(), live?: string) =>
  readOrder({ ...sample, ...change } as never, afterSales, live);
const read = (...given: Parameters<typeof resultOf>) => {
  const result = resultOf(...given);
  if (result.kind !== "order") throw new Error(JSON.stringify(result));
  return result.order;
};

describe("TikTok Shop orders", () => {
  it("an ordinary one: two units make a line, TikTok's discount is TikTok's, masks stay", () => {
    expect(read({})).toEqual({
      externalId: "576486316948490777",
      updatedAt: "2026-11-22T08:01:11.000Z",
      placedAt: "2026-11-22T08:00:00.000Z",
      paidAt: "2026-11-22T08:01:10.000Z",
      status: "paid",
      currency: "GBP",
      totalMinor: 5399,
      shippingMinor: 399,
      platformDiscountMinor: 500,
      buyer: {
        externalId: "7021436810468230477",
        name: "A** R**",
        phone: "(+44)7*****00",
        email: "v2b2V5@chat.seller.tiktok.com",
        address: { line1: "1 Demo St", city: "London", postalCode: "SW1A 1AA", country: "GB" },
        masked: true,
      },
      lines: [
        {
          externalLineId: "577086512123755111",
          sku: "MUG-BLU-350",
          externalItemId: "1729582718312380001",
          externalVariantId: "1729592969712207001",
          title: "Stoneware mug / Blue",
          quantity: 2,
          unitPriceMinor: 2750,
        },
      ],
      refunds: [],
    });
  });

  it("the seller's discount, TikTok's share of the freight, and taxes and fees that are not the merchant's", () => {
    const items = [{ ...unit, original_price: "30.00", seller_discount: "2.50" }];
    const order = read({
      line_items: items,
      payment: {
        ...payment,
        sub_total: "25.00",
        shipping_fee: "1.99",
        shipping_fee_platform_discount: "2.00",
        tax: "2.10",
        retail_delivery_fee: "0.28",
        total_amount: "29.37",
      },
    });
    // 30.00 - 2.50 + 3.99 - 2.50 - 2.00
    expect(order).toMatchObject({ totalMinor: 2699, shippingMinor: 399, platformDiscountMinor: 450 });
    expect(order.lines[0]).toMatchObject({ unitPriceMinor: 3000, discountMinor: 250 });
  });

  it("parts that do not add up: what the buyer pays for a unit counts, and what is over is the order's discount", () => {
    const odd = [{ ...unit, original_price: "99.00" }];
    const order = read({ line_items: odd, payment: { ...payment, sub_total: "24.00", shipping_fee: "0" } });
    expect(order.lines[0]).toMatchObject({ unitPriceMinor: 2750 });
    expect(order).toMatchObject({ totalMinor: 2400, discountMinor: 100, platformDiscountMinor: 250 });
  });

  it("a gift and a prize of a live lottery cost nothing; a bundle is a line as TikTok sells it", () => {
    const gift = {
      ...unit,
      id: "577086512123755113",
      sku_id: "1729592969712207009",
      is_gift: true,
      sale_price: "0",
      seller_discount: "27.50",
      platform_discount: "0",
    };
    const bundle = {
      ...other,
      seller_sku: "SET-2",
      combined_listing_skus: [
        { sku_id: "1729592969712207001", sku_count: 2, product_id: "1729582718312380001" },
      ],
    };
    const order = read({ line_items: [bundle, gift], payment: { ...payment, sub_total: "25.00" } });
    expect(
      order.lines.map((line) => [line.sku, line.quantity, line.unitPriceMinor, line.discountMinor]),
    ).toEqual([
      ["SET-2", 1, 2750, undefined],
      ["MUG-BLU-350", 1, 0, undefined],
    ]);
    const prize = { ...gift, is_gift: false, original_price: "0", seller_discount: "0" };
    const lottery = read({
      order_type: "ZERO_LOTTERY",
      line_items: [prize],
      payment: { ...payment, sub_total: "0", shipping_fee: "0" },
    });
    expect(lottery).toMatchObject({ status: "paid", totalMinor: 0, lines: [{ unitPriceMinor: 0 }] });
  });

  it.each(["is_sample_order", "is_replacement_order"])(
    "%s: nobody pays, and nothing is TikTok's share",
    (what) => {
      const free = [{ ...unit, sale_price: "0", platform_discount: "27.50" }];
      const order = read({
        [what]: true,
        line_items: free,
        payment: { ...payment, sub_total: "0", shipping_fee: "0" },
      });
      expect(order).toMatchObject({ totalMinor: 0, lines: [{ quantity: 1, unitPriceMinor: 0 }] });
      expect(order.platformDiscountMinor).toBeUndefined();
    },
  );

  it.each([
    ["UNPAID", "pending_payment"],
    ["ON_HOLD", "paid"],
    ["AWAITING_SHIPMENT", "paid"],
    ["PARTIALLY_SHIPPING", "partially_shipped"],
    ["IN_TRANSIT", "shipped"],
    ["DELIVERED", "shipped"],
    ["COMPLETED", "completed"],
    ["CANCELLED", "cancelled"],
    ["CANCEL", "cancelled"],
  ])("state %s is %s", (status, expected) => expect(read({ status }).status).toBe(expected));

  it("a label is no shipment, a parcel the seller has handed in is one", () => {
    const items = [
      {
        ...unit,
        display_status: "AWAITING_COLLECTION",
        package_id: "1153132168123859123",
        tracking_number: "SF1",
        rts_time: 1795336000,
        shipping_provider_name: "SF Express",
      },
      other,
    ];
    const row = { status: "AWAITING_COLLECTION", line_items: items };
    const own = read(row);
    expect(own.status).toBe("shipped");
    expect(own.shipments).toEqual([
      {
        externalId: "1153132168123859123",
        shippedAt: "2026-11-22T08:26:40.000Z",
        lines: [{ externalLineId: "577086512123755111", quantity: 1 }],
        carrier: "SF Express",
        trackingNumber: "SF1",
      },
    ]);
    const labelled = read({ ...row, shipping_type: "TIKTOK" });
    expect([labelled.status, labelled.shipments]).toEqual(["paid", undefined]);
  });

  it("two packages of one line", () => {
    const inPackage = (item: typeof unit, package_id: string) => ({
      ...item,
      package_id,
      display_status: "IN_TRANSIT",
    });
    const order = read({
      status: "IN_TRANSIT",
      shipping_type: "TIKTOK",
      line_items: [inPackage(unit, "1153132168123859123"), inPackage(other, "1153132168123859124")],
    });
    expect(order.shipments?.map(({ externalId, lines }) => [externalId, lines?.[0]?.quantity])).toEqual([
      ["1153132168123859123", 1],
      ["1153132168123859124", 1],
    ]);
  });

  it("cancelled before paid; not paid yet; a pre-order is not paid before it is charged", () => {
    const unpaid = { paid_time: 0, recipient_address: null };
    const cancelled = read({ ...unpaid, status: "CANCELLED" });
    expect([cancelled.status, cancelled.paidAt, cancelled.lines[0]?.quantity]).toEqual([
      "cancelled",
      undefined,
      2,
    ]);
    const pre = { ...unpaid, status: "ON_HOLD", order_type: "PRE_ORDER" };
    expect(read(pre).status).toBe("pending_payment");
    expect(read({ ...pre, paid_time: 1795334470 }).status).toBe("paid");
    expect(read({ ...unpaid, status: "AWAITING_SHIPMENT", is_cod: true }).status, "cash on delivery").toBe(
      "paid",
    );
  });

  it("half a line refunded: goods and freight, no tax; units come back only where goods travel", () => {
    const order = read({ status: "COMPLETED" }, returnsOf(returned));
    expect(order).toMatchObject({ status: "completed", updatedAt: "2026-11-25T08:00:00.000Z" });
    expect(order.refunds).toEqual([
      {
        externalId: "4035318504086604100",
        refundedAt: "2026-11-25T08:00:00.000Z",
        amountMinor: 2600,
        shippingMinor: 100,
        reason: "Damaged",
        lines: [{ externalLineId: "577086512123755111", amountMinor: 2500, quantity: 1 }],
      },
    ]);
    const money = read({ status: "COMPLETED" }, returnsOf({ ...returned, return_type: "REFUND" }));
    expect(money.refunds?.[0]?.lines?.[0]?.quantity).toBeUndefined();
    const whole = {
      ...returned,
      refund_amount: { currency: "GBP", refund_total: "54.20", refund_tax: "0.21" },
    };
    expect(read({ status: "COMPLETED" }, returnsOf(whole)).status).toBe("refunded");
  });

  it.each([
    ["RETURN_OR_REFUND_REQUEST_PENDING", "refunding", 0],
    ["BUYER_SHIPPED_ITEM", "refunding", 0],
    ["RETURN_OR_REFUND_REQUEST_SUCCESS", "refunding", 0],
    ["RETURN_OR_REFUND_REQUEST_COMPLETE", "shipped", 1],
    ["REFUND_OR_RETURN_REQUEST_REJECT", "shipped", 0],
    ["RETURN_OR_REFUND_REQUEST_CANCELLED", "shipped", 0],
    ["REPLACEMENT_REQUEST_COMPLETE", "shipped", 0],
  ])("a return in state %s leaves the order %s with %i refunds", (return_status, status, refunds) => {
    const order = read({ status: "DELIVERED" }, returnsOf({ ...returned, return_status }));
    expect([order.status, order.refunds?.length]).toEqual([status, refunds]);
  });

  it("a wish to cancel holds the order back", () =>
    expect(read({ is_buyer_request_cancel: true }).status).toBe("refunding"));

  it("one unit cancelled: a refund where the amounts still hold it, left out where they do not", () => {
    const items = [{ ...unit, display_status: "CANCELLED" }, other];
    const row = {
      cancel_id: "4035318504086604200",
      order_id: sample.id,
      cancel_status: "CANCELLATION_REQUEST_COMPLETE",
      update_time: 1795340000,
      refund_amount: { currency: "GBP", refund_total: "25.00", refund_subtotal: "25.00" },
      cancel_line_items: [{ order_line_item_id: unit?.id }],
    };
    const cut: AfterSales = { returns: [], cancellations: [wire.cancellationSchema.parse(row)] };
    const told = read({ line_items: items }, cut);
    expect([told.lines[0]?.quantity, told.totalMinor]).toEqual([2, 5399]);
    expect(told.refunds).toMatchObject([
      { amountMinor: 2500, lines: [{ externalLineId: "577086512123755111", quantity: 1, restock: true }] },
    ]);
    const reduced = read({ line_items: items, payment: { ...payment, sub_total: "25.00" } }, cut);
    expect([reduced.lines[0]?.quantity, reduced.totalMinor, reduced.refunds]).toEqual([1, 2899, []]);
    expect(reduced.platformDiscountMinor).toBe(250);
  });

  it("after-sales that were not read are not told as none", () =>
    expect(read({}, null).refunds).toBeUndefined());

  it("the live room, what TikTok ships, dong without decimals, no buyer", () => {
    expect(read({}, returnsOf(), "7493990579714164574").liveSession).toBe("7493990579714164574");
    for (const fulfillment_type of ["FULFILLMENT_BY_TIKTOK", "FULFILLMENT_BY_DILAYANI_TOKOPEDIA"])
      expect(read({ fulfillment_type }).lines[0]?.fulfilledBy).toBe("platform");
    const dong = { ...unit, original_price: "26300", sale_price: "26300.00", platform_discount: "0" };
    const vietnam = read({
      line_items: [dong],
      payment: { currency: "VND", sub_total: "26300.0", shipping_fee: "0" },
    });
    expect([vietnam.lines[0]?.unitPriceMinor, vietnam.totalMinor]).toEqual([26300, 26300]);
    expect(read({ recipient_address: null, user_id: "", buyer_email: "" }).buyer).toBeUndefined();
  });

  it("times are seconds of UTC, also around the night a market changes its clocks", () =>
    // 2026-10-25 01:30 in London, the second time clocks show it.
    expect(read({ create_time: 1792891800 }).placedAt).toBe("2026-10-25T01:30:00.000Z"));

  it("a state nobody knows and a row that cannot be read are kept aside, without their values", () => {
    expect(resultOf({ status: "constructor" })).toMatchObject({ kind: "rejected", reason: /status/ });
    expect(resultOf({ payment: { ...payment, currency: "???" } })).toMatchObject({
      kind: "rejected",
      reason: /currency/,
    });
    const spoilt = resultOf({ create_time: "yesterday" });
    expect(spoilt).toMatchObject({ kind: "rejected", externalId: sample.id });
    expect(JSON.stringify(spoilt)).not.toContain("Demo St");
  });
});
