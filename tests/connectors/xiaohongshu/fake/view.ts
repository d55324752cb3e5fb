import type { FakeOrder, FakeShop, FakeSku } from "./shop.ts";

/** How Xiaohongshu shows its things. */

function skuView(shop: FakeShop, { skuId, quantity }: FakeOrder["lines"][number]) {
  const sku = shop.sku(skuId);
  return {
    skuId,
    itemId: sku.itemId,
    skuName: sku.title,
    skuSpec: "",
    erpcode: sku.code,
    skuQuantity: quantity,
    totalPaidAmount: sku.price * quantity,
    totalMerchantDiscount: 0,
    totalRedDiscount: 0,
    skuTag: 0,
    kolId: "",
    skuAfterSaleStatus: 1,
    skuDetailList: [
      { skuId, erpCode: sku.code, quantity, pricePerSku: sku.price, paidAmountPerSku: sku.price },
    ],
  };
}

export const summaryView = (order: FakeOrder) => ({
  orderId: order.id,
  orderType: 1,
  orderStatus: order.status,
  orderAfterSalesStatus: order.afterSales,
  cancelStatus: 0,
  createdTime: order.created,
  paidTime: order.paid,
  updateTime: order.updated,
});

export function orderView(shop: FakeShop, order: FakeOrder) {
  const [only] = order.packs;
  const isSplit = order.packs.length > 0 && (only?.skuIds.length ?? 0) < order.lines.length;
  return {
    ...summaryView(order),
    deliveryTime: order.delivered,
    cancelTime: 0,
    finishTime: 0,
    totalPayAmount: shop.total(order),
    totalShippingFree: 500,
    totalDepositAmount: 0,
    totalMerchantDiscount: 0,
    totalRedDiscount: 0,
    openAddressId: `addr-${order.id}`,
    customerRemark: order.remark,
    userId: "demo-user",
    receiverProvinceName: "江苏",
    receiverCityName: "苏州市",
    receiverDistrictName: "相城区",
    logistics: "red_auto",
    whcode: "CPartner",
    unpack: isSplit,
    expressTrackingNo: isSplit ? "" : (only?.number ?? ""),
    expressCompanyCode: isSplit ? "" : (only?.company ?? ""),
    skuList: order.lines.map((line) => skuView(shop, line)),
    simpleDeliveryOrderList: isSplit
      ? order.packs.map((pack, index) => ({
          deliveryOrderIndex: index,
          status: 6,
          expressTrackingNo: pack.number,
          expressCompanyCode: pack.company,
          skuIdList: pack.skuIds,
        }))
      : [],
  };
}

const figure = (available: number) => ({
  available,
  reserved: 0,
  standalone: 0,
  total: available,
  occupiedQuantity: 0,
});

export function stockView(sku: FakeSku) {
  const byWarehouse = Object.entries(sku.warehouses ?? { CPartner: sku.available });
  return {
    response: { success: true, msg: "", code: 0 },
    apiVersion: "V1",
    skuStockInfo: {
      skuId: sku.skuId,
      skuStockInfo: figure(byWarehouse.reduce((sum, [, available]) => sum + available, 0)),
    },
    skuStockInfoWithWhcode: byWarehouse.map(([whcode, available]) => ({
      skuId: sku.skuId,
      whcode,
      skuStockInfo: figure(available),
    })),
  };
}

export const changedView = (sku: FakeSku) => ({
  skuId: sku.skuId,
  apiVersion: "V1",
  skuStock: figure(sku.available),
  skuStockInfoWithWhcode: [],
  response: { success: true, message: "", code: 0 },
});

export const listedView = (sku: FakeSku) => ({
  item: { id: sku.itemId, name: sku.title },
  sku: {
    id: sku.skuId,
    itemId: sku.itemId,
    erpCode: sku.code,
    name: sku.title,
    price: sku.price,
    stock: sku.available,
    whcode: Object.keys(sku.warehouses ?? { CPartner: 0 })[0],
    buyable: true,
  },
});

export const caseView = (one: FakeOrder["cases"][number], order: FakeOrder) => ({
  afterSaleInfo: {
    returnsId: one.id,
    returnType: one.type,
    status: one.yuan === 0 ? 5 : 4,
    orderId: order.id,
    reasonNameZh: "不想要了",
    updatedAt: one.at,
    ...(one.yuan === 0 ? {} : { refundTime: one.at, refundStatus: 2 }),
    refundAmountYuan: one.yuan,
    appliedShipFeeAmountYuan: 0,
    skus: [{ skuId: one.skuId, appliedCount: one.count, appliedTotalAmountYuan: one.yuan }],
  },
});
