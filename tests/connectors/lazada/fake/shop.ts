import type { TestRuntime } from "../../../support/runtime.ts";

/** A store on Lazada: one order item is one unit. Times in whole seconds, amounts cents of SGD. */

export interface FakeSku {
  itemId: number;
  skuId: number;
  sku: string;
  name: string;
  price: number;
  sellable: number;
  isFbl?: boolean;
}

export interface FakeUnit {
  id: number;
  sku: FakeSku;
  status: string;
  updatedMs: number;
  packageId: string;
  tracking: string;
  reverseId: number;
}

export interface FakeOrder {
  id: number;
  createdMs: number;
  updatedMs: number;
  units: FakeUnit[];
  freight: number;
  voucher: number;
  note: string;
  asksToCancel: boolean;
}

export interface FakeReverse {
  id: number;
  orderId: number;
  lineId: number;
  unitId: number;
  type: "RETURN" | "ONLY_REFUND" | "CANCEL";
  status: string;
  amount: number;
  modifiedMs: number;
}

export class FakeStore {
  readonly orders = new Map<string, FakeOrder>();
  readonly reverses: FakeReverse[] = [];
  readonly skus: FakeSku[];
  private ids = 260_422_900_198_000;
  private readonly runtime: TestRuntime;

  constructor(runtime: TestRuntime, skus: readonly FakeSku[]) {
    this.runtime = runtime;
    this.skus = skus.map((sku) => ({ ...sku }));
  }

  now(): number {
    return Math.floor(this.runtime.clock.nowMs() / 1000) * 1000;
  }

  next(): number {
    this.ids += 1;
    return this.ids;
  }

  order(id: string): FakeOrder {
    const order = this.orders.get(id);
    if (!order) throw new Error(`no order ${id}`);
    return order;
  }

  sku(itemId: number, skuId: number): FakeSku {
    const sku = this.skus.find((one) => one.itemId === itemId && one.skuId === skuId);
    if (!sku) throw new Error(`no sku ${itemId}/${skuId}`);
    return sku;
  }

  /** Units leave what can be bought when the order is placed. */
  place(sku: FakeSku, quantity: number, status = "pending", more: Partial<FakeOrder> = {}): FakeOrder {
    sku.sellable -= quantity;
    const now = this.now();
    const unit = (): FakeUnit => ({
      id: this.next(),
      sku,
      status,
      updatedMs: now,
      packageId: "",
      tracking: "",
      reverseId: 0,
    });
    const order: FakeOrder = {
      id: this.next(),
      createdMs: now,
      updatedMs: now,
      units: Array.from({ length: quantity }, unit),
      freight: 199,
      voucher: 0,
      note: "",
      asksToCancel: false,
      ...more,
    };
    this.orders.set(String(order.id), order);
    return order;
  }

  change(order: FakeOrder, units: readonly FakeUnit[], change: Partial<FakeUnit>): void {
    for (const unit of units) Object.assign(unit, change, { updatedMs: this.now() });
    order.updatedMs = this.now();
  }

  cancel(order: FakeOrder, units: readonly FakeUnit[] = order.units): void {
    for (const unit of units) unit.sku.sellable += 1;
    this.change(order, units, { status: "canceled" });
  }

  /** Does not move the order's time. */
  giveBack(order: FakeOrder, unit: FakeUnit, amount: number, change: Partial<FakeReverse> = {}): FakeReverse {
    const reverse: FakeReverse = {
      id: this.next(),
      orderId: order.id,
      lineId: this.next(),
      unitId: unit.id,
      type: "RETURN",
      status: "REQUEST_INIT",
      amount,
      modifiedMs: this.now(),
      ...change,
    };
    unit.reverseId = reverse.id;
    this.reverses.push(reverse);
    return reverse;
  }

  total(order: FakeOrder): number {
    return order.units.reduce((sum, unit) => sum + unit.sku.price, order.freight - order.voucher);
  }
}

/** Singapore's clock, as orders write it. */
const local = (ms: number): string =>
  `${new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ")} +0800`;
const text = (cents: number): string => (cents / 100).toFixed(2);

export const orderView = (order: FakeOrder) => ({
  order_id: order.id,
  order_number: order.id,
  created_at: local(order.createdMs),
  updated_at: local(order.updatedMs),
  price: text(order.units.reduce((sum, unit) => sum + unit.sku.price, 0)),
  // Some amounts are text, some numbers.
  shipping_fee: order.freight / 100,
  voucher: order.voucher / 100,
  voucher_seller: order.voucher / 100,
  voucher_platform: 0,
  payment_method: "MIXEDCARD",
  statuses: [...new Set(order.units.map((unit) => unit.status))],
  items_count: order.units.length,
  buyer_note: order.note,
  need_cancel_confirm: order.asksToCancel,
  address_shipping: {
    first_name: "T***",
    last_name: "",
    phone: "65******12",
    address1: "1 Demo Street",
    address3: "Singapore",
    city: "Downtown",
    post_code: "049315",
    country: "Singapore",
  },
});

export const unitView = (order: FakeOrder, unit: FakeUnit) => ({
  order_item_id: unit.id,
  order_id: order.id,
  sku: unit.sku.sku,
  shop_sku: `${unit.sku.itemId}_SG-${unit.sku.skuId}`,
  sku_id: String(unit.sku.skuId),
  product_id: String(unit.sku.itemId),
  name: unit.sku.name,
  variation: "",
  item_price: text(unit.sku.price),
  paid_price: text(unit.sku.price),
  shipping_amount: text(Math.round(order.freight / order.units.length)),
  voucher_seller: "0.00",
  voucher_platform: "0.00",
  tax_amount: "0.00",
  currency: "SGD",
  status: unit.status,
  package_id: unit.packageId,
  tracking_code: unit.tracking,
  shipment_provider: unit.packageId ? "LEX SG" : "",
  is_fbl: unit.sku.isFbl ? "1" : "0",
  buyer_id: "100112802006",
  created_at: local(order.createdMs),
  updated_at: local(unit.updatedMs),
  reverse_order_id: unit.reverseId,
  return_status: "",
});

export const reverseView = (one: FakeReverse) => ({
  reverse_order_id: one.id,
  trade_order_id: one.orderId,
  request_type: one.type,
  is_rtm: false,
  reverse_order_lines: [
    {
      reverse_order_line_id: one.lineId,
      trade_order_line_id: one.unitId,
      reverse_status: one.status,
      refund_amount: one.amount,
      reason_text: "Item is broken",
      return_order_line_gmt_create: one.modifiedMs,
      return_order_line_gmt_modified: one.modifiedMs,
    },
  ],
});

export const productView = (skus: readonly FakeSku[]) => ({
  item_id: skus[0]?.itemId,
  status: "Active",
  attributes: { name: skus[0]?.name },
  skus: skus.map((sku) => {
    const stock = [{ warehouseCode: "dropshipping", sellableQuantity: sku.sellable, withholdQuantity: 0 }];
    return {
      SkuId: sku.skuId,
      SellerSku: sku.sku,
      Status: "active",
      Available: sku.sellable,
      multiWarehouseInventories: sku.isFbl ? [] : stock,
      fblWarehouseInventories: sku.isFbl ? stock : [],
    };
  }),
});
