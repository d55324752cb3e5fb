import type { FakeItem, FakeTrade } from "./shop.ts";

/** How the open platform shows its things: naive times of GMT+8, yuan, ids as bare numbers. */

export const localTime = (ms: number): string =>
  new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");

export const epochMs = (text: string): number => Date.parse(`${text.replace(" ", "T")}+08:00`);

const yuan = (fen: number): string => (fen / 100).toFixed(2);

/** Marked, and written without quotes by `wireText`: a long of Java, which JSON numbers of JavaScript cannot hold. */
const long = (id: string): string => `long:${id}`;

export const wireText = (body: unknown): string => JSON.stringify(body).replace(/"long:(\d+)"/g, "$1");

type View = Record<string, unknown>;

export function tradeView(trade: FakeTrade): View {
  const isFresh = trade.paidMs === null;
  return {
    tid: long(trade.tid),
    tid_str: trade.tid,
    type: trade.type,
    status: trade.status,
    created: localTime(trade.createdMs),
    modified: localTime(trade.modifiedMs),
    ...(isFresh ? {} : { pay_time: localTime(trade.paidMs ?? 0), alipay_no: `20261122${trade.tid}` }),
    payment: yuan(trade.payment),
    post_fee: yuan(trade.postFee),
    seller_nick: "demo_shop",
    buyer_nick: "t**1",
    buyer_open_uid: "AAHtest0001",
    receiver_name: "张**",
    receiver_mobile: "138****0000",
    receiver_state: "浙江省",
    receiver_city: "杭州市",
    receiver_district: "西湖区",
    receiver_address: "****",
    oaid: `1test${trade.tid}==`,
    buyer_message: "",
    seller_memo: trade.memo,
    orders: { order: trade.lines.map((line) => lineView(line, isFresh)) },
  };
}

const lineView = (line: FakeTrade["lines"][number], isFresh: boolean): View => ({
  oid: long(line.oid),
  num_iid: long(line.item.num_iid),
  ...(line.sku.sku_id ? { sku_id: line.sku.sku_id, outer_sku_id: line.sku.outer_id } : {}),
  outer_iid: line.item.outer_id,
  num: line.num,
  price: yuan(line.sku.price),
  total_fee: yuan(line.sku.price * line.num),
  payment: yuan(line.share),
  ...(isFresh ? {} : { divide_order_fee: yuan(line.share), part_mjz_discount: "0.00" }),
  refund_status: line.refund?.status ?? "NO_REFUND",
  ...(line.refund ? { refund_id: long(line.refund.id) } : {}),
  status: line.status,
  title: line.item.title,
  sku_properties_name: line.sku.name,
  ...(line.consignMs === null
    ? {}
    : { consign_time: localTime(line.consignMs), invoice_no: line.waybill, logistics_company: line.company }),
});

export const refundView = (trade: FakeTrade, line: FakeTrade["lines"][number]): View => ({
  refund_id: long(line.refund?.id ?? ""),
  tid: long(trade.tid),
  oid: long(line.oid),
  refund_fee: yuan(line.refund?.fee ?? 0),
  payment: yuan(line.share - (line.refund?.fee ?? 0)),
  status: line.refund?.status,
  good_status: line.refund?.goodsBack
    ? "BUYER_RETURNED_GOODS"
    : line.consignMs === null
      ? "BUYER_NOT_RECEIVED"
      : "BUYER_RECEIVED",
  has_good_return: line.refund?.goodsBack ?? false,
  refund_phase: "onsale",
  modified: localTime(line.refund?.modifiedMs ?? 0),
  reason: "不喜欢",
});

export const itemView = (item: FakeItem): View => {
  const skus = item.skus.filter((sku) => sku.sku_id !== "");
  return {
    num_iid: long(item.num_iid),
    title: item.title,
    outer_id: item.outer_id,
    num: item.skus.reduce((sum, sku) => sum + sku.quantity, 0),
    sub_stock: item.sub_stock,
    approve_status: item.onSale ? "onsale" : "instock",
    ...(skus.length === 0
      ? {}
      : {
          skus: {
            sku: skus.map((sku) => ({
              sku_id: long(sku.sku_id),
              outer_id: sku.outer_id,
              quantity: sku.quantity,
              price: yuan(sku.price),
              properties_name: `1627207:28341:颜色分类:${sku.name}`,
            })),
          },
        }),
  };
};

/** What was asked for by name; nested ones as `orders.oid`. */
export function picked(view: View, fields: readonly string[]): View {
  const top = Object.fromEntries(Object.entries(view).filter(([name]) => fields.includes(name)));
  const nested = fields.filter((name) => name.startsWith("orders.")).map((name) => name.slice(7));
  const { order = [] } = (view.orders ?? {}) as { order?: View[] };
  if (nested.length > 0) top.orders = { order: order.map((line) => picked(line, nested)) };
  return top;
}
