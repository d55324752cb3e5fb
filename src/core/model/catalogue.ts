import { z } from "zod";
import {
  codeSchema,
  countSchema,
  externalIdSchema,
  newCodeSchema,
  quantitySchema,
  taxRateSchema,
} from "./primitives.ts";

export const skuKinds = ["physical", "virtual", "bundle"] as const;
export type SkuKind = (typeof skuKinds)[number];

export const skuInputSchema = z.object({
  code: newCodeSchema,
  name: z.string().min(1).max(500),
  kind: z.enum(skuKinds).default("physical"),
  components: z
    .array(z.object({ sku: codeSchema, quantity: quantitySchema }))
    .min(1)
    .max(100)
    .optional(),
  barcode: z.string().max(64).optional(),
  taxRateBp: taxRateSchema.optional(),
});
export type SkuInput = z.infer<typeof skuInputSchema>;

/** own: ours to sell from; the others hold stock that reservations never touch. */
export const locationKinds = ["own", "platform", "supplier", "transit", "quarantine"] as const;
export type LocationKind = (typeof locationKinds)[number];

export const locationInputSchema = z.object({
  code: newCodeSchema,
  name: z.string().min(1).max(200),
  kind: z.enum(locationKinds).default("own"),
});

export const listingInputSchema = z.object({
  connection: z.uuid().describe("Id of the connection"),
  externalId: externalIdSchema,
  externalVariantId: externalIdSchema.optional(),
  sku: codeSchema,
  unitsPer: quantitySchema.default(1).describe("Units of the SKU in one unit of the listing"),
  buffer: countSchema.default(0).describe("Units of the SKU this listing never shows"),
  cap: countSchema.nullable().default(null).describe("The most listing units ever shown; null for no cap"),
});
export type ListingInput = z.infer<typeof listingInputSchema>;
