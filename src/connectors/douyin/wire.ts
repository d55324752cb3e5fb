import { z } from "zod";

/** Douyin's shapes (op.jinritemai.com api-docs and the official SDK, read 2026-11-22): unknown fields pass, missing ones that we need are refused. */

/** Ids come as text or as a number, long ones of 19 digits too; nought and nothing are no id. */
export const id = z.union([z.string(), z.int().transform(String)]);
const optionalId = id.nullish().transform((value) => (value && value !== "0" ? value : undefined));
const seconds = z.int().min(0).nullish();
const fen = z.int().nullish();
const list = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
const place = z.object({ name: z.string().nullish() }).nullish();
const addressSchema = z.object({ province: place, city: place, town: place, street: place });

/** What order and line share. `platform_cost_amount` is what platform and presenter pay of the discounts. */
const promotions = {
  promotion_amount: fen,
  promotion_shop_amount: fen,
  promotion_platform_amount: fen,
  promotion_talent_amount: fen,
  platform_cost_amount: fen,
};

export const lineSchema = z.object({
  order_id: id,
  product_id_str: optionalId,
  product_id: optionalId,
  sku_id: optionalId,
  code: z.string().nullish(),
  product_name: z.string().nullish(),
  item_num: z.int().min(0),
  origin_amount: z.int().min(0),
  sum_amount: fen,
  pay_amount: fen,
  ...promotions,
  tax_amount: fen,
  trade_type: z.int().nullish(),
  reduce_stock_type: z.int().nullish(),
  given_product_type: z.string().nullish(),
  room_id_str: optionalId,
  inventory_list: list(
    z.object({ warehouse_type: z.int().nullish(), out_warehouse_id: z.string().nullish() }),
  ),
  after_sale_info: z
    .object({ after_sale_status: z.int().nullish(), refund_status: z.int().nullish() })
    .nullish(),
});
export type WireLine = z.infer<typeof lineSchema>;

const parcelSchema = z.object({
  tracking_no: z.string().nullish(),
  company: z.string().nullish(),
  ship_time: seconds,
  delivery_id: optionalId,
  product_info: list(z.object({ sku_order_id: optionalId, product_count: z.int().nullish() })),
});
export type WireParcel = z.infer<typeof parcelSchema>;

const phaseSchema = z.object({
  current_phase: z.int(),
  pay_success: z.boolean().nullish(),
  phase_pay_time: seconds,
  phase_close_time: seconds,
  phase_pay_amount: fen,
  phase_order_amount: fen,
});
export type WirePhase = z.infer<typeof phaseSchema>;

export const orderSchema = z.object({
  order_id: id,
  order_status: z.int(),
  order_type: z.int().nullish(),
  trade_type: z.int().nullish(),
  create_time: z.int().positive(),
  update_time: z.int().positive(),
  pay_time: seconds,
  ship_time: seconds,
  pay_amount: z.int().min(0),
  post_amount: fen,
  packing_amount: fen,
  modify_amount: fen,
  promotion_pay_amount: fen,
  ...promotions,
  channel_payment_no: z.string().nullish(),
  buyer_words: z.string().nullish(),
  doudian_open_id: z.string().nullish(),
  mask_post_receiver: z.string().nullish(),
  mask_post_tel: z.string().nullish(),
  mask_post_addr: addressSchema.extend({ detail: z.string().nullish() }).nullish(),
  encrypt_post_receiver: z.string().nullish(),
  encrypt_post_tel: z.string().nullish(),
  post_addr: addressSchema.extend({ encrypt_detail: z.string().nullish() }).nullish(),
  logistics_info: list(parcelSchema),
  order_phase_list: list(phaseSchema),
  sku_order_list: z.array(lineSchema).min(1),
});
export type WireOrder = z.infer<typeof orderSchema>;

/** Rows are read one by one, so that one that cannot be read does not stop the others. */
export const ordersPageSchema = z.object({ total: z.int().min(0), shop_order_list: list(z.json()) });
export const orderDetailSchema = z.object({ shop_order_detail: z.json() });
export const orderIdsSchema = z.object({
  total: z.int().min(0),
  shop_order_list: list(z.object({ order_id: id, create_time: z.int().positive() })),
});

export const afterSaleSchema = z.object({
  aftersale_info: z.object({
    aftersale_id: id,
    aftersale_type: z.int(),
    refund_status: z.int().nullish(),
    refund_post_amount: fen,
    aftersale_num: z.int().nullish(),
    update_time: z.int().positive(),
  }),
  order_info: z
    .object({
      related_order_info: list(
        z.object({ sku_order_id: id, aftersale_pay_amount: fen, aftersale_item_num: z.int().nullish() }),
      ),
    })
    .nullish(),
});
export type WireAfterSale = z.infer<typeof afterSaleSchema>;
export const afterSalesSchema = z.object({ has_more: z.boolean().nullish(), items: list(afterSaleSchema) });
export const afterSaleDetailSchema = z.object({
  process_info: z.object({
    after_sale_info: z.object({ real_refund_amount: z.int().min(0), reason: z.string().nullish() }),
  }),
});

/** What was really paid back, beside the row of the list. */
export interface PaidRefund {
  row: WireAfterSale;
  amountMinor: number;
  reason: string | undefined;
}

export const skuSchema = z.object({
  id,
  code: z.string().nullish(),
  /** 0 ordinary, 1 by warehouse, 10 in steps. */
  sku_type: z.int().nullish(),
  stock_num: z.int().nullish(),
  stock_map: z.record(z.string(), z.int()).nullish(),
  spec_detail_name1: z.string().nullish(),
  spec_detail_name2: z.string().nullish(),
  spec_detail_name3: z.string().nullish(),
});
export type WireSku = z.infer<typeof skuSchema>;
export const skusSchema = z.array(skuSchema);

export const productsSchema = z.object({
  total: z.int().min(0),
  data: list(z.object({ product_id: id, name: z.string().nullish(), status: z.int().nullish() })),
});

export const stockResultsSchema = z.object({
  results: z.array(
    z.object({
      sku_id: id,
      stock_num: z.int().nullish(),
      change_num: z.int().nullish(),
      status_code: z.int().nullish(),
    }),
  ),
});

export const shippedSchema = z.object({ pack_list: z.array(z.object({ pack_id: id })).min(1) });

export const isNumber = (text: string | undefined): text is string => /^\d{1,25}$/.test(text ?? "");
