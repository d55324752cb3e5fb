import type { Draft } from "../engine/draft.ts";
import type { OrderRow, ShipmentRow, ToldParcel } from "../engine/rows.ts";
import type { PlatformShipment } from "../model/order.ts";
import { toldParcel } from "./told.ts";

/**
 * The parcel we know that a reported one is: ours come back as an echo. A tracking number that we did not give belongs to
 * another parcel, be its content the same.
 */
export function recognise(
  draft: Draft,
  order: OrderRow,
  shipment: PlatformShipment,
): ShipmentRow | undefined {
  const known = draft.shipments.get(order.id) ?? [];
  const named = known.find((own) => own.externalId === shipment.externalId || own.id === shipment.reference);
  const units = platformLines(draft, order, toldParcel(shipment));
  const { trackingNumber = null } = shipment;
  const isAlike = (own: ShipmentRow) =>
    own.origin === "hub" &&
    own.externalId === null &&
    own.status === "shipped" &&
    (trackingNumber === null ? sameLines(own.lines.lines, units) : own.trackingNumber === trackingNumber);
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

/** Told content in units of our lines; lines nobody knows are left out. */
export function platformLines(
  draft: Draft,
  order: OrderRow,
  told: ToldParcel | null,
): { lineNo: number; quantity: number }[] {
  return (told ?? []).flatMap(({ line: externalLineId, quantity }) => {
    const line = draft.linesOf(order.id).find((candidate) => candidate.externalLineId === externalLineId);
    return line ? [{ lineNo: line.lineNo, quantity: quantity * line.unitsPer }] : [];
  });
}
