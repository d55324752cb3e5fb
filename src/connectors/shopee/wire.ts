import { z } from "zod";
import { type Instant, instantOf } from "../../core/clock.ts";

/** Shopee's shapes (Open API v2, read 2026-11-22): unknown fields pass, missing ones that we need are refused. */

const id = z.union([z.int().min(0).transform(String), z.string().min(1)]);
const seconds = z
  .int()
  .min(1)
  .transform((value): Instant => instantOf(value * 1000));
/** 0 and null stand for "never". */
const maybeSeconds = z
  .int()
  .min(0)
  .nullish()
  .transform((value): Instant | null => (value ? instantOf(value * 1000) : null));
const text = z.string().nullish();
const amount = z.number().nullish();

/** Every answer, good or bad. */
export const envelopeSchema = z.object({ error: z.string(), message: text });

export const answer = <Value>(response: z.ZodType<Value>) =>
  z.object({ error: z.literal(""), response }).transform((body) => body.response);
/** Some answers have their fields beside `error`. */
export const bareAnswer = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.object({ error: z.literal(""), ...shape });

export const orderListSchema = answer(
  z.object({ more: z.boolean(), next_cursor: text, order_list: z.array(z.object({ order_sn: z.string() })) }),
);

const itemSchema = z.object({
  item_id: id,
  model_id: id.nullish(),
  item_name: text,
  model_name: text,
  item_sku: text,
  model_sku: text,
  model_quantity_purchased: z.int().min(0),
  model_original_price: amount,
  model_discounted_price: amount,
  line_item_id: id.nullish(),
  order_item_id: id.nullish(),
});
export type WireItem = z.infer<typeof itemSchema>;

const packageSchema = z.object({
  package_number: z.string().min(1),
  logistics_status: text,
  shipping_carrier: text,
  item_list: z
    .array(z.object({ item_id: id, model_id: id.nullish(), model_quantity: z.int().nullish() }))
    .nullish(),
});
export type WirePackage = z.infer<typeof packageSchema>;

export const orderSchema = z.object({
  order_sn: z.string().min(1),
  currency: z.string(),
  order_status: z.string(),
  total_amount: amount,
  create_time: seconds,
  update_time: seconds,
  pay_time: maybeSeconds,
  pickup_done_time: maybeSeconds,
  message_to_seller: text,
  cancel_reason: text,
  buyer_user_id: id.nullish(),
  fulfillment_flag: text,
  recipient_address: z
    .object({
      name: text,
      phone: text,
      town: text,
      district: text,
      city: text,
      state: text,
      region: text,
      zipcode: text,
      full_address: text,
    })
    .nullish(),
  item_list: z.array(itemSchema),
  package_list: z.array(packageSchema).nullish(),
});
export type WireOrder = z.infer<typeof orderSchema>;
export const orderRowsSchema = answer(z.object({ order_list: z.array(z.json()) }));
export const paidSchema = orderSchema.pick({ pay_time: true });
export const orderSnSchema = z.object({ order_sn: z.string() });

/** What the buyer paid at checkout, never changed later, and which returns there are. */
export const escrowSchema = z.object({
  order_sn: z.string(),
  return_order_sn_list: z.array(z.string()).nullish(),
  order_income: z
    .object({
      items: z
        .array(
          z.object({
            item_id: id,
            model_id: id.nullish(),
            discounted_price: amount,
            quantity_purchased: z.int().nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
  buyer_payment_info: z
    .object({
      buyer_total_amount: amount,
      merchant_subtotal: amount,
      shipping_fee: amount,
      seller_voucher: amount,
      shopee_voucher: amount,
      shopee_coins_redeemed: amount,
      credit_card_promotion: amount,
    })
    .nullish(),
});
export type WireEscrow = z.infer<typeof escrowSchema>;
/** Rows are read one by one, so that one that cannot be read does not stop the others. */
export const escrowsSchema = answer(z.array(z.object({ escrow_detail: z.json() })));

const returnSchema = z.object({
  return_sn: z.string().min(1),
  order_sn: z.string(),
  status: z.string(),
  refund_amount: z.number(),
  update_time: seconds,
  reason: text,
  needs_logistics: z.boolean().nullish(),
  item: z
    .array(z.object({ item_id: id, model_id: id.nullish(), amount: z.int(), item_price: amount }))
    .nullish(),
});
export type WireReturn = z.infer<typeof returnSchema>;
export const returnListSchema = answer(
  z.object({ more: z.boolean(), return: z.array(z.object({ return_sn: z.string(), order_sn: z.string() })) }),
);
export const returnDetailSchema = answer(returnSchema);

const stockSchema = z.object({
  seller_stock: z.array(z.object({ location_id: text, stock: z.int().nullish() })).nullish(),
  shopee_stock: z
    .array(
      z.object({
        location_id: text,
        stock: z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]).nullish(),
      }),
    )
    .nullish(),
});
export type WireStock = z.infer<typeof stockSchema>;

export const itemListSchema = answer(
  z.object({
    item: z.array(z.object({ item_id: id })).nullish(),
    has_next_page: z.boolean(),
    next_offset: z.int().nullish(),
  }),
);
const baseSchema = z.object({
  item_id: id,
  item_name: text,
  item_sku: text,
  has_model: z.boolean(),
  stock_info_v2: stockSchema.nullish(),
});
export type WireBase = z.infer<typeof baseSchema>;
export const baseInfoSchema = answer(z.object({ item_list: z.array(baseSchema).nullish() }));
const modelSchema = z.object({
  model_id: id,
  model_sku: text,
  model_name: text,
  stock_info_v2: stockSchema.nullish(),
  is_fulfillment_by_shopee: z.boolean().nullish(),
});
export type WireModel = z.infer<typeof modelSchema>;
export const modelListSchema = answer(z.object({ model: z.array(modelSchema) }));

export const updateStockSchema = answer(
  z.object({
    success_list: z.array(z.object({ model_id: id.nullish(), stock: z.int().nullish() })).nullish(),
    failure_list: z.array(z.object({ model_id: id.nullish(), failed_reason: text })).nullish(),
  }),
);

const names = z.array(z.string()).nullish();
export const shippingParameterSchema = answer(
  z.object({
    info_needed: z.object({ pickup: names, dropoff: names, non_integrated: names }),
    pickup: z
      .object({
        address_list: z
          .array(
            z.object({
              address_id: z.int(),
              address_flag: names,
              time_slot_list: z.array(z.object({ pickup_time_id: text, flags: names })).nullish(),
            }),
          )
          .nullish(),
      })
      .nullish(),
  }),
);
export type WireShippingParameter = z.infer<typeof shippingParameterSchema>;

export const shopInfoSchema = bareAnswer({ shop_name: z.string(), region: z.string(), status: z.string() });

export const tokensSchema = bareAnswer({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  expire_in: z.number().positive(),
});

/** Letters and digits; nothing else is an order of Shopee's. */
export const isOrderSn = (sn: string): boolean => /^[A-Z0-9]{6,30}$/.test(sn);
