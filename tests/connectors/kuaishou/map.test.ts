import { describe, expect, it } from "vitest";
import { readOrder } from "../../../src/connectors/kuaishou/map.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { type Change, difference, read, recorded } from "./golden.ts";

const oid = "2536900000000001";
const gift = {
  subOrderType: 2,
  subOrderBaseInfo: { oid: 2536900000000002, status: 30 },
  subOrderItemInfo: {
    itemId: 20000000000002,
    skuId: 30000000000002,
    skuNick: "STICKER",
    itemTitle: "贴纸",
    num: 2,
    price: 0,
  },
  subOrderLogisticsInfo: [],
  subOrderDeliveryInfo: { deliveryNum: 0, packageNum: 0 },
};

describe("Kuaishou orders", () => {
  it("one from a live room", () => {
    const order = read();
    expect(order).toEqual({
      externalId: oid,
      updatedAt: "2025-12-31T23:50:31.000Z",
      placedAt: "2025-12-31T23:50:00.000Z",
      paidAt: "2025-12-31T23:50:30.000Z",
      status: "paid",
      currency: "CNY",
      shippingMinor: 0,
      totalMinor: 7900,
      liveSession: "9000000000123",
      buyer: {
        externalId: "demo_buyer",
        name: "赵*",
        phone: "1********00",
        address: { province: "四川省", city: "成都市", district: "武侯区" },
        encrypted: { name: "demo==", phone: "demo==" },
        masked: true,
      },
      lines: [
        {
          externalLineId: oid,
          sku: "TS-RED-M",
          externalVariantId: "30000000000001",
          externalItemId: "20000000000001",
          title: "短袖",
          quantity: 1,
          unitPriceMinor: 7900,
        },
      ],
    });
    expect(difference(order)).toBe(0);
  });

  it.each<[string, Change, Partial<OrderSnapshot>]>([
    ["total with freight in it", { base: { totalFee: 8500, expressFee: 600 } }, { totalMinor: 8500 }],
    ["total of the goods alone", { base: { totalFee: 7900, expressFee: 600 } }, { totalMinor: 8500 }],
    ["discount on top of the price", { base: { totalFee: 7400, discountFee: 500 } }, { totalMinor: 7400 }],
    [
      "price after its discount",
      { base: { discountFee: 1000 }, item: { originalPrice: 8900, discountFee: 1000 } },
      { totalMinor: 7900 },
    ],
    [
      "price before its discount",
      { base: { totalFee: 6900 }, item: { discountFee: 1000 } },
      { totalMinor: 6900 },
    ],
    ["nothing to pay", { base: { totalFee: 0 }, item: { price: 0, originalPrice: 0 } }, { totalMinor: 0 }],
  ])("%s adds up", (_, change, expected) => {
    const order = read(change);
    expect(order).toMatchObject(expected);
    expect(difference(order)).toBe(0);
  });

  it("what adds up in no reading is left as it is told, for a person", () => {
    expect(difference(read({ base: { totalFee: 7777 } }))).not.toBe(0);
  });

  it("gifts are lines at price 0 whose units are held", () => {
    const order = read({ rest: { subOrderInfo: [gift] } });
    expect(order.lines[1]).toEqual({
      externalLineId: "2536900000000002",
      sku: "STICKER",
      externalVariantId: "30000000000002",
      externalItemId: "20000000000002",
      title: "贴纸",
      quantity: 2,
      unitPriceMinor: 0,
    });
    expect(difference(order)).toBe(0);
  });

  // No field of open.order.detail names parts (official pages read 2026-11-22, published clients 2026-11-23).
  it("a set is the SKU it was sold as, beside it only its gifts", () => {
    const item = {
      skuNick: "TEA-SET",
      goodsCode: "TEA",
      itemTitle: "茶具套装",
      skuDesc: "一壶两杯",
      itemType: 1,
      num: 2,
      price: 3950,
      originalPrice: 3950,
    };
    const order = read({ base: { multiplePiecesNo: 1 }, item, rest: { subOrderInfo: [gift] } });
    expect(order.lines.map(({ sku, quantity, unitPriceMinor }) => [sku, quantity, unitPriceMinor])).toEqual([
      ["TEA-SET", 2, 3950],
      ["STICKER", 2, 0],
    ]);
    expect(difference(order)).toBe(0);
  });

  it.each<[string, Change, string]>([
    ["awaiting payment", { base: { status: 10, payTime: 0 } }, "pending_payment"],
    [
      "sent in part",
      { item: { num: 3 }, rest: { orderDeliveryInfo: { deliveryNum: 1 } } },
      "partially_shipped",
    ],
    ["sent", { base: { status: 40 } }, "shipped"],
    ["signed for", { base: { status: 50 } }, "shipped"],
    ["done", { base: { status: 70 } }, "completed"],
    ["cancelled before it was paid", { base: { status: 80, payTime: 0 } }, "cancelled"],
    ["closed after it was paid", { base: { status: 80 } }, "refunded"],
    ["marked as fraud", { base: { riskCode: 10001 } }, "paid"],
    ...[10, 11, 20, 21, 22, 30, 40, 45, 50].map((refundStatus): [string, Change, string] => [
      `refund state ${refundStatus}`,
      { rest: { orderRefundList: [{ refundId: 1, refundStatus }] } },
      "refunding",
    ]),
    ["a refund that failed", { rest: { orderRefundList: [{ refundId: 1, refundStatus: 70 }] } }, "paid"],
  ])("%s", (_, change, status) => expect(read(change).status).toBe(status));

  it("a status nobody knows keeps the order for a person", () => {
    const row = recorded();
    expect(readOrder({ ...row, orderBaseInfo: { ...row.orderBaseInfo, status: 77 } }, [])).toEqual({
      kind: "rejected",
      externalId: oid,
      reason: "status: 77 is not known",
    });
  });

  it.each([
    [1, undefined],
    [7, undefined],
    [2, "9000000000123"],
  ])("bought by way %i means room %s", (carrierType, room) => {
    expect(read({ base: { carrierType } }).liveSession).toBe(room);
  });

  it("a deposit holds the units until the final payment", () => {
    const steps = [
      { payStepNo: 1, payStepStatus: 30, paymentFee: 900, payTime: 1767225030000 },
      { payStepNo: 2, payStepStatus: 10, stepTotalPrice: 7000, payTime: 0, endPayTime: 1767484800000 },
    ];
    const rest = { orderStepInfo: { orderPaymentSteps: steps } };
    const base = { allActivityType: [6], status: 10, payTime: 0 };
    expect(read({ base, rest })).toMatchObject({
      status: "pending_payment",
      presale: {
        depositMinor: 900,
        depositPaidAt: "2025-12-31T23:50:30.000Z",
        finalMinor: 7000,
        finalDueAt: "2026-01-04T00:00:00.000Z",
      },
    });
    const paid = {
      orderStepInfo: {
        orderPaymentSteps: steps.map((step) => ({ ...step, payStepStatus: 30, payTime: 1767300000000 })),
      },
    };
    expect(read({ base: { ...base, status: 30, payTime: 1767300000000 }, rest: paid })).toMatchObject({
      status: "paid",
      presale: { finalPaidAt: "2026-01-01T20:40:00.000Z" },
    });
    // Paid at once, sent later.
    expect(read({ base: { preSale: 1 } }).presale).toBeUndefined();
  });

  it("parcels: several numbers, one shared with a gift, a label that is not sent yet", () => {
    const label = { orderLogisticsInfo: [{ expressNo: "SF0", expressCode: 4 }] };
    expect(read({ rest: label }).shipments).toBeUndefined();
    const sent = read({
      base: { status: 40, sendTime: 1767300000000 },
      item: { num: 5 },
      rest: {
        orderDeliveryInfo: { deliveryNum: 5, packageNum: 2 },
        orderLogisticsInfo: [
          { expressNo: "SF1", expressCode: 4 },
          { expressNo: "SF2", expressCode: 4 },
        ],
        subOrderInfo: [
          {
            ...gift,
            subOrderLogisticsInfo: [{ expressNo: "SF1", expressCode: 4 }],
            subOrderDeliveryInfo: { deliveryNum: 2 },
          },
        ],
      },
    });
    const shippedAt = "2026-01-01T20:40:00.000Z";
    expect(sent.updatedAt, "its own time is older").toBe(shippedAt);
    expect(sent.shipments).toEqual([
      {
        externalId: "SF1",
        trackingNumber: "SF1",
        carrier: "4",
        shippedAt,
        lines: [
          { externalLineId: oid, quantity: 4 },
          { externalLineId: "2536900000000002", quantity: 2 },
        ],
      },
      {
        externalId: "SF2",
        trackingNumber: "SF2",
        carrier: "4",
        shippedAt,
        lines: [{ externalLineId: oid, quantity: 1 }],
      },
    ]);
  });

  it.each<[string, Change["base"], number, number, object]>([
    ["half of it", {}, 10, 4000, { amountMinor: 4000, lines: [{ externalLineId: oid, amountMinor: 4000 }] }],
    [
      "all of it, never sent",
      {},
      10,
      8500,
      { shippingMinor: 600, lines: [{ externalLineId: oid, amountMinor: 7900, quantity: 1 }] },
    ],
    [
      "all of it, sent back",
      { sendTime: 1, status: 50 },
      1,
      8500,
      { lines: [{ externalLineId: oid, amountMinor: 7900, quantity: 1 }] },
    ],
    [
      "all of it, goods kept",
      { sendTime: 1, status: 50 },
      10,
      8500,
      { lines: [{ externalLineId: oid, amountMinor: 7900 }] },
    ],
  ])("a refund of %s", (_, base, handlingWay, refundFee, expected) => {
    const order = read({
      base: { totalFee: 8500, expressFee: 600, ...base },
      refunds: [{ refundId: "71", refundFee, handlingWay, endTime: 1767311430000 }],
    });
    expect(order.refunds).toEqual([
      expect.objectContaining({ externalId: "71", refundedAt: "2026-01-01T23:50:30.000Z", ...expected }),
    ]);
    expect(order.status).toBe(refundFee === 8500 ? "refunded" : "paid");
    expect(order.updatedAt, "its own time is older").toBe("2026-01-01T23:50:30.000Z");
  });

  it("an order the platform holds has no buyer's address yet", () => {
    const orderAddress = {
      encryptedConsignee: "",
      desensitiseConsignee: "",
      encryptedMobile: "",
      desensitiseMobile: "",
    };
    const order = read({ base: { buyerOpenId: "", disableDeliveryReasonCode: [2] }, rest: { orderAddress } });
    expect(order.buyer).toBeUndefined();
    expect(order.status).toBe("paid");
  });

  it("no codes: the line is named by itself", () => {
    const [line] = read({ item: { skuNick: "", skuId: 0, itemId: 0 } }).lines;
    expect(line).toMatchObject({ externalItemId: `line-${oid}` });
  });

  it("what cannot be read names fields and no values", () => {
    const row = recorded();
    const result = readOrder(
      { ...row, orderBaseInfo: { ...row.orderBaseInfo, totalFee: "赵四 13812345678" } },
      [],
    );
    expect(result.kind).toBe("rejected");
    expect(JSON.stringify(result)).not.toContain("13812345678");
  });
});
