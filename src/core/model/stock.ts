import { z } from "zod";
import { amountSchema, codeSchema, countSchema, quantitySchema, unitAmountSchema } from "./primitives.ts";

export const adjustmentReasons = [
  "opening", // stock brought in when the merchant starts
  "receipt", // goods received
  "count", // stock-take found another figure
  "damage", // written off
  "loss",
  "gain",
  "sample",
  "return",
  "other",
] as const;
export type AdjustmentReason = (typeof adjustmentReasons)[number];

const quantityDelta = z
  .number({ error: "must be a whole number" })
  .int("must be a whole number, without decimals")
  .min(-1_000_000_000)
  .max(1_000_000_000)
  .describe("Units to add (positive) or take away (negative)");

export const adjustmentLineSchema = z
  .object({
    sku: codeSchema,
    location: codeSchema.optional().describe("Location code; MAIN when left out"),
    delta: quantityDelta.optional(),
    count: countSchema.optional().describe("Units found on the shelf"),
    heldBack: countSchema.optional().describe("Sets how many units on hand are not for sale"),
    unitCostMinor: unitAmountSchema
      .optional()
      .describe(
        "Cost of one added unit in minor units of the merchant's base currency, at most 1,000,000,000,000; average cost when left out",
      ),
    reason: z.enum(adjustmentReasons),
  })
  .refine((line) => [line.delta, line.count].filter((value) => value !== undefined).length <= 1, {
    message: "give delta or count, not both",
  })
  .refine((line) => line.delta !== undefined || line.count !== undefined || line.heldBack !== undefined, {
    message: "needs delta, count or heldBack",
  });

export const adjustmentSchema = z.object({
  reference: z
    .string()
    .min(1)
    .max(200)
    .describe("Your document number; a repeat with the same content changes nothing"),
  lines: z.array(adjustmentLineSchema).min(1).max(5000),
});
export type AdjustmentInput = z.infer<typeof adjustmentSchema>;

export const transferSchema = z.object({
  reference: z.string().min(1).max(200),
  from: codeSchema,
  to: codeSchema,
  lines: z
    .array(z.object({ sku: codeSchema, quantity: quantitySchema }))
    .min(1)
    .max(1000),
});
export type TransferInput = z.infer<typeof transferSchema>;

export const reservationInputSchema = z.object({
  reference: z
    .string()
    .min(1)
    .max(200)
    .describe("Your id for this hold; a repeat with the same lines answers the same hold"),
  lines: z
    .array(z.object({ sku: codeSchema, quantity: quantitySchema }))
    .min(1)
    .max(500),
  expiresInSeconds: z.number().int().min(1).max(31_536_000).optional(),
});
export type ReservationInput = z.infer<typeof reservationInputSchema>;

export const shipmentInputSchema = z.object({
  lines: z
    .array(
      z.object({
        line: z.number().int().min(1).describe("Line number within the order"),
        quantity: quantitySchema,
      }),
    )
    .min(1)
    .optional()
    .describe("Left out: everything reserved and not yet shipped"),
  carrier: z.string().max(200).optional(),
  trackingNumber: z.string().max(200).optional(),
});
export type ShipmentInput = z.infer<typeof shipmentInputSchema>;

export const refundInputSchema = z.object({
  reference: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("Your id for this refund; a repeat changes nothing"),
  amountMinor: amountSchema,
  shippingMinor: amountSchema.optional(),
  lines: z
    .array(
      z.object({
        line: z.number().int().min(1),
        amountMinor: amountSchema,
        quantity: countSchema.optional(),
        restock: z.boolean().optional().describe("True when the units are back on the shelf and may be sold"),
      }),
    )
    .optional(),
  reason: z.string().max(500).optional(),
});
export type RefundInput = z.infer<typeof refundInputSchema>;
