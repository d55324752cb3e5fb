import { z } from "zod";

/** Xiaohongshu's shapes (open.xiaohongshu.com, read 2026-11-22): unknown fields pass, missing ones that we need are refused. */

/** Unix milliseconds; 0 is not yet. */
const time = z.int().nullish();
const fen = z.int().nullish();
const text = z.string().nullish();
const list = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);

const partSchema = z.object({
  skuId: text,
  erpCode: text,
  skuName: text,
  quantity: z.int().min(0),
  paidAmountPerSku: fen,
});
export type WirePart = z.infer<typeof partSchema>;

const skuSchema = z.object({
  skuId: z.string().min(1),
  itemId: text,
  skuName: text,
  skuSpec: text,
  erpcode: text,
  skuQuantity: z.int().min(0),
  totalPaidAmount: z.int().min(0),
  totalMerchantDiscount: fen,
  totalRedDiscount: fen,
  skuTag: z.int().nullish(),
  skuAfterSaleStatus: z.int().nullish(),
  skuDetailList: list(partSchema),
});
export type WireSku = z.infer<typeof skuSchema>;

export const orderSchema = z.object({
  orderId: z.string().min(1),
  orderType: z.int().nullish(),
  orderStatus: z.int(),
  orderAfterSalesStatus: z.int().nullish(),
  cancelStatus: z.int().nullish(),
  createdTime: z.int().positive(),
  updateTime: z.int().positive(),
  paidTime: time,
  deliveryTime: time,
  totalPayAmount: z.int().min(0),
  totalShippingFree: fen,
  totalDepositAmount: fen,
  presaleDeliveryEndTime: time,
  customerRemark: text,
  userId: text,
  openAddressId: text,
  receiverProvinceName: text,
  receiverCityName: text,
  receiverDistrictName: text,
  logistics: text,
  whcode: text,
  outTradeNo: text,
  expressTrackingNo: text,
  expressCompanyCode: text,
  skuList: z.array(skuSchema).min(1),
  simpleDeliveryOrderList: list(
    z.object({
      status: z.int().nullish(),
      expressTrackingNo: text,
      expressCompanyCode: text,
      skuIdList: list(z.string()),
    }),
  ),
});
export type WireOrder = z.infer<typeof orderSchema>;

export const orderIdsSchema = z.object({
  total: z.int().min(0),
  orderList: list(z.object({ orderId: z.string().min(1), createdTime: z.int().positive() })),
});
/** A whole order as it came; read by itself. */
export const anyOrderSchema = z.record(z.string(), z.json()).nullable();

/** Ciphertexts, while the order waits to be shipped and the address is the one that was told. */
export const receiversSchema = z.object({
  receiverInfos: list(
    z.object({
      orderId: z.string(),
      matched: z.boolean().nullish(),
      receiverName: text,
      receiverPhone: text,
      receiverAddress: text,
    }),
  ),
});
export type WireReceiver = z.infer<typeof receiversSchema>["receiverInfos"][number];

export const casesSchema = z.object({
  afterSaleBasicInfos: list(z.object({ returnsId: z.string().min(1), status: z.int() })),
});
/** Amounts in yuan, unlike those of orders. */
export const caseSchema = z.object({
  afterSaleInfo: z.object({
    returnsId: z.string().min(1),
    returnType: z.int().nullish(),
    reasonNameZh: text,
    updatedAt: time,
    refundStatus: z.int().nullish(),
    refundTime: time,
    refundAmountYuan: z.union([z.number(), z.string()]).nullish(),
    appliedShipFeeAmountYuan: z.union([z.number(), z.string()]).nullish(),
    skus: list(
      z.object({
        skuId: z.string(),
        appliedCount: z.int().nullish(),
        appliedTotalAmountYuan: z.union([z.number(), z.string()]).nullish(),
      }),
    ),
  }),
});
export type WireCase = z.infer<typeof caseSchema>["afterSaleInfo"];

const figure = z.object({ available: z.int() });
const answered = z.object({ success: z.boolean().nullish(), code: z.int().nullish() }).nullish();
export const stockSchema = z.object({
  response: answered,
  skuStockInfo: z.object({ skuStockInfo: figure }).nullish(),
  skuStockInfoWithWhcode: list(z.object({ whcode: z.string(), skuStockInfo: figure })),
});
/** `data` by warehouse. */
export const setSchema = z.object({
  response: answered,
  data: z.record(z.string(), z.object({ skuStockInfo: figure.nullish() })).nullish(),
});
export const changedSchema = z.object({ response: answered, skuStock: figure.nullish() });

const listedSchema = z.object({
  item: z.object({ id: z.string().min(1), name: text }),
  sku: z.object({ id: z.string().min(1), erpCode: text, name: text, stock: z.int().nullish(), whcode: text }),
});
export type WireListed = z.infer<typeof listedSchema>;
export const skusSchema = z.object({ total: z.int().min(0), data: list(listedSchema) });

export const companiesSchema = z.object({
  expressCompanyInfos: list(
    z.object({ expressCompanyCode: z.string().min(1), expressCompanyName: z.string() }),
  ),
});
