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
    noteOverfull(draft, order, shipment, shipments);
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
  if (everything) sendRest(draft, order, calledBack, facts);
  return draft.linesOf(order.id).some((line) => calledBack.has(line.lineNo) && openUnits(line) > 0);
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

/**
 * A parcel with which the platform has sent more of a line than the order wants: what is open counts as shipped, and a person
 * must look at the rest. The platform's parcels are counted together, without those called back here, since another one
 * may have taken their place.
 */
function noteOverfull(
  draft: Draft,
  order: OrderRow,
  shipment: PlatformShipment,
  all: readonly PlatformShipment[],
): void {
  const known = draft.shipments.get(order.id) ?? [];
  const isBack = ({ externalId, reference }: PlatformShipment) =>
    known.some(
      (own) => own.status === "cancelled" && (own.externalId === externalId || own.id === reference),
    );
  const sent = all.filter((one) => !isBack(one)).flatMap((one) => platformLines(draft, order, one));
  const named = new Set(platformLines(draft, order, shipment).map(({ lineNo }) => lineNo));
  const overfull = draft.linesOf(order.id).flatMap((line) => {
    if (!named.has(line.lineNo) || line.skuId === null) return [];
    const shipped = sent
      .filter(({ lineNo }) => lineNo === line.lineNo)
      .reduce((sum, { quantity }) => sum + quantity, 0);
    const ordered = line.quantity * line.unitsPer - line.cancelled;
    return shipped > ordered ? [{ line: line.lineNo, shipped, ordered }] : [];
  });
  if (overfull.length === 0) return;
  const told = overfull.map(
    ({ line, shipped, ordered }) => `line ${line}: ${shipped} units shipped, ${ordered} ordered`,
  );
  draft.raiseTask({
    kind: "shipment_exceeds_order",
    subject: `${order.id}:${shipment.externalId}`,
    message: `The platform shipped more of order ${order.externalId} than was ordered (${told.join("; ")}). Only what was ordered is taken off the stock: find out what left, and post the rest as an adjustment.`,
    detail: { orderId: order.id, shipment: shipment.externalId, lines: overfull },
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
