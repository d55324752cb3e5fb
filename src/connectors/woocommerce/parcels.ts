import { z } from "zod";
import { instantSchema } from "../../core/model/primitives.ts";

/** WooCommerce knows no parcels. Ours stand in the order's meta data, one entry each, so that two at once do not overwrite each other. */
const parcelSchema = z.object({
  shipmentId: z.string(),
  shippedAt: instantSchema,
  lines: z.array(z.object({ externalLineId: z.string(), quantity: z.int().min(1) })),
  carrier: z.string().optional(),
  trackingNumber: z.string().optional(),
});
export type WooParcel = z.infer<typeof parcelSchema>;

const prefix = "_sluice_parcel_";
export const metaKeyOf = (shipmentId: string): string => `${prefix}${shipmentId}`;

export function parcelsOf(meta: readonly { key: string; value?: unknown }[]): WooParcel[] {
  return meta.flatMap(({ key, value }) => {
    if (!key.startsWith(prefix) || typeof value !== "string") return [];
    try {
      const parsed = parcelSchema.safeParse(JSON.parse(value));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}
