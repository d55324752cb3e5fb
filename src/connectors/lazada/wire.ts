import { z } from "zod";
import { type Instant, instantOf } from "../../core/clock.ts";
import { instantSchema } from "../../core/model/primitives.ts";

/** Lazada's shapes (read 2026-11-22): unknown fields pass, missing ones that we need are refused. Numbers come as numbers or text. */

export const id = z.union([z.int().min(0).transform(String), z.string().min(1)]);
const text = z.string().nullish();
const amount = z.union([z.string(), z.number()]).nullish();

/** `2026-11-22 09:21:00 +0800`, also in the ways of ISO 8601. */
const time = z
  .string()
  .max(40)
  .transform((value) =>
    value
      .trim()
      .replace(/^(\S+) (\d\d:\d\d:\d\d) ?/, "$1T$2")
      .replace(/([+-]\d\d)(\d\d)$/, "$1:$2"),
  )
  .pipe(instantSchema);

/** Seconds and milliseconds are told apart by their size. */
const stamp = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{9,14}$/)
      .transform(Number),
  ])
  .nullish()
  .transform((value): Instant | null =>
    value ? instantOf(value < 100_000_000_000 ? value * 1000 : value) : null,
  );

const flag = z.union([z.boolean(), z.literal(["0", "1", "true", "false", ""]), z.int()]).nullish();
export const isSet = (value: z.infer<typeof flag>): boolean =>
  value === true || value === "1" || value === "true" || value === 1;

export const envelopeSchema = z.object({
  code: z.union([z.string(), z.int().transform(String)]),
  detail: z.unknown().optional(),
});

export const answer = <Value>(data: z.ZodType<Value>) =>
  z.object({ code: z.literal("0"), data }).transform((body) => body.data);
export const resultAnswer = <Value>(result: z.ZodType<Value>) =>
  z.object({ code: z.literal("0"), result }).transform((body) => body.result);

const addressSchema = z.object({
  first_name: text,
  last_name: text,
  phone: text,
  address1: text,
  address2: text,
  address3: text,
  address4: text,
  address5: text,
  city: text,
  post_code: text,
  country: text,
});

export const stampSchema = z.object({ order_id: id, updated_at: time });

export const placedSchema = z.object({ created_at: time });

export const orderSchema = stampSchema.extend({
  created_at: time,
  price: amount,
  shipping_fee: amount,
  voucher: amount,
  voucher_seller: amount,
  voucher_platform: amount,
  buyer_note: text,
  need_cancel_confirm: flag,
  address_shipping: addressSchema.nullish(),
});
export type WireOrder = z.infer<typeof orderSchema>;
/** Rows are read one by one, so that one that cannot be read does not stop the others. */
export const ordersSchema = answer(z.object({ orders: z.array(z.json()) }));
export const oneOrderSchema = answer(z.json());

const itemSchema = z.object({
  order_item_id: id,
  sku: text,
  sku_id: id.nullish(),
  product_id: id.nullish(),
  shop_sku: text,
  name: text,
  variation: text,
  item_price: amount,
  paid_price: amount,
  shipping_amount: amount,
  voucher_seller: amount,
  voucher_platform: amount,
  tax_amount: amount,
  currency: z.string(),
  status: z.string(),
  package_id: text,
  tracking_code: text,
  shipment_provider: text,
  is_fbl: flag,
  buyer_id: id.nullish(),
  updated_at: time,
  payment_time: stamp,
  reverse_order_id: id.nullish(),
  return_status: text,
  need_cancel_confirm: flag,
});
export type WireItem = z.infer<typeof itemSchema>;
export const unitsSchema = z.object({ order_id: id, order_items: z.array(itemSchema) });
/** Rows are read one by one, so that one that cannot be read does not stop the others. */
export const itemsSchema = answer(z.array(z.json()));

const reverseSchema = z.object({
  reverse_order_id: id,
  trade_order_id: id,
  request_type: text,
  reverse_order_lines: z
    .array(
      z.object({
        reverse_order_line_id: id,
        trade_order_line_id: id.nullish(),
        reverse_status: text,
        refund_amount: z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]).nullish(),
        reason_text: text,
        return_order_line_gmt_modified: stamp,
        return_order_line_gmt_create: stamp,
      }),
    )
    .nullish(),
});
export type WireReverse = z.infer<typeof reverseSchema>;
export const reversesSchema = resultAnswer(
  z.object({
    success: z.boolean().nullish(),
    total: z.int().min(0),
    items: z.array(reverseSchema).nullish(),
  }),
);

const warehouse = z.object({ warehouseCode: text, sellableQuantity: z.int().nullish() });
const skuSchema = z.object({
  SkuId: id,
  SellerSku: text,
  Available: z.int().nullish(),
  quantity: z.int().nullish(),
  multiWarehouseInventories: z.array(warehouse).nullish(),
  fblWarehouseInventories: z.array(warehouse).nullish(),
});
export type WireSku = z.infer<typeof skuSchema>;
const productSchema = z.object({
  item_id: id,
  attributes: z.object({ name: text }).nullish(),
  skus: z.array(skuSchema).nullish(),
});
export type WireProduct = z.infer<typeof productSchema>;
export const productSchemaAnswer = answer(productSchema);
export const productsSchema = answer(
  z.object({ total_products: z.int().nullish(), products: z.array(productSchema).nullish() }),
);

export const doneSchema = z.object({ code: z.literal("0") });

export const packedSchema = resultAnswer(
  z.object({
    data: z
      .object({
        pack_order_list: z.array(
          z.object({
            order_item_list: z.array(
              z.object({
                order_item_id: id,
                item_err_code: id,
                package_id: text,
                retry: z.boolean().nullish(),
              }),
            ),
          }),
        ),
      })
      .nullish(),
    error_code: text,
  }),
);
export const handedOverSchema = resultAnswer(
  z.object({
    data: z
      .object({
        packages: z.array(z.object({ package_id: text, item_err_code: id, retry: z.boolean().nullish() })),
      })
      .nullish(),
    error_code: text,
  }),
);

export const sellerSchema = answer(z.object({ seller_id: id, name: text, short_code: text }));

export const tokensSchema = z.object({
  code: z.literal("0"),
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  expires_in: z.number().positive(),
  refresh_expires_in: z.number().min(0).nullish(),
  country_user_info: z.array(z.object({ country: z.string(), seller_id: id })).nullish(),
  country_user_info_list: z.array(z.object({ country: z.string(), seller_id: id })).nullish(),
});

export const isOrderId = (text: string): boolean => /^[1-9]\d{3,18}$/.test(text);
