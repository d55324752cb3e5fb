import { describe, expect, it } from "vitest";
import { readOrder } from "../../../src/connectors/shopee/map.ts";
import * as wire from "../../../src/connectors/shopee/wire.ts";
import escrow from "../../fixtures/shopee/escrow.json" with { type: "json" };
import sample from "../../fixtures/shopee/order.json" with { type: "json" };
import returned from "../../fixtures/shopee/return.json" with { type: "json" };

const [item] = sample.item_list;
const [parcel] = sample.package_list;
const paid = escrow.buyer_payment_info;

const escrowOf = (change: object) => wire.escrowSchema.parse({ ...escrow, ...change });
const returnOf = (row: object) => wire.returnDetailSchema.parse({ error: "", response: row });

const resultOf = (change: object, paidFor: object | null = {}, returns: object[] | null = []) =>
  readOrder(
    { ...sample, ...change } as never,
    paidFor === null ? null : escrowOf(paidFor),
    returns?.map(returnOf) ?? null,
  );
const read = (...given: Parameters<typeof resultOf>) => {
  const result = resultOf(...given);
  if (result.kind !== "order") throw new Error(JSON.stringify(result));
  return result.order;
};

describe("Shopee orders", () => {
  it("an ordinary one, with Shopee's masks", () => {
    expect(read({})).toEqual({
      externalId: "261122ABCDEF12",
      updatedAt: "2026-11-22T01:00:55.000Z",
      placedAt: "2026-11-22T00:40:00.000Z",
      paidAt: "2026-11-22T00:41:00.000Z",
      status: "paid",
      currency: "SGD",
      totalMinor: 4180,
      shippingMinor: 399,
      platformDiscountMinor: 199,
      buyer: {
        externalId: "900112233",
        name: "T** A** K**",
        phone: "******12",
        address: { line1: "1 Demo Street", city: "Singapore", postalCode: "049315", country: "SG" },
        masked: true,
      },
      lines: [
        {
          externalLineId: "7348262532-5074620257-1",
          sku: "LIN-SHIRT-W-M",
          externalItemId: "7348262532",
          externalVariantId: "5074620257",
          title: "Linen shirt / White,M",
          quantity: 2,
          unitPriceMinor: 1990,
        },
      ],
      refunds: [],
    });
  });

  it("the seller's voucher, coins, and fees that go to Shopee", () => {
    const order = read(
      {},
      {
        buyer_payment_info: {
          ...paid,
          seller_voucher: -5,
          shopee_coins_redeemed: -1,
          buyer_service_fee: 0.5,
          buyer_total_amount: 36.3,
        },
      },
    );
    // 39.80 - 5.00 - 1.99 - 1.00 + 3.99; the 0.50 is Shopee's.
    expect(order).toMatchObject({
      totalMinor: 3580,
      discountMinor: 500,
      platformDiscountMinor: 299,
      shippingMinor: 399,
    });
  });

  it("a bundle deal: the order says 0, the escrow what the items cost; a gift costs nothing in both", () => {
    const items = [
      { ...item, model_discounted_price: 0, promotion_type: "bundle_deal" },
      {
        ...item,
        item_id: 9,
        model_id: 0,
        model_sku: "",
        item_sku: "GIFT-1",
        model_quantity_purchased: 1,
        model_discounted_price: 0,
      },
    ];
    const order = read(
      { item_list: items },
      {
        order_income: {
          items: [
            { item_id: item?.item_id, model_id: item?.model_id, discounted_price: 35.01 },
            { item_id: 9, model_id: 0, discounted_price: 0 },
          ],
        },
        buyer_payment_info: { ...paid, merchant_subtotal: 35.01 },
      },
    );
    expect(order.lines).toMatchObject([
      { unitPriceMinor: 1751, discountMinor: 1 },
      { sku: "GIFT-1", unitPriceMinor: 0 },
    ]);
    expect(order.lines[1]?.externalVariantId).toBeUndefined();
    expect(order.totalMinor).toBe(3501 + 399 - 199);
  });

  it("not paid yet: no total, no escrow; cancelled before it was paid", () => {
    const unpaid = { order_status: "UNPAID", total_amount: 0, pay_time: null };
    const order = read(unpaid, null, null);
    expect(order).toMatchObject({ status: "pending_payment", totalMinor: 3980, shippingMinor: 0 });
    expect([order.paidAt, order.refunds]).toEqual([undefined, undefined]);
    const cancelled = read({ ...unpaid, order_status: "CANCELLED" }, null, null);
    expect([cancelled.status, cancelled.paidAt]).toEqual(["cancelled", undefined]);
  });

  it("without the escrow, what the total has beyond the goods is freight, what it lacks is Shopee's", () => {
    expect(read({ total_amount: 41.8 }, null)).toMatchObject({ totalMinor: 4180, shippingMinor: 200 });
    expect(read({ total_amount: 36.8 }, null)).toMatchObject({
      totalMinor: 3680,
      platformDiscountMinor: 300,
    });
  });

  it.each([
    ["UNPAID", "pending_payment"],
    ["PENDING", "paid"],
    ["INVOICE_PENDING", "paid"],
    ["READY_TO_SHIP", "paid"],
    ["RETRY_SHIP", "paid"],
    ["PROCESSED", "paid"],
    ["SHIPPED", "shipped"],
    ["TO_CONFIRM_RECEIVE", "shipped"],
    ["IN_CANCEL", "refunding"],
    ["CANCELLED", "cancelled"],
    ["TO_RETURN", "refunding"],
    ["COMPLETED", "completed"],
  ])("state %s is %s", (order_status, expected) => expect(read({ order_status }).status).toBe(expected));

  it("two parcels of which one has left; arranged is not left", () => {
    const row = (package_number: string, logistics_status: string) => ({
      ...parcel,
      package_number,
      logistics_status,
      item_list: [{ item_id: item?.item_id, model_id: item?.model_id, model_quantity: 1 }],
    });
    const split = [row("OFG1", "LOGISTICS_PICKUP_DONE"), row("OFG2", "LOGISTICS_REQUEST_CREATED")];
    const order = read({ order_status: "SHIPPED", pickup_done_time: 1795309500, package_list: split });
    expect(order.status).toBe("partially_shipped");
    expect(order.shipments).toEqual([
      {
        externalId: "OFG1",
        shippedAt: "2026-11-22T01:05:00.000Z",
        carrier: "SPX Express",
        lines: [{ externalLineId: "7348262532-5074620257-1", quantity: 1 }],
      },
    ]);
  });

  it("half of a line refunded; a return still open holds everything back; a closed one is nothing", () => {
    const order = read({ order_status: "COMPLETED" }, {}, [returned]);
    expect(order).toMatchObject({
      status: "completed",
      updatedAt: "2026-11-25T10:00:00.000Z",
      refunds: [
        {
          externalId: "200203171852695",
          amountMinor: 1990,
          reason: "PHYSICAL_DMG",
          lines: [{ externalLineId: "7348262532-5074620257-1", amountMinor: 1990, quantity: 1 }],
        },
      ],
    });
    expect(read({}, {}, [{ ...returned, status: "JUDGING" }])).toMatchObject({
      status: "refunding",
      refunds: [],
    });
    expect(read({}, {}, [{ ...returned, status: "CLOSED" }])).toMatchObject({ status: "paid", refunds: [] });
    const all = { ...returned, refund_amount: 41.8, needs_logistics: false };
    const whole = read({ order_status: "COMPLETED" }, {}, [all]);
    expect(whole.status).toBe("refunded");
    expect(whole.refunds?.[0]?.lines?.[0]?.quantity, "no goods travel").toBeUndefined();
  });

  it("what Shopee ships takes nothing from us; dong have no decimals; two lines of one model keep their keys", () => {
    expect(read({ fulfillment_flag: "fulfilled_by_shopee" }).lines[0]?.fulfilledBy).toBe("platform");
    const dong = {
      currency: "VND",
      total_amount: 52600.0,
      item_list: [{ ...item, model_discounted_price: 26300 }],
    };
    expect(read(dong, null).lines[0]?.unitPriceMinor).toBe(26300);
    const twice = read({ item_list: [item, item] }, null);
    expect(twice.lines.map((line) => line.externalLineId)).toEqual([
      "7348262532-5074620257-1",
      "7348262532-5074620257-1-2",
    ]);
  });

  it("no buyer, a state nobody knows, and a row that cannot be read", () => {
    expect(read({ recipient_address: null, buyer_user_id: 0 }).buyer).toBeUndefined();
    expect(resultOf({ order_status: "constructor" })).toMatchObject({
      kind: "rejected",
      reason: /order_status/,
    });
    const spoilt = resultOf({ create_time: "yesterday" });
    expect(spoilt).toMatchObject({ kind: "rejected", externalId: "261122ABCDEF12" });
    expect(JSON.stringify(spoilt)).not.toContain("Demo Street");
  });
});
