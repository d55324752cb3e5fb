import { refused } from "../engine/answers.ts";
import type { CancelShipment, OrderAnswer, Refusal } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { OrderRow, ShipmentRow } from "../engine/rows.ts";
import type { SoldPart } from "../events/types.ts";
import { allocationOf, componentsOf, fitLine, stockRow } from "../inventory/reserve.ts";
import { endDoubt, receive } from "../inventory/shelf.ts";
import { unrecognise } from "./booking.ts";
import { closeBooks } from "./close-books.ts";
import { earnRest } from "./earn.ts";
import { noteShort } from "./notes.ts";
import { orderAnswer } from "./order-answer.ts";
import { type OrderFacts, orderEvent } from "./order-event.ts";
import type { Share } from "./parcel.ts";
import { openUnits } from "./snapshot-lines.ts";
import { effectiveStatus, isClosed, isShippedOut, wantsUnits } from "./status.ts";

/** Calls a parcel back: units and cost return to where they were, the reservation too, revenue is taken back (F026, F032). */
export function cancelShipment(draft: Draft, command: CancelShipment): OrderAnswer | Refusal {
  const order = draft.orders.get(command.orderId);
  const shipment = draft.shipments
    .get(command.orderId)
    ?.find((candidate) => candidate.id === command.shipmentId);
  if (!order || !shipment)
    return refused("not_found", `Order ${command.orderId} has no shipment ${command.shipmentId}.`);
  const answer = (outcome: OrderAnswer["outcome"]) => ({
    ...orderAnswer(draft, order, outcome),
    shipmentId: shipment.id,
  });
  if (shipment.status === "cancelled") return answer("unchanged");
  const shares = shipment.lines.lines.flatMap(({ lineNo, quantity }): Share[] => {
    const line = draft.linesOf(order.id).find((candidate) => candidate.lineNo === lineNo);
    return line ? [{ line, units: quantity }] : [];
  });
  if (shares.some(({ line, units }) => line.returned > line.shipped - units)) {
    return refused(
      "illegal_transition",
      `Units of shipment ${shipment.id} have come back already; a returned parcel cannot be cancelled.`,
    );
  }
  const previousStatus = order.status;
  const revenue = takeBack(draft, order, shipment);
  for (const { line, units } of shares) {
    endDoubts(draft, shipment, { line, units });
    line.shipped -= units;
    draft.touchLine(line);
  }
  if (isShippedOut(order.toldStatus) || order.toldStatus === "partially_shipped") order.toldStatus = "paid";
  if (!isClosed(order.status)) order.status = effectiveStatus(order.toldStatus, draft.linesOf(order.id));
  draft.touchOrder(order);
  const facts: OrderFacts = {
    shipmentsCancelled: [
      {
        shipmentId: shipment.id,
        cancelledAt: draft.now,
        lines: shipment.lines.lines,
        revenue,
        costs: shipment.lines.costs,
      },
    ],
  };
  for (const { line } of shares)
    fitLine(draft, order, line, wantsUnits(order.status, "placed") ? openUnits(line) : 0);
  closeBooks(draft, order, facts);
  earnRest(draft, order, facts, draft.now);
  noteShort(draft, order);
  facts.allocation = shares.map(({ line }) => allocationOf(draft, line));
  draft.emit(orderEvent(draft, order, "order.updated", previousStatus, facts));
  return answer("updated");
}

/** Units to their shelf at the cost they left at, revenue out of the books as far as it is still there. */
function takeBack(draft: Draft, order: OrderRow, shipment: ShipmentRow): SoldPart[] {
  for (const cost of shipment.lines.costs) {
    const movement = { kind: "shipment_cancelled", cause: shipment.id, occurredAt: draft.now };
    const row = stockRow(draft, cost.skuId, cost.locationId);
    receive(draft, row, cost.quantity, cost.costMinor, movement);
    // They were this order's before they left: no deficit of the SKU takes them, and no doubt.
    if (row.own) draft.escrow.passOn(cost.skuId, cost.quantity);
  }
  draft.closeTask("shipped_without_stock", shipment.id);
  shipment.status = "cancelled";
  shipment.cancelledAt = draft.now;
  draft.touchShipment(shipment);
  if (!order.booked) return [];
  const step = unrecognise(order.booked, shipment.lines.revenue);
  order.booked = step.booked;
  return step.revenue;
}

/** What of a line the parcel held beyond what the hub had. */
function endDoubts(draft: Draft, { lines: { costs }, shippedAt }: ShipmentRow, { line, units }: Share): void {
  for (const { skuId, quantity } of componentsOf(line)) {
    const had = costs
      .filter((cost) => cost.lineNo === line.lineNo && cost.skuId === skuId)
      .reduce((sum, cost) => sum + cost.quantity, 0);
    endDoubt(draft, skuId, Math.max(0, units * quantity - had), shippedAt);
  }
}
