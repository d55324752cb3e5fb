import type { Draft } from "../engine/draft.ts";
import type { OrderRow, ShipmentRow, ToldParcel } from "../engine/rows.ts";
import { fitLine, packed } from "../inventory/reserve.ts";
import type { PlatformShipment } from "../model/order.ts";
import type { OrderFacts } from "./order-event.ts";
import { keepParcel, linesReserved, type Parcel, type Share, sendParcel } from "./parcel.ts";
import { platformLines, recognise } from "./recognise-parcel.ts";
import { openUnits } from "./snapshot-lines.ts";
import {
  grownAt,
  isParcelLess,
  isSameParcel,
  mostSent,
  parcelBeyond,
  sayParcel,
  toldParcel,
} from "./told.ts";

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
    const known = recognise(draft, order, shipment);
    if (known?.status === "cancelled") {
      countUnits(calledBack, known);
      continue;
    }
    const told = toldParcel(shipment);
    if (!known) sendTold(draft, order, shipment, shipments, facts);
    else if (told) growTold(draft, order, known, told, shipment, shipments, facts);
  }
  sendMapped(draft, order, facts);
  if (everything) sendRest(draft, order, calledBack, facts);
  return draft.linesOf(order.id).some((line) => calledBack.has(line.lineNo) && openUnits(line) > 0);
}

/** A parcel told for the first time. */
function sendTold(
  draft: Draft,
  order: OrderRow,
  shipment: PlatformShipment,
  all: readonly PlatformShipment[],
  facts: OrderFacts,
): void {
  const told = toldParcel(shipment);
  noteOverfull(draft, order, shipment, all);
  const shares = sharesOf(draft, order, told);
  const waits =
    told !== null && platformLines(draft, order, told).some(({ lineNo }) => isUnmapped(draft, order, lineNo));
  if (shares.length === 0 && !waits) return;
  const parcel: Parcel = {
    id: draft.ids.next(),
    externalId: shipment.externalId,
    origin: "platform",
    shippedAt: shipment.shippedAt,
    carrier: shipment.carrier ?? null,
    trackingNumber: shipment.trackingNumber ?? null,
  };
  const row =
    shares.length > 0
      ? sendPlatformParcel(draft, order, shares, facts, parcel)
      : keepParcel(draft, order, parcel, { lines: [], revenue: [], costs: [] });
  if (told) row.lines = { ...row.lines, told, settled: ofKnownLines(draft, order, told) };
}

const isUnmapped = (draft: Draft, order: OrderRow, lineNo: number): boolean =>
  draft.linesOf(order.id).some((line) => line.lineNo === lineNo && line.skuId === null);

/** What earlier parcels told of lines that have got their SKU since: it left long ago, whether or not it is told again. */
function sendMapped(draft: Draft, order: OrderRow, facts: OrderFacts): void {
  for (const own of [...(draft.shipments.get(order.id) ?? [])]) {
    const { told, settled } = own.lines;
    if (own.status === "cancelled" || !told || !settled) continue;
    const known = ofKnownLines(draft, order, told);
    const beyond = parcelBeyond(known, settled);
    if (beyond.length === 0) continue;
    own.lines = { ...own.lines, settled: mostSent(settled, known) };
    draft.touchShipment(own);
    const shares = sharesOf(draft, order, beyond);
    if (shares.length > 0) sendPlatformParcel(draft, order, shares, facts, parcelOf(own));
  }
}

/**
 * A parcel told again: what it has grown by is sent. Of one that we sent, the first content told adds nothing. Less than is
 * settled is a task, raised once for each telling.
 */
function growTold(
  draft: Draft,
  order: OrderRow,
  own: ShipmentRow,
  told: ToldParcel,
  shipment: PlatformShipment,
  all: readonly PlatformShipment[],
  facts: OrderFacts,
): void {
  const { told: before, settled = own.origin === "hub" ? told : contentOf(draft, order, own) } = own.lines;
  const known = ofKnownLines(draft, order, told);
  const beyond = parcelBeyond(known, settled);
  const isNews = !before || !isSameParcel(told, before);
  if (!isNews && beyond.length === 0) return;
  own.lines = { ...own.lines, told, settled: mostSent(settled, known) };
  draft.touchShipment(own);
  if (isNews) noteLess(draft, order, own, told, settled);
  if (beyond.length === 0) return;
  noteOverfull(draft, order, shipment, all);
  const shares = sharesOf(draft, order, beyond);
  if (shares.length === 0) return;
  const shippedAt = grownAt(shipment.shippedAt, own.shippedAt, order.updatedAt);
  sendPlatformParcel(draft, order, shares, facts, { ...parcelOf(own), shippedAt });
}

const parcelOf = ({ id, externalId, origin, shippedAt, carrier, trackingNumber }: ShipmentRow): Parcel => ({
  id,
  externalId,
  origin,
  shippedAt,
  carrier,
  trackingNumber,
});

function noteLess(
  draft: Draft,
  order: OrderRow,
  own: ShipmentRow,
  told: ToldParcel,
  settled: ToldParcel,
): void {
  const task = { kind: "parcel_lowered", subject: `${order.id}:${own.externalId}` };
  if (!isParcelLess(told, settled)) {
    draft.closeTask(task.kind, task.subject);
    return;
  }
  draft.raiseTask({
    ...task,
    message: `Parcel ${own.externalId} of order ${order.externalId} held ${sayParcel(settled)}, and the platform now says ${sayParcel(told)}. What was taken off the stock and booked stays: find out what left, and correct it by hand.`,
    detail: { orderId: order.id, shipment: own.externalId, before: settled, now: told },
  });
}

/** What we sent of a parcel, in the platform's words. */
const contentOf = (draft: Draft, order: OrderRow, own: ShipmentRow): ToldParcel =>
  own.lines.lines.flatMap(({ lineNo, quantity }) => {
    const line = draft.linesOf(order.id).find((candidate) => candidate.lineNo === lineNo);
    return line && line.unitsPer > 0
      ? [{ line: line.externalLineId, quantity: Math.ceil(quantity / line.unitsPer) }]
      : [];
  });

/** Without the lines that nobody knows, or that have no SKU yet: they are sent when they have. */
const ofKnownLines = (draft: Draft, order: OrderRow, told: ToldParcel): ToldParcel =>
  told.filter(({ line }) =>
    draft.linesOf(order.id).some((own) => own.externalLineId === line && own.skuId !== null),
  );

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
): ShipmentRow {
  let uncovered = 0;
  for (const { line, units } of shares) {
    const reserved = linesReserved(draft, line);
    if (reserved < units) fitLine(draft, order, line, units, packed);
    uncovered += units - Math.min(units, linesReserved(draft, line));
  }
  const row = sendParcel(draft, order, parcel, shares, facts);
  if (uncovered === 0) return row;
  draft.raiseTask({
    kind: "shipped_without_stock",
    subject: parcel.id,
    message: `The platform shipped ${uncovered} units of order ${order.externalId} that the hub did not have. Count the SKUs and post the counts, also where nothing differs: until then as many units are in doubt and are not offered.`,
    detail: { orderId: order.id, units: uncovered },
  });
  return row;
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
  const sent = all
    .filter((one) => !isBack(one))
    .flatMap((one) => platformLines(draft, order, toldParcel(one)));
  const named = new Set(platformLines(draft, order, toldParcel(shipment)).map(({ lineNo }) => lineNo));
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

/** The units that leave: what is told, as far as it is open; all that is open where the content is not told. */
function sharesOf(draft: Draft, order: OrderRow, told: ToldParcel | null): Share[] {
  const lines = draft.linesOf(order.id).filter((line) => line.skuId !== null && openUnits(line) > 0);
  if (told === null) return lines.map((line) => ({ line, units: openUnits(line) }));
  const sent = new Map(platformLines(draft, order, told).map(({ lineNo, quantity }) => [lineNo, quantity]));
  return lines.flatMap((line) => {
    const units = Math.min(sent.get(line.lineNo) ?? 0, openUnits(line));
    return units === 0 ? [] : [{ line, units }];
  });
}
