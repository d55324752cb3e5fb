import type { FakeOrder, FakeShop, FakeSku } from "./shop.ts";

/** How Kuaishou shows its things. */

const itemView = (sku: FakeSku, num: number, price: number) => ({
  itemId: sku.itemId,
  skuId: sku.skuId,
  relSkuId: 0,
  skuNick: sku.code,
  itemTitle: sku.title,
  skuDesc: "默认",
  num,
  price,
  originalPrice: sku.price,
  discountFee: 0,
  warehouseCode: "",
});

const parcels = (order: FakeOrder, oid: number) =>
  order.packs
    .filter((pack) => pack.lines.some((line) => line.oid === oid))
    .map((pack, index) => ({ expressNo: pack.number, expressCode: pack.code, logisticsId: index + 1 }));

export function orderView(shop: FakeShop, order: FakeOrder, isDetail: boolean) {
  const sku = shop.sku(order.skuId);
  const isHeld = order.held.length > 0;
  const { gift } = order;
  return {
    orderBaseInfo: {
      oid: order.oid,
      status: order.status,
      createTime: order.created,
      updateTime: order.updated,
      payTime: order.paid,
      sendTime: order.sent,
      recvTime: 0,
      refundTime: 0,
      totalFee: shop.total(order),
      expressFee: 600,
      discountFee: 0,
      buyerOpenId: "demo_buyer",
      sellerOpenId: "demo_seller",
      remark: order.remark,
      preSale: 0,
      coType: 0,
      allActivityType: [0],
      cpsType: 1,
      riskCode: order.risk,
      disableDeliveryReasonCode: order.held,
      // Only the detail tells where it was bought.
      ...(isDetail ? { carrierType: order.roomId ? 2 : 29, carrierId: order.roomId } : {}),
    },
    orderItemInfo: itemView(sku, order.quantity, sku.price),
    orderRefundList: order.refunds.map(({ id, status }) => ({ refundId: id, refundStatus: status })),
    orderLogisticsInfo: parcels(order, order.oid),
    orderDeliveryInfo: {
      deliveryNum: order.delivered,
      packageNum: parcels(order, order.oid).length,
      totalPackageNum: order.packs.length,
      enableAppendPackage: false,
    },
    subOrderInfo: gift
      ? [
          {
            subOrderType: 2,
            subOrderBaseInfo: {
              oid: gift.oid,
              status: gift.delivered ? 40 : 30,
              sendTime: 0,
              updateTime: order.updated,
            },
            subOrderItemInfo: itemView(shop.sku(gift.skuId), gift.quantity, 0),
            subOrderLogisticsInfo: parcels(order, gift.oid),
            subOrderDeliveryInfo: {
              deliveryNum: gift.delivered,
              packageNum: parcels(order, gift.oid).length,
            },
          },
        ]
      : [],
    orderAddress: {
      encryptedConsignee: isHeld ? "" : "demo-name==",
      desensitiseConsignee: isHeld ? "" : "赵*",
      encryptedMobile: isHeld ? "" : "demo-mobile==",
      desensitiseMobile: isHeld ? "" : "1********00",
      province: "四川省",
      city: "成都市",
      district: "武侯区",
    },
  };
}

export function itemsView(skus: readonly FakeSku[]) {
  const items = new Map<number, FakeSku[]>();
  for (const sku of skus) items.set(sku.itemId, [...(items.get(sku.itemId) ?? []), sku]);
  return [...items].map(([kwaiItemId, own]) => ({
    kwaiItemId,
    title: own[0]?.title ?? "",
    itemStatus: 1,
    shelfStatus: 1,
    multipleStock: own.some((sku) => sku.byWarehouse === true),
    skuList: own.map((sku) => ({
      kwaiSkuId: sku.skuId,
      kwaiItemId,
      skuStock: sku.stock,
      reserveStock: 0,
      skuNick: sku.code,
      specification: "默认",
      isValid: 1,
    })),
  }));
}
