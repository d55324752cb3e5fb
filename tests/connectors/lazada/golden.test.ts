import { describe, expect, it } from "vitest";
import { foldedStatus, readOrder } from "../../../src/connectors/lazada/map.ts";
import * as wire from "../../../src/connectors/lazada/wire.ts";
import item from "../../fixtures/lazada/item.json" with { type: "json" };
import sample from "../../fixtures/lazada/order.json" with { type: "json" };

const unitsOf = (changes: object[]) =>
  wire.unitsSchema.parse({
    order_id: sample.order_id,
    order_items: changes.map((change, index) => ({
      ...item,
      order_item_id: item.order_item_id + index,
      ...change,
    })),
  }).order_items;
const reversesOf = (lines: object[], change: object = {}) =>
  wire.reversesSchema.parse({
    code: "0",
    result: {
      success: true,
      total: 1,
      items: [
        {
          reverse_order_id: 5,
          trade_order_id: sample.order_id,
          request_type: "RETURN",
          reverse_order_lines: lines,
          ...change,
        },
      ],
    },
  }).items ?? null;
const reverseLine = {
  reverse_order_line_id: 77,
  trade_order_line_id: item.order_item_id,
  reverse_status: "REFUND_SUCCESS",
  refund_amount: 1890,
  reason_text: "Item is broken",
  return_order_line_gmt_modified: 1795600800000,
};

const resultOf = (
  change: object,
  units: object[] = [{}, {}],
  reverses: ReturnType<typeof reversesOf> = null,
) => readOrder({ ...sample, ...change } as never, unitsOf(units), reverses, { country: "sg" });
const read = (...given: Parameters<typeof resultOf>) => {
  const result = resultOf(...given);
  if (result.kind !== "order") throw new Error(JSON.stringify(result));
  return result.order;
};

describe("Lazada orders", () => {
  it("an ordinary one, placed when it was still yesterday in UTC; text and numbers for amounts", () => {
    expect(read({}, [{}])).toEqual({
      externalId: "260422900198363",
      updatedAt: "2026-11-22T01:21:00.000Z",
      placedAt: "2026-11-21T16:30:00.000Z",
      status: "paid",
      currency: "SGD",
      totalMinor: 3980 - 200 + 199,
      shippingMinor: 199,
      discountMinor: 200,
      buyer: {
        externalId: "100112802006",
        name: "T***",
        phone: "65******12",
        address: {
          line1: "1 Demo Street",
          province: "Singapore",
          city: "Downtown",
          district: "049315",
          postalCode: "049315",
          country: "Singapore",
        },
        masked: true,
      },
      lines: [
        {
          externalLineId: "260422900298363",
          sku: "LIN-SHIRT-W-M",
          externalItemId: "2807246166",
          externalVariantId: "13449296008",
          title: "Linen shirt / White,M",
          quantity: 1,
          unitPriceMinor: 1990,
        },
      ],
    });
  });

  it("Lazada's voucher is not the seller's; a gift costs nothing; a bundle is its own SKU", () => {
    const order = read({ price: "49.80", voucher: 5, voucher_seller: 2, voucher_platform: 3 }, [
      {},
      {},
      { sku: "GIFT-1", item_price: "0.00" },
      { sku: "SET-3", item_price: "10.00" },
    ]);
    expect(order).toMatchObject({ totalMinor: 4679, discountMinor: 200, platformDiscountMinor: 300 });
    expect(order.lines.map((line) => [line.sku, line.unitPriceMinor]).slice(2)).toEqual([
      ["GIFT-1", 0],
      ["SET-3", 1000],
    ]);
  });

  it("one of two units cancelled: it is off its line, and the money is that of the other", () => {
    const order = read({}, [{ status: "canceled" }, {}]);
    expect(order.lines.map((line) => line.quantity)).toEqual([0, 1]);
    expect(order).toMatchObject({
      status: "paid",
      totalMinor: 1990 - 100 + 100,
      shippingMinor: 100,
      discountMinor: 100,
    });
  });

  it("cancelled before it was paid, whole", () => {
    const order = read({}, [{ status: "canceled" }, { status: "canceled" }]);
    expect([order.status, order.paidAt, order.lines.map((line) => line.quantity)]).toEqual([
      "cancelled",
      undefined,
      [1, 1],
    ]);
  });

  it.each([
    [["pending_payment", "pending_payment"], "pending_payment"],
    [["paid", "paid"], "paid"],
    [["paid", "shipped"], "partially_shipped"],
    [["paid", "completed"], "partially_shipped"],
    [["shipped", "completed"], "shipped"],
    [["completed", "completed"], "completed"],
    [["completed", "refunded"], "completed"],
    [["refunded", "cancelled"], "refunded"],
    [["cancelled", "paid"], "paid"],
    [["cancelled"], "cancelled"],
    [[], "cancelled"],
  ] as const)("units %j come to %s", (states, expected) => expect(foldedStatus(states)).toBe(expected));

  it("two parcels, with Lazada's numbers", () => {
    const shipped = (package_id: string) => ({
      status: "shipped",
      package_id,
      tracking_code: `LEX${package_id}`,
      shipment_provider: "LEX SG",
    });
    const order = read({}, [shipped("FP1"), shipped("FP2"), { status: "ready_to_ship", package_id: "FP3" }]);
    expect(order.status).toBe("partially_shipped");
    expect(order.shipments?.map((one) => [one.externalId, one.trackingNumber, one.lines?.length])).toEqual([
      ["FP1", "LEXFP1", 1],
      ["FP2", "LEXFP2", 1],
    ]);
  });

  it("a refund of one unit, in whole cents; a cancel is off the order already; an open return holds everything back", () => {
    const order = read({}, [{ status: "delivered" }, { status: "delivered" }], reversesOf([reverseLine]));
    expect(order).toMatchObject({
      status: "completed",
      updatedAt: "2026-11-25T10:00:00.000Z",
      refunds: [
        {
          externalId: "77",
          amountMinor: 1890,
          lines: [{ externalLineId: "260422900298363", amountMinor: 1890, quantity: 1 }],
        },
      ],
    });
    expect(read({}, [{}], reversesOf([reverseLine], { request_type: "CANCEL" })).refunds).toEqual([]);
    const onlyMoney = read({}, [{}], reversesOf([reverseLine], { request_type: "ONLY_REFUND" }));
    expect(onlyMoney.refunds?.[0]?.lines?.[0]?.quantity).toBeUndefined();
    const open = reversesOf([{ ...reverseLine, reverse_status: "RTM_RECEIVE_ITEM" }]);
    expect(read({}, [{ status: "delivered" }], open)).toMatchObject({ status: "refunding", refunds: [] });
    expect(read({ need_cancel_confirm: true }).status).toBe("refunding");
    expect(read({}).refunds, "not asked for").toBeUndefined();
  });

  it("what Lazada ships takes nothing from us; dong have no decimals; seconds and milliseconds", () => {
    const units = [{ is_fbl: "1", currency: "VND", item_price: "52600.00", payment_time: "1795308060" }];
    const order = read({ price: 52600, voucher: 0, voucher_seller: 0, shipping_fee: 0 }, units);
    expect(order).toMatchObject({ totalMinor: 52600, paidAt: "2026-11-22T00:41:00.000Z" });
    expect(order.lines[0]?.fulfilledBy).toBe("platform");
  });

  it("no buyer, a state nobody knows, and a row that cannot be read", () => {
    expect(read({ address_shipping: null }, [{ buyer_id: null }]).buyer).toBeUndefined();
    expect(resultOf({}, [{ status: "constructor" }])).toMatchObject({ kind: "rejected", reason: /status/ });
    const spoilt = resultOf({ created_at: "yesterday" });
    expect(spoilt).toMatchObject({ kind: "rejected", externalId: "260422900198363" });
    expect(JSON.stringify(spoilt)).not.toContain("Demo Street");
  });
});
