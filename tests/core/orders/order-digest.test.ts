import { describe, expect, it } from "vitest";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { digestDocument, digestOrder } from "../../../src/core/orders/order-digest.ts";
import { snapshotOf } from "../../support/hub.ts";

const at = "2026-11-22T08:30:00.000Z";
const order: OrderSnapshot = snapshotOf({
  externalId: "1",
  lines: [{ externalLineId: "1", sku: "A", quantity: 1, unitPriceMinor: 100 }],
  buyer: { name: "王", phone: "1", address: { city: "杭州", street: "x" } },
  shipments: [
    { externalId: "p1", shippedAt: at, lines: [{ externalLineId: "1", quantity: 1 }] },
    { externalId: "p2", shippedAt: at },
  ],
  refunds: [{ externalId: "r1", refundedAt: at, amountMinor: 5 }],
});
const line = order.lines[0] as OrderSnapshot["lines"][number];

describe("the digest of a snapshot", () => {
  it("does not depend on the order of keys, parcels and refunds, nor on whether what is empty is named", () => {
    const reversed = Object.fromEntries(Object.entries(order).reverse()) as unknown as OrderSnapshot;
    expect(digestOrder(reversed)).toBe(digestOrder(order));
    expect(digestOrder({ ...order, shipments: order.shipments?.toReversed() ?? [] })).toBe(
      digestOrder(order),
    );
    expect(
      digestOrder({ ...order, buyer: { address: { street: "x", city: "杭州" }, phone: "1", name: "王" } }),
    ).toBe(digestOrder(order));
    expect(digestOrder({ ...order, discountMinor: 0, shippingMinor: 0, platformDiscountMinor: 0 })).toBe(
      digestOrder(order),
    );
    expect(digestOrder({ ...order, lines: [{ ...line, discountMinor: 0 }] })).toBe(digestOrder(order));
    const { shipments: _s, refunds: _r, ...bare } = order;
    expect(digestOrder({ ...bare, shipments: [], refunds: [] })).toBe(digestOrder(bare));
  });

  it.each<[string, Partial<OrderSnapshot>]>([
    ["status", { status: "shipped" }],
    ["time", { updatedAt: at }],
    ["total", { totalMinor: 101 }],
    ["note", { note: "gift" }],
    ["quantity", { lines: [{ ...line, quantity: 2 }] }],
    ["price", { lines: [{ ...line, unitPriceMinor: 101 }] }],
    ["SKU", { lines: [{ ...line, sku: "B" }] }],
    ["tax of nothing instead of none told", { lines: [{ ...line, taxMinor: 0 }] }],
    ["address", { buyer: { name: "王", phone: "1", address: { city: "杭州", street: "y" } } }],
    ["a parcel's content", { shipments: [{ externalId: "p1", shippedAt: at }] }],
    ["a refund's amount", { refunds: [{ externalId: "r1", refundedAt: at, amountMinor: 6 }] }],
  ])("changes with: %s", (_, change) => {
    expect(digestOrder({ ...order, ...change })).not.toBe(digestOrder(order));
  });

  it("of a document ignores the order of keys, not of lines", () => {
    const one = {
      reference: "d",
      lines: [
        { sku: "A", delta: 1 },
        { sku: "B", delta: 2 },
      ],
    };
    expect(
      digestDocument({
        lines: [
          { delta: 1, sku: "A" },
          { delta: 2, sku: "B" },
        ],
        reference: "d",
      }),
    ).toBe(digestDocument(one));
    expect(digestDocument({ ...one, lines: one.lines.toReversed() })).not.toBe(digestDocument(one));
  });
});
