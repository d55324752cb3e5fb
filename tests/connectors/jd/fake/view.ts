import type { FakeOrder, FakeShop } from "./shop.ts";

/** How JD shows its things: yuan as text, local times of China. */

export const venderId = "100001";

export const localTime = (ms: number): string =>
  new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");

const yuan = (fen: number): string => (fen / 100).toFixed(2);

export function orderView(shop: FakeShop, order: FakeOrder): Record<string, unknown> {
  return {
    orderId: order.id,
    venderId,
    orderType: "22",
    payType: "4-在线支付",
    orderTotalPrice: yuan(shop.goods(order)),
    orderSellerPrice: yuan(shop.goods(order)),
    orderPayment: "0.00",
    actualPay: yuan(shop.total(order)),
    shouldPay: yuan(shop.total(order)),
    payDiscount: "0.00",
    freightPrice: yuan(order.freight),
    sellerDiscount: "0.00",
    orderState: order.state,
    orderStateRemark: "",
    orderStartTime: localTime(order.createdMs),
    paymentConfirmTime: order.paidMs === null ? "0001-01-01 00:00:00" : localTime(order.paidMs),
    orderEndTime: "",
    modified: localTime(order.modifiedMs),
    consigneeInfo: {
      fullname: "王**",
      mobile: "138****0000",
      telephone: "",
      fullAddress: "北京****",
      province: "北京",
      city: "海淀区",
      county: "",
      town: "",
    },
    itemInfoList: order.items.map(({ skuId, quantity }) => {
      const sku = shop.sku(skuId);
      return {
        skuId: String(skuId),
        wareId: String(sku.wareId),
        skuName: sku.name,
        outerSkuId: sku.outerId,
        productNo: "",
        jdPrice: yuan(sku.price),
        itemTotal: String(quantity),
        giftPoint: "0",
      };
    }),
    couponDetailList: [],
    orderRemark: order.remark,
    venderRemark: "",
    waybill: order.waybill,
    logisticsId: order.logisticsId,
    parentOrderId: order.parent,
    directParentOrderId: order.parent,
    storeOrder: "",
    open_id_buyer: "demoOpenId",
    xidBuyer: "",
  };
}

/** Only the fields that were asked for. */
export function picked(row: Record<string, unknown>, fields: string): Record<string, unknown> {
  const names = new Set(fields.split(","));
  return Object.fromEntries(Object.entries(row).filter(([name]) => names.has(name)));
}
