import type { Draft } from "../engine/draft.ts";
import type { OrderRow } from "../engine/rows.ts";
import { followPlatform } from "../escrow/follow-platform.ts";
import type { AmendedFact, PaidFact, SoldPart } from "../events/types.ts";
import { allocationOf, fitLine, lineByLine } from "../inventory/reserve.ts";
import { returnToSession } from "../live/orders-back.ts";
import type { OrderStatus, PlatformRefund, PlatformShipment } from "../model/order.ts";
import { amend } from "./amend.ts";
import { partsForTotal, type Totals } from "./amounts.ts";
import { openBooking } from "./booking.ts";
import { closeBooks, reopenBooks } from "./close-books.ts";
import { earnEarlier, earnRest } from "./earn.ts";
import type { Followed } from "./followed-refunds.ts";
import { noteClosedHere, noteHeld, noteSentAfterRefund, noteShort, noteUnmapped } from "./notes.ts";
import { eventTypeOf, type OrderFacts, orderEvent } from "./order-event.ts";
import { applyPlatformShipments } from "./platform-parcels.ts";
import { applyPlatformRefunds } from "./platform-refunds.ts";
import { bookRefunds, storeOwnRefund } from "./settle-refund.ts";
import { openUnits } from "./snapshot-lines.ts";
import { effectiveStatus, isClosed, isClosedHere, isShippedOut, wasPaid } from "./status.ts";
import { holdsUnits } from "./terms.ts";

export interface Settlement {
  previousStatus: OrderStatus | null;
  totals: Totals;
  reserveFrom: "placed" | "paid";
  shipments: readonly PlatformShipment[];
  /** Null: nothing is said of them. */
  refunds: readonly PlatformRefund[] | null;
  /** Refunds that the snapshot tells as fewer units ordered. */
  followed?: readonly Followed[];
}

/**
 * Brings stock and books in line with what the order now says, in the order in which things happen: money promised, parcels,
 * refunds, what is closed, then the units still wanted. Ends with one event that carries all facts.
 */
export function settleOrder(draft: Draft, order: OrderRow, settlement: Settlement): void {
  const facts: OrderFacts = {};
  const { previousStatus } = settlement;
  const allocatedBefore = snapshotAllocation(draft, order);
  // An order that is over waits for nobody: its money came and goes back.
  if (isClosed(order.status)) order.heldReason = null;
  if (order.heldReason === null && isPaid(draft, order, settlement)) {
    bookPayment(draft, order, settlement, facts);
  }
  // Its parcels take units that were set aside for it until now.
  const moved = new Set(followPlatform(draft, order));
  const everything = isShippedOut(order.toldStatus);
  const isRecalled = applyPlatformShipments(draft, order, settlement.shipments, everything, facts);
  if (isRecalled && everything) {
    // The platform has not noticed: these units wait on our shelf and are the buyer's until another parcel takes them.
    order.toldStatus = "paid";
    if (!isClosed(order.status)) order.status = effectiveStatus("paid", draft.linesOf(order.id));
  }
  if (facts.shipped && isClosedHere(order)) sentAfterClosing(draft, order, settlement, facts);
  applyPlatformRefunds(draft, order, settlement.refunds, facts);
  if (facts.refunded && !isClosed(order.status))
    order.status = effectiveStatus(order.toldStatus, draft.linesOf(order.id));
  closeBooks(draft, order, facts);
  earnRest(draft, order, facts, order.updatedAt);
  for (const lineNo of followPlatform(draft, order)) moved.add(lineNo);
  fitOrder(draft, order, settlement.reserveFrom);
  returnToSession(draft, order);
  noteUnmapped(draft, order);
  noteHeld(draft, order, settlement.totals);
  if (previousStatus !== null && isClosed(previousStatus)) noteClosedHere(draft, order);
  const allocation = draft.linesOf(order.id).map((line) => allocationOf(draft, line));
  // Paid and sent (or over) in one telling, it never held a unit here; its platform took some off its figure all the same.
  const isTaken = facts.paid !== undefined && settlement.reserveFrom === "paid";
  const changed = allocation.filter((line) => {
    const before = allocatedBefore.get(line.lineNo);
    if (isTaken || moved.has(line.lineNo)) return true;
    // First heard of when it is sent or over, it wants nothing any more, but its platform has taken units off its figure.
    return before === undefined
      ? line.wanted > 0 || order.status !== "pending_payment"
      : before.reserved !== line.reserved || before.shortfall !== line.shortfall;
  });
  if (changed.length > 0) facts.allocation = changed;
  const wasShort = [...allocatedBefore.values()].some((line) => line.shortfall > 0);
  if (wasShort || allocation.some((line) => line.shortfall > 0)) noteShort(draft, order);
  const type = eventTypeOf(previousStatus === null, order.status, previousStatus, facts);
  draft.emit(orderEvent(draft, order, type, previousStatus, facts));
}

const snapshotAllocation = (draft: Draft, order: OrderRow) =>
  draft.newOrders.has(order)
    ? new Map<number, { reserved: number; shortfall: number }>()
    : new Map(draft.linesOf(order.id).map((line) => [line.lineNo, allocationOf(draft, line)]));

/**
 * Money that came back had come in, whatever else the platform tells; and so had money that is booked, of an order that is
 * cancelled without a word about its payment.
 */
const isPaid = (draft: Draft, order: OrderRow, { refunds }: Settlement): boolean =>
  wasPaid(order.toldStatus, order.paidAt) ||
  (order.toldStatus === "cancelled" && order.booked !== null) ||
  (refunds ?? []).some((told) => told.amountMinor > 0) ||
  (draft.refunds.get(order.id) ?? []).some((known) => known.amountMinor > 0);

/** First payment opens the order's books; later changes of its price amend them, and so does opening a closed order again. */
function bookPayment(
  draft: Draft,
  order: OrderRow,
  { totals, previousStatus, followed = [] }: Settlement,
  facts: OrderFacts,
): void {
  const due = order.totalMinor + order.platformDiscountMinor;
  const mismatched = Math.abs(totals.differenceMinor) > draft.merchant.roundingToleranceMinor;
  const parts = mismatched ? partsForTotal(totals.parts, due) : totals.parts;
  const { totalMinor, platformDiscountMinor } = order;
  draft.touchOrder(order);
  // A closing order may bring a price whose snapshot was lost; a price of nothing, or one of a closed order, only says that it is over.
  const wasClosed = previousStatus !== null && isClosed(previousStatus);
  if (order.booked !== null && isClosed(order.status) && (wasClosed || mismatched || due === 0)) return;
  if (order.booked === null) {
    order.booked = openBooking(totalMinor, platformDiscountMinor, parts);
    const paid: PaidFact = {
      paidAt: order.paidAt ?? order.updatedAt,
      totalMinor,
      platformDiscountMinor,
      parts,
    };
    facts.paid = paid;
    earnEarlier(draft, order, facts);
    bookRefunds(draft, order, facts);
    return;
  }
  const first = isClosed(order.status) ? null : reopenBooks(draft, order);
  const step = amend(order.booked, { totalMinor, platformDiscountMinor, parts }, followed);
  order.booked = step.booked;
  const amended = together(first, step.amended);
  if (amended) facts.amended = amended;
  if (step.lowered.length === 0) return;
  const amountMinor = step.lowered.reduce((sum, part) => sum + part.grossMinor, 0);
  const lowered = { amountMinor, platformDiscountMinor: 0, unshipped: [], shipped: step.lowered };
  storeOwnRefund(draft, order, facts, lowered, "price lowered after delivery");
}

/**
 * The platform has sent an order that was closed here. Cancelled, it is open again: what left is sold, the rest is still wanted.
 * Refunded, the buyer has the money and keeps it: a person must see to the goods.
 */
function sentAfterClosing(draft: Draft, order: OrderRow, settlement: Settlement, facts: OrderFacts): void {
  if (order.status === "refunded") {
    noteSentAfterRefund(draft, order);
    return;
  }
  order.status = effectiveStatus(order.toldStatus, draft.linesOf(order.id));
  // Nothing had been given back of an order that was not paid then: its books were opened before the parcels left.
  if (order.booked === null || order.booked.closing === null) return;
  bookPayment(draft, order, settlement, facts);
  earnEarlier(draft, order, facts);
}

/** Two amendments of one event as one. */
function together(a: AmendedFact | null, b: AmendedFact | null): AmendedFact | null {
  if (a === null || b === null) return a ?? b;
  const parts = new Map<number, SoldPart>();
  for (const part of [...a.parts, ...b.parts]) {
    const before = parts.get(part.lineNo);
    const grossMinor = part.grossMinor + (before?.grossMinor ?? 0);
    const taxMinor = part.taxMinor + (before?.taxMinor ?? 0);
    parts.set(part.lineNo, { ...part, grossMinor, taxMinor });
  }
  return {
    totalMinor: a.totalMinor + b.totalMinor,
    platformDiscountMinor: a.platformDiscountMinor + b.platformDiscountMinor,
    parts: [...parts.values()].filter((part) => part.grossMinor !== 0 || part.taxMinor !== 0),
  };
}

/** Reserves what the order still wants, gives back what it does not. */
function fitOrder(draft: Draft, order: OrderRow, reserveFrom: "placed" | "paid"): void {
  const wants = holdsUnits(order, reserveFrom);
  for (const line of draft.linesOf(order.id)) {
    const wanted = line.skuId === null ? 0 : openUnits(line);
    fitLine(draft, order, line, wants ? wanted : 0, lineByLine);
  }
}
