import { z } from "zod";
import type { FakeShop } from "./shop.ts";
import { caseView, changedView, listedView, orderView, stockView, summaryView } from "./view.ts";

/** The calls behind the gateway, with their required fields and limits. */

export class Refusal extends Error {
  readonly code: number;

  constructor(code: number, words: string) {
    super(words);
    this.code = code;
  }
}

export const refuse = (code: number, words: string): never => {
  throw new Refusal(code, words);
};

export type Methods = Record<string, (params: unknown) => unknown>;

const halfHour = 1_800;
const day = 86_400;
const companies = [
  { expressCompanyId: 1, expressCompanyCode: "shunfeng", expressCompanyName: "顺丰速运" },
  { expressCompanyId: 2, expressCompanyCode: "zto", expressCompanyName: "中通速递" },
];

export function methodsOf(shop: FakeShop): Methods {
  const orderOf = (id: string) => shop.orders.get(id) ?? refuse(-1, "订单不存在");
  const skuOf = (id: string) => shop.skus.get(id) ?? refuse(-1, "规格不存在");
  const byId = z.strictObject({ orderId: z.string() });
  return {
    "order.getOrderList": (params) => listOrders(shop, params),
    "order.getOrderDetail": (params) => orderView(shop, orderOf(byId.parse(params).orderId)),
    "order.getOrderReceiverInfo"(params) {
      const { receiverQueries } = z
        .strictObject({
          receiverQueries: z.array(z.strictObject({ orderId: z.string(), openAddressId: z.string() })).min(1),
          isReturn: z.boolean(),
        })
        .parse(params);
      const receiverInfos = receiverQueries.map(({ orderId, openAddressId }) => {
        const matched = openAddressId === `addr-${orderId}` && orderOf(orderId).status === 4;
        const sealed = { receiverName: "#name#", receiverPhone: "#phone#", receiverAddress: "#address#" };
        return { orderId, matched, ...(matched ? sealed : {}) };
      });
      return { receiverInfos };
    },
    "afterSale.listAfterSaleInfos"(params) {
      const { orderId } = z
        .strictObject({ orderId: z.string(), pageNo: z.int().min(1), pageSize: z.int().min(1).max(100) })
        .parse(params);
      const { cases } = orderOf(orderId);
      return {
        totalCount: cases.length,
        afterSaleBasicInfos: cases.map(({ id, yuan }) => ({ returnsId: id, status: yuan === 0 ? 5 : 4 })),
      };
    },
    "afterSale.getAfterSaleInfo"(params) {
      const { returnsId } = z.strictObject({ returnsId: z.string() }).parse(params);
      for (const order of shop.orders.values())
        for (const one of order.cases) if (one.id === returnsId) return caseView(one, order);
      return refuse(-1, "售后单不存在");
    },
    "product.getDetailSkuList"(params) {
      const { pageNo, pageSize } = z
        .strictObject({ pageNo: z.int().min(1), pageSize: z.int().min(1).max(100) })
        .parse(params);
      const all = [...shop.skus.values()];
      return {
        total: all.length,
        data: all.slice((pageNo - 1) * pageSize, pageNo * pageSize).map(listedView),
      };
    },
    "inventory.getSkuStockV2": (params) =>
      stockView(
        skuOf(z.strictObject({ skuId: z.string(), inventoryType: z.literal(1) }).parse(params).skuId),
      ),
    "inventory.incSkuStock"(params) {
      const { skuId, qty } = z.strictObject({ skuId: z.string(), qty: z.int() }).parse(params);
      const sku = skuOf(skuId);
      if (Object.keys(sku.warehouses ?? {}).length > 1 || sku.available + qty < 0)
        refuse(-9001, "库存操作失败");
      sku.available += qty;
      return changedView(sku);
    },
    "inventory.syncSkuStockV2"(params) {
      const { skuId, qtyWithWhcode } = z
        .strictObject({ skuId: z.string(), qtyWithWhcode: z.record(z.string(), z.int().min(0)) })
        .parse(params);
      const sku = skuOf(skuId);
      const figures: Record<string, number> = sku.warehouses ?? { CPartner: sku.available };
      for (const [whcode, quantity] of Object.entries(qtyWithWhcode)) {
        if (!(whcode in figures)) refuse(-9002, "仓库操作失败");
        figures[whcode] = quantity;
      }
      if (!sku.warehouses) sku.available = figures.CPartner ?? 0;
      const shown = stockView(sku);
      return {
        ...shown,
        data: Object.fromEntries(shown.skuStockInfoWithWhcode.map((row) => [row.whcode, row])),
      };
    },
    "common.getExpressCompanyList": () => ({ expressCompanyInfos: companies }),
    "order.orderDeliver": (params) => deliver(shop, params),
  };
}

const listSchema = z.strictObject({
  startTime: z.int().min(1_000_000_000).max(9_999_999_999),
  endTime: z.int().min(1_000_000_000).max(9_999_999_999),
  timeType: z.union([z.literal(1), z.literal(2)]),
  pageNo: z.int().min(1).max(100),
  pageSize: z.int().min(1).max(100),
});

function listOrders(shop: FakeShop, params: unknown) {
  const asked = listSchema.parse(params);
  const longest = asked.timeType === 2 ? halfHour : day;
  if (asked.endTime - asked.startTime > longest || asked.endTime < asked.startTime)
    refuse(-2, "时间范围超限");
  const timeOf = (order: { created: number; updated: number }) =>
    Math.floor((asked.timeType === 2 ? order.updated : order.created) / 1000);
  const rows = [...shop.orders.values()]
    .filter((order) => timeOf(order) >= asked.startTime && timeOf(order) <= asked.endTime)
    .sort((a, b) => timeOf(a) - timeOf(b) || (a.id < b.id ? -1 : 1));
  const given = rows.slice((asked.pageNo - 1) * asked.pageSize, asked.pageNo * asked.pageSize);
  return {
    total: rows.length,
    pageNo: asked.pageNo,
    pageSize: asked.pageSize,
    maxPageNo: Math.ceil(rows.length / asked.pageSize),
    orderList: given.map(summaryView),
  };
}

const deliverSchema = z.strictObject({
  orderId: z.string(),
  expressNo: z.string().min(4),
  expressCompanyCode: z.enum(["shunfeng", "zto"]),
  deliveringTime: z.int().min(1_000_000_000_000),
  unpack: z.boolean(),
  skuIdList: z.array(z.string()).min(1).optional(),
});

function deliver(shop: FakeShop, params: unknown) {
  const asked = deliverSchema.parse(params);
  const order = shop.orders.get(asked.orderId) ?? refuse(-1, "订单不存在");
  if ((order.status !== 4 && order.status !== 5) || asked.unpack !== (asked.skuIdList !== undefined))
    refuse(-3, "当前状态不能发货");
  const sent = new Set(order.packs.flatMap((pack) => pack.skuIds));
  const skuIds = asked.skuIdList ?? order.lines.map(({ skuId }) => skuId);
  if (skuIds.some((skuId) => sent.has(skuId) || !order.lines.some((line) => line.skuId === skuId)))
    refuse(-3, "当前状态不能发货");
  order.packs.push({ number: asked.expressNo, company: asked.expressCompanyCode, skuIds });
  const isAll = order.lines.every(({ skuId }) => sent.has(skuId) || skuIds.includes(skuId));
  Object.assign(order, { status: isAll ? 6 : 5, delivered: shop.now(), updated: shop.now() });
  return undefined;
}
