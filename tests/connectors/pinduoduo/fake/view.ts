import type { FakeGoods, FakeOrder, FakePinduoduo } from "./shop.ts";

/** How the platform shows its things: naive times of GMT+8, yuan in orders, fen in a refund's detail. */

const localTime = (ms: number | null): string =>
  ms === null ? "" : new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");

const yuan = (fen: number): string => (fen / 100).toFixed(2);

const refundStatus = ({ refund }: FakeOrder): number => (refund === null ? 1 : refund.open ? 2 : 4);

export function orderView(shop: FakePinduoduo, order: FakeOrder) {
  // Ciphertexts only while it waits for shipment and is not under review.
  const isOpen = order.order_status === 1 && !order.underReview;
  return {
    order_sn: order.order_sn,
    order_status: order.order_status,
    refund_status: refundStatus(order),
    after_sales_status: order.refund === null ? 0 : order.refund.open ? 2 : 10,
    confirm_status: order.cancelled ? 2 : 1,
    group_status: 1,
    risk_control_status: order.underReview ? 1 : 0,
    trade_type: 0,
    created_time: localTime(order.createdMs),
    pay_time: localTime(order.paidMs),
    confirm_time: localTime(order.confirmedMs),
    updated_at: localTime(order.updatedMs),
    shipping_time: localTime(order.shippedMs),
    goods_amount: yuan(order.sku.price * order.count),
    discount_amount: "0.00",
    platform_discount: "0.00",
    seller_discount: 0,
    capital_free_discount: 0,
    postage: yuan(order.postage),
    pay_amount: Number(yuan(shop.total(order))),
    pay_no: `XP${order.order_sn}`,
    buyer_memo: "",
    remark: order.remark,
    receiver_name: isOpen ? "~AgAAdemo~" : "",
    receiver_phone: isOpen ? "$demo$" : "",
    receiver_address: isOpen ? "~AgAAdemoAddress~" : "",
    receiver_name_mask: "周*",
    province: "江苏省",
    city: "南京市",
    town: "玄武区",
    logistics_id: order.company,
    tracking_number: order.waybill,
    item_list: [
      {
        goods_id: order.goods.goods_id,
        sku_id: order.sku.sku_id,
        goods_count: order.count,
        goods_price: order.sku.price / 100,
        goods_name: order.goods.name,
        goods_spec: order.sku.spec,
        outer_id: order.sku.outer_id,
        outer_goods_id: "ITEM",
      },
    ],
    gift_list: [],
    step_order_info: null,
  };
}

export const refundView = (order: FakeOrder) => ({
  id: order.refund?.id,
  order_sn: order.order_sn,
  after_sales_status: order.refund?.open ? 2 : 10,
  after_sales_type: 2,
  refund_amount: order.refund?.amount,
  goods_number: order.count,
  updated_time: order.refund?.updatedMs,
});

export const goodsView = (goods: FakeGoods) => ({
  goods_id: goods.goods_id,
  goods_name: goods.name,
  is_more_sku: 1,
  is_onsale: 1,
  goods_quantity: goods.skus.reduce((sum, sku) => sum + sku.quantity, 0),
  sku_list: goods.skus.map((sku) => ({
    spec: sku.spec,
    sku_id: sku.sku_id,
    sku_quantity: sku.quantity,
    outer_id: sku.outer_id,
    outer_goods_id: "ITEM",
    is_sku_onsale: 1,
  })),
});
