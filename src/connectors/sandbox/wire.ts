import { z } from "zod";
import { buyerSchema } from "../../core/model/order.ts";
import {
  amountSchema,
  countSchema,
  externalIdSchema,
  instantSchema,
  quantitySchema,
} from "../../core/model/primitives.ts";

/** What the shop reads from the wire: its own reading of `docs/generic-protocol.md`, apart from the connector's. */

const listing = { externalId: externalIdSchema, externalVariantId: externalIdSchema.optional() };

export const stockRequestSchema = z.object({
  updates: z
    .array(
      z.object({
        ...listing,
        mode: z.enum(["set", "delta", "compareAndSet"]),
        quantity: z.int(),
        expected: z.int().optional(),
        writeId: z.string().min(1).max(200),
        asOf: instantSchema,
      }),
    )
    .min(1)
    .max(1000),
});

const lines = z.array(z.object({ externalLineId: externalIdSchema, quantity: quantitySchema })).min(1);

export const fulfilmentRequestSchema = z.object({
  shipmentId: z.string().min(1).max(200),
  orderExternalId: externalIdSchema,
  shippedAt: instantSchema,
  lines,
  carrier: z.string().max(200).optional(),
  trackingNumber: z.string().max(200).optional(),
});

const limitSchema = z.coerce.number().int().min(1).max(1000).default(100);

export const changedQuerySchema = z.object({
  updatedAfter: instantSchema,
  cursor: z.string().max(200).optional(),
  limit: limitSchema,
});

export const windowQuerySchema = z.object({
  placedFrom: instantSchema,
  placedTo: instantSchema,
  cursor: z.coerce.number().int().min(0).default(0),
  limit: limitSchema.default(1000),
});

export const listingsQuerySchema = z.object({
  cursor: z.coerce.number().int().min(0).default(0),
  limit: limitSchema,
});

// Control: what the demo and tests may ask of the shop itself.

export const basketSchema = z.object({
  lines: z
    .array(z.object({ ...listing, quantity: quantitySchema }))
    .min(1)
    .max(100),
  buyer: buyerSchema.optional(),
  shippingMinor: amountSchema.optional(),
  discountMinor: amountSchema.optional(),
  platformDiscountMinor: amountSchema.optional(),
  liveSession: z.string().max(256).optional(),
  pay: z.boolean().default(true),
});

export const editSchema = z.object({ externalLineId: externalIdSchema, quantity: countSchema });

export const refundSchema = z.object({
  amountMinor: amountSchema,
  line: z
    .object({ externalLineId: externalIdSchema, quantity: quantitySchema, restock: z.boolean() })
    .optional(),
});

export const webhookSchema = z.object({ url: z.url(), secret: z.string().min(1) }).nullable();

export const paceSchema = z.object({ actsPerMinute: z.number().min(0).max(60_000) });
