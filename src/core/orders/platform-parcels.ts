import type { Draft } from "../engine/draft.ts";
import type { OrderRow, ShipmentRow } from "../engine/rows.ts";
import { fitLine } from "../inventory/reserve.ts";
import type { PlatformShipment } from "../model/order.ts";
import type { OrderFacts } from "./order-event.ts";
import { linesReserved, type Parcel, type Share, sendParcel } from "./parcel.ts";
import { openUnits } from "./snapshot-lines.ts";

/**
 * Parcels the platform reports. One we uploaded ourselves is recognised by our id, its id, its tracking number or its content,
 * and ships nothing again. `everything`: the order is shipped as a whole, so what no parcel explains left too. Answers whether
 * units are still to be sent of a parcel that was called back here and that the platform still lists.
 */
export function applyPlatformShipments(
  draft: Draft,
  order: OrderRow,
  shipments: readonly PlatformShipment[],
  everything: boolean,
  facts: OrderFacts,
): boolean {
  const calledBack = new Map<number, number>();
  for (const shipment of shipments) {
    const ours = recogniseOurs(draft, order, shipment);
    if (ours) {
      if (ours.status === "cancelled") countUnits(calledBack, ours);
      continue;
    }
    takeParcel(draft, order, shipment, facts);
  }
  sendWaiting(draft, order, facts);
  if (everything) sendRest(draft, order, calledBack, facts);
  return draft.linesOf(order.id).some((line) => calledBack.has(line.lineNo) && openUnits(line) > 0);
}

/** A parcel we have not heard of: what can leave does, what has no SKU yet is remembered with it. */
function takeParcel(draft: Draft, order: OrderRow, shipment: PlatformShipment, facts: OrderFacts): void {
  const shares = platformShares(draft, order, shipment);
  const waiting = unmappedParts(draft, order, shipment);
  if (shares.length === 0 && waiting.length === 0) return;
  const parcel: Parcel = {
    id: draft.ids.next(),
    externalId: shipment.externalId,
    origin: "platform",
    shippedAt: shipment.shippedAt,
    carrier: shipment.carrier ?? null,
    trackingNumber: shipment.trackingNumber ?? null,
  };
  if (shares.length > 0) sendPlatformParcel(draft, order, shares, facts, parcel);
  if (waiting.length === 0) return;
  const sent = draft.shipments.get(order.id)?.find((row) => row.id === parcel.id);
  if (sent) sent.lines = { ...sent.lines, waiting };
  else {
    const lines = { lines: [], revenue: [], costs: [], waiting };
    draft.insertShipment({ ...parcel, orderId: order.id, status: "shipped", lines, cancelledAt: null });
  }
}

function unmappedParts(
  draft: Draft,
  order: OrderRow,
  { lines = [] }: PlatformShipment,
): { lineNo: number; quantity: number }[] {
  return lines.flatMap(({ externalLineId, quantity }) => {
    const line = draft.linesOf(order.id).find((candidate) => candidate.externalLineId === externalLineId);
    return line && line.skuId === null ? [{ lineNo: line.lineNo, quantity }] : [];
  });
}

/** Units of earlier parcels whose lines have got their SKU since: they left long ago. */
function sendWaiting(draft: Draft, order: OrderRow, facts: OrderFacts): void {
  for (const row of [...(draft.shipments.get(order.id) ?? [])]) {
    const { waiting = [], ...lines } = row.lines;
    const isMapped = ({ lineNo }: { lineNo: number }) =>
      draft.linesOf(order.id).some((line) => line.lineNo === lineNo && line.skuId !== null);
    if (row.status === "cancelled" || !waiting.some(isMapped)) continue;
    const left = waiting.filter((part) => !isMapped(part));
    row.lines = left.length === 0 ? lines : { ...lines, waiting: left };
    draft.touchShipment(row);
    const shares = draft.linesOf(order.id).flatMap((line): Share[] => {
      const told = waiting.filter((part) => isMapped(part) && part.lineNo === line.lineNo);
      const units = told.reduce((sum, { quantity }) => sum + quantity * line.unitsPer, 0);
      return units === 0 ? [] : [{ line, units: Math.min(units, openUnits(line)) }];
    });
    const sent = shares.filter(({ units }) => units > 0);
    if (sent.length === 0) continue;
    const { carrier, trackingNumber, shippedAt } = row;
    const parcel = { id: draft.ids.next(), externalId: null, origin: "platform" as const };
    sendPlatformParcel(draft, order, sent, facts, { ...parcel, carrier, trackingNumber, shippedAt });
  }
}

/** Units of a parcel called back here, which the platform still lists, did not leave. */
function countUnits(units: Map<number, number>, parcel: ShipmentRow): void {
  for (const { lineNo, quantity } of parcel.lines.lines)
    units.set(lineNo, (units.get(lineNo) ?? 0) + quantity);
}

function sendRest(
  draft: Draft,
  order: OrderRow,
  calledBack: ReadonlyMap<number, number>,
  facts: OrderFacts,
): void {
  const shares = draft
    .linesOf(order.id)
    .filter((line) => line.skuId !== null)
    .map((line) => ({ line, units: openUnits(line) - (calledBack.get(line.lineNo) ?? 0) }))
    .filter(({ units }) => units > 0);
  if (shares.length === 0) return;
  sendPlatformParcel(draft, order, shares, facts, {
    id: draft.ids.next(),
    externalId: null,
    origin: "platform",
    shippedAt: order.updatedAt,
    carrier: null,
    trackingNumber: null,
  });
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
  draft.raiseTask({
    kind: "shipped_without_stock",
    subject: parcel.id,
    message: `The platform shipped ${uncovered} units of order ${order.externalId} that the hub did not have. Count the SKUs and post the difference.`,
    detail: { orderId: order.id, units: uncovered },
  });
}

/** The parcel we know that a reported one is: ours come back as an echo. */
function recogniseOurs(draft: Draft, order: OrderRow, shipment: PlatformShipment): ShipmentRow | undefined {
  const known = draft.shipments.get(order.id) ?? [];
  const named = known.find((own) => own.externalId === shipment.externalId || own.id === shipment.reference);
  const units = platformLines(draft, order, shipment);
  const isAlike = (own: ShipmentRow) =>
    own.origin === "hub" &&
    own.externalId === null &&
    own.status === "shipped" &&
    (sameLines(own.lines.lines, units) ||
      (own.trackingNumber !== null && own.trackingNumber === shipment.trackingNumber));
  const own = named ?? known.find(isAlike);
  if (own && own.externalId === null) {
    own.externalId = shipment.externalId;
    draft.touchShipment(own);
  }
  return own;
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
