import { z } from "zod";
import type { FakeShop } from "./shop.ts";
import { aftersaleView, orderView, productView, stockView } from "./view.ts";

/** The calls of the shop's API: what each takes, checked as the real one does, and what it gives. */

export class Refused extends Error {
  readonly code: number;

  constructor(code: number) {
    super(String(code));
    this.code = code;
  }
}

type Operation = (shop: FakeShop, body: unknown) => Record<string, unknown>;

const id = z.string().regex(/^\d{1,20}$/);
const range = z.strictObject({ start_time: z.int(), end_time: z.int() });
const daySeconds = 86_400;

const parse = <Value>(schema: z.ZodType<Value>, body: unknown): Value => {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new Refused(10020051);
  return parsed.data;
};

/** Ids in order of time, after the place that the key names. A key is good for the question it came from. */
function scan(
  rows: { id: string; ms: number }[],
  within: { start_time: number; end_time: number },
  size: number,
  key: string,
) {
  const question = `${within.start_time}-${within.end_time}-${size}`;
  const [asked, afterMs = "0", afterId = ""] = key === "" ? [question] : atob(key).split("|");
  if (asked !== question) throw new Refused(606006);
  const second = (ms: number) => Math.floor(ms / 1000);
  const left = rows
    .filter(({ ms }) => second(ms) >= within.start_time && second(ms) <= within.end_time)
    .sort((a, b) => a.ms - b.ms || (a.id < b.id ? -1 : 1))
    .filter((row) => row.ms > Number(afterMs) || (row.ms === Number(afterMs) && row.id > afterId));
  const given = left.slice(0, size);
  const last = given.at(-1);
  return {
    ids: given.map((row) => row.id),
    has_more: left.length > given.length,
    next_key: last ? btoa(`${question}|${last.ms}|${last.id}`) : "",
  };
}

const listOrders: Operation = (shop, body) => {
  const asked = parse(
    z.strictObject({
      create_time_range: range.optional(),
      update_time_range: range.optional(),
      page_size: z.int().min(1).max(100),
      next_key: z.string(),
    }),
    body,
  );
  const within = asked.update_time_range ?? asked.create_time_range;
  if (!within || within.end_time - within.start_time > 7 * daySeconds) throw new Refused(10020051);
  const rows = [...shop.orders.values()].map((order) => ({
    id: order.id,
    ms: asked.update_time_range ? order.updatedMs : order.createdMs,
  }));
  const { ids, ...rest } = scan(rows, within, asked.page_size, asked.next_key);
  return { order_id_list: ids, ...rest };
};

const getOrder: Operation = (shop, body) => {
  const { order_id } = parse(z.strictObject({ order_id: id }), body);
  const order = shop.orders.get(order_id);
  if (!order) throw new Refused(10020052);
  return { order: orderView(shop, order) };
};

const deliveryEntry = z.strictObject({
  delivery_id: z.string(),
  waybill_id: z.string(),
  deliver_type: z.union([z.literal(1), z.literal(3)]),
  product_infos: z.array(z.strictObject({ product_id: id, sku_id: id, product_cnt: z.int().min(1) })).min(1),
});

const deliver: Operation = (shop, body) => {
  const asked = parse(z.strictObject({ order_id: id, delivery_list: z.array(deliveryEntry).min(1) }), body);
  const order = shop.orders.get(asked.order_id);
  if (!order) throw new Refused(10020052);
  if (order.status !== 20 && order.status !== 21) throw new Refused(10020054);
  for (const entry of asked.delivery_list) {
    if (entry.deliver_type === 1 && (entry.delivery_id === "" || entry.waybill_id === ""))
      throw new Refused(10020051);
    const lines = entry.product_infos.map((row) => ({
      productId: row.product_id,
      skuId: row.sku_id,
      count: row.product_cnt,
    }));
    for (const line of lines) {
      const ordered = order.lines
        .filter((one) => one.skuId === line.skuId)
        .reduce((sum, one) => sum + one.count, 0);
      const sent = order.deliveries
        .flatMap((one) => one.lines)
        .filter((one) => one.skuId === line.skuId)
        .reduce((sum, one) => sum + one.count, 0);
      if (sent + line.count > ordered) throw new Refused(10020051);
    }
    shop.deliver(order, {
      carrier: entry.delivery_id,
      waybill: entry.waybill_id,
      type: entry.deliver_type,
      atMs: shop.now(),
      lines,
    });
  }
  return {};
};

const listAftersales: Operation = (shop, body) => {
  const asked = parse(
    z.strictObject({ begin_update_time: z.int(), end_update_time: z.int(), next_key: z.string() }),
    body,
  );
  if (asked.end_update_time - asked.begin_update_time > daySeconds) throw new Refused(10020051);
  const rows = [...shop.aftersales.values()].map((one) => ({ id: one.id, ms: one.updatedMs }));
  const within = { start_time: asked.begin_update_time, end_time: asked.end_update_time };
  const { ids, ...rest } = scan(rows, within, 50, asked.next_key);
  return { after_sale_order_id_list: ids, ...rest };
};

const getAftersale: Operation = (shop, body) => {
  const { after_sale_order_id } = parse(z.strictObject({ after_sale_order_id: id }), body);
  const aftersale = shop.aftersales.get(after_sale_order_id);
  if (!aftersale) throw new Refused(10020052);
  return { after_sale_order: aftersaleView(aftersale) };
};

const listProducts: Operation = (shop, body) => {
  const asked = parse(
    z.strictObject({ page_size: z.int().min(1).max(30), next_key: z.string().optional() }),
    body,
  );
  const all = [...new Set(shop.skus.map((sku) => sku.productId))];
  const from = Number(asked.next_key ?? 0);
  const product_ids = all.slice(from, from + asked.page_size);
  return { product_ids, next_key: String(from + product_ids.length), total_num: all.length };
};

const getProduct: Operation = (shop, body) => {
  const { product_id } = parse(z.strictObject({ product_id: id, data_type: z.literal(1) }), body);
  const skus = shop.skus.filter((sku) => sku.productId === product_id);
  if (skus.length === 0) throw new Refused(10020052);
  return { product: productView(skus) };
};

const readStock: Operation = (shop, body) => {
  const { product_id } = parse(z.strictObject({ product_id: z.array(id).min(1).max(50) }), body);
  const spu_stock_list = product_id.flatMap((product) => {
    const skus = shop.skus.filter((sku) => sku.productId === product);
    return skus.length === 0 ? [] : [{ product_id: product, sku_stock: stockView(skus) }];
  });
  return { data: { spu_stock_list } };
};

const writeStock: Operation = (shop, body) => {
  const asked = parse(
    z.strictObject({ product_id: id, sku_id: id, diff_type: z.int().min(1).max(3), num: z.int().min(0) }),
    body,
  );
  const sku = shop.sku(asked.product_id, asked.sku_id);
  if (!sku) throw new Refused(10020052);
  if (asked.diff_type !== 3 && asked.num === 0) throw new Refused(10020218);
  if (asked.diff_type === 2 && asked.num > sku.stock) throw new Refused(10020219);
  if (asked.diff_type === 1) sku.stock += asked.num;
  else sku.stock = asked.diff_type === 2 ? sku.stock - asked.num : asked.num;
  return {};
};

export const operations: Readonly<Record<string, Operation>> = {
  "/channels/ec/basics/info/get": () => ({ info: { nickname: "茶屋小店", subject_type: "企业" } }),
  "/channels/ec/order/list/get": listOrders,
  "/channels/ec/order/get": getOrder,
  "/channels/ec/order/delivery/send": deliver,
  "/channels/ec/aftersale/getaftersalelist": listAftersales,
  "/channels/ec/aftersale/getaftersaleorder": getAftersale,
  "/channels/ec/product/list/get": listProducts,
  "/channels/ec/product/get": getProduct,
  "/channels/ec/product/stock/batchget": readStock,
  "/channels/ec/product/stock/update": writeStock,
};
