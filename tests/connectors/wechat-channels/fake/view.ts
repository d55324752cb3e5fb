import type { FakeAftersale, FakeOrder, FakeShop, FakeSku } from "./shop.ts";

/** How WeChat shows its things. */

const seconds = (ms: number): number => Math.floor(ms / 1000);
const isOpen = ({ status }: FakeAftersale): boolean => status === "MERCHANT_PROCESSING";

export function orderView(shop: FakeShop, order: FakeOrder): Record<string, unknown> {
  const aftersales = [...shop.aftersales.values()].filter((one) => one.orderId === order.id);
  const goods = shop.total(order) - order.freight;
  return {
    order_id: order.id,
    status: order.status,
    create_time: seconds(order.createdMs),
    update_time: seconds(order.updatedMs),
    openid: "demo_openid",
    unionid: "",
    order_detail: {
      product_infos: order.lines.map((line) => {
        const sku = shop.sku(line.productId, line.skuId);
        const open = aftersales.filter((one) => one.skuId === line.skuId && isOpen(one));
        return {
          product_id: line.productId,
          sku_id: line.skuId,
          sku_code: sku?.code ?? "",
          title: sku?.title ?? "",
          sku_cnt: line.count,
          on_aftersale_sku_cnt: open.reduce((sum, one) => sum + one.count, 0),
          finish_aftersale_sku_cnt: 0,
          sale_price: line.price,
          market_price: line.price,
          real_price: line.price * line.count,
          sku_attrs: [],
        };
      }),
      pay_info: {
        transaction_id: order.paidMs === null ? "" : `42000000000${order.id.slice(-6)}`,
        pay_time: order.paidMs === null ? 0 : seconds(order.paidMs),
        payment_method: 1,
      },
      price_info: {
        product_price: goods,
        order_price: shop.total(order),
        freight: order.freight,
        discounted_price: 0,
        is_discounted: false,
      },
      delivery_info: {
        address_info: {
          user_name: "孙*",
          province_name: "广东省",
          city_name: "深圳市",
          county_name: "南山区",
          detail_info: "****",
          tel_number: "138****0000",
        },
        delivery_product_info: order.deliveries.map((one) => ({
          waybill_id: one.waybill,
          delivery_id: one.carrier,
          delivery_time: seconds(one.atMs),
          deliver_type: one.type,
          product_infos: one.lines.map((line) => ({
            product_id: line.productId,
            sku_id: line.skuId,
            product_cnt: line.count,
          })),
        })),
        deliver_method: 0,
      },
      ext_info: {
        customer_notes: order.notes,
        merchant_notes: "",
        finder_id: "",
        live_id: "",
        order_scene: 1,
      },
    },
    aftersale_detail: {
      aftersale_order_list: aftersales.map((one) => ({ aftersale_order_id: one.id, status: one.status })),
      on_aftersale_order_cnt: aftersales.filter(isOpen).length,
    },
  };
}

export const aftersaleView = (one: FakeAftersale) => ({
  after_sale_order_id: one.id,
  status: one.status,
  order_id: one.orderId,
  openid: "demo_openid",
  type: one.type,
  create_time: seconds(one.updatedMs),
  update_time: seconds(one.updatedMs),
  product_info: { product_id: one.productId, sku_id: one.skuId, count: one.count },
  refund_info: { amount: one.amount, refund_reason: 1 },
});

export const productView = (skus: readonly FakeSku[]) => ({
  product_id: skus[0]?.productId,
  out_product_id: "",
  title: skus[0]?.title,
  status: 5,
  edit_status: 4,
  skus: skus.map((sku) => ({
    sku_id: sku.skuId,
    out_sku_id: "",
    sku_code: sku.code,
    sale_price: sku.price,
    stock_num: sku.stock,
    sku_attrs: sku.attribute === "" ? [] : [{ attr_key: "颜色", attr_value: sku.attribute }],
  })),
});

export const stockView = (skus: readonly FakeSku[]) =>
  skus.map((sku) => ({
    sku_id: sku.skuId,
    normal_stock_num: sku.stock,
    limited_discount_stock_num: 0,
    warehouse_stocks: [],
    finder_total_num: 0,
    total_stock_num: sku.stock,
  }));
