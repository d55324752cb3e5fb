import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/connectors/contract.ts";
import { readOrder } from "../../../src/connectors/pinduoduo/map.ts";
import { refundSchema } from "../../../src/connectors/pinduoduo/wire.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { leftOver } from "../left-over.ts";

type Row = { [key: string]: Json };
const sample = JSON.parse(
  readFileSync(new URL("../../fixtures/pinduoduo/order.json", import.meta.url), "utf8"),
) as Row;
const [item] = sample.item_list as [Row];

function read(change: Row = {}, refund: object | null = null): OrderSnapshot {
  const result = readOrder({ ...sample, ...change }, refund === null ? null : refundSchema.parse(refund));
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.order;
}

const refundOf = (refund_amount: number) => ({
  id: 301_851_299,
  refund_amount,
  after_sales_status: 10,
  updated_time: 1_767_320_400,
});

describe("orders of Pinduoduo", () => {
  it("an ordinary one: fen, China's time in UTC, masks, ciphertexts as they are", () => {
    const order = read();
    expect(order).toEqual({
      externalId: "260101-000000000000001",
      updatedAt: "2026-01-01T12:00:32.000Z",
      placedAt: "2026-01-01T12:00:31.000Z",
      paidAt: "2026-01-01T12:00:20.000Z",
      status: "paid",
      currency: "CNY",
      shippingMinor: 0,
      discountMinor: 600,
      platformDiscountMinor: 400,
      totalMinor: 6900,
      paymentId: "XP0026010120002000001",
      note: "尽快发货",
      buyer: {
        name: "周*",
        phone: "138****0000",
        address: { district: "玄武区", city: "南京市", province: "江苏省", country: "CN" },
        masked: true,
        encrypted: { name: "~AgAAdemo~", phone: "$demo$", address: "~AgAAdemoAddress~" },
      },
      lines: [
        {
          externalLineId: "900000000001",
          sku: "TS-RED-M",
          externalItemId: "400000000001",
          externalVariantId: "900000000001",
          quantity: 1,
          unitPriceMinor: 7900,
          title: "短袖 / 红色,M",
        },
      ],
    });
    expect(leftOver(order)).toBe(0);
  });

  it("the last second of a day and the first of the next lie on one UTC day", () => {
    expect(read({ confirm_time: "2026-02-28 23:59:59" }).placedAt).toBe("2026-02-28T15:59:59.000Z");
    expect(read({ confirm_time: "2026-03-01 00:00:00" }).placedAt).toBe("2026-02-28T16:00:00.000Z");
  });

  it("a price the seller changed, up and down, postage and services", () => {
    const lower = read({ goods_amount: "70.00", order_change_amount: "9.00", pay_amount: "60.00" });
    expect(lower).toMatchObject({ discountMinor: 1500, lines: [{ unitPriceMinor: 7900 }] });
    expect(leftOver(lower)).toBe(0);
    const higher = { goods_amount: "80.01", postage: "5.5", home_install_value: 20, pay_amount: "95.51" };
    expect(read(higher)).toMatchObject({ shippingMinor: 101 + 550 + 2000 });
    expect(leftOver(read(higher))).toBe(0);
  });

  it("gifts at price 0, the same SKU twice, a SKU without a code", () => {
    const { goods_price: _none, ...gift } = item;
    const { outer_id: _code, ...plain } = item;
    const twice = read({
      item_list: [item, { ...plain, goods_price: 0.0 }],
      gift_list: [{ ...gift, sku_id: 900_000_000_009, outer_id: "SOCKS" }],
    });
    expect(
      twice.lines.map(({ externalLineId, sku, unitPriceMinor }) => [externalLineId, sku, unitPriceMinor]),
    ).toEqual([
      ["900000000001", "TS-RED-M", 7900],
      ["900000000001-2", undefined, 0],
      ["gift-1-900000000009", "SOCKS", 0],
    ]);
    expect(leftOver(twice)).toBe(0);
  });

  // `order_depot_info` of pdd.order.information.get: field lists in published clients of 2023 and later, read 2026-11-23.
  it("a set is the line it was sold as; the parts of its ware are not sold beside it", () => {
    const set = { ...item, goods_count: 2, goods_price: 39.5, outer_id: "TEA-SET" };
    const part = (ware_id: number, ware_sn: string, ware_quantity: number) => ({
      ware_id,
      ware_sn,
      ware_name: ware_sn,
      ware_quantity,
    });
    const order_depot_info = {
      depot_id: "60001",
      depot_code: "NJ-1",
      depot_name: "南京仓",
      depot_type: 1,
      ware_id: "70001",
      ware_sn: "W-TEA-SET",
      ware_name: "茶具套装",
      ware_type: 1,
      ware_sub_info_list: [part(70_002, "MUG-01", 2), part(70_003, "POT-01", 1)],
    };
    const order = read({ item_list: [set], order_depot_info });
    expect(order.lines.map(({ sku, quantity, unitPriceMinor }) => [sku, quantity, unitPriceMinor])).toEqual([
      ["TEA-SET", 2, 3950],
    ]);
    expect(leftOver(order)).toBe(0);
  });

  it("nobody's name is no buyer; the newer phone field counts where the old one is empty", () => {
    const nobody = Object.fromEntries(
      Object.keys(sample)
        .filter((name) => /^(receiver_|province|city|town)/.test(name))
        .map((name) => [name, ""]),
    );
    expect(read(nobody)).not.toHaveProperty("buyer");
    expect(read({ ...nobody, contact_mobile: "$new$" }).buyer?.encrypted).toEqual({ phone: "$new$" });
  });

  it("orders paid at once share the payment", () =>
    expect(read({ order_sn: "260101-000000000000002" }).paymentId).toBe(read().paymentId));

  it("its parcel, under the platform's number of the carrier", () => {
    const sent = {
      order_status: 2,
      logistics_id: 44,
      tracking_number: "SF1",
      shipping_time: "2026-01-02 10:00:00",
    };
    expect(read(sent).updatedAt, "its own time is older").toBe("2026-01-02T02:00:00.000Z");
    expect(read(sent).shipments).toEqual([
      {
        externalId: "260101-000000000000001-SF1",
        shippedAt: "2026-01-02T02:00:00.000Z",
        carrier: "44",
        trackingNumber: "SF1",
        lines: [{ externalLineId: "900000000001", quantity: 1 }],
      },
    ]);
  });
});

describe("states of orders", () => {
  it.each<[string, Row, string]>([
    ["to ship", {}, "paid"],
    ["shipped", { order_status: 2 }, "shipped"],
    ["signed for", { order_status: 3 }, "completed"],
    ["cancelled", { confirm_status: 2 }, "cancelled"],
    ["a group that never formed", { group_status: 2 }, "cancelled"],
    ["a group that is forming", { group_status: 0 }, "pending_payment"],
    ["not concluded", { confirm_status: 0 }, "pending_payment"],
    ["under review", { risk_control_status: 1 }, "pending_payment"],
    ["money asked back", { refund_status: 2 }, "refunding"],
    ["money going back", { refund_status: 3, order_status: 2 }, "refunding"],
    ["refund over, figures unknown", { refund_status: 4, order_status: 2 }, "shipped"],
  ])("%s is what it is", (_, change, status) => expect(read(change).status).toBe(status));

  it("what may not leave yet is not paid, and says so by having no time of payment", () => {
    expect(read({ risk_control_status: 1 })).not.toHaveProperty("paidAt");
  });

  it("a state nobody knows is kept aside, and values are not told", () => {
    expect(readOrder({ ...sample, order_status: 9 }, null)).toMatchObject({ ok: false });
    expect(readOrder({ ...sample, refund_status: 9 }, null)).toMatchObject({ ok: false });
    const { pay_amount: _none, ...broken } = sample;
    const result = readOrder(broken, null);
    expect(result).toMatchObject({ ok: false, externalId: "260101-000000000000001" });
    expect(JSON.stringify(result)).toContain("pay_amount");
    expect(JSON.stringify(result)).not.toContain("周");
  });
});

describe("money back at Pinduoduo", () => {
  it("half of it: the order is what it was, the refund stands beside it, no unit moves", () => {
    const order = read({ refund_status: 4, order_status: 2, tracking_number: "SF1" }, refundOf(3450));
    expect(order).toMatchObject({
      status: "shipped",
      totalMinor: 6900,
      // Its own time is a day older.
      updatedAt: "2026-01-02T02:20:00.000Z",
      refunds: [
        {
          externalId: "301851299",
          refundedAt: "2026-01-02T02:20:00.000Z",
          amountMinor: 3450,
          lines: [{ externalLineId: "900000000001", amountMinor: 3450 }],
        },
      ],
    });
    expect(order.refunds?.[0]?.lines?.[0]).not.toHaveProperty("quantity");
  });

  it("all of it before it left gives its units up; after it left it does not", () => {
    const before = read({ refund_status: 4, postage: "1.00", pay_amount: 70 }, refundOf(7000));
    expect(before).toMatchObject({
      status: "refunded",
      refunds: [
        {
          amountMinor: 7000,
          shippingMinor: 100,
          lines: [{ externalLineId: "900000000001", amountMinor: 6900, quantity: 1 }],
        },
      ],
    });
    const after = read({ refund_status: 4, order_status: 2 }, refundOf(6900));
    expect(after.status).toBe("refunded");
    expect(after.refunds?.[0]?.lines).toEqual([{ externalLineId: "900000000001", amountMinor: 6900 }]);
  });

  it("more than was paid is kept aside: it may not be in fen", () => {
    expect(readOrder({ ...sample, refund_status: 4 }, refundSchema.parse(refundOf(690_000)))).toMatchObject({
      ok: false,
      reason: expect.stringContaining("refund_amount"),
    });
  });
});

describe("pre-sale at Pinduoduo", () => {
  const step = (step_trade_status: number, more: Row = {}) =>
    read({
      trade_type: 1,
      step_order_info: { step_trade_status, advanced_paid_fee: "20.00", step_paid_fee: 20 },
      ...more,
    });

  it("is held from the deposit on and paid with the final payment", () => {
    expect(step(0)).toMatchObject({ status: "pending_payment" });
    expect(step(0)).not.toHaveProperty("presale");
    expect(step(1)).toMatchObject({
      status: "pending_payment",
      presale: { depositMinor: 2000, depositPaidAt: "2026-01-01T12:00:20.000Z", finalMinor: 4900 },
    });
    expect(step(2, { pay_time: "2026-01-11 00:10:00" })).toMatchObject({
      status: "paid",
      paidAt: "2026-01-10T16:10:00.000Z",
      presale: { depositMinor: 2000, finalMinor: 4900, finalPaidAt: "2026-01-10T16:10:00.000Z" },
    });
  });
});
