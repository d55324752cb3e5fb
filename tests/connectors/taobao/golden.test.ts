import { describe, expect, it } from "vitest";
import { leftOver } from "../left-over.ts";
import { lines, mug, type Row, read, shirt, trade } from "./trade.ts";

const refundOf = (line: Row, fee: string, more: object = {}) => ({
  refund_id: "190000000000000001",
  tid: trade.tid,
  oid: line.oid,
  refund_fee: fee,
  status: "SUCCESS",
  has_good_return: false,
  modified: "2026-01-02 09:00:00",
  ...more,
});
const settled = { refund_status: "SUCCESS", refund_id: "190000000000000001" };

describe("trades of Taobao", () => {
  it("an ordinary one: ids, fen, China's time in UTC, masks and the sealed address", () => {
    const order = read();
    expect(order).toEqual({
      externalId: "2260011223344556677",
      updatedAt: "2026-01-01T12:00:32.000Z",
      placedAt: "2026-01-01T12:00:01.000Z",
      paidAt: "2026-01-01T12:00:31.000Z",
      status: "paid",
      currency: "CNY",
      shippingMinor: 800,
      totalMinor: 11800,
      paymentId: "2026010122001100001",
      note: "请周末送货",
      buyer: {
        externalId: "AAHtest0001",
        name: "张**",
        phone: "138****0000",
        address: { line1: "****", district: "西湖区", city: "杭州市", province: "浙江省", country: "CN" },
        masked: true,
        encrypted: { oaid: "1testoaid==" },
      },
      lines: [
        {
          externalLineId: "2260011223345556677",
          sku: "TS-RED-M",
          externalItemId: "700000000001",
          externalVariantId: "5000000000001",
          quantity: 2,
          unitPriceMinor: 3900,
          discountMinor: 1500,
          title: "短袖 / 颜色分类:红色;尺码:M",
        },
        {
          externalLineId: "2260011223346556677",
          sku: "MUG-01",
          externalItemId: "700000000002",
          externalVariantId: "5000000000009",
          quantity: 1,
          unitPriceMinor: 6000,
          discountMinor: 1300,
          title: "马克杯",
        },
      ],
    });
    expect(leftOver(order)).toBe(0);
  });

  it("the last second of a day and the first of the next lie on one UTC day", () => {
    expect(read({ created: "2026-02-28 23:59:59" }).placedAt).toBe("2026-02-28T15:59:59.000Z");
    expect(read({ created: "2026-03-01 00:00:00" }).placedAt).toBe("2026-02-28T16:00:00.000Z");
    // China set its clocks forward and back until 1991, and never since.
    expect(read({ created: "2026-04-05 02:30:00" }).placedAt).toBe("2026-04-04T18:30:00.000Z");
  });

  it("a gift at price 0, and one whose price is only crossed out", () => {
    const gift = { ...mug, price: "0.00", payment: "0.00", divide_order_fee: "0.00", is_free_gift: true };
    const order = read({ payment: "71.00", ...lines(shirt, gift as Row) });
    expect(order.lines[1]).toMatchObject({ quantity: 1, unitPriceMinor: 0 });
    expect(leftOver(order)).toBe(0);
    expect(read({ payment: "71.00", ...lines(shirt, { ...gift, price: "60.00" } as Row) }).lines[1]).toEqual(
      expect.objectContaining({ unitPriceMinor: 0 }),
    );
  });

  it("a bundle is the line it was sold as", () => {
    const parts = { combine_item_info: [{ item_id: 1, sku_id: 2, quantity: 3, outer_sku_id: "PART" }] };
    expect(read(lines({ ...shirt, ...parts } as Row, mug)).lines.map(({ sku }) => sku)).toEqual([
      "TS-RED-M",
      "MUG-01",
    ]);
  });

  it("a surcharge the seller added raises the price, and nothing is lost", () => {
    const dear = { ...shirt, adjust_fee: "10.01", divide_order_fee: "88.01" };
    const order = read({ payment: "143.01", ...lines(dear as Row, mug) });
    expect(order.lines[0]).toMatchObject({ unitPriceMinor: 4401, discountMinor: 1 });
    expect(leftOver(order)).toBe(0);
  });

  it("the code of an item is not taken for that of its SKU", () => {
    const { outer_sku_id: _none, ...withoutCode } = shirt;
    expect(read(lines(withoutCode as Row, mug)).lines[0]).not.toHaveProperty("sku");
    const { sku_id: _sku, outer_sku_id: _code, ...single } = mug;
    expect(read(lines(shirt, single as Row)).lines[1]).toMatchObject({
      sku: "MUG",
      externalItemId: "700000000002",
    });
  });

  it("trades paid at once share the payment; nobody's name is no buyer", () => {
    expect(read({ tid: "2260011223344556678" }).paymentId).toBe(read().paymentId);
    const nobody = Object.fromEntries(
      Object.keys(trade)
        .filter((name) => /^(buyer_|receiver_|oaid)/.test(name))
        .map((name) => [name, null]),
    );
    expect(read(nobody)).not.toHaveProperty("buyer");
  });

  it("two parcels, and goods sent without a number", () => {
    const sent = (line: Row, number: string): Row => ({
      ...line,
      status: "WAIT_BUYER_CONFIRM_GOODS",
      consign_time: "2026-01-02 10:00:00",
      invoice_no: number,
      logistics_company: "顺丰速运",
    });
    const status = "WAIT_BUYER_CONFIRM_GOODS";
    const told = read({ status, ...lines(sent(shirt, "SF1"), sent(mug, "SF2")) });
    expect(told).toMatchObject({ status: "shipped", updatedAt: "2026-01-02T02:00:00.000Z" });
    expect(told.shipments).toEqual(
      [
        ["SF1", shirt, 2],
        ["SF2", mug, 1],
      ].map(([number, line, quantity]) => ({
        externalId: `2260011223344556677-${number}`,
        shippedAt: "2026-01-02T02:00:00.000Z",
        carrier: "顺丰速运",
        trackingNumber: number,
        lines: [{ externalLineId: (line as Row).oid, quantity }],
      })),
    );
    const consigned = { status, consign_time: "2026-01-02 10:00:00" };
    expect(read(consigned).shipments).toEqual([
      { externalId: "2260011223344556677-none", shippedAt: "2026-01-02T02:00:00.000Z" },
    ]);
  });
});

describe("money back at Taobao", () => {
  it("half of a line: what was paid at first stays, the refund stands beside it, no unit moves", () => {
    const order = read({ payment: "86.50", ...lines({ ...shirt, ...settled } as Row, mug) }, [
      refundOf(shirt, "31.50"),
    ]);
    expect(order).toMatchObject({
      status: "paid",
      totalMinor: 11800,
      refunds: [
        {
          externalId: "190000000000000001",
          refundedAt: "2026-01-02T01:00:00.000Z",
          amountMinor: 3150,
          lines: [{ externalLineId: shirt.oid, amountMinor: 3150 }],
        },
      ],
      // The trade's own time is a day older.
      updatedAt: "2026-01-02T01:00:00.000Z",
    });
    expect(order.refunds?.[0]?.lines?.[0]).not.toHaveProperty("quantity");
    expect(leftOver(order)).toBe(0);
  });

  it("a whole line before it was shipped takes its units, and freight stands apart", () => {
    const closed = { ...shirt, ...settled, status: "TRADE_CLOSED" };
    const order = read({ payment: "53.00", ...lines(closed as Row, mug) }, [refundOf(shirt, "65.00")]);
    expect(order.totalMinor).toBe(11800);
    expect(order.refunds).toEqual([
      expect.objectContaining({
        amountMinor: 6500,
        shippingMinor: 200,
        lines: [{ externalLineId: shirt.oid, amountMinor: 6300, quantity: 2 }],
      }),
    ]);
  });

  it("goods that came back are not on the shelf before somebody looked at them", () => {
    const sent = { ...shirt, ...settled, consign_time: "2026-01-01 21:00:00", invoice_no: "SF1" };
    const change = { payment: "55.00", ...lines(sent as Row, mug) };
    const back = read(change, [refundOf(shirt, "63.00", { has_good_return: true })]).refunds?.[0]?.lines;
    expect(back).toEqual([{ externalLineId: shirt.oid, amountMinor: 6300, quantity: 2 }]);
    // Money alone, the goods stay with the buyer.
    expect(read(change, [refundOf(shirt, "63.00")]).refunds?.[0]?.lines).toEqual([
      { externalLineId: shirt.oid, amountMinor: 6300 },
    ]);
  });

  it("a line closed before payment in a trade that goes on is not ordered any more", () => {
    const closed = { ...shirt, status: "TRADE_CLOSED_BY_TAOBAO" };
    const order = read({ payment: "55.00", ...lines(closed as Row, mug) });
    expect(order.lines.map(({ quantity }) => quantity)).toEqual([0, 1]);
    expect(leftOver(order)).toBe(0);
  });
});
