import { readOrder } from "../../../src/connectors/vendure/map.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import sample from "../../fixtures/vendure/order.json" with { type: "json" };

/** Fixtures are explained in tests/fixtures/vendure/README.md. */

export const options = { captureAtShipment: false, precision: 2 };

export function read(change: object = {}, given = options): OrderSnapshot {
  const result = readOrder({ ...sample, ...change } as never, given);
  if (result.kind !== "order") throw new Error(JSON.stringify(result));
  return result.order;
}

/** Lines, freight and discounts must give the total, or the order is held for a person. */
export const sumOf = ({ lines, shippingMinor = 0, discountMinor = 0 }: OrderSnapshot): number =>
  lines.reduce(
    (sum, line) => sum + line.unitPriceMinor * line.quantity - (line.discountMinor ?? 0),
    shippingMinor - discountMinor,
  );

export const [line] = sample.lines;
export const [payment] = sample.payments;
export const at = (minute: number) => `2026-11-22T09:${String(minute).padStart(2, "0")}:00.000Z`;
export const refund = (id: string, total: number, state = "Settled", minute = 10) => ({
  id,
  state,
  total,
  reason: "asked for",
  createdAt: at(minute),
  updatedAt: at(minute),
});
export const parcel = (id: string, quantity: number, state = "Shipped", minute = 5) => ({
  id,
  state,
  method: "DHL",
  trackingCode: `JD${id}`,
  createdAt: at(minute - 1),
  updatedAt: at(minute),
  lines: [{ orderLineId: "87", quantity }],
});
export const paidWith = (...refunds: object[]) => [{ ...payment, refunds }];
