import { z } from "zod";
import { numberOf, type WireFulfillment } from "./wire.ts";

/**
 * Shopify has no place for our shipment id on a parcel, so it stands in a metafield of the order: written before the parcel is
 * made, with the parcels that were there, it tells afterwards which one is ours, even when the answer got lost.
 */
const noteSchema = z.object({
  shipmentId: z.string(),
  /** Parcels that were there before ours. */
  before: z.array(z.string()),
  lines: z.array(z.object({ id: z.string(), quantity: z.int() })),
  number: z.string().nullable(),
});
export type ParcelNote = z.infer<typeof noteSchema>;

export const keyOf = (shipmentId: string): string => `parcel_${shipmentId}`.slice(0, 64);

export function notesOf(metafields: { nodes: { key: string; value: string }[] }): ParcelNote[] {
  return metafields.nodes.flatMap(({ key, value }) => {
    if (!key.startsWith("parcel_")) return [];
    try {
      const parsed = noteSchema.safeParse(JSON.parse(value));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}

/** The parcel a note speaks of: not there before, of the same lines, with the same number. */
export function parcelOf(
  note: ParcelNote,
  fulfillments: readonly WireFulfillment[],
): WireFulfillment | undefined {
  const wanted = linesKey(note.lines);
  return fulfillments.find(
    (parcel) =>
      parcel.status !== "CANCELLED" &&
      !note.before.includes(parcel.id) &&
      (note.number === null || parcel.trackingInfo[0]?.number === note.number) &&
      linesKey(linesOf(parcel)) === wanted,
  );
}

export const linesOf = (parcel: WireFulfillment): ParcelNote["lines"] =>
  parcel.fulfillmentLineItems.nodes.map(({ quantity, lineItem }) => ({
    id: numberOf(lineItem.id),
    quantity,
  }));

const linesKey = (lines: ParcelNote["lines"]): string =>
  lines
    .map(({ id, quantity }) => `${id}x${quantity}`)
    .sort()
    .join(" ");
