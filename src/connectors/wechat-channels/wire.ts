import { z } from "zod";

/** WeChat's shapes: unknown fields pass, missing ones that we need are refused. Ids come as text or as numbers; amounts are fen. */

const id = z.union([z.string(), z.int().transform(String)]);
const loose = z
  .union([z.string(), z.number().transform(String)])
  .nullish()
  .transform((value) => value ?? "");
const fen = z.int().min(0);
const someFen = fen.nullish().transform((value) => value ?? 0);
/** Unix seconds; zero for never. */
const seconds = z.int().min(0).max(7_000_000_000);

export const statusSchema = z.object({ errcode: z.int().optional() });

const done = z.object({ errcode: z.literal(0) });
export const doneSchema = done;

const productSchema = z.object({
  product_id: id,
  sku_id: id,
  sku_code: loose,
  title: loose,
  sku_cnt: z.int().min(0),
  sale_price: fen,
  /** What the line costs after all discounts. */
  real_price: fen.nullish(),
  on_aftersale_sku_cnt: z.int().min(0).default(0),
});
export type WireProduct = z.infer<typeof productSchema>;

const deliverySchema = z.object({
  waybill_id: loose,
  delivery_id: loose,
  delivery_time: seconds.nullish(),
  deliver_type: z.int().nullish(),
  product_infos: z
    .array(z.object({ product_id: id, sku_id: id, product_cnt: z.int().min(0) }))
    .nullish()
    .transform((rows) => rows ?? []),
});
export type WireDelivery = z.infer<typeof deliverySchema>;

const addressSchema = z
  .object({
    user_name: loose,
    postal_code: loose,
    province_name: loose,
    city_name: loose,
    county_name: loose,
    detail_info: loose,
    tel_number: loose,
    virtual_order_tel_number: loose,
  })
  .partial();

export const orderSchema = z.object({
  order_id: id.refine((text) => /^\d{1,20}$/.test(text), { message: "must be a number" }),
  status: z.int(),
  create_time: seconds,
  update_time: seconds,
  openid: loose,
  order_detail: z.object({
    product_infos: z.array(productSchema).min(1),
    pay_info: z.object({ transaction_id: loose, pay_time: seconds.nullish() }).partial().nullish(),
    price_info: z.object({
      order_price: fen,
      freight: someFen,
      is_change_freight: z.boolean().nullish(),
      change_freight: someFen,
      /** What the shop gets, where others pay part of the discounts. */
      merchant_receieve_price: fen.nullish(),
      finder_discounted_price: someFen,
    }),
    delivery_info: z
      .object({
        address_info: addressSchema.nullish(),
        delivery_product_info: z
          .array(deliverySchema)
          .nullish()
          .transform((rows) => rows ?? []),
        /** 1 for virtual goods. */
        deliver_method: z.int().nullish(),
      })
      .nullish(),
    ext_info: z
      .object({ customer_notes: loose, live_id: loose, order_scene: z.int().nullish() })
      .partial()
      .nullish(),
  }),
  aftersale_detail: z
    .object({
      aftersale_order_list: z
        .array(z.object({ aftersale_order_id: id, status: loose }))
        .nullish()
        .transform((rows) => rows ?? []),
      on_aftersale_order_cnt: z.int().min(0).default(0),
    })
    .nullish(),
});
export type WireOrder = z.infer<typeof orderSchema>;

const page = { has_more: z.boolean().nullish(), next_key: z.string().nullish() };

export const orderIdsSchema = done.extend({
  order_id_list: z
    .array(id)
    .nullish()
    .transform((rows) => rows ?? []),
  ...page,
});
/** Read by itself, so that one that cannot be read does not stop the others. */
export const orderAnswerSchema = done.extend({ order: z.json() });

export const aftersaleIdsSchema = done.extend({
  after_sale_order_id_list: z
    .array(id)
    .nullish()
    .transform((rows) => rows ?? []),
  ...page,
});
const aftersaleSchema = z.object({
  after_sale_order_id: id,
  status: z.string(),
  order_id: id,
  type: loose,
  update_time: seconds,
  product_info: z.object({ product_id: id, sku_id: id, count: z.int().min(0) }),
  refund_info: z.object({ amount: fen }).nullish(),
});
export type WireAftersale = z.infer<typeof aftersaleSchema>;
export const aftersaleAnswerSchema = done.extend({ after_sale_order: aftersaleSchema });

export const productIdsSchema = done.extend({
  product_ids: z
    .array(id)
    .nullish()
    .transform((rows) => rows ?? []),
  next_key: z.string().nullish(),
});
export const productAnswerSchema = done.extend({
  product: z.object({
    product_id: id,
    title: loose,
    skus: z.array(
      z.object({
        sku_id: id,
        sku_code: loose,
        sku_attrs: z
          .array(z.object({ attr_value: loose }))
          .nullish()
          .transform((rows) => rows ?? []),
      }),
    ),
  }),
});
export type WireListing = z.infer<typeof productAnswerSchema>["product"];

export const stocksSchema = done.extend({
  data: z.object({
    spu_stock_list: z
      .array(
        z.object({
          product_id: id,
          sku_stock: z.array(z.object({ sku_id: id, normal_stock_num: z.int() })),
        }),
      )
      .nullish()
      .transform((rows) => rows ?? []),
  }),
});

export const shopSchema = done.extend({ info: z.object({ nickname: z.string() }) });
