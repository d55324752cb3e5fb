import { describe, expect, it } from "vitest";
import { caseOf, first, read } from "./golden.ts";

describe("Douyin orders", () => {
  it.each([
    [6, "refunding"],
    [7, "refunding"],
    [11, "refunding"],
    [27, "refunding"],
    [29, "refunding"],
    [12, "paid"],
    [14, "paid"],
    [28, "paid"],
    [51, "paid"],
  ])("after-sale status %i of a line means %s", (after_sale_status, status) => {
    expect(read({ lines: [{ after_sale_info: { after_sale_status } }] }).status).toBe(status);
  });

  it.each<[string, number, object]>([
    ["goods sent back", 0, { quantity: 1 }],
    ["before shipping", 2, { quantity: 1 }],
    ["money alone after shipping", 1, {}],
    ["price protection", 6, {}],
  ])("a refund of %s tells what was really paid, and units only where they are meant", (_, type, units) => {
    const order = read({
      order: { order_status: 3 },
      refunds: [caseOf(type, first, 1, 4300, { refund_post_amount: 300 })],
    });
    expect(order).toMatchObject({ status: "shipped", updatedAt: "2026-01-01T23:50:30.000Z" });
    expect(order.refunds).toEqual([
      {
        externalId: "7100000000000000001",
        refundedAt: "2026-01-01T23:50:30.000Z",
        amountMinor: 4300,
        shippingMinor: 300,
        lines: [{ externalLineId: first, amountMinor: 4000, ...units }],
      },
    ]);
  });

  it("refunds of everything close the order", () => {
    expect(read({ order: { order_status: 5 }, refunds: [caseOf(0, first, 1, 14600)] }).status).toBe(
      "refunded",
    );
  });
});
