import { z } from "zod";
import { type Instant, instantOf } from "../../core/clock.ts";
import type { Json } from "../contract.ts";

/** TikTok Shop's shapes (versions in the paths, read 2026-11-22): unknown fields pass, missing ones that we need are refused. */

const id = z.union([z.int().min(1).transform(String), z.string().regex(/^[\w-]{1,64}$/)]);
/** Left out, empty and "0" stand for none. */
const maybeId = z
  .union([z.int().transform(String), z.string()])
  .nullish()
  .transform((value) => (value && value !== "0" ? value : null));
const seconds = z
  .int()
  .min(1)
  .transform((value): Instant => instantOf(value * 1000));
const maybeSeconds = z
  .int()
  .min(0)
  .nullish()
  .transform((value): Instant | null => (value ? instantOf(value * 1000) : null));
const text = z.string().nullish();
const flag = z.boolean().nullish();
/** Decimal text in major units. */
const amount = z.string().nullish();

const code = z.union([z.int().transform(String), z.string().regex(/^\d{1,12}$/)]);
/** Every answer, good or bad. */
export const envelopeSchema = z.object({ code, message: text });

export const answer = <Value>(data: z.ZodType<Value>) =>
  z.object({ code: z.literal(0), data }).transform((body) => body.data);
/** Answers that bring nothing, with or without empty `data`. */
export const done = z.object({ code: z.literal(0) });

export const tokensSchema = answer(
  z.object({
    access_token: z.string().min(1),
    access_token_expire_in: z.number(),
    refresh_token: z.string().min(1),
    refresh_token_expire_in: z.number().nullish(),
  }),
);

export const shopsSchema = answer(
  z.object({
    shops: z
      .array(z.object({ id, name: text, region: text, cipher: z.string().min(1), code: text }))
      .nullish(),
  }),
);
export type WireShop = NonNullable<z.infer<typeof shopsSchema>["shops"]>[number];

/** A page of a search: rows under their own name, and where the next page begins. */
const page = (name: string) =>
  answer(
    z
      .looseObject({ next_page_token: text })
      .transform((data) => ({ rows: data[name] ?? [], token: data.next_page_token || null }))
      .pipe(z.object({ rows: z.array(z.json()), token: z.string().nullable() })),
  );
export type WirePage = { rows: Json[]; token: string | null };
export const orderPageSchema = page("orders");
export const returnPageSchema = page("return_orders");
export const cancellationPageSchema = page("cancellations");
export const orderRowsSchema = answer(z.object({ orders: z.array(z.json()).nullish() }));

/** What is wanted of a row that may be unreadable otherwise. */
const readableTime = seconds.nullish().catch(null);
export const orderHeadSchema = z.object({ id, update_time: readableTime, create_time: readableTime });
export const afterSaleHeadSchema = z.object({ order_id: id, update_time: readableTime });

/** One unit; there is no quantity. */
const itemSchema = z.object({
  id,
  sku_id: id,
  product_id: id,
  seller_sku: text,
  product_name: text,
  sku_name: text,
  display_status: text,
  package_id: maybeId,
  package_status: text,
  tracking_number: text,
  shipping_provider_name: text,
  rts_time: maybeSeconds,
  original_price: amount,
  sale_price: z.string(),
  seller_discount: amount,
  platform_discount: amount,
  is_gift: flag,
});
export type WireItem = z.infer<typeof itemSchema>;

export const orderSchema = z.object({
  id,
  status: z.string(),
  order_type: text,
  create_time: seconds,
  update_time: seconds,
  paid_time: maybeSeconds,
  rts_time: maybeSeconds,
  fulfillment_type: text,
  shipping_type: text,
  shipping_provider: text,
  delivery_option_id: maybeId,
  is_buyer_request_cancel: flag,
  is_sample_order: flag,
  is_replacement_order: flag,
  user_id: maybeId,
  buyer_email: text,
  buyer_message: text,
  payment: z.object({
    currency: z.string(),
    sub_total: amount,
    shipping_fee: amount,
    shipping_fee_platform_discount: amount,
  }),
  recipient_address: z
    .object({
      name: text,
      phone_number: text,
      full_address: text,
      address_detail: text,
      address_line1: text,
      address_line2: text,
      address_line3: text,
      address_line4: text,
      district_info: z.array(z.object({ address_level: text, address_name: text })).nullish(),
      post_town: text,
      postal_code: text,
      region_code: text,
    })
    .nullish(),
  line_items: z.array(itemSchema).min(1, "needs at least one unit"),
});
export type WireOrder = z.infer<typeof orderSchema>;

const refundAmount = z.object({
  currency: text,
  refund_total: amount,
  refund_subtotal: amount,
  refund_shipping_fee: amount,
  refund_tax: amount,
  retail_delivery_fee: amount,
  buyer_service_fee: amount,
});
export type WireRefundAmount = z.infer<typeof refundAmount>;
const refundLine = z.object({ order_line_item_id: id, refund_amount: refundAmount.nullish() });

export const returnSchema = z.object({
  return_id: id,
  order_id: id,
  return_type: text,
  return_status: z.string(),
  return_reason_text: text,
  update_time: seconds,
  refund_amount: refundAmount.nullish(),
  return_line_items: z.array(refundLine).nullish(),
});
export type WireReturn = z.infer<typeof returnSchema>;

export const cancellationSchema = z.object({
  cancel_id: id,
  order_id: id,
  cancel_status: z.string(),
  cancel_reason_text: text,
  update_time: seconds,
  refund_amount: refundAmount.nullish(),
  cancel_line_items: z.array(refundLine).nullish(),
});
export type WireCancellation = z.infer<typeof cancellationSchema>;

export const affiliatePageSchema = answer(
  z.object({
    next_page_token: text,
    orders: z
      .array(
        z.object({
          id,
          skus: z.array(z.object({ sku_id: maybeId, content_type: text, content_id: maybeId })).nullish(),
        }),
      )
      .nullish(),
  }),
);

const inventorySkuSchema = z.object({
  id,
  total_available_quantity: z.int(),
  warehouse_inventory: z.array(z.object({ warehouse_id: id, available_quantity: z.int() })).nullish(),
});
export type WireInventorySku = z.infer<typeof inventorySkuSchema>;
export const inventorySchema = answer(
  z.object({
    inventory: z.array(z.object({ product_id: id, skus: z.array(inventorySkuSchema).nullish() })).nullish(),
  }),
);

export const stockWriteSchema = z.object({
  code: z.literal(0),
  data: z
    .object({
      errors: z
        .array(
          z.object({
            code: code.nullish(),
            detail: z
              .object({
                sku_id: maybeId,
                extra_errors: z.array(z.object({ code: code.nullish() })).nullish(),
              })
              .nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});

export const productPageSchema = answer(
  z.object({
    next_page_token: text,
    products: z
      .array(
        z.object({
          id,
          title: text,
          skus: z
            .array(
              z.object({
                id,
                seller_sku: text,
                inventory: z
                  .array(z.object({ warehouse_id: maybeId, quantity: z.int().nullish() }))
                  .nullish(),
              }),
            )
            .nullish(),
        }),
      )
      .nullish(),
  }),
);
export const ownWarehousesSchema = answer(
  z.object({ warehouses: z.array(z.object({ warehouse_ids: z.array(id).nullish() })).nullish() }),
);

export const providersSchema = answer(
  z.object({ shipping_providers: z.array(z.object({ id, name: z.string() })).nullish() }),
);
export const packageMadeSchema = answer(z.object({ package_id: id }));

/** Orders, products and SKUs are numbers; nothing else is TikTok's. */
export const isId = (value: string): boolean => /^[1-9]\d{5,24}$/.test(value);
