import { z } from "zod";
import type { FulfilmentPush } from "../contract.ts";

/**
 * For platforms that have no place for our shipment id on a parcel: a note on the order, written before the parcel is made,
 * with the parcels that were there. It tells afterwards which parcel is ours, even when the answer got lost.
 */
const noteSchema = z.object({
  shipmentId: z.string(),
  /** Ids of the parcels that were there before ours. */
  before: z.array(z.string()),
  lines: z.array(z.object({ id: z.string(), quantity: z.int() })),
  number: z.string().nullable(),
});
export type ParcelNote = z.infer<typeof noteSchema>;

/** A parcel as the platform shows it; cancelled ones are left out by the caller, the oldest come first. */
export interface ShownParcel {
  id: string;
  lines: ParcelNote["lines"];
  number: string | null;
}

export const noteOf = (
  { shipmentId, lines, trackingNumber }: FulfilmentPush,
  before: readonly string[],
): ParcelNote => ({
  shipmentId,
  before: [...before],
  lines: lines.map(({ externalLineId, quantity }) => ({ id: externalLineId, quantity })),
  number: trackingNumber ?? null,
});

/** Null for any other text. */
export function readNote(text: string): ParcelNote | null {
  try {
    return noteSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** The parcel a note speaks of: not there before, of the same lines, with the same number. */
export function notedParcel<Parcel extends ShownParcel>(
  note: ParcelNote,
  parcels: readonly Parcel[],
): Parcel | undefined {
  const wanted = linesKey(note.lines);
  return parcels.find(
    (parcel) =>
      !note.before.includes(parcel.id) &&
      (note.number === null || parcel.number === note.number) &&
      linesKey(parcel.lines) === wanted,
  );
}

/** Equal for the same units of the same lines, in whatever order. */
export const linesKey = (lines: ParcelNote["lines"]): string =>
  lines
    .map(({ id, quantity }) => `${id}x${quantity}`)
    .sort()
    .join(" ");
