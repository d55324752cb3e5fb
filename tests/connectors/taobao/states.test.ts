import { describe, expect, it } from "vitest";
import { readOrder } from "../../../src/connectors/taobao/map.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { leftOver } from "../left-over.ts";
import { lines, mug, own, type Row, read, shirt, trade } from "./trade.ts";

describe("states of trades", () => {
  it.each([
    ["TRADE_NO_CREATE_PAY", "pending_payment"],
    ["WAIT_BUYER_PAY", "pending_payment"],
    ["PAY_PENDING", "pending_payment"],
    ["WAIT_PRE_AUTH_CONFIRM", "pending_payment"],
    ["WAIT_SELLER_SEND_GOODS", "paid"],
    ["SELLER_CONSIGNED_PART", "partially_shipped"],
    ["WAIT_BUYER_CONFIRM_GOODS", "shipped"],
    ["TRADE_BUYER_SIGNED", "shipped"],
    ["TRADE_FINISHED", "completed"],
    ["TRADE_CLOSED", "refunded"],
    ["TRADE_CLOSED_BY_TAOBAO", "cancelled"],
  ])("%s is %s", (status, expected) => expect(read({ status }).status).toBe(expected));

  it("cancelled before it was paid keeps its lines and adds up", () => {
    const unpaid = { pay_time: null, status: "TRADE_CLOSED_BY_TAOBAO" };
    const order = read({
      ...unpaid,
      ...lines({ ...shirt, status: unpaid.status }, { ...mug, status: unpaid.status }),
    });
    expect(order).not.toHaveProperty("paidAt");
    expect(order.lines.map(({ quantity }) => quantity)).toEqual([2, 1]);
    expect(leftOver(order)).toBe(0);
  });

  it.each([
    "WAIT_SELLER_AGREE",
    "WAIT_BUYER_RETURN_GOODS",
    "WAIT_SELLER_CONFIRM_GOODS",
    "SELLER_REFUSE_BUYER",
  ])("a live line in %s is refunding, a closed one is not", (refund_status) => {
    expect(read(lines({ ...shirt, refund_status }, mug)).status).toBe("refunding");
    expect(read(lines({ ...shirt, refund_status, status: "TRADE_CLOSED" }, mug)).status).toBe("paid");
    expect(read(lines({ ...shirt, refund_status: "CLOSED" }, mug)).status).toBe("paid");
  });

  it("a state nobody knows is kept aside, and its values are not told", () => {
    expect(readOrder({ ...trade, status: "TRADE_ON_THE_MOON" }, [], own)).toEqual({
      ok: false,
      externalId: "2260011223344556677",
      reason: "status: is none the hub knows; a newer release may know it",
    });
    const { payment: _none, ...broken } = trade;
    const result = readOrder(broken, [], own);
    expect(result).toMatchObject({ ok: false, reason: expect.stringContaining("payment") });
    expect(JSON.stringify(result)).not.toContain("张");
  });
});

describe("pre-sale at Taobao", () => {
  const step = (step_trade_status: string, more: Row = {}) =>
    read({ type: "step", status: "WAIT_BUYER_PAY", step_trade_status, pay_time: null, ...more });

  it("nothing paid", () => {
    expect(step("FRONT_NOPAID_FINAL_NOPAID")).toMatchObject({ status: "pending_payment" });
    expect(step("FRONT_NOPAID_FINAL_NOPAID")).not.toHaveProperty("presale");
  });

  it("deposit paid: held, and not to be shipped whatever the trade's state says", () => {
    const presale = { depositMinor: 2000, depositPaidAt: "2026-01-01T12:00:01.000Z", finalMinor: 9800 };
    for (const status of ["WAIT_BUYER_PAY", "WAIT_SELLER_SEND_GOODS"]) {
      const order = step("FRONT_PAID_FINAL_NOPAID", { status, step_paid_fee: "20.00" });
      expect(order).toMatchObject({ status: "pending_payment", presale });
      expect(order).not.toHaveProperty("paidAt");
    }
  });

  it("paid in full, and a final payment that never came", () => {
    const paid = {
      status: "WAIT_SELLER_SEND_GOODS",
      step_paid_fee: "118.00",
      pay_time: "2026-01-11 00:10:00",
    };
    expect(step("FRONT_PAID_FINAL_PAID", paid)).toMatchObject({
      status: "paid",
      paidAt: "2026-01-10T16:10:00.000Z",
    });
    const lost = step("FRONT_PAID_FRONT_FORFEITED", { status: "TRADE_CLOSED", step_paid_fee: "20.00" });
    expect(lost).toMatchObject({ status: "cancelled", presale: { depositMinor: 2000 } });
    expect(lost).not.toHaveProperty("paidAt");
  });
});

describe("goods the platform keeps", () => {
  const kept = (order: OrderSnapshot) => order.lines.map(({ fulfilledBy }) => fulfilledBy);
  it("are those of Tmall Supermarket, of its warehouses and of items named in the settings", () => {
    expect(kept(read())).toEqual([undefined, undefined]);
    expect(kept(read({ type: "super_market_trade" }))).toEqual(["platform", "platform"]);
    const change = lines({ ...shirt, store_code: "TMCS-HZ-01" }, { ...mug, store_code: "OWN-01" });
    expect(kept(read(change, [], { ...own, platformStoreCodes: ["TMCS-HZ-01"] }))).toEqual([
      "platform",
      undefined,
    ]);
    expect(kept(read({}, [], { ...own, platformItems: ["700000000002"] }))).toEqual([undefined, "platform"]);
  });
});
