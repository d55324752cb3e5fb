import type { Instant } from "../../core/clock.ts";
import type { PlatformShipment } from "../../core/model/order.ts";
import {
  linesKey,
  notedParcel,
  type ParcelNote,
  readNote,
  type ShownParcel,
} from "../toolkit/parcel-notes.ts";
import type { WireFulfillment, WireOrder } from "./wire.ts";

/** A parcel is a fulfilment: `Created`, `Pending` (packed), `Shipped`, `Delivered`, or `Cancelled`. Pure. */

const notePrefix = "Sluice parcel ";

/** A private note on the order: seen by the staff, never by the buyer. */
export const noteText = (note: ParcelNote): string => notePrefix + JSON.stringify(note);

type History = WireOrder["history"];

export const notesOf = ({ items }: History): ParcelNote[] =>
  items.flatMap(({ type, data }) => {
    const note = type === "ORDER_NOTE" ? data.note : undefined;
    return note?.startsWith(notePrefix) ? (readNote(note.slice(notePrefix.length)) ?? []) : [];
  });

export interface LiveParcel extends ShownParcel {
  fulfillment: WireFulfillment;
}

/** Not cancelled, oldest first. One fulfilment may serve several orders; only lines of this one count. */
export function liveParcels(order: {
  fulfillments?: WireFulfillment[] | null | undefined;
  lines: readonly { id: string }[];
}): LiveParcel[] {
  const ours = new Set(order.lines.map((line) => line.id));
  return (order.fulfillments ?? [])
    .filter((fulfillment) => fulfillment.state !== "Cancelled")
    .sort((a, b) =>
      a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : Number(a.id) - Number(b.id),
    )
    .map((fulfillment) => ({
      id: fulfillment.id,
      lines: fulfillment.lines
        .filter((line) => ours.has(line.orderLineId))
        .map(({ orderLineId, quantity }) => ({ id: orderLineId, quantity })),
      number: fulfillment.trackingCode || null,
      fulfillment,
    }));
}

export const isSent = ({ fulfillment }: LiveParcel): boolean =>
  fulfillment.state === "Shipped" || fulfillment.state === "Delivered";

/** Units of each line that have left, by line id. */
export function sentUnits(parcels: readonly LiveParcel[]): Map<string, number> {
  const units = new Map<string, number>();
  for (const { id, quantity } of parcels.filter(isSent).flatMap((parcel) => parcel.lines))
    units.set(id, (units.get(id) ?? 0) + quantity);
  return units;
}

export function shipmentsOf(parcels: readonly LiveParcel[], history: History): PlatformShipment[] {
  const references = new Map<string, string>();
  for (const note of notesOf(history)) {
    const parcel = notedParcel(note, parcels);
    if (parcel) references.set(parcel.id, note.shipmentId);
  }
  return parcels.filter(isSent).flatMap((parcel) => {
    if (parcel.lines.length === 0) return [];
    const shipment: PlatformShipment = {
      externalId: parcel.id,
      shippedAt: shippedAt(parcel.fulfillment, history),
      lines: parcel.lines.map(({ id, quantity }) => ({ externalLineId: id, quantity })),
    };
    if (parcel.fulfillment.method) shipment.carrier = parcel.fulfillment.method.slice(0, 200);
    if (parcel.number) shipment.trackingNumber = parcel.number.slice(0, 200);
    const reference = references.get(parcel.id);
    if (reference !== undefined) shipment.reference = reference;
    return [shipment];
  });
}

/** `updatedAt` of the fulfilment is the time of its last step, which may be the delivery; the history knows each. */
const shippedAt = ({ id, createdAt }: WireFulfillment, { items }: History): Instant =>
  items.find(
    ({ type, data }) =>
      type === "ORDER_FULFILLMENT_TRANSITION" && data.fulfillmentId === id && data.to === "Shipped",
  )?.createdAt ?? createdAt;

/** A parcel the staff has packed of the same units, with the same number or as yet without ours: it becomes this one. */
export const packedByStaff = (
  wanted: ParcelNote,
  parcels: readonly LiveParcel[],
  notes: readonly ParcelNote[],
): LiveParcel | undefined => {
  const noted = new Set(notes.flatMap((note) => notedParcel(note, parcels)?.id ?? []));
  return parcels.find(
    (parcel) =>
      !noted.has(parcel.id) &&
      parcel.number === wanted.number &&
      linesKey(parcel.lines) === linesKey(wanted.lines),
  );
};
