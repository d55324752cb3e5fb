import type { Instant } from "../../core/clock.ts";
import type { OrderStatus, PlatformRefund, PlatformShipment } from "../../core/model/order.ts";
import { formatMinor } from "../../core/money/money.ts";
import type { BuiltLine } from "./order-lines.ts";
import type { OrderHead } from "./order-row.ts";
import { stated } from "./stated.ts";

/**
 * What a file says has left and was given back so far. It tells no parcels and refunds, only their sums, so each is one
 * record under one id, which a later file tells larger. Where it says nothing there is no record; zero is said with an empty parcel and an empty list of refunds. Pure.
 */

export interface ToldOrder {
  orderId: string;
  status: OrderStatus;
  head: OrderHead;
  lines: readonly BuiltLine[];
  totalMinor: number;
  placedAt: Instant;
}

const isWhole = ({ status }: ToldOrder): boolean => status === "shipped" || status === "completed";

export function shipmentsOf(told: ToldOrder): PlatformShipment[] | undefined {
  const { orderId, head, lines, placedAt } = told;
  const shipment = {
    externalId: `${orderId}/1`,
    shippedAt: head.shippedAt ?? placedAt,
    ...stated({ carrier: head.carrier, trackingNumber: head.trackingNumber }),
  };
  if (lines.every(({ shippedQuantity }) => shippedQuantity === undefined))
    return isWhole(told) ? [shipment] : undefined;
  const shipped = lines.flatMap(({ line, shippedQuantity = 0 }) => {
    const quantity = isWhole(told) ? line.quantity : shippedQuantity;
    return quantity === 0 ? [] : [{ externalLineId: line.externalLineId, quantity }];
  });
  return [{ ...shipment, lines: shipped }];
}

/** Which lines the money is for is not known, so no goods come back by it. */
export function refundsOf(
  { orderId, status, head, totalMinor }: ToldOrder,
  updatedAt: Instant,
): PlatformRefund[] | undefined {
  const amountMinor = head.refundedMinor ?? (status === "refunded" ? totalMinor : undefined);
  if (amountMinor === undefined) return undefined;
  if (amountMinor === 0) return [];
  return [{ externalId: `${orderId}/refund`, refundedAt: head.refundedAt ?? updatedAt, amountMinor }];
}

const shown = (minor: number, { currency }: OrderHead): string =>
  `${formatMinor(minor, currency)} ${currency}`;

/** A refunded order has given everything back and owes nothing more: a smaller amount beside it would be booked as the whole. */
export function contradictionIn({ status, head, totalMinor }: ToldOrder): string | null {
  if (status !== "refunded" || head.refundedMinor === undefined || head.refundedMinor === totalMinor)
    return null;
  return `its status is refunded, but its refunded amount is ${shown(head.refundedMinor, head)} of ${shown(totalMinor, head)}; correct the amount, or give it the status it has besides the refund, such as completed`;
}

/** What the hub does by the status where a figure beside it says less. */
export function doubtsAbout(told: ToldOrder): string[] {
  const { orderId, status, head, lines, totalMinor } = told;
  const doubts: string[] = [];
  const { refundedMinor = 0 } = head;
  const nothingShipped = lines.every(({ shippedQuantity = 0 }) => shippedQuantity === 0);
  if (status === "cancelled" && nothingShipped && refundedMinor > 0 && refundedMinor < totalMinor)
    doubts.push(
      `order ${orderId} is cancelled with ${shown(refundedMinor, head)} of ${shown(totalMinor, head)} refunded; a cancelled order owes nothing, so all that was paid counts as given back`,
    );
  for (const { line, shippedQuantity } of lines) {
    if (!isWhole(told) || shippedQuantity === undefined || shippedQuantity === line.quantity) continue;
    doubts.push(
      `order ${orderId} is ${status}, but ${shippedQuantity} of ${line.quantity} of line ${line.externalLineId} are counted as shipped; all of them count as shipped`,
    );
  }
  return doubts;
}
