import { z } from "zod";
import { toInstant } from "../../core/clock.ts";

/** WooCommerce's shapes (wc/v3): plugins add fields and statuses, so only what is needed is looked at. */

/** `2026-11-22T08:01:11`, always of the `_gmt` twin. */
const gmt = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/, "is no time in GMT")
  .transform((text) => toInstant(`${text}Z`));
const id = z.int().min(0);

/** The line of the set that a line is a part of; 0 for none. */
const setRef = z.coerce.number().int().min(0).catch(0);

const lineSchema = z.object({
  id,
  name: z.string().nullish(),
  product_id: id,
  variation_id: id.default(0),
  quantity: z.number(),
  subtotal: z.string(),
  total: z.string(),
  total_tax: z.string().default("0"),
  sku: z.string().nullish(),
  price: z.unknown(),
  /** Of the plugins Product Bundles and Composite Products: empty text where there is none. */
  bundled_by: setRef,
  composite_parent: setRef,
});
export type WireLine = z.infer<typeof lineSchema>;

const feeSchema = z.object({ total: z.string(), total_tax: z.string().default("0") });
const person = z.record(z.string(), z.unknown()).default({});
const metaSchema = z.object({ id: id.optional(), key: z.string(), value: z.unknown() });

export const stampSchema = z.object({ id, date_modified_gmt: gmt });

export const orderSchema = stampSchema.extend({
  status: z.string(),
  currency: z.string(),
  date_created_gmt: gmt,
  date_paid_gmt: gmt.nullish(),
  date_completed_gmt: gmt.nullish(),
  shipping_total: z.string().default("0"),
  shipping_tax: z.string().default("0"),
  total: z.string(),
  customer_id: id.default(0),
  customer_note: z.string().nullish(),
  transaction_id: z.string().nullish(),
  billing: person,
  shipping: person,
  line_items: z.array(lineSchema),
  fee_lines: z.array(feeSchema).default([]),
  refunds: z.array(z.object({ id, reason: z.string().nullish(), total: z.string() })).default([]),
  meta_data: z.array(metaSchema).default([]),
});
export type WireOrder = z.infer<typeof orderSchema>;

export const rowsSchema = z.array(z.json());
export const rowSchema = z.json();
export const idsSchema = z.array(z.object({ id }));

export const refundsSchema = z.array(
  z.object({
    id,
    date_created_gmt: gmt,
    amount: z.string(),
    reason: z.string().nullish(),
    shipping_lines: z.array(feeSchema).nullish(),
    fee_lines: z.array(feeSchema).nullish(),
    line_items: z
      .array(
        z.object({
          quantity: z.number(),
          total: z.string(),
          total_tax: z.string().default("0"),
          meta_data: z.array(metaSchema).default([]),
        }),
      )
      .default([]),
  }),
);
export type WireRefund = z.infer<typeof refundsSchema>[number];

export const parcelOrderSchema = orderSchema.pick({
  id: true,
  status: true,
  line_items: true,
  meta_data: true,
});
export const notesSchema = z.array(z.object({ note: z.string() }));

/** `parent`: the stock of the variation is kept at its product. */
const stockFields = {
  id,
  manage_stock: z.union([z.boolean(), z.literal("parent")]).optional(),
  stock_quantity: z.number().nullish(),
};
export const stockRowsSchema = z.array(z.object(stockFields));
export type WireStock = z.infer<typeof stockRowsSchema>[number];
export const batchSchema = z.object({
  update: z.array(z.object({ ...stockFields, error: z.object({ code: z.string() }).optional() })).default([]),
});
export const productsSchema = z.array(
  z.object({ ...stockFields, name: z.string(), sku: z.string().nullish(), type: z.string() }),
);
export const variationsSchema = z.array(
  z.object({
    ...stockFields,
    sku: z.string().nullish(),
    attributes: z.array(z.object({ option: z.string() })).default([]),
  }),
);
