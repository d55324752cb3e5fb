import { z } from "zod";

/** JD's shapes: unknown fields pass, missing ones that we need are refused. Ids and figures come as text or as numbers. */

const text = z.union([z.string(), z.number().transform(String)]);
const loose = text.nullish().transform((value) => value ?? "");
const count = z.union([
  z.int(),
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
]);
/** A boolean; examples also show it as text. */
const flag = z.union([z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")]);

/** What results say of themselves: an answer without an error is no success yet. */
export const verdictSchema = z.object({
  success: flag,
  numberCode: loose,
  errorCode: loose,
  code: loose,
  chineseErrCode: loose,
  errorMessage: loose,
  errorMsg: loose,
  msg: loose,
});

export const errorSchema = z.object({
  error_response: z.object({ code: loose, zh_desc: loose, en_desc: loose, msg: loose }),
});

const itemSchema = z.object({
  skuId: text,
  skuName: loose,
  outerSkuId: loose,
  jdPrice: text,
  itemTotal: count,
});
export type WireItem = z.infer<typeof itemSchema>;

const couponSchema = z.object({ skuId: loose, couponType: loose, couponPrice: loose });

const consigneeSchema = z
  .object({
    fullname: loose,
    telephone: loose,
    mobile: loose,
    fullAddress: loose,
    province: loose,
    city: loose,
    county: loose,
    town: loose,
  })
  .partial();

export const orderSchema = z.object({
  orderId: text.refine((id) => /^\d{6,20}$/.test(id), { message: "must be a number" }),
  venderId: loose,
  payType: loose,
  orderState: z.string().min(1),
  orderStartTime: z.string(),
  paymentConfirmTime: loose,
  modified: z.string(),
  actualPay: loose,
  shouldPay: loose,
  freightPrice: loose,
  sellerDiscount: loose,
  consigneeInfo: consigneeSchema.nullish(),
  itemInfoList: z.array(itemSchema).min(1),
  couponDetailList: z.array(couponSchema).nullish(),
  orderRemark: loose,
  waybill: loose,
  logisticsId: loose,
  parentOrderId: loose,
  directParentOrderId: loose,
  storeOrder: loose,
  open_id_buyer: loose,
  xidBuyer: loose,
});
export type WireOrder = z.infer<typeof orderSchema>;

/** Fields that are not named are not given. */
export const orderFields = Object.keys(orderSchema.shape).join(",");
export const stampFields = "orderId,orderStartTime";

/** Rows are read one by one, so that one that cannot be read does not stop the others. */
export const searchSchema = z.object({
  apiResult: z.object({ success: flag }),
  orderTotal: count,
  orderInfoList: z
    .array(z.json())
    .nullish()
    .transform((rows) => rows ?? []),
});
export const stampSchema = z.object({ orderId: text, orderStartTime: z.string() });
export const detailSchema = z.object({
  apiResult: z.object({ success: flag }),
  orderInfo: z.json().nullish(),
});

export const shopSchema = z.object({ vender_id: text, shop_name: z.string() });

export const shippedSchema = z.object({ success: flag });

const skuSchema = z.object({
  skuId: text,
  skuName: loose,
  wareTitle: loose,
  outerId: loose,
  stockNum: z.int().nullish(),
});
export type WireSku = z.infer<typeof skuSchema>;
export const skuPageSchema = z.object({
  data: z
    .array(skuSchema)
    .nullish()
    .transform((rows) => rows ?? []),
  totalItem: count,
});

export const stockQuerySchema = z.object({
  success: flag,
  obj: z
    .object({
      skuStockInfos: z.array(
        z.object({
          storeId: count,
          stockNum: z.int(),
          orderBookingNum: z.int().nullish(),
          appBookingNum: z.int().nullish(),
        }),
      ),
    })
    .nullish(),
});
export const stockSetSchema = z.object({
  success: flag,
  obj: z.object({
    updateStockResult: z.array(z.object({ data: text, success: flag, message: loose, code: loose })),
  }),
});

/** Cancel requests, before shipping. The sum is in fen. */
const applySchema = z.object({
  id: text,
  orderId: text,
  status: count,
  applyRefundSum: z.number().min(0),
  applyTime: loose,
  checkTime: loose,
});
export type WireApply = z.infer<typeof applySchema>;
export const appliesSchema = z.object({
  success: flag,
  totalCount: count,
  result: z
    .array(applySchema)
    .nullish()
    .transform((rows) => rows ?? []),
});

/** Service orders with their refunds, after shipping. `wareId` is the number of the SKU. */
const serviceSchema = z.object({
  afsRefundId: text.nullish(),
  status: count.nullish(),
  /** Local time, or Unix milliseconds. */
  completeTime: z.union([z.string(), z.int().min(0).max(7_000_000_000_000)]).nullish(),
  sameOrderServiceBill: z.object({ serviceId: text, orderId: text, wareId: loose }),
});
export type WireService = z.infer<typeof serviceSchema>;
export const servicesSchema = z.object({
  success: flag,
  totalCount: count,
  data: z
    .array(serviceSchema)
    .nullish()
    .transform((rows) => rows ?? []),
});

/** What was really paid back for a service order, in yuan. */
export const serviceRefundSchema = z.object({
  success: flag,
  data: z.object({
    afsActualRefundDetail: z
      .object({ actualRefundAmount: text.refine((amount) => /^\d{1,11}(\.\d{1,2})?0*$/.test(amount)) })
      .nullish(),
  }),
});
