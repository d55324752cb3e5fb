import type { Instant } from "../clock.ts";
import type { OrderStatus } from "../model/order.ts";

/** Rank for ordering two snapshots of the same instant: the one further along wins, whichever comes first. */
const rank: Record<OrderStatus, number> = {
  pending_payment: 0,
  paid: 1,
  partially_shipped: 2,
  shipped: 3,
  completed: 4,
  refunding: 5,
  refunded: 6,
  cancelled: 7,
};

export interface Freshness {
  updatedAt: Instant;
  status: OrderStatus;
  digest: string;
}

/** Total order over snapshots of one order, so that any order of arrival ends in the same state. */
export const compareFreshness = (a: Freshness, b: Freshness): number =>
  compareText(a.updatedAt, b.updatedAt) || rank[a.status] - rank[b.status] || compareText(a.digest, b.digest);

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order may still be owed goods. */
export const isServing = (status: OrderStatus): boolean =>
  status === "pending_payment" ||
  status === "paid" ||
  status === "partially_shipped" ||
  status === "refunding";

/** Nothing more will be delivered. */
export const isClosed = (status: OrderStatus): boolean => status === "cancelled" || status === "refunded";

/** The platform says that everything left the house. */
export const isShippedOut = (status: OrderStatus): boolean => status === "shipped" || status === "completed";

/** Closed here, by a person, while the platform goes on with the order. */
export const isClosedHere = (order: { status: OrderStatus; toldStatus: OrderStatus }): boolean =>
  isClosed(order.status) && !isClosed(order.toldStatus);

/** Whether the money was paid at some time. A closed order counts only when the platform names the time of payment. */
export const wasPaid = (status: OrderStatus, paidAt: Instant | null): boolean =>
  paidAt !== null || (status !== "pending_payment" && status !== "cancelled");

/** Where an order's missing units wait: from its payment on; an unpaid order waits behind all paid ones. */
export const placeInQueue = (order: {
  toldStatus: OrderStatus;
  paidAt: Instant | null;
  placedAt: Instant;
}): Instant | null => (wasPaid(order.toldStatus, order.paidAt) ? (order.paidAt ?? order.placedAt) : null);

/** Whether units are held in this status, given from when on the platform takes them off its own figure. */
export const wantsUnits = (status: OrderStatus, reserveFrom: "placed" | "paid"): boolean =>
  isServing(status) && (status !== "pending_payment" || reserveFrom === "placed");

/**
 * The status people see: what the platform says, moved on by what we shipped ourselves and the platform has not
 * noticed yet.
 */
export function effectiveStatus(
  told: OrderStatus,
  lines: readonly { quantity: number; unitsPer: number; shipped: number; cancelled: number }[],
): OrderStatus {
  if (told !== "paid" && told !== "partially_shipped") return told;
  const shipped = lines.reduce((sum, line) => sum + line.shipped, 0);
  if (shipped === 0) return told;
  const open = lines.some((line) => line.quantity * line.unitsPer - line.cancelled > line.shipped);
  return open ? "partially_shipped" : "shipped";
}
