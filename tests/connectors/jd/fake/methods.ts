import { z } from "zod";
import type { FakeOrder, FakeShop } from "./shop.ts";
import { localTime, orderView, picked, venderId } from "./view.ts";

/** The methods of the gateway: what each takes, checked as the real one does, and what it gives. */

export class Refused extends Error {
  readonly code: string;

  constructor(code: string, words: string) {
    super(words);
    this.code = code;
  }
}

const local = z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
const dayMs = 86_400_000;
/** JD's own reading of a local time. */
const msOfLocal = (text: string): number => Date.parse(`${text.replace(" ", "T")}+08:00`);

const searchParameters = z.strictObject({
  start_date: local,
  end_date: local,
  dateType: z.int(),
  order_state: z.string().min(1),
  optional_fields: z.string().min(1),
  page: z.string().regex(/^[1-9]\d*$/),
  page_size: z.string().regex(/^([1-9]\d?|100)$/),
  sortType: z.int(),
  source_id: z.literal("JOS"),
});
const states =
  /^(WAIT_SELLER_STOCK_OUT|WAIT_SELLER_DELIVERY|WAIT_GOODS_RECEIVE_CONFIRM|FINISHED_L|TRADE_CANCELED|LOCKED|PAUSE|POP_ORDER_PAUSE)$/;

const ok = { success: true, numberCode: 0, chineseErrCode: "成功", englishErrCode: "success" };

type Operation = (shop: FakeShop, parameters: unknown) => Record<string, unknown>;

const search: Operation = (shop, given) => {
  const asked = searchParameters.parse(given);
  const [fromMs, toMs] = [msOfLocal(asked.start_date), msOfLocal(asked.end_date)];
  if (toMs - fromMs > 31 * dayMs) throw new Refused("50", "时间范围不能超过一个月");
  if (asked.dateType !== 1 && fromMs < shop.now() - 93 * dayMs)
    throw new Refused("50", "只能查询三个月内的订单");
  const wanted = asked.order_state.split(",");
  if (wanted.some((state) => !states.test(state))) throw new Refused("50", "订单类型错误");
  const timeOf = (order: FakeOrder) =>
    Math.floor((asked.dateType === 1 ? order.createdMs : order.modifiedMs) / 1000) * 1000;
  const rows = [...shop.orders.values()]
    .filter((order) => wanted.includes(order.state) && timeOf(order) >= fromMs && timeOf(order) <= toMs)
    .sort((a, b) => (asked.sortType === 1 ? timeOf(b) - timeOf(a) : timeOf(a) - timeOf(b)));
  const [page, size] = [Number(asked.page), Number(asked.page_size)];
  const shown = page > 100 ? [] : rows.slice((page - 1) * size, page * size);
  return {
    searchorderinfo_result: {
      apiResult: ok,
      orderTotal: rows.length,
      orderInfoList: shown.map((order) => picked(orderView(shop, order), asked.optional_fields)),
    },
  };
};

const get: Operation = (shop, given) => {
  const asked = z
    .strictObject({ order_id: z.string(), optional_fields: z.string().min(1), source_id: z.literal("JOS") })
    .parse(given);
  const order = shop.orders.get(asked.order_id);
  const apiResult = order
    ? ok
    : { success: false, numberCode: 10_400_001, chineseErrCode: "订单不存在", englishErrCode: "" };
  const orderInfo = order ? picked(orderView(shop, order), asked.optional_fields) : null;
  return { orderDetailInfo: { apiResult, orderInfo } };
};

const ship: Operation = (shop, given) => {
  const asked = z
    .strictObject({ orderId: z.string(), logiCoprId: z.string().regex(/^\d+$/), logiNo: z.string() })
    .parse(given);
  const order = shop.orders.get(asked.orderId);
  const refuse = (code: string, chineseErrCode: string) => ({
    sopjosshipment_result: { success: false, errorCode: code, chineseErrCode },
  });
  if (!order) return refuse("10400001", "订单不存在");
  if (order.state === "LOCKED") return refuse("10400011", "订单已锁定");
  if (!order.state.startsWith("WAIT_SELLER")) return refuse("10400012", "订单状态不允许出库");
  if (asked.logiNo === "" && asked.logiCoprId !== "1274") return refuse("10400013", "运单号不能为空");
  shop.ship(order.id, asked.logiCoprId, asked.logiNo);
  return { sopjosshipment_result: { success: "true", errorCode: "0", chineseErrCode: "成功" } };
};

const skuPages: Operation = (shop, given) => {
  const asked = z
    .strictObject({
      skuStatuValue: z.string(),
      field: z.string(),
      orderFiled: z.literal("skuId"),
      orderType: z.literal("asc"),
      pageNo: z.int().min(1),
      page_size: z.int().min(1).max(100),
    })
    .parse(given);
  const all = [...shop.skus.values()].sort((a, b) => a.skuId - b.skuId);
  const from = (asked.pageNo - 1) * asked.page_size;
  const data = all.slice(from, from + asked.page_size).map((sku) =>
    picked(
      {
        skuId: sku.skuId,
        wareId: sku.wareId,
        skuName: sku.name,
        wareTitle: sku.name,
        outerId: sku.outerId,
      },
      asked.field,
    ),
  );
  return { page: { pageNo: asked.pageNo, pageSize: asked.page_size, totalItem: all.length, data } };
};

const readStock: Operation = (shop, given) => {
  const { skuId } = z.strictObject({ skuId: z.int() }).parse(given);
  const sku = shop.skus.get(skuId);
  if (!sku) return { returnType: { success: false, errorMessage: "SKU不存在" } };
  const info = {
    storeId: 0,
    stockNum: sku.stockNum,
    orderBookingNum: sku.booked,
    appBookingNum: 0,
    orderTransferNum: 0,
  };
  return { returnType: { success: true, obj: { skuId, stockModel: "", skuStockInfos: [info] } } };
};

const setStock: Operation = (shop, given) => {
  const { req } = z
    .strictObject({
      req: z.strictObject({
        updateModel: z.literal("fullStockIn"),
        stockRfId: z.string().min(1).max(64),
        skuStocks: z
          .array(z.strictObject({ skuId: z.int(), stockNum: z.int().min(0), storeId: z.literal(0) }))
          .min(1),
      }),
    })
    .parse(given);
  if (new Set(req.skuStocks.map((row) => row.skuId)).size < req.skuStocks.length)
    throw new Refused("50", "SKU重复");
  const updateStockResult = req.skuStocks.map(({ skuId, stockNum, storeId }) => {
    const sku = shop.skus.get(skuId);
    if (!sku) return { data: String(skuId), success: false, storeId, message: "SKU不存在" };
    sku.stockNum = stockNum;
    return { data: String(skuId), success: true, storeId };
  });
  return { returnType: { success: true, obj: { updateStockResult } } };
};

const applies: Operation = (shop, given) => {
  const asked = z
    .strictObject({ orderId: z.string(), pageIndex: z.int().min(1), pageSize: z.int().min(1).max(50) })
    .parse(given);
  const rows = shop.applies.filter((row) => row.orderId === asked.orderId);
  const result = rows.map(({ id, orderId, status, fen, atMs }) => ({
    id,
    orderId,
    status,
    applyRefundSum: fen,
    applyTime: localTime(atMs),
    checkTime: status === 0 ? null : localTime(shop.now()),
    buyerName: "王**",
  }));
  return { queryResult: { success: true, totalCount: rows.length, result } };
};

const services: Operation = (shop, given) => {
  const asked = z
    .strictObject({
      orderId: z.string().optional(),
      approveTimeBegin: local.optional(),
      approveTimeEnd: local.optional(),
      pageNumber: z.int().min(1),
      pageSize: z.int().min(1).max(50),
    })
    .parse(given);
  const [from, to] = [asked.approveTimeBegin, asked.approveTimeEnd];
  if (asked.orderId === undefined && (from === undefined || to === undefined))
    throw new Refused("50", "缺少查询条件");
  if (from && to && msOfLocal(to) - msOfLocal(from) > 10 * dayMs)
    throw new Refused("50", "审核时间不能超过10天");
  const rows = shop.services.filter(
    (row) =>
      (asked.orderId === undefined || row.orderId === asked.orderId) &&
      (!from || !to || (row.approvedMs >= msOfLocal(from) && row.approvedMs <= msOfLocal(to) + 999)),
  );
  const data = rows
    .slice((asked.pageNumber - 1) * asked.pageSize, asked.pageNumber * asked.pageSize)
    .map((row) => ({
      afsRefundId: row.id + 1,
      status: row.status,
      completeTime: localTime(row.completedMs),
      refoundAmount: row.yuan,
      sameOrderServiceBill: { serviceId: row.id, orderId: Number(row.orderId), wareId: row.skuId },
    }));
  return { pageResult: { success: true, code: "00000", totalCount: rows.length, data } };
};

const serviceRefund: Operation = (shop, given) => {
  const { afsServiceId } = z.strictObject({ afsServiceId: z.int() }).parse(given);
  const row = shop.services.find(({ id }) => id === afsServiceId);
  if (!row) throw new Refused("50", "服务单不存在");
  const detail = { actualRefundAmount: Number(row.yuan) };
  return {
    result: {
      success: true,
      errorCode: "200",
      data: { orderId: row.orderId, afsActualRefundDetail: detail },
    },
  };
};

export const operations: Readonly<Record<string, Operation>> = {
  "jingdong.vender.shop.query": () => ({
    shop_jos_result: { shop_id: 200001, vender_id: Number(venderId), shop_name: "茶屋旗舰店", col_type: 0 },
  }),
  "jingdong.pop.order.search": search,
  "jingdong.pop.order.enSearch": search,
  "jingdong.pop.order.get": get,
  "jingdong.pop.order.enGet": get,
  "jingdong.pop.order.shipment": ship,
  "jingdong.sku.read.searchSkuList": skuPages,
  "jingdong.ware.stock.sku.query": readStock,
  "jingdong.ware.stock.sku.set": setStock,
  "jingdong.pop.afs.soa.refundapply.queryPageList": applies,
  "jingdong.asc.serviceAndRefund.view": services,
  "jingdong.b2c.shop.aftersales.refund.get": serviceRefund,
};
