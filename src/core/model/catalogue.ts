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
  stockMode: z
    .enum(["shared", "split", "auto"])
    .optional()
    .describe("How its units are spread over listings; the merchant's default when left out"),
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

/** A listing's part of the units while they are split, in listing units. */
export const shareRuleSchema = z
  .strictObject({
    minimum: countSchema.nullable().default(null).describe("Given before anything follows the speed of sale"),
    maximum: countSchema.nullable().default(null).describe("The most it ever stands for"),
    fixed: countSchema.nullable().default(null).describe("Exactly so many, as far as there are"),
    percentBp: z
      .int()
      .min(0)
      .max(10_000)
      .nullable()
      .default(null)
      .describe("Part of all units, in basis points; all listings of one SKU together at most 10000"),
  })
  .refine((rule) => rule.fixed === null || rule.percentBp === null, "give fixed or percentBp, not both")
  .refine(
    (rule) => rule.maximum === null || rule.maximum >= (rule.minimum ?? 0),
    "maximum must not be below minimum",
  );

export const listingInputSchema = z.object({
  connection: z.uuid().describe("Id of the connection"),
  externalId: externalIdSchema,
  externalVariantId: externalIdSchema.optional(),
  sku: codeSchema,
  unitsPer: quantitySchema.default(1).describe("Units of the SKU in one unit of the listing"),
  buffer: countSchema.default(0).describe("Units of the SKU this listing never shows"),
  cap: countSchema.nullable().default(null).describe("The most listing units ever shown; null for no cap"),
  share: shareRuleSchema.optional(),
  managedBy: z
    .literal("platform")
    .optional()
    .describe("The platform keeps and ships the goods: orders take none of ours, no figure is written"),
});
export type ListingInput = z.infer<typeof listingInputSchema>;
