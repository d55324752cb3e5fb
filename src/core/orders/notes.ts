import type { Draft } from "../engine/draft.ts";
import type { OrderRow } from "../engine/rows.ts";
import type { Totals } from "./amounts.ts";
import { isClosed, isClosedHere, isServing, wasPaid } from "./status.ts";

/** What an order needs a person for: tasks raised when it begins to, and closed when it no longer does. */

/** A new order has no task yet but those this batch has raised: most orders need no statement. */
function close(draft: Draft, order: OrderRow, kind: string): void {
  if (!draft.newOrders.has(order) || draft.hasTask(kind, order.id)) draft.closeTask(kind, order.id);
}

/** Lines without a SKU. A shipped order needs one too: its units have left and are still counted. */
export function noteUnmapped(draft: Draft, order: OrderRow): void {
  const unmapped = draft.linesOf(order.id).filter((line) => line.skuId === null && line.quantity > 0);
  if (unmapped.length === 0 || isClosed(order.status)) {
    close(draft, order, "unmapped_line");
    return;
  }
  const names = unmapped.map(
    (line) => line.externalSku ?? line.externalVariantId ?? line.externalItemId ?? "?",
  );
  draft.raiseTask({
    kind: "unmapped_line",
    subject: order.id,
    message: `Order ${order.externalId} has lines without a SKU (${names.join(", ")}). Create the SKU or a listing for them; the order goes on by itself.`,
    detail: {
      orderId: order.id,
      connectionId: order.connectionId,
      lines: unmapped.map((line) => line.lineNo),
    },
  });
}

export function noteHeld(draft: Draft, order: OrderRow, totals: Totals): void {
  if (order.heldReason === null) {
    close(draft, order, "held_order");
    return;
  }
  draft.raiseTask({
    kind: "held_order",
    subject: order.id,
    message: `Order ${order.externalId} does not add up: lines give ${totals.expectedMinor}, the platform says ${order.totalMinor} (minor units, ${order.currency}). Units are reserved; check the order, then accept it or wait for a corrected one.`,
    detail: { orderId: order.id, expectedMinor: totals.expectedMinor, givenMinor: order.totalMinor },
  });
}

const cancelOnPlatform = "cancel_on_platform";

export function askToCancelOnPlatform(draft: Draft, order: OrderRow): void {
  draft.raiseTask({
    kind: cancelOnPlatform,
    subject: order.id,
    message: `Order ${order.externalId} was cancelled here; cancel it on the platform too, so that the buyer is told and paid back.`,
    detail: { orderId: order.id, connectionId: order.connectionId },
  });
}

/** The platform has followed, or the order is open again: nothing is to be done there. */
export function noteClosedHere(draft: Draft, order: OrderRow): void {
  if (!isClosedHere(order)) close(draft, order, cancelOnPlatform);
}

/** The buyer has both: the money from here, and the goods from the platform. */
export function noteSentAfterRefund(draft: Draft, order: OrderRow): void {
  draft.raiseTask({
    kind: "shipped_after_refund",
    subject: order.id,
    message: `The platform shipped order ${order.externalId} after ${order.refundedMinor} (minor units, ${order.currency}) had been given back here: the goods are gone and not paid for. Ask the buyer for the goods or the money; a return is booked as a refund of 0 with restock.`,
    detail: { orderId: order.id, connectionId: order.connectionId, refundedMinor: order.refundedMinor },
  });
}

/** A time that cannot be meant was replaced by that of its arrival; what the platform said is kept here. */
export function noteDoubtfulTimes(draft: Draft, order: OrderRow, doubts: readonly string[]): void {
  if (doubts.length === 0) return;
  draft.raiseTask({
    kind: "doubtful_times",
    subject: order.id,
    message: `Order ${order.externalId} names times that cannot be meant (${doubts.slice(0, 5).join(", ")}); the time of arrival, ${draft.now}, was taken instead and is the date in the books. Correct the shop's clock or export.`,
    detail: { orderId: order.id, connectionId: order.connectionId, told: doubts.slice(0, 100) },
  });
}

const missingUnits = (draft: Draft, order: OrderRow): number =>
  draft.linesOf(order.id).reduce((sum, line) => sum + line.shortfall, 0);

/** A paid order that stock does not cover: somebody must restock or give the money back (F014, F036). */
export function noteShort(draft: Draft, order: OrderRow): void {
  const units = missingUnits(draft, order);
  if (units === 0 || !isServing(order.status) || !wasPaid(order.toldStatus, order.paidAt)) {
    close(draft, order, "short_order");
    return;
  }
  draft.raiseTask({
    kind: "short_order",
    subject: order.id,
    message: `Order ${order.externalId} is paid, but ${units} units for it are missing. Restock, which serves it by itself, or give the buyer the money back.`,
    detail: { orderId: order.id, connectionId: order.connectionId, units },
  });
}

/** Freed units have reached an order. */
export function noteServed(draft: Draft, order: OrderRow): void {
  if (missingUnits(draft, order) === 0) close(draft, order, "short_order");
}
