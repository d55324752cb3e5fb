import type { Instant } from "../../../../src/core/clock.ts";

/** An order of the fake Medusa and what follows from it. Amounts are EUR in major units, as Medusa has them. */

export interface FakeItem {
  id: string;
  variantId: string;
  sku: string;
  title: string;
  unitPrice: number;
  quantity: number;
  fulfilled: number;
  shipped: number;
  returnRequested: number;
  returnReceived: number;
  returnDismissed: number;
}

export interface FakeFulfillment {
  id: string;
  metadata: Record<string, unknown> | null;
  packedAt: Instant;
  shippedAt: Instant | null;
  canceledAt: Instant | null;
  items: { lineId: string; inventoryItemId: string; quantity: number }[];
  trackingNumbers: string[];
}

export interface FakeReturn {
  id: string;
  createdAt: Instant;
  updatedAt: Instant;
  items: { id: string; lineId: string; quantity: number; received: number; damaged: number }[];
}

export interface FakePayment {
  id: string;
  amount: number;
  createdAt: Instant;
  updatedAt: Instant;
  /** Of the collection around it, which moves with every capture and refund. */
  collectionUpdatedAt: Instant;
  capturedAt: Instant | null;
  canceledAt: Instant | null;
  refunds: { id: string; amount: number; createdAt: Instant }[];
}

export interface FakeOrder {
  id: string;
  status: "pending" | "completed" | "canceled";
  version: number;
  salesChannelId: string;
  createdAt: Instant;
  updatedAt: Instant;
  shipping: number;
  items: FakeItem[];
  payment: FakePayment;
  fulfillments: FakeFulfillment[];
  returns: FakeReturn[];
  creditLines: { amount: number; reference: string }[];
}

export const cents = (amount: number): number => Math.round(amount * 100) / 100;

export const keptUnits = (item: FakeItem): number =>
  item.quantity - item.returnReceived - item.returnDismissed;

export const totalOf = (order: FakeOrder): number =>
  cents(
    order.items.reduce((sum, item) => sum + keptUnits(item) * item.unitPrice, order.shipping) -
      order.creditLines.reduce((sum, line) => sum + line.amount, 0),
  );

export const refundedOf = ({ payment }: FakeOrder): number =>
  cents(payment.refunds.reduce((sum, refund) => sum + refund.amount, 0));

export const paidOf = ({ payment }: FakeOrder): number => (payment.capturedAt === null ? 0 : payment.amount);

/** What the buyer still owes; negative: the shop does. Units asked to come back count as if they had. */
export const pendingOf = (order: FakeOrder): number =>
  cents(
    totalOf(order) -
      order.items.reduce((sum, item) => sum + item.returnRequested * item.unitPrice, 0) -
      (paidOf(order) - refundedOf(order)),
  );
