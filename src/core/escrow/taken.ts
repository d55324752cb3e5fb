import type { LineRow, OrderRow } from "../engine/rows.ts";

type OrderFacts = Pick<OrderRow, "status" | "toldStatus" | "booked" | "paidAt">;

/**
 * Listing units of a line that its platform has taken off its own figure and, as far as this order tells, not put back. An order that
 * was closed here counts as closed: the platform will put its units back as soon as it is told.
 */
export function takenUnits(
  order: OrderFacts,
  line: Pick<LineRow, "quantity" | "unitsPer" | "cancelled">,
  deducts: "placed" | "paid" | "never",
): number {
  if (deducts === "never" || isOver(order)) return 0;
  if (deducts === "paid" && order.toldStatus === "pending_payment") return 0;
  return Math.max(0, line.quantity - Math.floor(line.cancelled / line.unitsPer));
}

const isOver = ({ status, toldStatus }: OrderFacts): boolean =>
  [status, toldStatus].some((word) => word === "cancelled" || word === "refunded");
