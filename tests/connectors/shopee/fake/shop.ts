import type { TestRuntime } from "../../../support/runtime.ts";

/** A shop on Shopee: items, orders, returns. Times in whole seconds, amounts cents of SGD. */

export interface FakeModel {
  itemId: number;
  /** 0: the item has no models. */
  modelId: number;
  sku: string;
  name: string;
  price: number;
  stock: number;
  isShopees?: boolean;
  /** Units a promotion has reserved. */
  reserved?: number;
}

export interface FakeOrder {
  sn: string;
  created: number;
  updated: number;
  paid: number | null;
  status: string;
  note: string;
  lines: { model: FakeModel; quantity: number; lineId: number }[];
  freight: number;
  voucher: number;
  coins: number;
  parcels: {
    number: string;
    status: string;
    tracking: string | null;
    lines: { model: FakeModel; quantity: number }[];
  }[];
  channel: "non_integrated" | "pickup" | "dropoff";
}

export interface FakeReturn {
  sn: string;
  orderSn: string;
  status: string;
  amount: number;
  updated: number;
  model: FakeModel;
  quantity: number;
  needsLogistics: boolean;
}

export class FakeShop {
  readonly orders = new Map<string, FakeOrder>();
  readonly returns = new Map<string, FakeReturn>();
  readonly models: FakeModel[];
  private made = 0;
  private readonly runtime: TestRuntime;

  constructor(runtime: TestRuntime, models: readonly FakeModel[]) {
    this.runtime = runtime;
    this.models = models.map((model) => ({ ...model }));
  }

  now(): number {
    return Math.floor(this.runtime.clock.nowMs() / 1000);
  }

  private next(prefix: string): string {
    this.made += 1;
    return `${prefix}${String(this.made).padStart(6, "0")}`;
  }

  order(sn: string): FakeOrder {
    const order = this.orders.get(sn);
    if (!order) throw new Error(`no order ${sn}`);
    return order;
  }

  model(itemId: number, modelId: number): FakeModel {
    const model = this.models.find((one) => one.itemId === itemId && one.modelId === modelId);
    if (!model) throw new Error(`no model ${itemId}/${modelId}`);
    return model;
  }

  /** Units leave the figure when the order is placed, paid or not. */
  place(
    model: FakeModel,
    quantity: number,
    status = "READY_TO_SHIP",
    more: Partial<FakeOrder> = {},
  ): FakeOrder {
    model.stock -= quantity;
    const order: FakeOrder = {
      sn: this.next("261122"),
      created: this.now(),
      updated: this.now(),
      paid: status === "UNPAID" ? null : this.now(),
      status,
      note: "",
      lines: [{ model, quantity, lineId: 1 }],
      freight: 199,
      voucher: 0,
      coins: 0,
      parcels: [],
      channel: "non_integrated",
      ...more,
    };
    if (order.parcels.length === 0) {
      const lines = order.lines.map((line) => ({ model: line.model, quantity: line.quantity }));
      order.parcels = [{ number: this.next("OFG"), status: "LOGISTICS_READY", tracking: null, lines }];
    }
    this.orders.set(order.sn, order);
    return order;
  }

  change(sn: string, change: Partial<FakeOrder>): void {
    Object.assign(this.order(sn), change, { updated: this.now() });
  }

  cancel(sn: string): void {
    this.change(sn, { status: "CANCELLED" });
    for (const line of this.order(sn).lines) line.model.stock += line.quantity;
  }

  giveBack(sn: string, amount: number, change: Partial<FakeReturn> = {}): FakeReturn {
    const [line] = this.order(sn).lines;
    if (!line) throw new Error("no line");
    const made: FakeReturn = {
      sn: this.next("R"),
      orderSn: sn,
      status: "REQUESTED",
      amount,
      updated: this.now(),
      model: line.model,
      quantity: 1,
      needsLogistics: true,
      ...change,
    };
    this.returns.set(made.sn, made);
    return made;
  }

  decide(sn: string, status: string): void {
    const one = this.returns.get(sn);
    if (one) Object.assign(one, { status, updated: this.now() });
  }

  subtotal(order: FakeOrder): number {
    return order.lines.reduce((sum, line) => sum + line.model.price * line.quantity, 0);
  }

  total(order: FakeOrder): number {
    return this.subtotal(order) + order.freight - order.voucher - order.coins;
  }
}

const money = (cents: number) => cents / 100;

/** Only what was asked for, besides what always comes. */
export function orderView(shop: FakeShop, order: FakeOrder, fields: ReadonlySet<string>) {
  const optional: Record<string, unknown> = {
    item_list: order.lines.map(({ model, quantity, lineId }) => ({
      item_id: model.itemId,
      item_name: model.name,
      item_sku: model.modelId === 0 ? model.sku : "PARENT",
      model_id: model.modelId,
      model_name: model.modelId === 0 ? "" : "White,M",
      model_sku: model.modelId === 0 ? "" : model.sku,
      model_quantity_purchased: quantity,
      model_original_price: money(model.price + 500),
      model_discounted_price: money(model.price),
      order_item_id: model.itemId,
      line_item_id: lineId,
      promotion_type: "product_promotion",
    })),
    recipient_address: {
      name: "T** A** K**",
      phone: "******12",
      town: "",
      district: "",
      city: "Singapore",
      state: "",
      region: "SG",
      zipcode: "049315",
      full_address: "1 Demo Street",
    },
    total_amount: order.paid === null ? 0 : money(shop.total(order)),
    pay_time: order.paid,
    buyer_user_id: 900112233,
    fulfillment_flag: order.lines.some((line) => line.model.isShopees)
      ? "fulfilled_by_shopee"
      : "fulfilled_by_local_seller",
    shipping_carrier: "SPX Express",
    pickup_done_time: order.parcels.some((one) => one.status === "LOGISTICS_PICKUP_DONE") ? order.updated : 0,
    package_list: order.parcels.map((parcel) => ({
      package_number: parcel.number,
      logistics_status: parcel.status,
      shipping_carrier: "SPX Express",
      item_list: parcel.lines.map(({ model, quantity }) => ({
        item_id: model.itemId,
        model_id: model.modelId,
        model_quantity: quantity,
      })),
    })),
  };
  return {
    order_sn: order.sn,
    region: "SG",
    currency: "SGD",
    cod: false,
    order_status: order.status,
    create_time: order.created,
    update_time: order.updated,
    days_to_ship: 2,
    message_to_seller: order.note,
    ...Object.fromEntries(Object.entries(optional).filter(([name]) => fields.has(name))),
  };
}

export const escrowView = (shop: FakeShop, order: FakeOrder) => ({
  order_sn: order.sn,
  buyer_user_name: "demo_buyer",
  return_order_sn_list: [...shop.returns.values()]
    .filter((one) => one.orderSn === order.sn)
    .map((one) => one.sn),
  order_income: {
    buyer_total_amount: money(shop.total(order)),
    items: order.lines.map(({ model, quantity }) => ({
      item_id: model.itemId,
      model_id: model.modelId,
      discounted_price: money(model.price * quantity),
      quantity_purchased: quantity,
    })),
  },
  buyer_payment_info: {
    buyer_total_amount: money(shop.total(order)),
    merchant_subtotal: money(shop.subtotal(order)),
    shipping_fee: money(order.freight),
    seller_voucher: -money(order.voucher),
    shopee_voucher: 0,
    shopee_coins_redeemed: -money(order.coins),
    credit_card_promotion: 0,
  },
});

export const returnView = (one: FakeReturn) => ({
  return_sn: one.sn,
  order_sn: one.orderSn,
  status: one.status,
  reason: "PHYSICAL_DMG",
  text_reason: "broken",
  refund_amount: money(one.amount),
  currency: "SGD",
  create_time: one.updated,
  update_time: one.updated,
  needs_logistics: one.needsLogistics,
  user: { username: "demo_buyer", email: "***@shopee.com" },
  item: [
    {
      item_id: one.model.itemId,
      model_id: one.model.modelId,
      name: one.model.name,
      amount: one.quantity,
      item_price: money(one.model.price),
    },
  ],
});

const stockView = (model: FakeModel) => ({
  summary_info: { total_reserved_stock: model.reserved ?? 0, total_available_stock: model.stock },
  seller_stock: model.isShopees ? [] : [{ location_id: "", stock: model.stock }],
  shopee_stock: model.isShopees ? [{ location_id: "SGZ", stock: String(model.stock) }] : [],
});

export const baseView = (models: readonly FakeModel[]) => {
  const [first] = models;
  if (!first) throw new Error("an item has models");
  const single = first.modelId === 0;
  return {
    item_id: first.itemId,
    item_name: first.name,
    item_sku: single ? first.sku : "PARENT",
    item_status: "NORMAL",
    has_model: !single,
    ...(single ? { stock_info_v2: stockView(first) } : {}),
  };
};

export const modelView = (model: FakeModel) => ({
  model_id: model.modelId,
  model_sku: model.sku,
  model_name: "White,M",
  stock_info_v2: stockView(model),
  is_fulfillment_by_shopee: model.isShopees ?? false,
});
