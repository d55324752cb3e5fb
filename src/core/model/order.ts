import { z } from "zod";
import {
  amountSchema,
  codeSchema,
  countSchema,
  currencySchema,
  externalIdSchema,
  instantSchema,
  quantitySchema,
  unitAmountSchema,
} from "./primitives.ts";

/** The life of an order as a platform tells it. The order of this list is not an order in time. */
export const orderStatuses = [
  "pending_payment",
  "paid",
  "partially_shipped",
  "shipped",
  "completed",
  "cancelled",
  "refunding",
  "refunded",
] as const;

export type OrderStatus = (typeof orderStatuses)[number];

export const orderStatusSchema = z.enum(orderStatuses);

export const buyerSchema = z
  .object({
    externalId: z.string().max(256).optional(),
    name: z.string().max(500).optional(),
    phone: z.string().max(100).optional(),
    email: z.string().max(320).optional(),
    address: z.union([z.string().max(2000), z.record(z.string(), z.unknown())]).optional(),
  })
  .describe("Personal data; encrypted at rest, never logged");

export type Buyer = z.infer<typeof buyerSchema>;

export const orderLineSchema = z
  .object({
    externalLineId: externalIdSchema,
    sku: codeSchema.optional(),
    externalVariantId: externalIdSchema.optional(),
    externalItemId: externalIdSchema
      .optional()
      .describe("The listing's item id, where the platform names item and variant apart"),
    quantity: countSchema.describe(
      "Units still ordered: what was cancelled before shipping is already taken off",
    ),
    unitPriceMinor: unitAmountSchema,
    discountMinor: amountSchema.optional().describe("Merchant-funded discount of the whole line"),
    taxMinor: amountSchema
      .optional()
      .describe("Tax of the whole line; inside or on top of the price, whichever makes the total add up"),
    title: z.string().max(1000).optional(),
  })
  .refine(
    (line) =>
      line.sku !== undefined || line.externalVariantId !== undefined || line.externalItemId !== undefined,
    {
      message: "needs sku, externalVariantId or externalItemId",
      path: ["sku"],
    },
  );

export type OrderLineInput = z.infer<typeof orderLineSchema>;

/** A parcel the platform reports. `lines` left out means everything that was still to be shipped. */
export const platformShipmentSchema = z.object({
  externalId: externalIdSchema,
  shippedAt: instantSchema,
  lines: z.array(z.object({ externalLineId: externalIdSchema, quantity: quantitySchema })).optional(),
  carrier: z.string().max(200).optional(),
  trackingNumber: z.string().max(200).optional(),
  reference: z
    .string()
    .max(200)
    .optional()
    .describe("Our shipment id, where the platform gives back what we uploaded"),
});

/**
 * Money given back, as the platform reports it. `restock` says that the goods are back on the shelf. A refund whose
 * units are already taken off a line's `quantity` and whose money is already out of `totalMinor` must not be listed.
 */
export const platformRefundSchema = z.object({
  externalId: externalIdSchema,
  refundedAt: instantSchema,
  amountMinor: amountSchema,
  shippingMinor: amountSchema.optional(),
  lines: z
    .array(
      z.object({
        externalLineId: externalIdSchema,
        amountMinor: amountSchema,
        quantity: countSchema.optional().describe("Units this refund takes back"),
        restock: z.boolean().optional(),
      }),
    )
    .optional(),
  reason: z.string().max(500).optional(),
});

const platformFacts = {
  shipments: z.array(platformShipmentSchema).max(1000).optional(),
  refunds: z.array(platformRefundSchema).max(1000).optional(),
};

/**
 * One order as a platform describes it at one moment: always the whole order, never a difference. `updatedAt` is the
 * platform's own freshness value; an older snapshot never overwrites a newer one.
 */
export const orderSchema = z.object({
  externalId: externalIdSchema,
  updatedAt: instantSchema,
  placedAt: instantSchema,
  status: orderStatusSchema,
  currency: currencySchema,
  lines: z.array(orderLineSchema).min(1, "needs at least one line").max(2000),
  shippingMinor: amountSchema.optional(),
  discountMinor: amountSchema
    .optional()
    .describe("Merchant-funded discount on the order, besides the lines' own"),
  platformDiscountMinor: amountSchema
    .optional()
    .describe("Discount the platform pays for; the merchant still gets the money"),
  totalMinor: amountSchema.describe("What the buyer pays in all"),
  paidAt: instantSchema.optional(),
  buyer: buyerSchema.optional(),
  liveSession: z.string().max(256).optional(),
  note: z.string().max(2000).optional(),
  ...platformFacts,
});

export type OrderSnapshot = z.infer<typeof orderSchema>;
export type PlatformShipment = z.infer<typeof platformShipmentSchema>;
export type PlatformRefund = z.infer<typeof platformRefundSchema>;
