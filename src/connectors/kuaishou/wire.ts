import { z } from "zod";

/** Kuaishou's shapes (open.kwaixiaodian.com, read 2026-11-22): unknown fields pass, missing ones that we need are refused. */

export const id = z.union([z.string(), z.int().transform(String)]);
const optionalId = id.nullish().transform((value) => (value && value !== "0" ? value : undefined));
/** Unix milliseconds; 0 is not yet. */
const time = z.int().min(0).nullish();
const fen = z.int().nullish();
const list = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);

const itemSchema = z.object({
  itemId: optionalId,
  skuId: optionalId,
  skuNick: z.string().nullish(),
  itemTitle: z.string().nullish(),
  skuDesc: z.string().nullish(),
  num: z.int().min(0),
  price: z.int().min(0),
  originalPrice: fen,
  discountFee: fen,
  warehouseCode: z.string().nullish(),
});
export type WireItem = z.infer<typeof itemSchema>;

const parcels = list(z.object({ expressNo: z.string().nullish(), expressCode: optionalId }));
const delivery = z.object({ deliveryNum: z.int().nullish(), packageNum: z.int().nullish() }).nullish();

const subOrderSchema = z.object({
  subOrderBaseInfo: z.object({ oid: id, status: z.int().nullish(), sendTime: time }),
  subOrderItemInfo: itemSchema,
  subOrderLogisticsInfo: parcels,
  subOrderDeliveryInfo: delivery,
});
export type WireSubOrder = z.infer<typeof subOrderSchema>;

const stepSchema = z.object({
  payStepNo: z.int(),
  payStepStatus: z.int().nullish(),
  stepTotalPrice: fen,
  discountFee: fen,
  expressFee: fen,
  paymentFee: fen,
  payTime: time,
  endPayTime: time,
});
export type WireStep = z.infer<typeof stepSchema>;

const baseSchema = z.object({
  oid: id,
  status: z.int(),
  createTime: z.int().positive(),
  updateTime: z.int().positive(),
  payTime: time,
  sendTime: time,
  totalFee: z.int().min(0),
  expressFee: fen,
  discountFee: fen,
  buyerOpenId: z.string().nullish(),
  remark: z.string().nullish(),
  coType: z.int().nullish(),
  allActivityType: list(z.int()),
  riskCode: z.int().nullish(),
  disableDeliveryReasonCode: list(z.int()),
  carrierType: z.int().nullish(),
  carrierId: optionalId,
});

export const orderSchema = z.object({
  orderBaseInfo: baseSchema,
  orderItemInfo: itemSchema,
  orderRefundList: list(z.object({ refundId: id, refundStatus: z.int() })),
  orderLogisticsInfo: parcels,
  orderDeliveryInfo: delivery,
  subOrderInfo: list(subOrderSchema),
  orderStepInfo: z.object({ orderPaymentSteps: list(stepSchema) }).nullish(),
  orderAddress: z
    .object({
      encryptedConsignee: z.string().nullish(),
      desensitiseConsignee: z.string().nullish(),
      encryptedMobile: z.string().nullish(),
      desensitiseMobile: z.string().nullish(),
      encryptedAddress: z.string().nullish(),
      desensitiseAddress: z.string().nullish(),
      province: z.string().nullish(),
      city: z.string().nullish(),
      district: z.string().nullish(),
      town: z.string().nullish(),
    })
    .nullish(),
});
export type WireOrder = z.infer<typeof orderSchema>;

/** Rows are read one by one, so that one that cannot be read does not stop the others. */
export const ordersPageSchema = z.object({ cursor: z.string(), orderList: list(z.json()) });
export const orderIdsSchema = z.object({
  cursor: z.string(),
  orderList: list(z.object({ orderBaseInfo: z.object({ oid: id, createTime: z.int().positive() }) })),
});
/** Of a row that is listed: whether the room is told, which only details do. */
export const roomSchema = z.object({ orderBaseInfo: z.object({ oid: id, carrierType: z.int().nullish() }) });

export const refundSchema = z.object({
  refundId: id,
  refundFee: z.int().min(0),
  handlingWay: z.int().nullish(),
  refundReasonDesc: z.string().nullish(),
  endTime: time,
  updateTime: time,
});
export type WireRefund = z.infer<typeof refundSchema>;

const skuSchema = z.object({
  kwaiSkuId: id,
  skuStock: z.int().nullish(),
  skuNick: z.string().nullish(),
  specification: z.string().nullish(),
  isValid: z.int().nullish(),
});
export const productSchema = z.object({
  kwaiItemId: id,
  title: z.string().nullish(),
  /** Its figures are kept by warehouse, in the supply-chain part of the platform. */
  multipleStock: z.boolean().nullish(),
  skuList: list(skuSchema),
});
export type WireProduct = z.infer<typeof productSchema>;
export const productsSchema = z.object({ totalPage: z.int().min(0), items: list(productSchema) });

export const sellerSchema = z.object({
  name: z.string().nullish(),
  sellerId: optionalId,
  openId: z.string().nullish(),
});

export const isNumber = (text: string | undefined): text is string => /^\d{1,19}$/.test(text ?? "");

/** A whole order as it came; read by itself. */
export const anyOrderSchema = z.record(z.string(), z.json()).nullable();
