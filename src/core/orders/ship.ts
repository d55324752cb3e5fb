import { refused } from "../engine/answers.ts";
import type { CancelShipment, OrderAnswer, Refusal, ShipOrder } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { LineRow, OrderRow, ShipmentRow } from "../engine/rows.ts";
import type { CostPart, ShippedFact, SoldPart } from "../events/types.ts";
import {
  allocationOf,
  componentsOf,
  consume,
  fitLine,
  heldUnits,
  receive,
  stockRow,
} from "../inventory/reserve.ts";
import type { PlatformShipment } from "../model/order.ts";
import { orderAnswer } from "./order-answer.ts";
import { recognise, unrecognise } from "./booking.ts";
import { orderEvent, type OrderFacts } from "./order-event.ts";
import { openUnits } from "./snapshot-lines.ts";
import { effectiveStatus, isClosed, isShippedOut, wantsUnits } from "./status.ts";

interface Parcel {
  id: string;
  externalId: string | null;
  origin: "hub" | "platform";
  shippedAt: string;
  carrier: string | null;
  trackingNumber: string | null;
}

type Share = { line: LineRow; units: number };

const linesReserved = (draft: Draft, line: LineRow): number =>
  heldUnits(draft, { kind: "order", id: line.orderId, lineNo: line.lineNo }, componentsOf(line));

/** Ships what is reserved: all of it, or the lines named. The same shipment id again answers the first shipment. */
export function shipOrder(draft: Draft, command: ShipOrder): OrderAnswer | Refusal {
  const order = draft.orders.get(command.orderId);
  if (!order) return refused("not_found", `There is no order ${command.orderId}; check the id.`);
  if (draft.shipments.get(order.id)?.some((shipment) => shipment.id === command.shipmentId)) {
    return { ...orderAnswer(draft, order, "unchanged"), shipmentId: command.shipmentId };
  }
  if (order.heldReason !== null) {
    return refused(
      "illegal_transition",
      `Order ${order.externalId} is held (${order.heldReason}); accept it before shipping.`,
    );
  }
  if (isClosed(order.status) || order.status === "pending_payment") {
    return refused(
      "illegal_transition",
      `Order ${order.externalId} is ${order.status}; only a paid order can be shipped.`,
    );
  }
  const shares = sharesOf(draft, order, command);
  if ("kind" in shares) return shares;
  const previousStatus = order.status;
  const facts: OrderFacts = {};
  const parcel: Parcel = {
    id: command.shipmentId,
    externalId: null,
    origin: "hub",
    shippedAt: draft.now,
    carrier: command.input.carrier ?? null,
    trackingNumber: command.input.trackingNumber ?? null,
  };
  sendParcel(draft, order, parcel, shares, facts);
  order.status = effectiveStatus(order.toldStatus, draft.linesOf(order.id));
  draft.touchOrder(order);
  draft.emit(orderEvent(draft, order, "order.shipped", previousStatus, facts));
  return { ...orderAnswer(draft, order, "updated"), shipmentId: parcel.id };
}

function sharesOf(draft: Draft, order: OrderRow, command: ShipOrder): Share[] | Refusal {
  const lines = draft.linesOf(order.id);
  if (!command.input.lines) {
    const all = lines
      .map((line) => ({ line, units: linesReserved(draft, line) }))
      .filter(({ units }) => units > 0);
    if (all.length > 0) return all;
    return refused(
      "illegal_transition",
      `Order ${order.externalId} has nothing reserved that is not shipped yet.`,
    );
  }
  const wanted = new Map<number, number>();
  for (const { line, quantity } of command.input.lines) wanted.set(line, (wanted.get(line) ?? 0) + quantity);
  const shares: Share[] = [];
  const short: { line: number; requested: number; available: number }[] = [];
  for (const [lineNo, quantity] of wanted) {
    const line = lines.find((candidate) => candidate.lineNo === lineNo);
    if (!line) return refused("invalid_request", `Order ${order.externalId} has no line ${lineNo}.`);
    const units = quantity * line.unitsPer;
    if (units > openUnits(line)) {
      const open = Math.floor(openUnits(line) / line.unitsPer);
      return refused("illegal_transition", `Line ${lineNo} has only ${open} left to ship, not ${quantity}.`, {
        line: lineNo,
        open,
      });
    }
    const reserved = linesReserved(draft, line);
    if (units > reserved)
      short.push({ line: lineNo, requested: quantity, available: Math.floor(reserved / line.unitsPer) });
    shares.push({ line, units });
  }
  if (short.length === 0) return shares;
  return refused(
    "insufficient_stock",
    `Not all units are reserved for order ${order.externalId}; restock or ship less.`,
    { lines: short },
  );
}

/** Takes the units out of stock, books the revenue, writes the parcel. Units not reserved leave without stock (see caller). */
function sendParcel(
  draft: Draft,
  order: OrderRow,
  parcel: Parcel,
  shares: readonly Share[],
  facts: OrderFacts,
): void {
  const steps = shares.map(({ line, units }) => ({ lineNo: line.lineNo, units, openUnits: openUnits(line) }));
  const costs: CostPart[] = [];
  for (const { line, units } of shares) {
    const covered = Math.min(units, linesReserved(draft, line));
    costs.push(...consume(draft, line, covered, { cause: parcel.id, occurredAt: parcel.shippedAt }));
    line.shipped += units;
    draft.touchLine(line);
  }
  let revenue: SoldPart[] = [];
  if (order.booked) {
    const step = recognise(order.booked, steps);
    order.booked = step.booked;
    revenue = step.revenue;
    draft.touchOrder(order);
  }
  const lines = shares.map(({ line, units }) => ({ lineNo: line.lineNo, quantity: units }));
  draft.insertShipment({
    ...parcel,
    orderId: order.id,
    status: "shipped",
    lines: { lines, revenue, costs },
    cancelledAt: null,
  });
  const fact: ShippedFact = {
    shipmentId: parcel.id,
    shippedAt: parcel.shippedAt,
    origin: parcel.origin,
    ...(parcel.carrier === null ? {} : { carrier: parcel.carrier }),
    ...(parcel.trackingNumber === null ? {} : { trackingNumber: parcel.trackingNumber }),
    lines,
    revenue,
    costs,
  };
  facts.shipped = [...(facts.shipped ?? []), fact];
}

/**
 * Parcels the platform reports. One we uploaded ourselves is recognised by our id, its id, or its content, and ships
 * nothing again. `everything`: the order is shipped as a whole, so what no parcel explains left too.
 */
export function applyPlatformShipments(
  draft: Draft,
  order: OrderRow,
  shipments: readonly PlatformShipment[],
  everything: boolean,
  facts: OrderFacts,
): void {
  for (const shipment of shipments) {
    if (isOurs(draft, order, shipment)) continue;
    const shares = platformShares(draft, order, shipment);
    if (shares.length === 0) continue;
    sendPlatformParcel(draft, order, shares, facts, {
      id: draft.ids.next(),
      externalId: shipment.externalId,
      origin: "platform",
      shippedAt: shipment.shippedAt,
      carrier: shipment.carrier ?? null,
      trackingNumber: shipment.trackingNumber ?? null,
    });
  }
  if (!everything) return;
  const rest = draft.linesOf(order.id).filter((line) => line.skuId !== null && openUnits(line) > 0);
  if (rest.length === 0) return;
  const shares = rest.map((line) => ({ line, units: openUnits(line) }));
  const shippedAt = order.updatedAt;
  const parcel: Parcel = {
    id: draft.ids.next(),
    externalId: null,
    origin: "platform",
    shippedAt,
    carrier: null,
    trackingNumber: null,
  };
  sendPlatformParcel(draft, order, shares, facts, parcel);
}

function sendPlatformParcel(
  draft: Draft,
  order: OrderRow,
  shares: Share[],
  facts: OrderFacts,
  parcel: Parcel,
): void {
  let uncovered = 0;
  for (const { line, units } of shares) {
    const reserved = linesReserved(draft, line);
    if (reserved < units) fitLine(draft, order, line, units);
    uncovered += units - Math.min(units, linesReserved(draft, line));
  }
  sendParcel(draft, order, parcel, shares, facts);
  if (uncovered === 0) return;
  draft.tasks.push({
    kind: "shipped_without_stock",
    subject: parcel.id,
    message: `The platform shipped ${uncovered} units of order ${order.externalId} that the hub did not have. Count the SKUs and post the difference.`,
    detail: { orderId: order.id, units: uncovered },
  });
}

function isOurs(draft: Draft, order: OrderRow, shipment: PlatformShipment): boolean {
  const known = draft.shipments.get(order.id) ?? [];
  const named = known.find((own) => own.externalId === shipment.externalId || own.id === shipment.reference);
  const units = platformLines(draft, order, shipment);
  const alike = (own: ShipmentRow) =>
    own.origin === "hub" &&
    own.externalId === null &&
    own.status === "shipped" &&
    sameLines(own.lines.lines, units);
  const own = named ?? known.find(alike);
  if (!own) return false;
  if (own.externalId === null) {
    own.externalId = shipment.externalId;
    draft.touchShipment(own);
  }
  return true;
}

const sameLines = (
  a: readonly { lineNo: number; quantity: number }[],
  b: readonly { lineNo: number; quantity: number }[],
): boolean => {
  const text = (lines: typeof a) =>
    lines
      .map((line) => `${line.lineNo}x${line.quantity}`)
      .sort()
      .join(",");
  return b.length > 0 && text(a) === text(b);
};

function platformLines(
  draft: Draft,
  order: OrderRow,
  shipment: PlatformShipment,
): { lineNo: number; quantity: number }[] {
  return (shipment.lines ?? []).flatMap(({ externalLineId, quantity }) => {
    const line = draft.linesOf(order.id).find((candidate) => candidate.externalLineId === externalLineId);
    return line ? [{ lineNo: line.lineNo, quantity: quantity * line.unitsPer }] : [];
  });
}

function platformShares(draft: Draft, order: OrderRow, shipment: PlatformShipment): Share[] {
  const lines = draft.linesOf(order.id).filter((line) => line.skuId !== null && openUnits(line) > 0);
  if (!shipment.lines) return lines.map((line) => ({ line, units: openUnits(line) }));
  const units = platformLines(draft, order, shipment);
  return lines.flatMap((line) => {
    const sent = units
      .filter((other) => other.lineNo === line.lineNo)
      .reduce((sum, other) => sum + other.quantity, 0);
    return sent === 0 ? [] : [{ line, units: Math.min(sent, openUnits(line)) }];
  });
}

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
  const shares = shipment.lines.lines.flatMap(({ lineNo, quantity }) => {
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
  for (const cost of shipment.lines.costs) {
    const movement = { kind: "shipment_cancelled", cause: shipment.id, occurredAt: draft.now };
    receive(draft, stockRow(draft, cost.skuId, cost.locationId), cost.quantity, cost.costMinor, movement);
  }
  let revenue: SoldPart[] = [];
  if (order.booked) {
    const step = unrecognise(order.booked, shipment.lines.revenue);
    order.booked = step.booked;
    revenue = step.revenue;
  }
  shipment.status = "cancelled";
  shipment.cancelledAt = draft.now;
  draft.touchShipment(shipment);
  for (const { line, units } of shares) line.shipped -= units;
  if (isShippedOut(order.toldStatus)) order.toldStatus = "paid";
  if (!isClosed(order.status))
    order.status = effectiveStatus(
      order.toldStatus === "partially_shipped" ? "paid" : order.toldStatus,
      draft.linesOf(order.id),
    );
  draft.touchOrder(order);
  for (const { line } of shares) {
    draft.touchLine(line);
    fitLine(draft, order, line, wantsUnits(order.status, "placed") ? openUnits(line) : 0);
  }
  const cancelled = {
    shipmentId: shipment.id,
    cancelledAt: draft.now,
    lines: shipment.lines.lines,
    revenue,
    costs: shipment.lines.costs,
  };
  const allocation = shares.map(({ line }) => allocationOf(draft, line));
  draft.emit(
    orderEvent(draft, order, "order.updated", previousStatus, {
      shipmentsCancelled: [cancelled],
      allocation,
    }),
  );
  return answer("updated");
}
