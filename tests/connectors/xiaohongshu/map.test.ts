import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/connectors/contract.ts";
import { readOrder } from "../../../src/connectors/xiaohongshu/map.ts";
import type { WireCase } from "../../../src/connectors/xiaohongshu/wire.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { soldParts } from "../../../src/core/orders/amounts.ts";

type Row = Record<string, Json> & { skuList: [Record<string, Json>] };
const path = new URL("../../fixtures/xiaohongshu/order.json", import.meta.url);
const recorded = (): Row => JSON.parse(readFileSync(path, "utf8")) as Row;
const noBeside = { cases: [], receiver: undefined, platformWarehouses: [] };

interface Change {
  order?: Record<string, Json>;
  sku?: Record<string, Json>;
  more?: Record<string, Json>[];
  cases?: WireCase[];
  warehouses?: string[];
}

function read({ order = {}, sku = {}, more = [], cases = [], warehouses = [] }: Change = {}): OrderSnapshot {
  const row = recorded();
  const skuList = [{ ...row.skuList[0], ...sku }, ...more];
  const beside = { ...noBeside, cases, platformWarehouses: warehouses };
  const result = readOrder({ ...row, skuList, ...order }, beside);
  if (result.kind !== "order") throw new Error(JSON.stringify(result));
  return result.order;
}

/** Given total less what the lines say: 0 when the order adds up, as the core looks at it. */
const difference = (order: OrderSnapshot): number =>
  soldParts({
    lines: order.lines.map((line, index) => ({
      lineNo: index + 1,
      skuId: null,
      virtual: false,
      quantity: line.quantity,
      unitPriceMinor: line.unitPriceMinor,
      discountMinor: line.discountMinor ?? 0,
      taxMinor: null,
      taxRateBp: 0,
    })),
    shippingMinor: order.shippingMinor ?? 0,
    discountMinor: order.discountMinor ?? 0,
    platformDiscountMinor: order.platformDiscountMinor ?? 0,
    totalMinor: order.totalMinor,
  }).differenceMinor;

const shirt = "65000000000000000000a001";
const gift = {
  skuId: "65000000000000000000e001",
  skuName: "贴纸",
  erpcode: "STICKER",
  skuQuantity: 1,
  totalPaidAmount: 0,
  totalMerchantDiscount: 300,
  skuTag: 1,
};
const bundle = {
  skuId: "65000000000000000000c001",
  skuName: "茶具套装",
  skuQuantity: 1,
  totalPaidAmount: 10001,
  totalMerchantDiscount: 100,
  totalRedDiscount: 0,
  erpcode: null,
  skuDetailList: [
    { skuId: "65000000000000000000c011", erpCode: "POT", skuName: "壶", quantity: 1, paidAmountPerSku: 5000 },
    { skuId: "65000000000000000000c012", erpCode: "CUP", skuName: "杯", quantity: 3, paidAmountPerSku: 1667 },
  ],
};

const caseOf = (returnType: number, more: Partial<WireCase> = {}): WireCase => ({
  returnsId: "R1",
  returnType,
  refundStatus: 2,
  refundTime: 1767311430000,
  refundAmountYuan: 41.05,
  appliedShipFeeAmountYuan: "2.05",
  skus: [{ skuId: shirt, appliedCount: 1, appliedTotalAmountYuan: 39 }],
  ...more,
});

describe("Xiaohongshu orders", () => {
  it("an ordinary one, with a coupon of the platform", () => {
    const order = read();
    expect(order).toEqual({
      externalId: "P700000000000000001",
      updatedAt: "2025-12-31T23:50:31.000Z",
      placedAt: "2025-12-31T23:50:00.000Z",
      paidAt: "2025-12-31T23:50:30.000Z",
      status: "paid",
      currency: "CNY",
      shippingMinor: 500,
      platformDiscountMinor: 200,
      totalMinor: 8300,
      paymentId: "2026010122001400000000000001",
      buyer: {
        externalId: "demo-user",
        address: { province: "江苏", city: "苏州市", district: "相城区" },
        encrypted: { openAddressId: "demoaddr0001" },
        masked: true,
      },
      lines: [
        {
          externalLineId: shirt,
          sku: "TS-RED-M",
          externalVariantId: shirt,
          externalItemId: "64ff00000000000000000001",
          title: "短袖 / 红 M",
          quantity: 2,
          unitPriceMinor: 4000,
        },
      ],
    });
    expect(difference(order)).toBe(0);
  });

  it("a bundle becomes its parts, with their codes, and every fen is kept", () => {
    const order = read({ order: { totalPayAmount: 18301 }, more: [bundle] });
    expect(order.lines.slice(1)).toMatchObject([
      { externalLineId: "65000000000000000000c001/65000000000000000000c011", sku: "POT", quantity: 1 },
      { externalLineId: "65000000000000000000c001/65000000000000000000c012", sku: "CUP", quantity: 3 },
    ]);
    expect(difference(order)).toBe(0);
  });

  it("a gift is a line at price 0 whose units are held", () => {
    const order = read({ more: [gift] });
    expect(order.lines[1]).toMatchObject({ sku: "STICKER", quantity: 1, unitPriceMinor: 0 });
    expect(order.lines[1]?.discountMinor).toBeUndefined();
    expect(difference(order)).toBe(0);
  });

  it.each([
    [
      "a price that does not divide",
      { skuQuantity: 3, totalPaidAmount: 10000, totalMerchantDiscount: 0 },
      10500,
    ],
    ["a discount of the shop", { totalPaidAmount: 7000, totalMerchantDiscount: 800 }, 7500],
    [
      "nothing to pay for the goods",
      { totalPaidAmount: 0, totalMerchantDiscount: 8000, totalRedDiscount: 0 },
      500,
    ],
  ])("%s adds up", (_, sku, totalPayAmount) => {
    expect(difference(read({ sku, order: { totalPayAmount } }))).toBe(0);
  });

  it.each<[string, Record<string, Json>, string]>([
    ["awaiting payment", { orderStatus: 1, paidTime: 0 }, "pending_payment"],
    ["in checks", { orderStatus: 2 }, "paid"],
    ["at customs", { orderStatus: 3 }, "paid"],
    ["sent in part", { orderStatus: 5 }, "partially_shipped"],
    ["sent", { orderStatus: 6 }, "shipped"],
    ["done", { orderStatus: 7 }, "completed"],
    ["closed after it was paid", { orderStatus: 8 }, "refunded"],
    ["closed before it was paid", { orderStatus: 8, paidTime: 0 }, "cancelled"],
    ["cancelled", { orderStatus: 9, paidTime: 0 }, "cancelled"],
    ["an exchange asked for", { orderStatus: 10 }, "refunding"],
    ["after-sale under way", { orderAfterSalesStatus: 2 }, "refunding"],
    ["after-sale with the platform", { orderAfterSalesStatus: 6 }, "refunding"],
    ["after-sale refused", { orderAfterSalesStatus: 4 }, "paid"],
    ["cancelling asked for", { cancelStatus: 1 }, "refunding"],
  ])("%s", (_, order, status) => expect(read({ order }).status).toBe(status));

  it("a status nobody knows keeps the order for a person", () => {
    expect(readOrder({ ...recorded(), orderStatus: 77 }, noBeside)).toEqual({
      kind: "rejected",
      externalId: "P700000000000000001",
      reason: "orderStatus: 77 is not known",
    });
  });

  it("a deposit holds the units until the final payment", () => {
    const order = { orderType: 2, orderStatus: 1, paidTime: 0, totalDepositAmount: 1000 };
    expect(read({ order })).toMatchObject({
      status: "pending_payment",
      presale: { depositMinor: 1000, depositPaidAt: "2025-12-31T23:50:00.000Z", finalMinor: 7300 },
    });
    const paid = read({ order: { ...order, orderStatus: 4, paidTime: 1767300000000 } });
    expect(paid).toMatchObject({ status: "paid", presale: { finalPaidAt: "2026-01-01T20:40:00.000Z" } });
    expect(read({ order: { orderType: 4 } }).presale, "paid at once").toBeUndefined();
  });

  it("goods the platform keeps are its own to ship", () => {
    expect(read({ order: { logistics: "red_standard" } }).lines[0]?.fulfilledBy).toBe("platform");
    expect(read({ order: { whcode: "XHS1" }, warehouses: ["XHS1"] }).lines[0]?.fulfilledBy).toBe("platform");
  });

  it("orders paid at once share the payment; nobody is no buyer", () => {
    const other = read({ order: { orderId: "P700000000000000009" } });
    expect([other.externalId, other.paymentId]).toEqual(["P700000000000000009", read().paymentId]);
    const nobody = {
      ...{ userId: "", openAddressId: "", receiverProvinceName: "" },
      ...{ receiverCityName: null, receiverDistrictName: "" },
    };
    expect(read({ order: nobody }).buyer).toBeUndefined();
  });

  it("a presenter is no live room", () => expect(read().liveSession).toBeUndefined());

  it("parcels: one for all, and one per part of a bundle's order", () => {
    const whole = read({
      order: { orderStatus: 6, expressTrackingNo: "SF1", expressCompanyCode: "shunfeng" },
    });
    expect(whole.shipments).toEqual([
      {
        externalId: "SF1",
        trackingNumber: "SF1",
        carrier: "shunfeng",
        shippedAt: "2025-12-31T23:50:31.000Z",
        lines: [{ externalLineId: shirt, quantity: 2 }],
      },
    ]);
    expect(
      read({ order: { orderStatus: 6, expressTrackingNo: "SF1", deliveryTime: 1767311430000 } }),
    ).toMatchObject({
      updatedAt: "2026-01-01T23:50:30.000Z",
      shipments: [{ shippedAt: "2026-01-01T23:50:30.000Z" }],
    });
    const simpleDeliveryOrderList = [
      { status: 6, expressTrackingNo: "SF1", expressCompanyCode: "zto", skuIdList: [bundle.skuId] },
      { status: 4, expressTrackingNo: "", skuIdList: [shirt] },
    ];
    const split = read({
      order: { orderStatus: 5, totalPayAmount: 18301, simpleDeliveryOrderList },
      more: [bundle],
    });
    expect(split.shipments?.map(({ lines }) => lines?.map(({ quantity }) => quantity))).toEqual([[1, 3]]);
  });

  it.each<[string, number, object]>([
    ["goods sent back", 1, { quantity: 1 }],
    ["before shipping", 5, { quantity: 1 }],
    ["money alone", 4, {}],
    ["price protection", 6, {}],
  ])("a refund of %s is read in yuan, with units only where they are meant", (_, type, units) => {
    const order = read({ cases: [caseOf(type)] });
    expect(order.updatedAt, "its own time is older").toBe("2026-01-01T23:50:30.000Z");
    expect(order.refunds).toEqual([
      {
        externalId: "R1",
        refundedAt: "2026-01-01T23:50:30.000Z",
        amountMinor: 4105,
        shippingMinor: 205,
        lines: [{ externalLineId: shirt, amountMinor: 3900, ...units }],
      },
    ]);
  });

  it("a refund that is not paid yet is none, and all of it closes the order", () => {
    expect(read({ cases: [caseOf(1, { refundStatus: 1 })] }).refunds).toBeUndefined();
    expect(
      read({ order: { orderStatus: 7 }, cases: [caseOf(1, { refundAmountYuan: "83.00" })] }).status,
    ).toBe("refunded");
  });

  it("a refund of a bundle names no line, so that no part is guessed", () => {
    const skus = [{ skuId: bundle.skuId, appliedCount: 1, appliedTotalAmountYuan: 100.01 }];
    const order = read({
      order: { totalPayAmount: 18301 },
      more: [bundle],
      cases: [caseOf(5, { refundAmountYuan: 100.01, appliedShipFeeAmountYuan: 0, skus })],
    });
    expect(order.refunds?.[0]).toMatchObject({ amountMinor: 10001 });
    expect(order.refunds?.[0]?.lines).toBeUndefined();
  });

  it("what cannot be read names fields and no values", () => {
    const result = readOrder({ ...recorded(), totalPayAmount: "李四 13812345678" }, noBeside);
    expect(result.kind).toBe("rejected");
    expect(JSON.stringify(result)).not.toContain("13812345678");
  });
});
