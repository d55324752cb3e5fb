import type { PlatformShipment } from "../../core/model/order.ts";
import type { WireFulfillment, WireItem } from "./wire.ts";

/** Key of a fulfilment's metadata under which our own shipment id stands. */
export const shipmentIdKey = "sluice_shipment_id";

export const ourShipmentId = (fulfillment: Pick<WireFulfillment, "metadata">): string | undefined => {
  const id = fulfillment.metadata?.[shipmentIdKey];
  return typeof id === "string" && id !== "" ? id.slice(0, 200) : undefined;
};

type Lines = { externalLineId: string; quantity: number }[];

/**
 * Ordered units in a fulfilment. Its rows count inventory items: a kit of two mugs and a bag, ordered three times, has a row
 * of 6 and one of 3 for one line. How many go into one ordered unit follows from all fulfilments of the line together.
 */
export function linesOf(
  fulfillment: WireFulfillment,
  all: readonly WireFulfillment[],
  items: readonly Pick<WireItem, "id" | "quantity" | "detail">[],
): Lines {
  const firstRows = new Map<string, WireFulfillment["items"][number]>();
  for (const row of fulfillment.items) {
    if (!firstRows.has(row.line_item_id)) firstRows.set(row.line_item_id, row);
  }
  const counted = all.filter((other) => !other.canceled_at).flatMap((other) => other.items);
  return [...firstRows].flatMap(([externalLineId, row]) => {
    const item = items.find((candidate) => candidate.id === externalLineId);
    if (!item) return [];
    const sum = counted
      .filter(
        (other) => other.line_item_id === externalLineId && other.inventory_item_id === row.inventory_item_id,
      )
      .reduce((total, other) => total + other.quantity, 0);
    const perUnit = sum / item.detail.fulfilled_quantity;
    const units = row.quantity / perUnit;
    const quantity = Number.isInteger(units) && units > 0 ? units : Math.min(row.quantity, item.quantity);
    return quantity > 0 ? [{ externalLineId, quantity }] : [];
  });
}

/**
 * Parcels that have left: shipped, delivered, or (goods that need no shipping) fulfilled. A fulfilment that is only packed
 * is none yet.
 */
export function shipmentsOf(
  fulfillments: readonly WireFulfillment[],
  items: readonly WireItem[],
): PlatformShipment[] {
  return fulfillments.flatMap((fulfillment): PlatformShipment[] => {
    const shippedAt = leftAt(fulfillment);
    if (fulfillment.canceled_at || !shippedAt) return [];
    const lines = linesOf(fulfillment, fulfillments, items);
    if (lines.length === 0) return [];
    const shipment: PlatformShipment = { externalId: fulfillment.id, shippedAt, lines };
    const tracking = fulfillment.labels.map((label) => label.tracking_number).find((number) => number);
    if (tracking) shipment.trackingNumber = tracking.slice(0, 200);
    const reference = ourShipmentId(fulfillment);
    if (reference !== undefined) shipment.reference = reference;
    return [shipment];
  });
}

const leftAt = (fulfillment: WireFulfillment) =>
  fulfillment.shipped_at ??
  fulfillment.delivered_at ??
  (fulfillment.requires_shipping ? null : fulfillment.packed_at);
