import { z } from "zod";
import { externalIdSchema, instantSchema } from "../../core/model/primitives.ts";
import type { Json } from "../contract.ts";
import { type Decimal, decimalPattern, parseDecimal } from "./decimals.ts";

/**
 * What Medusa 2 answers, as far as it is needed (recorded from 2.21.2, `tests/fixtures/medusa`). Unknown fields are ignored,
 * missing ones refused: a field that is not asked for in `fields` must not pass for nothing.
 */

const decimal = z
  .union([z.string(), z.number().transform(String)])
  .pipe(z.string().regex(decimalPattern, "must be a decimal number"))
  .transform(parseDecimal);

/** The exact twin `raw_x` of an amount `x`; null where there is no amount. */
const raw = z.object({ value: decimal }).nullish();

/** The exact twin where it came, else the rounded number. */
export const exact = (twin: { value: Decimal } | null | undefined, rounded: Decimal): Decimal =>
  twin?.value ?? rounded;

const count = z.number().int().min(0);

const text = z.string().nullish();

const time = instantSchema.nullish();

const itemSchema = z.object({
  id: externalIdSchema,
  title: text,
  variant_title: text,
  product_title: text,
  product_id: text,
  variant_id: text,
  variant_sku: text,
  requires_shipping: z.boolean(),
  is_tax_inclusive: z.boolean(),
  unit_price: decimal,
  raw_unit_price: raw,
  quantity: count,
  /** Of the units that did not come back, after discounts, tax included. */
  total: decimal,
  raw_total: raw,
  /** The same for the units that came back whole and damaged. */
  return_received_total: decimal.optional(),
  raw_return_received_total: raw,
  return_dismissed_total: decimal.optional(),
  raw_return_dismissed_total: raw,
  tax_lines: z.array(z.object({ rate: decimal, raw_rate: raw })),
  detail: z.object({
    fulfilled_quantity: count,
    shipped_quantity: count,
    delivered_quantity: count,
    return_requested_quantity: count,
    return_received_quantity: count,
    return_dismissed_quantity: count,
  }),
});
export type WireItem = z.infer<typeof itemSchema>;

/**
 * One row per line id, in order of ids: Medusa gives lines in changing order, and after two fulfilments at the same moment
 * twice (seen on 2.21.2). Of two, the one that is further along holds the later state.
 */
function distinct<Item extends Pick<WireItem, "id" | "detail">>(items: readonly Item[]): Item[] {
  const byId = new Map<string, Item>();
  const progress = ({ detail }: Item) => detail.fulfilled_quantity + detail.shipped_quantity;
  for (const item of items) {
    const known = byId.get(item.id);
    if (known === undefined || progress(item) > progress(known)) byId.set(item.id, item);
  }
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

const fulfillmentSchema = z.object({
  id: externalIdSchema,
  metadata: z.record(z.string(), z.unknown()).nullish(),
  requires_shipping: z.boolean(),
  packed_at: time,
  shipped_at: time,
  delivered_at: time,
  canceled_at: time,
  items: z.array(
    z.object({ line_item_id: externalIdSchema, inventory_item_id: text, quantity: z.number().min(0) }),
  ),
  labels: z.array(z.object({ tracking_number: text })),
});
export type WireFulfillment = z.infer<typeof fulfillmentSchema>;

const refundSchema = z.object({
  id: externalIdSchema,
  amount: decimal,
  raw_amount: raw,
  note: text,
  created_at: instantSchema,
});

const paymentSchema = z.object({
  created_at: instantSchema,
  updated_at: instantSchema,
  captured_at: time,
  captures: z.array(z.object({ created_at: instantSchema })),
  refunds: z.array(refundSchema),
});

const returnSchema = z.object({
  id: externalIdSchema,
  location_id: text,
  created_at: instantSchema,
  updated_at: instantSchema,
  canceled_at: time,
  items: z.array(
    z.object({
      id: externalIdSchema,
      item_id: externalIdSchema,
      received_quantity: count,
      damaged_quantity: count,
    }),
  ),
});
export type WireReturn = z.infer<typeof returnSchema>;

const addressSchema = z.object({
  first_name: text,
  last_name: text,
  company: text,
  address_1: text,
  address_2: text,
  city: text,
  province: text,
  postal_code: text,
  country_code: text,
  phone: text,
});

export const wireOrderSchema = z.object({
  id: externalIdSchema,
  status: z.string(),
  payment_status: z.string(),
  currency_code: z.string().transform((code) => code.toUpperCase()),
  email: text,
  customer_id: text,
  created_at: instantSchema,
  updated_at: instantSchema,
  shipping_total: decimal,
  raw_shipping_total: raw,
  credit_line_total: decimal,
  raw_credit_line_total: raw,
  summary: z.object({
    current_order_total: decimal,
    raw_current_order_total: raw,
    paid_total: decimal,
    raw_paid_total: raw,
    pending_difference: decimal,
    raw_pending_difference: raw,
  }),
  items: z.array(itemSchema).transform(distinct),
  shipping_address: addressSchema.nullish(),
  fulfillments: z.array(fulfillmentSchema),
  payment_collections: z.array(z.object({ updated_at: instantSchema, payments: z.array(paymentSchema) })),
  returns: z.array(returnSchema),
  credit_lines: z.array(z.object({ amount: decimal, raw_amount: raw, reference: text })).optional(),
});
export type WireOrder = z.infer<typeof wireOrderSchema>;

/** Any value of JSON: orders are read one by one, so that a bad one does not take the page with it. */
const anyJson = z.custom<Json>((value) => value !== undefined);

export const ordersPageSchema = z.object({ orders: z.array(anyJson) });

/** Enough of an order to page on, even where the rest cannot be used. */
export const orderStampSchema = z.object({ id: externalIdSchema, updated_at: instantSchema });

export const orderIdsPageSchema = z.object({ orders: z.array(z.object({ id: externalIdSchema })) });

/** The order is missing while the payment belongs to a cart. */
export const paymentsPageSchema = z.object({
  payments: z.array(
    z.object({
      id: externalIdSchema,
      updated_at: instantSchema,
      payment_collection: z.object({ order: orderStampSchema.nullish() }).nullish(),
    }),
  ),
});
export type WirePayment = z.infer<typeof paymentsPageSchema>["payments"][number];

/** Figures may be negative where a shop sells on backorder. */
const levelSchema = z.object({
  location_id: z.string(),
  stocked_quantity: z.number().int(),
  reserved_quantity: z.number().int(),
});

const variantSchema = z.object({
  id: externalIdSchema,
  sku: text,
  title: text,
  manage_inventory: z.boolean(),
  product: z.object({ title: text }).nullish(),
  inventory_items: z.array(
    z.object({
      inventory_item_id: z.string(),
      required_quantity: z.number(),
      inventory: z.object({ location_levels: z.array(levelSchema) }).nullish(),
    }),
  ),
});
export type WireVariant = z.infer<typeof variantSchema>;

export const variantsPageSchema = z.object({ variants: z.array(variantSchema), count: count });

const writtenLevel = levelSchema.extend({ inventory_item_id: z.string() });

/** Its `available_quantity` is the figure before the write, so it is not read. */
export const writtenLevelsSchema = z.object({
  created: z.array(writtenLevel),
  updated: z.array(writtenLevel),
});
export type WrittenLevel = z.infer<typeof writtenLevel>;

export const storesSchema = z.object({ stores: z.array(z.object({ name: text })) });

export const stockLocationSchema = z.object({
  stock_location: z.object({
    name: text,
    sales_channels: z.array(z.object({ id: z.string() })).optional(),
  }),
});

export const parcelOrderSchema = z.object({
  orders: z.array(
    z.object({
      id: externalIdSchema,
      status: z.string(),
      items: z.array(itemSchema.pick({ id: true, quantity: true, detail: true })).transform(distinct),
      fulfillments: z.array(fulfillmentSchema),
    }),
  ),
});
export type WireParcelOrder = z.infer<typeof parcelOrderSchema>["orders"][number];

/** A delivery of the bridge (`docs/medusa.md`): an event's name and the order it is about. */
export const deliverySchema = z.object({
  type: z.string().min(1).max(200),
  data: z.object({ id: text, order_id: text }),
});
