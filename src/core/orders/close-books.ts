import type { Draft } from "../engine/draft.ts";
import type { OrderRow } from "../engine/rows.ts";
import type { AmendedFact } from "../events/types.ts";
import { closed, reopen } from "./amend.ts";
import { refundRest, refundUndelivered } from "./booking.ts";
import type { OrderFacts } from "./order-event.ts";
import { isOwnRefund, storeOwnRefund } from "./settle-refund.ts";

/** What becomes of an order's money when the order closes, and when it is opened again. */

const closedBecause = "order ";

/** A cancelled order owes nothing more: what was paid and not delivered goes back. A refunded one gives back everything. */
export function closeBooks(draft: Draft, order: OrderRow, facts: OrderFacts): void {
  if (order.booked === null) return;
  const all = order.toldStatus === "refunded";
  if (!all && order.status !== "cancelled") return;
  const step = all ? refundRest(order.booked) : refundUndelivered(order.booked);
  if (step.unshipped.length === 0 && step.shipped.length === 0 && step.amountMinor === 0) return;
  order.booked = closed(step);
  const { booked: _booked, ...amounts } = step;
  storeOwnRefund(draft, order, facts, amounts, `${closedBecause}${order.status}`);
}

/** What closing gave back was not given back after all. */
export function reopenBooks(draft: Draft, order: OrderRow): AmendedFact | null {
  if (order.booked === null || order.booked.closing === null) return null;
  const { booked, amended } = reopen(order.booked);
  order.booked = booked;
  for (const row of draft.refunds.get(order.id) ?? []) {
    if (!isOwnRefund(row) || !row.reason?.startsWith(closedBecause) || row.amountMinor === 0) continue;
    order.refundedMinor -= row.amountMinor;
    row.amountMinor = 0;
    row.reason = `${row.reason}, opened again`;
    draft.touchRefund(row);
  }
  return amended;
}
