import { z } from "zod";
import type { FakeShop } from "./shop.ts";
import { itemsView, orderView } from "./view.ts";

/** The calls behind the gateway, with their required fields and limits. */

export class Refusal extends Error {
  readonly result: number;

  constructor(result: number) {
    super(`result ${result}`);
    this.result = result;
  }
}

export const refuse = (result: number): never => {
  throw new Refusal(result);
};

export type Methods = Record<string, { verb: "GET" | "POST"; work(params: unknown): unknown }>;

const long = z.int().positive();
const dayMs = 86_400_000;

const listSchema = z.strictObject({
  orderViewStatus: z.literal(1),
  pageSize: z.int().min(1).max(50),
  sort: z.literal(2),
  queryType: z.union([z.literal(1), z.literal(2)]),
  beginTime: long,
  endTime: long,
  cpsType: z.literal(0),
  cursor: z.string(),
});

export function methodsOf(shop: FakeShop): Methods {
  return {
    "open.order.cursor.list": { verb: "GET", work: (params) => listOrders(shop, params) },
    "open.order.detail": {
      verb: "GET",
      work(params) {
        const { oid } = z.strictObject({ oid: long }).parse(params);
        return orderView(shop, shop.orders.get(oid) ?? refuse(10_020), true);
      },
    },
    "open.seller.order.refund.detail": {
      verb: "GET",
      work(params) {
        const { refundId } = z.strictObject({ refundId: long }).parse(params);
        const found = [...shop.orders.values()]
          .flatMap((order) => order.refunds)
          .find(({ id }) => id === refundId);
        const { id, fee, way, at, status } = found ?? refuse(300_011);
        return {
          refundId: id,
          refundFee: fee,
          handlingWay: way,
          status,
          endTime: at,
          updateTime: at,
          refundReasonDesc: "不想要了",
        };
      },
    },
    "open.item.list.get": { verb: "GET", work: (params) => listItems(shop, params) },
    "open.item.sku.stock.update": { verb: "POST", work: (params) => changeStock(shop, params) },
    "open.order.goods.split.deliver": { verb: "POST", work: (params) => deliver(shop, params) },
    "open.user.seller.get": {
      verb: "GET",
      work: () => ({ name: "演示小店", sellerId: 100_001, openId: "demo_seller", sex: "U" }),
    },
  };
}

/** The cursor names the last row given: its time and its number. */
function listOrders(shop: FakeShop, params: unknown) {
  const asked = listSchema.parse(params);
  if (asked.endTime <= asked.beginTime) refuse(300_003);
  if (asked.endTime - asked.beginTime > 7 * dayMs) refuse(300_004);
  if (asked.beginTime < shop.now() - 90 * dayMs) refuse(300_005);
  const timeOf = (order: { created: number; updated: number }) =>
    asked.queryType === 2 ? order.updated : order.created;
  const [afterTime = 0, afterId = 0] = asked.cursor === "" ? [] : asked.cursor.split("_").map(Number);
  const rows = [...shop.orders.values()]
    .filter((order) => timeOf(order) >= asked.beginTime && timeOf(order) <= asked.endTime)
    .filter((order) => timeOf(order) > afterTime || (timeOf(order) === afterTime && order.oid > afterId))
    .sort((a, b) => timeOf(a) - timeOf(b) || a.oid - b.oid);
  const given = rows.slice(0, asked.pageSize);
  const last = given.at(-1);
  return {
    pageSize: asked.pageSize,
    beginTime: asked.beginTime,
    endTime: asked.endTime,
    cursor: last && rows.length > given.length ? `${timeOf(last)}_${last.oid}` : "nomore",
    orderList: given.map((order) => orderView(shop, order, false)),
  };
}

function listItems(shop: FakeShop, params: unknown) {
  const asked = z
    .strictObject({
      kwaiItemId: long.optional(),
      itemStatus: z.literal(1).optional(),
      pageNumber: z.int().min(1),
      pageSize: z.int().min(10).max(100),
    })
    .parse(params);
  const all = itemsView([...shop.skus.values()]).filter(
    (item) => asked.kwaiItemId === undefined || item.kwaiItemId === asked.kwaiItemId,
  );
  const items = all.slice((asked.pageNumber - 1) * asked.pageSize, asked.pageNumber * asked.pageSize);
  return {
    totalItemCount: all.length,
    currentPageItemCount: items.length,
    currentPageNumber: asked.pageNumber,
    totalPage: Math.ceil(all.length / asked.pageSize),
    items,
  };
}

function changeStock(shop: FakeShop, params: unknown) {
  const asked = z
    .strictObject({
      kwaiItemId: long,
      skuId: long,
      skuChangeStock: z.int().min(1).max(9_999_998),
      changeType: z.union([z.literal(1), z.literal(2)]),
    })
    .parse(params);
  const sku = shop.skus.get(asked.skuId) ?? refuse(10_030);
  if (sku.itemId !== asked.kwaiItemId || sku.byWarehouse) refuse(10_031);
  const target = sku.stock + (asked.changeType === 1 ? asked.skuChangeStock : -asked.skuChangeStock);
  if (target < 0) refuse(21);
  sku.stock = target;
  return undefined;
}

const deliverSchema = z.strictObject({
  mainOrderId: long,
  deliveryItemInfoList: z
    .array(
      z.strictObject({
        expressCode: z.int().positive(),
        expressNo: z.string().min(4),
        deliveryGoodsInfoList: z.array(z.strictObject({ oid: long, deliveryNum: z.int().min(1) })).min(1),
      }),
    )
    .length(1),
});

function deliver(shop: FakeShop, params: unknown) {
  const { mainOrderId, deliveryItemInfoList } = deliverSchema.parse(params);
  const order = shop.orders.get(mainOrderId) ?? refuse(10_020);
  const isOpen = order.refunds.some(({ status }) => status < 60);
  if (order.held.length > 0 || order.risk > 0 || isOpen) refuse(11);
  const [pack] = deliveryItemInfoList;
  if (!pack || (order.status !== 30 && order.status !== 40)) return refuse(10_040);
  const parts = [order, ...(order.gift ? [order.gift] : [])];
  for (const { oid, deliveryNum } of pack.deliveryGoodsInfoList) {
    const part = parts.find((one) => one.oid === oid);
    if (!part || part.delivered + deliveryNum > part.quantity) return refuse(10_041);
  }
  const lines = pack.deliveryGoodsInfoList.map(({ oid, deliveryNum }) => ({ oid, quantity: deliveryNum }));
  for (const { oid, quantity } of lines) {
    const part = parts.find((one) => one.oid === oid);
    if (part) part.delivered += quantity;
  }
  order.packs.push({ number: pack.expressNo, code: pack.expressCode, lines });
  Object.assign(order, { sent: shop.now(), updated: shop.now() });
  if (order.delivered === order.quantity) order.status = 40;
  return undefined;
}
