import { z } from "zod";
import type { FakeShop } from "./shop.ts";
import { caseDetailView, caseView, orderView, skuView } from "./view.ts";

/** The calls behind the gateway, with their required fields and limits. */

export class Refusal extends Error {
  readonly code: number;
  readonly subCode: string;

  constructor(code: number, subCode: string) {
    super(subCode);
    this.code = code;
    this.subCode = subCode;
  }
}

export const refuse = (code: number, subCode: string): never => {
  throw new Refusal(code, subCode);
};

export type Methods = Record<string, (params: unknown) => unknown>;

const digits = z.string().regex(/^\d{1,19}$/);
const page = { page: z.int().min(0), size: z.int().min(1).max(100) };

const searchSchema = z.strictObject({
  ...page,
  update_time_start: z.int().optional(),
  update_time_end: z.int().optional(),
  create_time_start: z.int().optional(),
  create_time_end: z.int().optional(),
  order_by: z.enum(["update_time", "create_time"]).default("create_time"),
  order_asc: z.boolean().default(false),
});

const ninetyDays = 90 * 86_400;

export function methodsOf(shop: FakeShop): Methods {
  const writes = new Set<string>();
  return {
    "order.searchList": (params) => search(shop, params),
    "order.orderDetail"(params) {
      const { shop_order_id } = z.strictObject({ shop_order_id: digits }).parse(params);
      const order = shop.orders.get(shop_order_id) ?? refuse(50002, "isv.business-failed:4002");
      return { shop_order_detail: orderView(shop, order) };
    },
    "afterSale.List"(params) {
      const asked = z.strictObject({ order_id: digits, ...page }).parse(params);
      const { cases } = shop.order(asked.order_id);
      const rows = cases.slice(asked.page * asked.size, (asked.page + 1) * asked.size);
      return {
        has_more: (asked.page + 1) * asked.size < cases.length,
        total: cases.length,
        items: rows.map((one) => caseView(shop.order(asked.order_id), one)),
      };
    },
    "afterSale.Detail"(params) {
      const { after_sale_id } = z.strictObject({ after_sale_id: digits }).parse(params);
      const found = [...shop.orders.values()]
        .flatMap((order) => order.cases)
        .find((one) => one.id === after_sale_id);
      return caseDetailView(found ?? refuse(50002, "isv.business-failed:5001"));
    },
    "product.listV2"(params) {
      const asked = z
        .strictObject({
          start_time: z.int(),
          end_time: z.int(),
          page: z.int().min(1).max(100),
          size: z.int().min(1).max(100),
        })
        .parse(params);
      const products = [...new Map([...shop.skus.values()].map((sku) => [sku.productId, sku])).values()];
      const rows = products.slice((asked.page - 1) * asked.size, asked.page * asked.size);
      return {
        total: products.length,
        page: asked.page,
        size: rows.length,
        data: rows.map((sku) => ({
          product_id: `#${sku.productId}`,
          name: sku.title,
          status: 0,
          check_status: 3,
        })),
      };
    },
    "sku.list"(params) {
      const { product_id } = z.strictObject({ product_id: digits }).parse(params);
      const skus = [...shop.skus.values()].filter((sku) => sku.productId === product_id);
      return skus.length > 0 ? skus.map(skuView) : refuse(50002, "isv.business-failed:2001");
    },
    "sku.syncStockBatchMultiProducts": (params) => syncStock(shop, writes, params),
    "order.logisticsAddMultiPack": (params) => ship(shop, params),
  };
}

function search(shop: FakeShop, params: unknown) {
  const asked = searchSchema.parse(params);
  if (asked.page * asked.size > 50_000) refuse(40004, "isv.parameter-invalid:5");
  const rows = [...shop.orders.values()]
    .filter(({ created }) => created >= shop.now() - ninetyDays)
    .filter(
      ({ updated }) =>
        updated >= (asked.update_time_start ?? 0) && updated <= (asked.update_time_end ?? 1e10),
    )
    .filter(
      ({ created }) =>
        created >= (asked.create_time_start ?? 0) && created <= (asked.create_time_end ?? 1e10),
    )
    .sort((a, b) => {
      const by = asked.order_by === "update_time" ? a.updated - b.updated : a.created - b.created;
      return (asked.order_asc ? by : -by) || (a.id < b.id ? -1 : 1);
    });
  const given = rows.slice(asked.page * asked.size, (asked.page + 1) * asked.size);
  return {
    page: asked.page,
    size: given.length,
    total: rows.length,
    shop_order_list: given.map((order) => orderView(shop, order)),
  };
}

const stockSchema = z.strictObject({
  incremental: z.boolean(),
  idempotent_id: z.string().min(1).max(64),
  items: z
    .array(
      z.strictObject({
        product_id: digits,
        sku_id: digits,
        stock_num: z.int(),
        out_warehouse_id: z.string().optional(),
      }),
    )
    .min(1)
    .max(50),
});

/** Each row by itself; an id is good once. */
function syncStock(shop: FakeShop, writes: Set<string>, params: unknown) {
  const { incremental, idempotent_id, items } = stockSchema.parse(params);
  if (writes.has(idempotent_id)) refuse(40003, "isv.idempotent-id-existed");
  writes.add(idempotent_id);
  const results = items.map((item) => {
    const sku = shop.skus.get(item.sku_id);
    const held =
      sku?.warehouses && item.out_warehouse_id ? sku.warehouses[item.out_warehouse_id] : sku?.stock;
    const target = incremental ? (held ?? 0) + item.stock_num : item.stock_num;
    const isWrong =
      !sku || held === undefined || target < 0 || (sku.type === 1) !== (item.out_warehouse_id !== undefined);
    if (isWrong) return { sku_id: `#${item.sku_id}`, status_code: 2010, status_message: "refused" };
    if (sku.warehouses && item.out_warehouse_id) sku.warehouses[item.out_warehouse_id] = target;
    else sku.stock = target;
    return {
      sku_id: `#${item.sku_id}`,
      warehouse_id: 0,
      stock_num: target,
      change_num: target - held,
      status_code: 0,
      status_message: "",
    };
  });
  return { results };
}

const shipSchema = z.strictObject({
  order_id: digits,
  request_id: z.string().min(1),
  pack_list: z
    .array(
      z.strictObject({
        company_code: z.enum(["shunfeng", "yuantong", "zhongtong", "shentong", "yunda", "jd", "ems"]),
        logistics_code: z.string().min(4),
        shipped_order_info: z
          .array(z.strictObject({ shipped_order_id: digits, shipped_num: z.int().min(1) }))
          .min(1),
      }),
    )
    .length(1),
});

function ship(shop: FakeShop, params: unknown) {
  const asked = shipSchema.parse(params);
  const order = shop.orders.get(asked.order_id) ?? refuse(50002, "isv.business-failed:4002");
  const answerOf = (pack: (typeof order.packs)[number]) => ({
    pack_list: [{ pack_id: pack.id, logistics_code: pack.number }],
  });
  const before = order.packs.find((pack) => pack.requestId === asked.request_id);
  if (before) return answerOf(before);
  const [wanted] = asked.pack_list;
  if (!wanted || (order.status !== 2 && order.status !== 101))
    return refuse(50002, "isv.business-failed:4010");
  const lines = wanted.shipped_order_info.map((row) => ({
    id: row.shipped_order_id,
    quantity: row.shipped_num,
  }));
  for (const row of lines) {
    const line = order.lines.find(({ id }) => id === row.id);
    if (line?.afterSale === 6) refuse(50002, "isv.business-failed:4020");
    if (!line || row.quantity > line.quantity - line.refunded - shop.shippedOf(order, row.id))
      refuse(50002, "isv.business-failed:4011");
  }
  const pack = {
    id: shop.nextId("73"),
    requestId: asked.request_id,
    company: wanted.company_code,
    number: wanted.logistics_code,
    at: shop.now(),
    lines,
  };
  order.packs.push(pack);
  const left = order.lines.some((line) => line.quantity - line.refunded > shop.shippedOf(order, line.id));
  order.status = left ? 101 : 3;
  order.updated = shop.now();
  return answerOf(pack);
}
