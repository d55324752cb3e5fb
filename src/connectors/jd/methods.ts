import type { z } from "zod";
import type { Method } from "./client.ts";
import * as wire from "./wire.ts";

/** Every method that is called. Envelope, result and fields of each stand on its page of open.jd.com; docs/jd.md says what was verified. */

const read = <Value>(
  name: string,
  result: string,
  answer: z.ZodType<Value>,
  verdict?: Method<Value>["verdict"],
): Method<Value> => ({
  name,
  result,
  answer,
  effect: "read",
  ...(verdict === undefined ? {} : { verdict }),
});

const write = <Value>(name: string, result: string, answer: z.ZodType<Value>): Method<Value> => ({
  name,
  result,
  answer,
  effect: "write",
  verdict: "self",
});

export const shop = read("jingdong.vender.shop.query", "shop_jos_result", wire.shopSchema);

/** API 4246. The encrypted variants take and give the same. */
export const searchOrders = (encrypted: boolean) =>
  read(
    encrypted ? "jingdong.pop.order.enSearch" : "jingdong.pop.order.search",
    "searchorderinfo_result",
    wire.searchSchema,
    "apiResult",
  );
export const getOrder = (encrypted: boolean) =>
  read(
    encrypted ? "jingdong.pop.order.enGet" : "jingdong.pop.order.get",
    "orderDetailInfo",
    wire.detailSchema,
    "apiResult",
  );

export const ship = write("jingdong.pop.order.shipment", "sopjosshipment_result", wire.shippedSchema);

export const searchSkus = read("jingdong.sku.read.searchSkuList", "page", wire.skuPageSchema);

export const readStock = read("jingdong.ware.stock.sku.query", "returnType", wire.stockQuerySchema, "self");
/** It replaces jingdong.stock.write.updateSkuStock, which JD is to withdraw. */
export const setStock = write("jingdong.ware.stock.sku.set", "returnType", wire.stockSetSchema);

/** API 13151: cancel requests. */
export const refundApplies = read(
  "jingdong.pop.afs.soa.refundapply.queryPageList",
  "queryResult",
  wire.appliesSchema,
  "self",
);
/** API 15040: service orders and the state of their refunds. */
export const services = read("jingdong.asc.serviceAndRefund.view", "pageResult", wire.servicesSchema, "self");
/** API 21380: what was paid back for one of them, in yuan. */
export const serviceRefund = read(
  "jingdong.b2c.shop.aftersales.refund.get",
  "result",
  wire.serviceRefundSchema,
  "self",
);
