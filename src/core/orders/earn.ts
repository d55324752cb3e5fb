import type { Instant } from "../clock.ts";
import type { Draft } from "../engine/draft.ts";
import type { OrderRow, ShipmentRow } from "../engine/rows.ts";
import type { ShippedFact, SoldPart } from "../events/types.ts";
import { recognise } from "./booking.ts";
import type { OrderFacts } from "./order-event.ts";
import { addedTo } from "./parcel.ts";
import { openUnits } from "./snapshot-lines.ts";
import { isClosed, isShippedOut } from "./status.ts";

/** Revenue that is earned at another time than a parcel leaves. Its fact names a parcel but neither units nor costs. */

const sentParcels = (draft: Draft, order: OrderRow): ShipmentRow[] =>
  (draft.shipments.get(order.id) ?? [])
    .filter((parcel) => parcel.status === "shipped")
    .sort((a, b) => (a.shippedAt + a.id < b.shippedAt + b.id ? -1 : 1));

/** Keeps the revenue with the parcel, so that calling it back takes all of it back. */
function addRevenue(
  draft: Draft,
  parcel: ShipmentRow,
  revenue: readonly SoldPart[],
  shippedAt: Instant,
  facts: OrderFacts,
): void {
  parcel.lines = addedTo(parcel.lines, { lines: [], revenue: [...revenue], costs: [] });
  draft.touchShipment(parcel);
  const { id: shipmentId, origin } = parcel;
  const fact: ShippedFact = { shipmentId, shippedAt, origin, lines: [], revenue: [...revenue], costs: [] };
  facts.shipped = [...(facts.shipped ?? []), fact];
}

/** Parcels that left before their payment was booked (an order that was held): each earns its share now. */
export function earnEarlier(draft: Draft, order: OrderRow, facts: OrderFacts): void {
  const sent = new Map<number, number>();
  for (const parcel of sentParcels(draft, order)) {
    if (order.booked === null) return;
    const steps = parcel.lines.lines.flatMap(({ lineNo, quantity }) => {
      const line = draft.linesOf(order.id).find((candidate) => candidate.lineNo === lineNo);
      if (!line) return [];
      const before = sent.get(lineNo) ?? 0;
      sent.set(lineNo, before + quantity);
      return [{ lineNo, units: quantity, openUnits: line.shipped + openUnits(line) - before }];
    });
    const step = recognise(order.booked, steps);
    order.booked = step.booked;
    if (step.revenue.length > 0) addRevenue(draft, parcel, step.revenue, parcel.shippedAt, facts);
  }
}

/**
 * What is still owed of lines of which nothing more will be sent is earned: a price raised after delivery, what a buyer was not
 * given back of units cancelled. Freight is earned with the first parcel. Without this it would be owed for ever.
 */
export function earnRest(draft: Draft, order: OrderRow, facts: OrderFacts, at: Instant): void {
  if (order.booked === null || isClosed(order.status)) return;
  const lines = draft.linesOf(order.id);
  const isOut = isShippedOut(order.toldStatus) && lines.every((line) => openUnits(line) === 0);
  if (!isOut && lines.every((line) => line.shipped === 0)) return;
  const done = lines.filter((line) => openUnits(line) === 0);
  const step = recognise(
    order.booked,
    done.map(({ lineNo }) => ({ lineNo, units: 1, openUnits: 1 })),
  );
  if (step.revenue.length === 0) return;
  order.booked = step.booked;
  draft.touchOrder(order);
  addRevenue(
    draft,
    sentParcels(draft, order).at(-1) ?? emptyParcel(draft, order, at),
    step.revenue,
    at,
    facts,
  );
}

/** The platform calls an order shipped of which all units were taken back before: nothing left, but the sale is over. */
function emptyParcel(draft: Draft, order: OrderRow, shippedAt: Instant): ShipmentRow {
  const parcel: ShipmentRow = {
    id: draft.ids.next(),
    orderId: order.id,
    externalId: null,
    origin: "platform",
    status: "shipped",
    carrier: null,
    trackingNumber: null,
    lines: { lines: [], revenue: [], costs: [] },
    shippedAt,
    cancelledAt: null,
  };
  draft.insertShipment(parcel);
  return parcel;
}
