import { z } from "zod";
import { isSluiceError } from "../../core/errors.ts";
import { localInstant } from "../toolkit/time.ts";

/** Pinduoduo's shapes: unknown fields pass, missing ones that we need are refused. */

/** Times without a zone are China's, all year. */
export const timeZone = "Asia/Shanghai";

export const idSchema = z.union([z.int().positive().transform(String), z.string().regex(/^\d{1,20}$/)]);
/** `260101-000000000000001` */
export const orderSnPattern = /^\d{6}-\d{6,20}$/;
const orderSn = z.string().regex(orderSnPattern);

const text = z
  .union([z.string(), z.number().transform(String)])
  .nullish()
  .transform((value) => value ?? "");

const time = z.string().transform((value, context) => {
  try {
    return localInstant(value, timeZone);
  } catch (error) {
    if (!isSluiceError(error)) throw error;
    context.addIssue({ code: "custom", message: "is no time such as 2026-01-01 20:00:01" });
    return z.NEVER;
  }
});
const optionalTime = z
  .union([z.literal(""), z.null(), z.undefined()])
  .transform(() => undefined)
  .or(time)
  .optional();

/** Yuan, as text or as a number. */
const yuan = z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/, "is no amount in yuan")]);
const optionalYuan = z
  .union([z.literal("").transform(() => 0), z.null().transform(() => 0), yuan])
  .optional();
const count = z.coerce.number().int();
const flag = count.nullish().transform((value) => value ?? 0);

const itemSchema = z.object({
  goods_id: idSchema,
  sku_id: idSchema,
  goods_count: count.positive(),
  goods_price: yuan,
  goods_name: text,
  goods_spec: text,
  outer_id: text,
});
export type WireItem = z.infer<typeof itemSchema>;

/** Gifts have the fields of items but a price. */
const giftSchema = itemSchema.omit({ goods_price: true });
export type WireGift = z.infer<typeof giftSchema>;

const stepSchema = z.object({
  step_trade_status: count,
  advanced_paid_fee: yuan,
  step_paid_fee: optionalYuan,
});

export const orderSchema = z.object({
  order_sn: orderSn,
  order_status: count,
  refund_status: count,
  confirm_status: count,
  group_status: count,
  risk_control_status: flag,
  created_time: time,
  confirm_time: optionalTime,
  pay_time: optionalTime,
  updated_at: time,
  shipping_time: optionalTime,
  goods_amount: yuan,
  platform_discount: optionalYuan,
  seller_discount: optionalYuan,
  capital_free_discount: optionalYuan,
  postage: optionalYuan,
  delivery_install_value: optionalYuan,
  delivery_home_value: optionalYuan,
  home_install_value: optionalYuan,
  pay_amount: yuan,
  pay_no: text,
  buyer_memo: text,
  receiver_name: text,
  receiver_phone: text,
  contact_mobile: text,
  receiver_address: text,
  receiver_name_mask: text,
  receiver_phone_mask: text,
  receiver_address_mask: text,
  province: text,
  city: text,
  town: text,
  country: text,
  logistics_id: text,
  tracking_number: text,
  item_list: z.array(itemSchema).min(1),
  gift_list: z
    .array(giftSchema)
    .nullish()
    .transform((list) => list ?? []),
  step_order_info: stepSchema.nullish(),
});
export type WireOrder = z.infer<typeof orderSchema>;

/** Rows are read one by one, so that one that cannot be read does not stop the others. */
export const orderAnswerSchema = z.object({ order_info: z.record(z.string(), z.json()) });

const rowSchema = z.union([orderSn, z.object({ order_sn: orderSn }).transform((row) => row.order_sn)]);
export const orderNumbersSchema = z.object({
  order_sn_list: z
    .array(rowSchema)
    .nullish()
    .transform((list) => list ?? []),
  has_next: z.boolean().optional(),
  total_count: z.int().min(0).optional(),
});

export const orderListSchema = z.object({
  order_list: z
    .array(z.object({ order_sn: orderSn }))
    .nullish()
    .transform((list) => list ?? []),
  has_next: z.boolean(),
});

/** Stands without an envelope. `refund_amount` is fen here, yuan in lists: seen in clients, not on the platform's page. */
export const refundSchema = z.object({
  id: idSchema,
  refund_amount: count.min(0),
  after_sales_status: count,
  updated_time: z.union([count.positive(), time]).optional().catch(undefined),
});
export type WireRefund = z.infer<typeof refundSchema>;

const skuSchema = z.object({
  sku_id: idSchema,
  sku_quantity: count,
  outer_id: text,
  spec: text,
});
export const goodsSchema = z.object({
  goods_id: idSchema,
  goods_name: text,
  sku_list: z.array(skuSchema),
});
export type WireGoods = z.infer<typeof goodsSchema>;
export const goodsListSchema = z.object({ goods_list: z.array(goodsSchema), total_count: count.min(0) });
export const goodsInfoSchema = z.object({ goods_info: goodsSchema });

export const doneSchema = z.object({
  is_success: z.union([z.literal(true), z.literal(1), z.literal("true")]),
});

export const mallSchema = z.object({ mall_id: idSchema, mall_name: text });
