import type { FakeOrder, FakeShop, FakeSku } from "./shop.ts";

/** How Douyin shows its things. `#` before digits stands for a bare number, however long: that is how the platform writes some ids. */

export const textOf = (value: unknown): string => JSON.stringify(value).replaceAll(/"#(\d+)"/g, "$1");

const place = (name: string, id: string) => ({ name, id });

function lineView(shop: FakeShop, order: FakeOrder, line: FakeOrder["lines"][number]) {
  const sku = shop.sku(line.skuId);
  return {
    order_id: line.id,
    parent_order_id: order.id,
    order_status: order.status,
    product_id: `#${sku.productId}`,
    product_id_str: sku.productId,
    sku_id: `#${sku.skuId}`,
    code: sku.code,
    out_sku_id: "0",
    product_name: sku.title,
    item_num: line.quantity,
    origin_amount: sku.price,
    sum_amount: sku.price * line.quantity,
    order_amount: sku.price * line.quantity,
    pay_amount: sku.price * line.quantity,
    promotion_amount: 0,
    goods_type: 0,
    trade_type: 0,
    reduce_stock_type: sku.reduce,
    theme_type: line.roomId ? "1" : "0",
    room_id: `#${line.roomId ?? 0}`,
    room_id_str: line.roomId ?? "0",
    author_id: line.roomId ? 800000001 : 0,
    given_product_type: "",
    inventory_list: [
      { warehouse_id: "0", out_warehouse_id: "", inventory_type: 1, count: line.quantity, warehouse_type: 0 },
    ],
    after_sale_info: {
      after_sale_status: line.afterSale ?? 0,
      after_sale_type: 0,
      refund_status: line.afterSale === 12 ? 3 : 0,
    },
  };
}

export function orderView(shop: FakeShop, order: FakeOrder) {
  const total = shop.total(order);
  return {
    shop_id: 123456,
    order_id: order.id,
    order_status: order.status,
    order_type: 0,
    trade_type: 0,
    biz: 2,
    create_time: order.created,
    update_time: order.updated,
    pay_time: order.paid,
    ship_time: order.packs[0]?.at ?? 0,
    finish_time: 0,
    order_amount: total,
    pay_amount: total,
    post_amount: 500,
    promotion_amount: 0,
    promotion_shop_amount: 0,
    promotion_platform_amount: 0,
    promotion_talent_amount: 0,
    promotion_pay_amount: 0,
    modify_amount: 0,
    channel_payment_no: order.paid ? `26${order.id}` : "",
    buyer_words: order.note,
    doudian_open_id: "1@#demoopenid",
    mask_post_receiver: "李*",
    mask_post_tel: "1********00",
    encrypt_post_receiver: "##demo-cipher-name##",
    encrypt_post_tel: "$$demo-cipher-tel$$",
    post_addr: {
      province: place("广东省", "44"),
      city: place("广州市", "4401"),
      town: place("天河区", "440106"),
      encrypt_detail: "##demo-cipher-addr##",
    },
    logistics_info: order.packs.map((pack) => ({
      tracking_no: pack.number,
      company: pack.company,
      ship_time: pack.at,
      delivery_id: pack.id,
      product_info: pack.lines.map((row) => ({ sku_order_id: row.id, product_count: row.quantity })),
    })),
    order_phase_list: [],
    sku_order_list: order.lines.map((line) => lineView(shop, order, line)),
  };
}

export const caseView = (order: FakeOrder, one: FakeOrder["cases"][number]) => ({
  aftersale_info: {
    aftersale_id: one.id,
    aftersale_order_type: 1,
    aftersale_type: one.type,
    aftersale_status: one.status === 3 ? 12 : 6,
    related_id: one.line,
    apply_time: one.at,
    update_time: one.at,
    refund_amount: one.applied,
    refund_post_amount: 0,
    aftersale_num: one.quantity,
    refund_status: one.status,
  },
  order_info: {
    shop_order_id: order.id,
    related_order_info: [
      { sku_order_id: one.line, aftersale_pay_amount: one.applied, aftersale_item_num: one.quantity },
    ],
  },
});

export const caseDetailView = (one: FakeOrder["cases"][number]) => ({
  process_info: {
    after_sale_info: {
      after_sale_id: `#${one.id}`,
      refund_status: one.status,
      refund_total_amount: one.applied,
      real_refund_amount: one.real,
      reason: "不想要了",
    },
  },
});

export const skuView = (sku: FakeSku) => ({
  id: `#${sku.skuId}`,
  product_id: `#${sku.productId}`,
  code: sku.code,
  sku_type: sku.type,
  stock_num: sku.type === 0 ? sku.stock : 0,
  prehold_stock_num: 0,
  stock_map: sku.warehouses ?? {},
  spec_detail_name1: "默认",
  price: sku.price,
});
