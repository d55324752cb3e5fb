import type { Draft } from "../engine/draft.ts";
import type { LineRow, OrderRow } from "../engine/rows.ts";
import type { PaidFact, RefundedFact } from "../events/types.ts";
import { allocationOf, fitLine } from "../inventory/reserve.ts";
import type { OrderStatus, PlatformRefund, PlatformShipment } from "../model/order.ts";
import { partsForTotal, type Totals } from "./amounts.ts";
import { amend, openBooking, recognise, refund, refundableCash, refundUndelivered } from "./booking.ts";
import { eventTypeOf, orderEvent, type OrderFacts } from "./order-event.ts";
import { applyPlatformRefunds, storeRefund } from "./refund.ts";
import { applyPlatformShipments } from "./ship.ts";
import { openUnits } from "./snapshot-lines.ts";
import { isServing, isShippedOut, wantsUnits, wasPaid } from "./status.ts";

export interface Settlement {
  previousStatus: OrderStatus | null;
  totals: Totals;
  reserveFrom: "placed" | "paid";
  shipments: readonly PlatformShipment[];
  refunds: readonly PlatformRefund[];
}

/**
 * Brings stock and books in line with what the order now says, in the order in which things happen: money promised, parcels,
 * refunds, what is closed, then the units still wanted. Ends with one event that carries all facts.
 */
export function settleOrder(draft: Draft, order: OrderRow, settlement: Settlement): void {
  const facts: OrderFacts = {};
  const allocatedBefore = snapshotAllocation(draft, order);
  if (order.heldReason === null && wasPaid(order.toldStatus, order.paidAt)) {
    bookPayment(draft, order, settlement, facts);
  }
  const everything = isShippedOut(order.toldStatus);
  applyPlatformShipments(draft, order, settlement.shipments, everything, facts);
  applyPlatformRefunds(draft, order, settlement.refunds, facts);
  closeBooks(draft, order, facts);
  fitOrder(draft, order, settlement.reserveFrom);
  noteUnmapped(draft, order);
  noteHeld(draft, order, settlement.totals);
  const allocation = draft.linesOf(order.id).map((line) => allocationOf(draft, line));
  const changed = allocation.filter((line) => {
    const before = allocatedBefore.get(line.lineNo);
    return before === undefined
      ? line.wanted > 0
      : before.reserved !== line.reserved || before.shortfall !== line.shortfall;
  });
  if (changed.length > 0) facts.allocation = changed;
  const created = settlement.previousStatus === null;
  const type = eventTypeOf(created, order.status, settlement.previousStatus, facts);
  draft.emit(orderEvent(draft, order, type, settlement.previousStatus, facts));
}

const snapshotAllocation = (draft: Draft, order: OrderRow) =>
  draft.newOrders.has(order)
    ? new Map<number, { reserved: number; shortfall: number }>()
    : new Map(draft.linesOf(order.id).map((line) => [line.lineNo, allocationOf(draft, line)]));

/** First payment opens the order's books; later changes of its price amend them. */
function bookPayment(draft: Draft, order: OrderRow, { totals }: Settlement, facts: OrderFacts): void {
  const due = order.totalMinor + order.platformDiscountMinor;
  const mismatched = Math.abs(totals.differenceMinor) > draft.merchant.roundingToleranceMinor;
  const parts = mismatched ? partsForTotal(totals.parts, due) : totals.parts;
  if (order.booked === null) {
    order.booked = openBooking(order.totalMinor, order.platformDiscountMinor, parts);
    const paid: PaidFact = {
      paidAt: order.paidAt ?? order.updatedAt,
      totalMinor: order.totalMinor,
      platformDiscountMinor: order.platformDiscountMinor,
      parts,
    };
    facts.paid = paid;
    draft.touchOrder(order);
    recogniseEarlier(draft, order, facts);
    return;
  }
  const step = amend(order.booked, {
    totalMinor: order.totalMinor,
    platformDiscountMinor: order.platformDiscountMinor,
    parts,
  });
  order.booked = step.booked;
  if (step.amended) facts.amended = step.amended;
  if (step.lowered.length === 0) return;
  const amountMinor = step.lowered.reduce((sum, part) => sum + part.grossMinor, 0);
  const fact = { amountMinor, platformDiscountMinor: 0, unshipped: [], shipped: step.lowered };
  storeRefund(draft, order, facts, {
    ...fact,
    restocked: [],
    origin: "platform",
    reason: "price lowered after delivery",
  });
}

/** Revenue of parcels that left before their payment was booked (an order that was held). */
function recogniseEarlier(draft: Draft, order: OrderRow, facts: OrderFacts): void {
  const parcel = draft.shipments.get(order.id)?.find((shipment) => shipment.status === "shipped");
  const late = draft.linesOf(order.id).filter((line) => line.shipped > 0);
  if (!parcel || late.length === 0 || order.booked === null) return;
  const steps = late.map((line) => ({
    lineNo: line.lineNo,
    units: line.shipped,
    openUnits: line.shipped + openUnits(line),
  }));
  const step = recognise(order.booked, steps);
  order.booked = step.booked;
  const { id: shipmentId, shippedAt, origin } = parcel;
  facts.shipped = [{ shipmentId, shippedAt, origin, lines: [], revenue: step.revenue, costs: [] }];
}

/** A cancelled order owes nothing more: what was paid and not delivered goes back. A refunded one gives back everything. */
function closeBooks(draft: Draft, order: OrderRow, facts: OrderFacts): void {
  if (order.booked === null) return;
  const all = order.toldStatus === "refunded";
  if (!all && order.status !== "cancelled") return;
  const step = all
    ? refund(order.booked, { amountMinor: refundableCash(order.booked), shippingMinor: 0, lines: [] })
    : refundUndelivered(order.booked);
  if (step.unshipped.length === 0 && step.shipped.length === 0 && step.amountMinor === 0) return;
  order.booked = step.booked;
  const { booked: _booked, ...amounts } = step;
  storeRefund(draft, order, facts, {
    ...amounts,
    restocked: [],
    origin: "platform",
    reason: `order ${order.status}`,
  } satisfies Omit<RefundedFact, "refundId" | "refundedAt">);
}

/** Reserves what the order still wants, gives back what it does not. */
export function fitOrder(draft: Draft, order: OrderRow, reserveFrom: "placed" | "paid"): void {
  const wants = wantsUnits(order.status, reserveFrom);
  for (const line of draft.linesOf(order.id)) fitLine(draft, order, line, wants ? wantedOf(line) : 0);
}

const wantedOf = (line: LineRow): number => (line.skuId === null ? 0 : openUnits(line));

export function noteUnmapped(draft: Draft, order: OrderRow): void {
  const unmapped = draft.linesOf(order.id).filter((line) => line.skuId === null && line.quantity > 0);
  if (unmapped.length === 0 || !isServing(order.status)) {
    if (!draft.newOrders.has(order)) draft.closedTasks.push({ kind: "unmapped_line", subject: order.id });
    return;
  }
  const names = unmapped.map(
    (line) => line.externalSku ?? line.externalVariantId ?? line.externalItemId ?? "?",
  );
  draft.tasks.push({
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

function noteHeld(draft: Draft, order: OrderRow, totals: Totals): void {
  if (order.heldReason === null) {
    if (!draft.newOrders.has(order)) draft.closedTasks.push({ kind: "held_order", subject: order.id });
    return;
  }
  draft.tasks.push({
    kind: "held_order",
    subject: order.id,
    message: `Order ${order.externalId} does not add up: lines give ${totals.expectedMinor}, the platform says ${order.totalMinor} (minor units, ${order.currency}). Units are reserved; check the order, then accept it or wait for a corrected one.`,
    detail: { orderId: order.id, expectedMinor: totals.expectedMinor, givenMinor: order.totalMinor },
  });
}
