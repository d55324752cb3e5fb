import { describe, expect, it } from "vitest";
import { unheardOf } from "../../sim/promises/shared-units.ts";
import type { OrderSnapshot } from "../../src/core/model/order.ts";

const at = "2026-11-22T08:00:00.000Z";
const line = { externalLineId: "L1", externalItemId: "P1", title: "Mug", quantity: 3, unitPriceMinor: 100 };
const puttingBack = { deducts: "placed", restoresOnUnpaidCancel: true, restoresOnPaidRefund: true } as const;
const keeping = { ...puttingBack, restoresOnUnpaidCancel: false, restoresOnPaidRefund: false };

const order = (status: OrderSnapshot["status"], more: Partial<OrderSnapshot> = {}): OrderSnapshot => ({
  externalId: "O1",
  updatedAt: at,
  placedAt: at,
  paidAt: at,
  status,
  currency: "CNY",
  lines: [line],
  totalMinor: 300,
  ...more,
});
const goodsBack = (quantity: number) => ({
  refunds: [
    {
      externalId: "R1",
      refundedAt: at,
      amountMinor: 1,
      lines: [{ externalLineId: "L1", quantity, amountMinor: 1 }],
    },
  ],
});
const heard = (quantity: number, toldStatus = "paid", back = 0) => ({ quantity, toldStatus, back });

describe("what a shop sold and the hub has not heard of", () => {
  it("is what an order has beyond what was heard of it", () => {
    expect(unheardOf(puttingBack, order("paid"), line, undefined)).toBe(3);
    expect(unheardOf(puttingBack, order("paid"), line, heard(1))).toBe(2);
    expect(unheardOf(puttingBack, order("paid"), line, heard(3))).toBe(0);
    expect(unheardOf(puttingBack, order("cancelled"), line, undefined)).toBe(0);
  });

  it("is nothing of an unpaid order where payment takes the unit, and all of it once it is paid", () => {
    const shop = { ...puttingBack, deducts: "paid" } as const;
    expect(unheardOf(shop, order("pending_payment"), line, undefined)).toBe(0);
    expect(unheardOf(shop, order("paid"), line, heard(3, "pending_payment"))).toBe(3);
  });

  it("is less by what was put back and may have been sold again, of orders that are over or smaller", () => {
    expect(unheardOf(puttingBack, order("cancelled"), line, heard(3))).toBe(-3);
    expect(unheardOf(puttingBack, order("paid"), line, heard(4))).toBe(-1);
    expect(unheardOf(puttingBack, order("cancelled"), line, heard(3, "cancelled"))).toBe(0);
  });

  it("is less by goods that came back, once", () => {
    const shipped = order("completed", goodsBack(1));
    expect(unheardOf(puttingBack, shipped, line, undefined)).toBe(2);
    expect(unheardOf(puttingBack, shipped, line, heard(3))).toBe(-1);
    expect(unheardOf(puttingBack, shipped, line, heard(3, "shipped", 1))).toBe(0);
  });

  it("stays as it is where the shop puts nothing back", () => {
    expect(unheardOf(keeping, order("cancelled"), line, heard(3))).toBe(0);
    expect(unheardOf(keeping, order("completed", goodsBack(1)), line, undefined)).toBe(3);
    expect(unheardOf(keeping, order("completed", goodsBack(1)), line, heard(3, "shipped", 1))).toBe(0);
  });

  it("asks whether the order was paid before it counts its units as put back", () => {
    const unpaid = order("cancelled", { paidAt: undefined });
    const afterPayment = { ...puttingBack, restoresOnUnpaidCancel: false };
    expect(unheardOf(afterPayment, unpaid, line, heard(3, "pending_payment"))).toBe(0);
    expect(unheardOf(afterPayment, order("cancelled"), line, heard(3))).toBe(-3);
  });

  it("is not less by money alone that went back", () => {
    expect(unheardOf(puttingBack, order("refunded"), line, heard(3))).toBe(0);
    expect(unheardOf(puttingBack, order("refunded", goodsBack(2)), line, heard(3))).toBe(-2);
  });
});
