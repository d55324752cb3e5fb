import type { Draft } from "../engine/draft.ts";
import type { LineRow, OrderRow, ShipmentLines, ShipmentRow } from "../engine/rows.ts";
import type { CostPart, ShippedFact, SoldPart } from "../events/types.ts";
import { componentsOf, heldUnits } from "../inventory/reserve.ts";
import { consume } from "../inventory/shelf.ts";
import { recognise } from "./booking.ts";
import type { OrderFacts } from "./order-event.ts";
import { openUnits } from "./snapshot-lines.ts";

/** One parcel on its way out, whoever sends it. */
export interface Parcel {
  id: string;
  externalId: string | null;
  origin: "hub" | "platform";
  shippedAt: string;
  carrier: string | null;
  trackingNumber: string | null;
}

/** What of a line a parcel holds, in SKU units. */
export type Share = { line: LineRow; units: number };

export const linesReserved = (draft: Draft, line: LineRow): number =>
  heldUnits(draft, { kind: "order", id: line.orderId, lineNo: line.lineNo }, componentsOf(line));

/**
 * Takes the units out of stock, books the revenue, writes the parcel; a parcel there is already has grown by them. Units
 * not reserved leave without stock (see callers).
 */
export function sendParcel(
  draft: Draft,
  order: OrderRow,
  parcel: Parcel,
  shares: readonly Share[],
  facts: OrderFacts,
): ShipmentRow {
  const steps = shares.map(({ line, units }) => ({ lineNo: line.lineNo, units, openUnits: openUnits(line) }));
  const costs: CostPart[] = [];
  for (const { line, units } of shares) {
    costs.push(...consume(draft, line, units, { cause: parcel.id, occurredAt: parcel.shippedAt }));
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
  const row = keepParcel(draft, order, parcel, { lines, revenue, costs });
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
  return row;
}

/** Writes a parcel, or adds to the one there is. */
export function keepParcel(draft: Draft, order: OrderRow, parcel: Parcel, more: ShipmentLines): ShipmentRow {
  const known = draft.shipments.get(order.id)?.find(({ id }) => id === parcel.id);
  if (known) {
    known.lines = addedTo(known.lines, more);
    draft.touchShipment(known);
    return known;
  }
  const row: ShipmentRow = {
    ...parcel,
    orderId: order.id,
    status: "shipped",
    lines: more,
    cancelledAt: null,
  };
  draft.insertShipment(row);
  return row;
}

/** A parcel's content and books with some more of them, one entry per line. */
export function addedTo(
  content: ShipmentLines,
  more: Pick<ShipmentLines, "lines" | "revenue" | "costs">,
): ShipmentLines {
  const lines = new Map(content.lines.map((line) => [line.lineNo, line]));
  for (const { lineNo, quantity } of more.lines)
    lines.set(lineNo, { lineNo, quantity: quantity + (lines.get(lineNo)?.quantity ?? 0) });
  const revenue = new Map(content.revenue.map((part) => [part.lineNo, part]));
  for (const part of more.revenue) {
    const before = revenue.get(part.lineNo);
    const grossMinor = part.grossMinor + (before?.grossMinor ?? 0);
    const taxMinor = part.taxMinor + (before?.taxMinor ?? 0);
    revenue.set(part.lineNo, { ...part, grossMinor, taxMinor });
  }
  return {
    ...content,
    lines: [...lines.values()],
    revenue: [...revenue.values()],
    costs: [...content.costs, ...more.costs],
  };
}
