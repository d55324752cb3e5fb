import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/connectors/contract.ts";
import { readOrder } from "../../../src/connectors/douyin/map.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { type Change, difference, first, read, recorded, second } from "./golden.ts";

describe("Douyin orders", () => {
  it("one from a live room, paid in part by the payment channel", () => {
    const order = read();
    expect(order).toEqual({
      externalId: first,
      updatedAt: "2025-12-31T23:50:31.000Z",
      placedAt: "2025-12-31T23:50:00.000Z",
      paidAt: "2025-12-31T23:50:30.000Z",
      status: "paid",
      currency: "CNY",
      shippingMinor: 0,
      platformDiscountMinor: 200,
      totalMinor: 14600,
      paymentId: "2026010122001400000000000001",
      note: "请轻放",
      liveSession: "7400000000000000123",
      buyer: {
        externalId: "1@#demoopenid",
        name: "李*",
        phone: "1********00",
        address: { province: "广东省", city: "广州市" },
        encrypted: { name: "##demo-cipher##", phone: "$$demo-cipher$$", address: "##demo##" },
        masked: true,
      },
      lines: [
        {
          externalLineId: first,
          sku: "TS-RED-M",
          externalVariantId: "1700000000000001",
          externalItemId: "3500000000000000001",
          title: "短袖 红 M",
          quantity: 1,
          unitPriceMinor: 9900,
          discountMinor: 626,
        },
        {
          externalLineId: second,
          sku: "MUG-01",
          externalVariantId: "1700000000000002",
          externalItemId: "3500000000000000002",
          title: "马克杯",
          quantity: 1,
          unitPriceMinor: 5900,
          discountMinor: 374,
        },
      ],
    });
    expect(difference(order)).toBe(0);
  });

  it.each<[string, Change, Partial<OrderSnapshot>]>([
    [
      "coupons of shop, platform and presenter",
      {
        order: {
          promotion_amount: 1000,
          promotion_shop_amount: 500,
          promotion_platform_amount: 300,
          promotion_talent_amount: 200,
        },
      },
      { totalMinor: 14600, platformDiscountMinor: 700, discountMinor: 500 },
    ],
    [
      "a platform coupon that the shop pays half of",
      { order: { promotion_shop_amount: 0, promotion_platform_amount: 1000, platform_cost_amount: 400 } },
      { totalMinor: 14600, platformDiscountMinor: 600, discountMinor: 600 },
    ],
    [
      "coupons told line by line",
      {
        lines: [
          { promotion_amount: 700, promotion_platform_amount: 100, platform_cost_amount: 100 },
          { promotion_amount: 300, platform_cost_amount: 0 },
        ],
        order: { platform_cost_amount: 100 },
      },
      { platformDiscountMinor: 300 },
    ],
    [
      "freight, and a price lowered by hand",
      { order: { post_amount: 800, modify_amount: -100, pay_amount: 15500 } },
      { totalMinor: 15300, shippingMinor: 800, discountMinor: 100 },
    ],
    [
      "a gift at its shop price, paid with nothing",
      {
        order: { order_amount: 9900, pay_amount: 9274, promotion_amount: 626, promotion_shop_amount: 626 },
        lines: [{}, { given_product_type: "FREE", pay_amount: 0 }],
      },
      { totalMinor: 9074 },
    ],
    [
      "tax of cross-border goods",
      { order: { pay_amount: 15700, tax_amount: 900 }, lines: [{ tax_amount: 900, promotion_amount: 626 }] },
      { totalMinor: 15500 },
    ],
    [
      "nothing to pay",
      {
        order: {
          pay_amount: 0,
          promotion_amount: 15800,
          promotion_shop_amount: 15800,
          promotion_pay_amount: 0,
        },
      },
      { totalMinor: 0 },
    ],
  ])("%s adds up", (_, change, expected) => {
    const order = read(change);
    expect(order).toMatchObject(expected);
    expect(difference(order)).toBe(0);
  });

  it("a set of several goods is the line it was sold as", () => {
    const parts = [
      { product_id: "3500000000000000007", sku_id: "1700000000000000077", item_num: 3, code: "PART" },
    ];
    const order = read({ lines: [{ bundle_sku_info: parts }] });
    expect(order.lines).toEqual(read().lines);
    expect(difference(order)).toBe(0);
  });

  it("a gift is a line at price 0 whose units are held", () => {
    const [, gift] = read({ lines: [{}, { given_product_type: "FREE", pay_amount: 0 }] }).lines;
    expect(gift).toMatchObject({ quantity: 1, unitPriceMinor: 0, sku: "MUG-01" });
  });

  it.each<[string, Record<string, Json>, string | undefined]>([
    ["awaiting payment", { order_status: 1, pay_time: 0 }, "pending_payment"],
    ["paid, in checks", { order_status: 105 }, "paid"],
    ["sent in part", { order_status: 101 }, "partially_shipped"],
    ["sent", { order_status: 3 }, "shipped"],
    ["done", { order_status: 5 }, "completed"],
    ["cancelled before it was paid", { order_status: 4, pay_time: 0 }, "cancelled"],
    ["closed after it was paid", { order_status: 4 }, "refunded"],
  ])("%s", (_, order, status) => expect(read({ order }).status).toBe(status));

  it("a status nobody knows keeps the order for a person", () => {
    const row = { ...recorded(), order_status: 77 };
    expect(readOrder(row, [], [])).toEqual({
      kind: "rejected",
      externalId: first,
      reason: "order_status: 77 is not known",
    });
  });

  it("lines from two rooms, and one from none", () => {
    const order = read({ lines: [{}, { room_id_str: "7400000000000000456" }] });
    expect([order.liveSession, ...order.lines.map((line) => line.liveSession)]).toEqual([
      "7400000000000000123",
      "7400000000000000123",
      "7400000000000000456",
    ]);
    const cart = read({ lines: [{ room_id_str: "0" }, { room_id_str: "" }] });
    expect([cart.liveSession, ...cart.lines.map((line) => line.liveSession)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("goods in the platform's warehouses are its own to ship", () => {
    const inventory_list = [{ out_warehouse_id: "CLOUD", count: 1, warehouse_type: 2 }];
    expect(read({ lines: [{ inventory_list }] }).lines.map((line) => line.fulfilledBy)).toEqual([
      "platform",
      undefined,
    ]);
    expect(read({ warehouses: ["WH1"] }).lines[0]?.fulfilledBy).toBe("platform");
    const mixed = [...inventory_list, { out_warehouse_id: "WH1", count: 1, warehouse_type: 0 }];
    expect(read({ lines: [{ inventory_list: mixed }] }).lines[0]?.fulfilledBy).toBeUndefined();
  });

  it("a deposit holds the units until the final payment", () => {
    const phase = { total_phase: 2, sku_order_id: first };
    const phases = [
      {
        ...phase,
        current_phase: 1,
        pay_success: true,
        phase_pay_time: 1767225030,
        phase_pay_amount: 2000,
        phase_order_amount: 2000,
      },
      {
        ...phase,
        current_phase: 2,
        pay_success: false,
        phase_pay_time: 0,
        phase_close_time: 1767484800,
        phase_order_amount: 13800,
      },
    ];
    const change = {
      trade_type: 2,
      order_phase_list: phases,
      order_status: 1,
      pay_time: 0,
      promotion_pay_amount: 0,
    };
    expect(read({ order: change })).toMatchObject({
      status: "pending_payment",
      totalMinor: 14800,
      presale: {
        depositMinor: 2000,
        depositPaidAt: "2025-12-31T23:50:30.000Z",
        finalMinor: 12800,
        finalDueAt: "2026-01-04T00:00:00.000Z",
      },
    });
    const paid = phases.map((one) => ({ ...one, pay_success: true, phase_pay_time: 1767300000 }));
    expect(
      read({ order: { ...change, order_status: 2, pay_time: 1767300000, order_phase_list: paid } }),
    ).toMatchObject({
      status: "paid",
      presale: { finalPaidAt: "2026-01-01T20:40:00.000Z" },
    });
    // Paid at once: only the ship date is later.
    expect(read({ lines: [{ pre_sale_type: 1 }] }).presale).toBeUndefined();
  });

  it("two parcels; an entry without a number is none", () => {
    const parcel = (number: string, lines: [string, number][], delivery_id: string) => ({
      tracking_no: number,
      company: "shunfeng",
      ship_time: 1767300000,
      delivery_id,
      product_info: lines.map(([sku_order_id, product_count]) => ({ sku_order_id, product_count })),
    });
    const logistics_info = [
      parcel("SF1", [[first, 1]], "7300000000000000001"),
      parcel("SF2", [[second, 1]], "7300000000000000002"),
      parcel("", [[second, 1]], "7300000000000000003"),
    ];
    const order = read({ order: { order_status: 3, logistics_info } });
    expect(order.updatedAt, "its own time is older").toBe("2026-01-01T20:40:00.000Z");
    expect(order.shipments).toEqual([
      {
        externalId: "7300000000000000001",
        shippedAt: "2026-01-01T20:40:00.000Z",
        trackingNumber: "SF1",
        carrier: "shunfeng",
        lines: [{ externalLineId: first, quantity: 1 }],
      },
      expect.objectContaining({ externalId: "7300000000000000002", trackingNumber: "SF2" }),
    ]);
  });

  it("orders paid at once share the payment", () => {
    const other = read({ order: { order_id: "6900000000000000009" } });
    expect([other.externalId, other.paymentId]).toEqual(["6900000000000000009", read().paymentId]);
  });

  it("no buyer, no codes: the line is named by itself", () => {
    const nobody = {
      mask_post_receiver: null,
      mask_post_tel: "",
      encrypt_post_receiver: "",
      encrypt_post_tel: null,
      doudian_open_id: "",
      post_addr: null,
    };
    const order = read({ order: nobody, lines: [{ code: "", sku_id: 0, product_id_str: "" }] });
    expect(order.buyer).toBeUndefined();
    expect(order.lines[0]).toMatchObject({ externalItemId: `line-${first}` });
    expect(order.lines[0]?.sku).toBeUndefined();
  });

  it("what cannot be read names fields and no values", () => {
    const row = { ...recorded(), pay_amount: "李四 13812345678", create_time: 0 };
    const result = readOrder(row, [], []);
    expect(result).toMatchObject({ kind: "rejected", externalId: first });
    expect(JSON.stringify(result)).not.toContain("13812345678");
  });
});
