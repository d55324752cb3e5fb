import { z } from "zod";
import { isSluiceError } from "../../core/errors.ts";
import { localInstant } from "../toolkit/time.ts";

/** Times without a zone are China's, all year. */
export const timeZone = "Asia/Shanghai";

/** The open platform's shapes: unknown fields pass, missing ones that we need are refused. */

/** Ids are numbers beyond 2^53, which arrive as text, or text. */
export const idSchema = z.union([z.int().positive().transform(String), z.string().regex(/^\d{1,20}$/)]);

const text = z
  .union([z.string(), z.number().transform(String)])
  .nullish()
  .transform((value) => value ?? "");

/** Absent and "0" both mean none. */
const optionalId = text.transform((value) =>
  /^\d{1,20}$/.test(value) && !/^0+$/.test(value) ? value : undefined,
);

/** "2026-01-01 20:00:01", China's time. */
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

/** Yuan with two decimals. */
const yuan = z.string().regex(/^-?\d+(\.\d+)?$/, "is no amount in yuan");
const optionalYuan = yuan.optional();
const flag = z.union([z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")]);

/** Lists stand in an object of their own, which is missing when they are empty. */
const listOf = <Item extends z.ZodType>(name: string, item: Item) =>
  z
    .object({ [name]: z.array(item).default([]) })
    .nullish()
    .transform((value): z.infer<Item>[] => value?.[name] ?? []);

export const lineSchema = z.object({
  oid: idSchema,
  num_iid: optionalId,
  sku_id: optionalId,
  outer_iid: text,
  outer_sku_id: text,
  num: z.int().positive(),
  price: yuan,
  payment: optionalYuan,
  divide_order_fee: optionalYuan,
  part_mjz_discount: optionalYuan,
  refund_status: text,
  refund_id: optionalId,
  status: text,
  title: text,
  sku_properties_name: text,
  store_code: text,
  invoice_no: text,
  logistics_company: text,
  consign_time: optionalTime,
  is_free_gift: flag.optional().catch(undefined),
});
export type WireLine = z.infer<typeof lineSchema>;

/** Address fields may all be missing: what an application may see depends on its kind. */
export const tradeSchema = z.object({
  tid: idSchema,
  status: z.string(),
  type: text,
  created: time,
  modified: time,
  pay_time: optionalTime,
  consign_time: optionalTime,
  payment: yuan,
  post_fee: optionalYuan,
  buyer_open_uid: text,
  receiver_name: text,
  receiver_mobile: text,
  receiver_phone: text,
  receiver_state: text,
  receiver_city: text,
  receiver_district: text,
  receiver_town: text,
  receiver_address: text,
  receiver_zip: text,
  oaid: text,
  buyer_message: text,
  alipay_no: text,
  step_trade_status: text,
  step_paid_fee: optionalYuan,
  orders: listOf("order", lineSchema),
});
export type WireTrade = z.infer<typeof tradeSchema>;

export const refundSchema = z.object({
  refund_id: idSchema,
  tid: idSchema,
  oid: idSchema,
  refund_fee: yuan,
  status: z.string(),
  good_status: text,
  has_good_return: flag.optional(),
  modified: time,
  reason: text,
});
export type WireRefund = z.infer<typeof refundSchema>;

/** Fields are asked for by name. */
const orderFields = Object.keys(lineSchema.shape).map((name) => `orders.${name}`);
export const tradeFields = Object.keys(tradeSchema.shape)
  .flatMap((name) => (name === "orders" ? orderFields : [name]))
  .join(",");
export const refundFields = Object.keys(refundSchema.shape).join(",");

/** Rows are read one by one, so that one that cannot be read does not stop the others. */
export const fullInfoSchema = z.object({ trade: z.record(z.string(), z.json()) });
export const refundAnswerSchema = z.object({ refund: refundSchema });

const idRow = z.object({ tid: idSchema, created: time.optional(), modified: time.optional() });
export const tradeIdsSchema = z.object({
  trades: listOf("trade", idRow),
  total_results: z.int().min(0).optional(),
  has_next: flag.optional(),
});

const skuSchema = z.object({
  sku_id: idSchema,
  outer_id: text,
  properties_name: text,
  quantity: z.int(),
});
export const itemSchema = z.object({
  num_iid: idSchema,
  title: text,
  outer_id: text,
  num: z.int(),
  skus: listOf("sku", skuSchema),
});
export type WireItem = z.infer<typeof itemSchema>;
export const itemFields = "num_iid,title,outer_id,num,sku";
export const itemsSchema = z.object({ items: listOf("item", itemSchema), request_id: z.string().optional() });

export const itemIdsSchema = z.object({
  items: listOf("item", z.object({ num_iid: idSchema })),
  total_results: z.int().min(0),
});

/** What was written: figures of the SKUs touched, or of the item. */
export const writtenSchema = z.object({
  item: z.object({
    num: z.int().optional(),
    skus: listOf("sku", z.object({ sku_id: idSchema, quantity: z.int().optional() })),
  }),
});
export type Written = z.infer<typeof writtenSchema>;

export const shippedSchema = z.object({ shipping: z.object({ is_success: flag }) });

export const sellerSchema = z.object({ user: z.object({ nick: z.string().min(1) }) });
