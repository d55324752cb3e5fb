import type { TestRuntime } from "../../../support/runtime.ts";

/** A shop on TikTok Shop: products, orders unit by unit, after-sales. Times in whole seconds, amounts pence. */

export interface FakeSku {
  productId: string;
  skuId: string;
  code: string;
  title: string;
  price: number;
  /** Units by warehouse. */
  stock: Record<string, number>;
  /** A promotion lets the figure only rise. */
  isLocked?: boolean;
}

export interface FakeUnit {
  id: string;
  sku: FakeSku;
  status: string;
  packageId: string | null;
  tracking: string | null;
  provider: string | null;
  rts: number;
}

export interface FakeOrder {
  id: string;
  created: number;
  updated: number;
  paid: number | null;
  status: string;
  note: string;
  units: FakeUnit[];
  freight: number;
  shippingType: "SELLER" | "TIKTOK";
  wantsCancel: boolean;
  live: string | null;
}

export interface FakeAfterSale {
  kind: "return" | "cancellation";
  id: string;
  orderId: string;
  status: string;
  type: string;
  updated: number;
  unitIds: string[];
}

export class FakeShop {
  readonly orders = new Map<string, FakeOrder>();
  readonly afterSales = new Map<string, FakeAfterSale>();
  readonly skus: FakeSku[];
  private made = 0;
  private readonly runtime: TestRuntime;

  constructor(runtime: TestRuntime, skus: readonly FakeSku[]) {
    this.runtime = runtime;
    this.skus = skus.map((sku) => ({ ...sku, stock: { ...sku.stock } }));
  }

  now(): number {
    return Math.floor(this.runtime.clock.nowMs() / 1000);
  }

  nextId(prefix: string): string {
    this.made += 1;
    return `${prefix}${String(this.made).padStart(12, "0")}`;
  }

  sku(skuId: string): FakeSku {
    const sku = this.skus.find((one) => one.skuId === skuId);
    if (!sku) throw new Error(`no SKU ${skuId}`);
    return sku;
  }

  order(id: string): FakeOrder {
    const order = this.orders.get(id);
    if (!order) throw new Error(`no order ${id}`);
    return order;
  }

  available = (sku: FakeSku): number => Object.values(sku.stock).reduce((sum, units) => sum + units, 0);

  /** Units are committed when the order is placed, paid or not. */
  place(sku: FakeSku, quantity: number, more: Partial<FakeOrder> = {}): FakeOrder {
    const [warehouse = ""] = Object.keys(sku.stock);
    sku.stock[warehouse] = (sku.stock[warehouse] ?? 0) - quantity;
    const status = more.status ?? "AWAITING_SHIPMENT";
    const order: FakeOrder = {
      id: this.nextId("576486"),
      created: this.now(),
      updated: this.now(),
      paid: status === "UNPAID" ? null : this.now(),
      status,
      note: "",
      units: [],
      freight: 399,
      shippingType: "SELLER",
      wantsCancel: false,
      live: null,
      ...more,
    };
    for (let unit = 0; unit < quantity; unit += 1)
      order.units.push({
        id: this.nextId("577086"),
        sku,
        status: order.status,
        packageId: null,
        tracking: null,
        provider: null,
        rts: 0,
      });
    this.orders.set(order.id, order);
    return order;
  }

  change(id: string, change: Partial<FakeOrder>): void {
    Object.assign(this.order(id), change, { updated: this.now() });
  }

  /** All units, or some of an order that goes on; the amounts stay as they were. */
  cancel(id: string, unitIds?: readonly string[]): void {
    const order = this.order(id);
    for (const unit of order.units) {
      if (unit.status === "CANCELLED" || (unitIds && !unitIds.includes(unit.id))) continue;
      unit.status = "CANCELLED";
      const [warehouse = ""] = Object.keys(unit.sku.stock);
      unit.sku.stock[warehouse] = (unit.sku.stock[warehouse] ?? 0) + 1;
    }
    // The order's time tells changes of its status only.
    if (order.units.every((unit) => unit.status === "CANCELLED")) this.change(id, { status: "CANCELLED" });
    else this.afterSale("cancellation", id, "CANCELLATION_REQUEST_COMPLETE", unitIds ?? []);
  }

  afterSale(
    kind: FakeAfterSale["kind"],
    orderId: string,
    status: string,
    unitIds: readonly string[],
    type = "RETURN_AND_REFUND",
  ): FakeAfterSale {
    const id = this.nextId("403531");
    const made: FakeAfterSale = {
      kind,
      id,
      orderId,
      status,
      type,
      updated: this.now(),
      unitIds: [...unitIds],
    };
    this.afterSales.set(id, made);
    return made;
  }

  decide(id: string, status: string): void {
    const one = this.afterSales.get(id);
    if (one) Object.assign(one, { status, updated: this.now() });
  }

  /** Hands units over to a carrier as one package. */
  ship(
    order: FakeOrder,
    unitIds: readonly string[],
    packageId: string,
    tracking: string,
    provider: string,
  ): void {
    for (const unit of order.units.filter((one) => unitIds.includes(one.id)))
      Object.assign(unit, { packageId, tracking, provider, status: "AWAITING_COLLECTION", rts: this.now() });
    const open = order.units.some((unit) => unit.status === "AWAITING_SHIPMENT");
    this.change(order.id, { status: open ? "PARTIALLY_SHIPPING" : "AWAITING_COLLECTION" });
  }

  subtotal = (order: FakeOrder): number => order.units.reduce((sum, unit) => sum + unit.sku.price, 0);
  total = (order: FakeOrder): number => this.subtotal(order) + order.freight;
}

const money = (pence: number): string => (pence / 100).toFixed(2);

export const theirWarehouse = "7200000000000000009";

const isTheirs = (order: FakeOrder): boolean => order.units.some((unit) => theirWarehouse in unit.sku.stock);

export const orderView = (shop: FakeShop, order: FakeOrder) => ({
  id: order.id,
  status: order.status,
  order_type: "NORMAL",
  create_time: order.created,
  update_time: order.updated,
  ...(order.paid === null ? {} : { paid_time: order.paid }),
  fulfillment_type: isTheirs(order) ? "FULFILLMENT_BY_TIKTOK" : "FULFILLMENT_BY_SELLER",
  shipping_type: order.shippingType,
  delivery_option_id: "7091146663229654785",
  is_cod: false,
  is_on_hold_order: false,
  is_sample_order: false,
  is_buyer_request_cancel: order.wantsCancel,
  user_id: "7021436810468230477",
  buyer_email: "v2b2V5@chat.seller.tiktok.com",
  buyer_message: order.note,
  packages: [...new Set(order.units.flatMap((unit) => unit.packageId ?? []))].map((id) => ({ id })),
  payment: {
    currency: "GBP",
    sub_total: money(shop.subtotal(order)),
    shipping_fee: money(order.freight),
    seller_discount: "0.00",
    platform_discount: "0.00",
    original_total_product_price: money(shop.subtotal(order)),
    tax: "0.00",
    total_amount: money(shop.total(order)),
  },
  recipient_address: {
    name: "A** R**",
    phone_number: "(+44)7*****00",
    region_code: "GB",
    postal_code: "SW1A 1AA",
    address_line1: "1 Demo St",
    district_info: [{ address_level_name: "City", address_name: "London", address_level: "L2" }],
  },
  line_items: order.units.map((unit) => ({
    id: unit.id,
    sku_id: unit.sku.skuId,
    product_id: unit.sku.productId,
    seller_sku: unit.sku.code,
    product_name: unit.sku.title,
    sku_name: "Default",
    display_status: unit.status,
    original_price: money(unit.sku.price),
    sale_price: money(unit.sku.price),
    seller_discount: "0.00",
    platform_discount: "0.00",
    currency: "GBP",
    is_gift: false,
    ...(unit.packageId === null ? {} : { package_id: unit.packageId }),
    ...(unit.tracking === null ? {} : { tracking_number: unit.tracking }),
    ...(unit.provider === null ? {} : { shipping_provider_name: unit.provider }),
    ...(unit.rts === 0 ? {} : { rts_time: unit.rts }),
  })),
});

export function afterSaleView(shop: FakeShop, one: FakeAfterSale) {
  const units = shop.order(one.orderId).units.filter((unit) => one.unitIds.includes(unit.id));
  const amount = (pence: number) => ({
    currency: "GBP",
    refund_total: money(pence),
    refund_subtotal: money(pence),
    refund_shipping_fee: "0.00",
    refund_tax: "0.00",
  });
  const whole = amount(units.reduce((sum, unit) => sum + unit.sku.price, 0));
  const lines = units.map((unit) => ({ order_line_item_id: unit.id, refund_amount: amount(unit.sku.price) }));
  const common = {
    order_id: one.orderId,
    create_time: one.updated,
    update_time: one.updated,
    refund_amount: whole,
  };
  return one.kind === "return"
    ? {
        ...common,
        return_id: one.id,
        return_type: one.type,
        return_status: one.status,
        return_line_items: lines,
      }
    : {
        ...common,
        cancel_id: one.id,
        cancel_type: "BUYER_CANCEL",
        cancel_status: one.status,
        cancel_line_items: lines,
      };
}
