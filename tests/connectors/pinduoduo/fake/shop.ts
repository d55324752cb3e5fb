import type { TestRuntime } from "../../../support/runtime.ts";

/** A shop on Pinduoduo: its own orders and stock. Amounts fen. */

export interface FakeSku {
  sku_id: number;
  outer_id: string;
  spec: string;
  price: number;
  quantity: number;
}

export interface FakeGoods {
  goods_id: number;
  name: string;
  /** In a promotion slot its stock cannot be lowered. */
  promoted: boolean;
  skus: FakeSku[];
}

export interface FakeOrder {
  order_sn: string;
  goods: FakeGoods;
  sku: FakeSku;
  count: number;
  createdMs: number;
  paidMs: number | null;
  /** Null until its group is formed: the shop cannot see it before. */
  confirmedMs: number | null;
  updatedMs: number;
  cancelled: boolean;
  underReview: boolean;
  order_status: 1 | 2 | 3;
  refund: null | { id: number; amount: number; open: boolean; updatedMs: number };
  waybill: string;
  company: number;
  shippedMs: number | null;
  postage: number;
  remark: string;
}

export class FakePinduoduo {
  readonly goods = new Map<number, FakeGoods>();
  readonly orders = new Map<string, FakeOrder>();
  /** Orders that are listed and whose detail is refused. */
  readonly withheld = new Set<string>();
  private made = 0;
  private readonly runtime: TestRuntime;

  constructor(runtime: TestRuntime, goods: readonly FakeGoods[]) {
    this.runtime = runtime;
    for (const item of goods) this.goods.set(item.goods_id, structuredClone(item));
  }

  now(): number {
    return this.runtime.clock.nowMs();
  }

  order(order_sn: string): FakeOrder {
    const order = this.orders.get(order_sn);
    if (!order) throw new Error(`no order ${order_sn}`);
    return order;
  }

  sku(goods_id: number, sku_id: number): FakeSku | undefined {
    return this.goods.get(goods_id)?.skus.find((sku) => sku.sku_id === sku_id);
  }

  total(order: FakeOrder): number {
    return order.sku.price * order.count + order.postage;
  }

  /** Takes the units off at once. */
  place(goods_id: number, sku_id: number, count: number): FakeOrder {
    const goods = this.goods.get(goods_id);
    const sku = this.sku(goods_id, sku_id);
    if (!goods || !sku) throw new Error(`no SKU ${sku_id}`);
    this.made += 1;
    sku.quantity -= count;
    const order: FakeOrder = {
      order_sn: `261122-${String(this.made).padStart(15, "0")}`,
      goods,
      sku,
      count,
      createdMs: this.now(),
      paidMs: null,
      confirmedMs: null,
      updatedMs: this.now(),
      cancelled: false,
      underReview: false,
      order_status: 1,
      refund: null,
      waybill: "",
      company: 0,
      shippedMs: null,
      postage: 300,
      remark: "",
    };
    this.orders.set(order.order_sn, order);
    return order;
  }

  pay(order_sn: string): void {
    this.order(order_sn).paidMs = this.now();
  }

  /** The group is formed: the sale is concluded. */
  form(order_sn: string): void {
    const order = this.order(order_sn);
    order.confirmedMs = this.now();
    order.updatedMs = this.now();
  }

  cancel(order_sn: string): void {
    const order = this.order(order_sn);
    order.cancelled = true;
    order.sku.quantity += order.count;
    order.updatedMs = this.now();
  }

  touch(order_sn: string): void {
    const order = this.order(order_sn);
    order.remark = `seen at ${this.now()}`;
    order.updatedMs = this.now();
  }

  /** All of the money puts the units back. */
  refund(order_sn: string, amount: number, open = false): void {
    const order = this.order(order_sn);
    order.refund = { id: 301_851_299, amount, open, updatedMs: this.now() };
    if (!open && amount >= this.total(order)) order.sku.quantity += order.count;
    order.updatedMs = this.now();
  }

  ship(order_sn: string, company: number, waybill: string): boolean {
    const order = this.orders.get(order_sn);
    if (order?.order_status !== 1 || order.cancelled || order.underReview || order.refund) return false;
    Object.assign(order, { order_status: 2, company, waybill, shippedMs: this.now(), updatedMs: this.now() });
    return true;
  }
}
