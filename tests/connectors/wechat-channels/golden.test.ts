import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/connectors/contract.ts";
import { readOrder } from "../../../src/connectors/wechat-channels/map.ts";
import { refundOf } from "../../../src/connectors/wechat-channels/refunds.ts";
import sample from "../../fixtures/wechat-channels/order.json" with { type: "json" };

const detail = sample.order_detail;
const [shirt] = detail.product_infos;

const withDetail = (change: object) => ({ order_detail: { ...detail, ...change } });
const read = (change: object = {}) => {
  const result = readOrder({ ...sample, ...change } as Json);
  if (result.kind !== "order") throw new Error(JSON.stringify(result));
  return result.order;
};

/** What the lines, freight and discounts of an order come to: what the buyer paid. */
const sumOf = (order: ReturnType<typeof read>): number =>
  order.lines.reduce(
    (sum, line) => sum + line.unitPriceMinor * line.quantity - (line.discountMinor ?? 0),
    0,
  ) +
  (order.shippingMinor ?? 0) -
  (order.discountMinor ?? 0) -
  (order.platformDiscountMinor ?? 0);

describe("WeChat orders", () => {
  it("an ordinary one from a live room: seconds, fen, masks", () => {
    expect(read()).toEqual({
      externalId: "3705115058471208928",
      placedAt: "2025-12-31T23:50:00.000Z",
      updatedAt: "2025-12-31T23:50:31.000Z",
      paidAt: "2025-12-31T23:50:30.000Z",
      status: "paid",
      currency: "CNY",
      lines: [
        {
          externalLineId: "20000000000001",
          externalItemId: "10000000000001",
          externalVariantId: "20000000000001",
          sku: "TS-RED-M",
          title: "短袖",
          quantity: 2,
          unitPriceMinor: 3900,
          discountMinor: 500,
        },
      ],
      shippingMinor: 600,
      totalMinor: 7900,
      paymentId: "4200000000demo",
      liveSession: "demo_live_1",
      buyer: {
        externalId: "demo_openid",
        name: "孙*",
        phone: "138****0000",
        address: { line1: "****", county: "南山区", city: "深圳市", province: "广东省" },
        masked: true,
      },
    });
    expect(sumOf(read())).toBe(7900);
  });

  it("a live room only where the order comes from one", () => {
    const ext_info = { ...detail.ext_info, order_scene: 1 };
    expect(read(withDetail({ ext_info })).liveSession).toBeUndefined();
  });

  it.each([
    ["the shop lowered the price by hand", { order_price: 7700 }, [500], 200, undefined],
    ["a presenter pays a part", { order_price: 7900, finder_discounted_price: 200 }, [300], undefined, 200],
    ["the platform pays a part", { order_price: 7900, merchant_receieve_price: 8100 }, [300], undefined, 200],
    [
      "freight was changed",
      { order_price: 7500, is_change_freight: true, change_freight: 200 },
      [500],
      undefined,
      undefined,
    ],
  ])("%s", (_, change, onLines, discountMinor, platformDiscountMinor) => {
    const order = read(withDetail({ price_info: { ...detail.price_info, ...change } }));
    expect(order.lines.map((line) => line.discountMinor)).toEqual(onLines);
    expect([order.discountMinor, order.platformDiscountMinor]).toEqual([
      discountMinor,
      platformDiscountMinor,
    ]);
    expect(sumOf(order)).toBe(change.order_price);
  });

  it("whoever pays which part of a discount, the parts add up to what the buyer paid", () => {
    const line = fc.record({
      price: fc.nat(90_000),
      count: fc.integer({ min: 1, max: 9 }),
      saved: fc.nat(1000),
    });
    const facts = fc.record({
      lines: fc.array(line, { minLength: 1, maxLength: 5 }),
      freight: fc.nat(2000),
      byHand: fc.nat(1000),
      ofOthers: fc.nat(1000),
    });
    fc.assert(
      fc.property(facts, ({ lines, freight, byHand, ofOthers }) => {
        const product_infos = lines.map(({ price, count, saved }, index) => ({
          ...shirt,
          sku_id: String(index + 1),
          sku_cnt: count,
          sale_price: price,
          real_price: price * count - Math.floor((price * count * saved) / 1000),
        }));
        const real = product_infos.reduce((sum, product) => sum + product.real_price, 0);
        const order_price = Math.max(0, real + freight - byHand);
        const price_info = { order_price, freight, merchant_receieve_price: order_price + ofOthers };
        const order = read(withDetail({ product_infos, price_info }));
        expect(sumOf(order)).toBe(order_price);
        for (const one of order.lines)
          expect(one.discountMinor ?? 0).toBeLessThanOrEqual(one.unitPriceMinor * one.quantity);
      }),
    );
  });

  it("a gift at price 0 beside a bought one, the same SKU on two lines", () => {
    const product_infos = [shirt, { ...shirt, sku_cnt: 1, sale_price: 0, real_price: 0, sku_code: "" }];
    const order = read(withDetail({ product_infos }));
    expect(order.lines.map((line) => [line.externalLineId, line.unitPriceMinor, line.sku])).toEqual([
      ["20000000000001", 3900, "TS-RED-M"],
      ["20000000000001:2", 0, undefined],
    ]);
    expect(sumOf(order)).toBe(7900);
  });

  // ProductInfo has no field for parts (official page read 2026-11-22, a published client of 2025-01-24 read 2026-11-23).
  it("a set is the SKU it was sold as", () => {
    const set = {
      ...shirt,
      sku_code: "TEA-SET",
      title: "茶具套装",
      sku_attrs: [{ attr_key: "组合", attr_value: "一壶两杯" }],
      sku_deliver_info: { stock_type: 0 },
      is_free_gift: false,
    };
    const order = read(withDetail({ product_infos: [set] }));
    expect(order.lines.map(({ sku, quantity, unitPriceMinor }) => [sku, quantity, unitPriceMinor])).toEqual([
      ["TEA-SET", 2, 3900],
    ]);
    expect(sumOf(order)).toBe(7900);
  });

  it("orders paid at once share the payment", () =>
    expect(read({ order_id: "3705115058471208929" }).paymentId).toBe(read().paymentId));

  it("several parcels, each with its own units and number", () => {
    const product = { product_id: "10000000000001", sku_id: "20000000000001", product_cnt: 1 };
    const parcel = { deliver_type: 1, delivery_time: 1767225900, product_infos: [product] };
    const delivery_product_info = [
      { ...parcel, waybill_id: "A1", delivery_id: "SF" },
      { ...parcel, waybill_id: "B2", delivery_id: "ZTO" },
    ];
    const order = read({
      status: 30,
      ...withDetail({ delivery_info: { ...detail.delivery_info, delivery_product_info } }),
    });
    const lines = [{ externalLineId: "20000000000001", quantity: 1 }];
    const shippedAt = "2026-01-01T00:05:00.000Z";
    expect(order.shipments).toEqual([
      { externalId: "A1", trackingNumber: "A1", carrier: "SF", shippedAt, lines },
      { externalId: "B2", trackingNumber: "B2", carrier: "ZTO", shippedAt, lines },
    ]);
  });

  it("no buyer at all; a number for this order only goes before the masked one", () => {
    expect(read({ openid: "", ...withDetail({ delivery_info: null }) }).buyer).toBeUndefined();
    const address_info = { virtual_order_tel_number: "13500000000-1234", tel_number: "138****0000" };
    expect(read(withDetail({ delivery_info: { address_info } })).buyer).toEqual({
      externalId: "demo_openid",
      phone: "13500000000-1234",
    });
  });

  const unpaid = withDetail({ pay_info: { transaction_id: "", pay_time: 0 } });
  it.each([
    [10, unpaid, "pending_payment"],
    [12, {}, "pending_payment"],
    [13, {}, "pending_payment"],
    [20, {}, "paid"],
    [21, {}, "partially_shipped"],
    [30, {}, "shipped"],
    [100, {}, "completed"],
    [200, {}, "refunded"],
    [250, unpaid, "cancelled"],
  ])("state %i is %s", (status, change, expected) => {
    expect(read({ status, ...change }).status).toBe(expected);
  });

  it("what waits for a group or an acceptance is not paid yet, and says so", () => {
    const order = read({ status: 13 });
    expect(order.paidAt).toBeUndefined();
    expect(order.note).toMatch(/待成团/);
    expect(read({ status: 10, ...unpaid }).note).toBeUndefined();
  });

  it("an open after-sale stands above the state, told by the order or by a line; not above the end", () => {
    const open = { aftersale_detail: { aftersale_order_list: [], on_aftersale_order_cnt: 1 } };
    const onLine = withDetail({ product_infos: [{ ...shirt, on_aftersale_sku_cnt: 1 }] });
    expect(read({ status: 30, ...open }).status).toBe("refunding");
    expect(read({ status: 30, ...onLine }).status).toBe("refunding");
    expect(read({ status: 200, ...open }).status).toBe("refunded");
  });

  it.each([
    ["an unknown state", { status: 77 }, "3705115058471208928", /^status: /],
    ["no lines", withDetail({ product_infos: [] }), "3705115058471208928", /product_infos/],
    [
      "a price that is no number",
      withDetail({ price_info: { order_price: "79.00" } }),
      "3705115058471208928",
      /order_price/,
    ],
    ["no id", { order_id: null }, "(no id)", /^order_id: /],
  ])("%s is kept for a person, and the reason tells no buyer", (_, change, externalId, reason) => {
    const result = readOrder({ ...sample, ...change } as Json);
    expect(result).toMatchObject({ kind: "rejected", externalId, reason: expect.stringMatching(reason) });
    expect(JSON.stringify(result)).not.toMatch(/孙|138\*/);
  });
});

describe("WeChat refunds", () => {
  const aftersale = {
    after_sale_order_id: "5001",
    status: "MERCHANT_REFUND_SUCCESS",
    order_id: sample.order_id,
    type: "REFUND",
    update_time: 1767312000,
    product_info: { product_id: "10000000000001", sku_id: "20000000000001", count: 1 },
    refund_info: { amount: 3650 },
  };
  const shipped = { ...read(), shipments: [{ externalId: "A1", shippedAt: "2026-01-01T00:05:00.000Z" }] };
  const line = { externalLineId: "20000000000001", amountMinor: 3650 };
  const returned = { ...aftersale, status: "MERCHANT_RETURN_SUCCESS", type: "RETURN" };

  it.each([
    ["half a line before shipping: the unit is not sent", aftersale, read(), false, { ...line, quantity: 1 }],
    ["money alone after shipping: no unit comes back", aftersale, shipped, true, line],
    ["a return: the unit is back, on no shelf yet", returned, shipped, false, { ...line, quantity: 1 }],
    ["a return that goes on the shelf", returned, shipped, true, { ...line, quantity: 1, restock: true }],
  ])("%s", (_, given, order, restockReturns, expected) => {
    expect(refundOf(given, order, { restockReturns })).toEqual({
      externalId: "5001",
      refundedAt: "2026-01-02T00:00:00.000Z",
      amountMinor: 3650,
      lines: [expected],
    });
  });

  it("more than the line cost is freight", () => {
    const refund = refundOf({ ...aftersale, refund_info: { amount: 8000 } }, read(), {
      restockReturns: false,
    });
    expect(refund).toMatchObject({ amountMinor: 8000, shippingMinor: 200, lines: [{ amountMinor: 7800 }] });
  });

  it.each(["MERCHANT_EXCHANGE_SUCCESS", "MERCHANT_PROCESSING", "USER_CANCELD"])(
    "%s moves no money",
    (status) => {
      expect(refundOf({ ...aftersale, status }, read(), { restockReturns: true })).toBeNull();
    },
  );
});
