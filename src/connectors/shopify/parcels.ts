import { notedParcel, type ParcelNote, readNote } from "../toolkit/parcel-notes.ts";
import { numberOf, type WireFulfillment } from "./wire.ts";

/** Our notes on parcels stand in metafields of the order, one each. */

export const keyOf = (shipmentId: string): string => `parcel_${shipmentId}`.slice(0, 64);

export const notesOf = (metafields: { nodes: { key: string; value: string }[] }): ParcelNote[] =>
  metafields.nodes.flatMap(({ key, value }) => (key.startsWith("parcel_") ? (readNote(value) ?? []) : []));

/** The parcel a note speaks of. */
export function parcelOf(
  note: ParcelNote,
  fulfillments: readonly WireFulfillment[],
): WireFulfillment | undefined {
  const live = fulfillments.filter((parcel) => parcel.status !== "CANCELLED");
  const shown = live.map((parcel) => ({
    id: parcel.id,
    lines: linesOf(parcel),
    number: parcel.trackingInfo[0]?.number ?? null,
    parcel,
  }));
  return notedParcel(note, shown)?.parcel;
}

export const linesOf = (parcel: WireFulfillment): ParcelNote["lines"] =>
  parcel.fulfillmentLineItems.nodes.map(({ quantity, lineItem }) => ({
    id: numberOf(lineItem.id),
    quantity,
  }));
