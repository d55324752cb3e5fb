import type { TestRuntime } from "../../../support/runtime.ts";

/** A Xiaohongshu shop: its own orders and stock. Amounts fen, times Unix milliseconds. */

export interface FakeSku {
  itemId: string;
  skuId: string;
  code: string;
  title: string;
  price: number;
  available: number;
  /** By warehouse, where there are several or another than the default one. */
  warehouses?: Record<string, number>;
}

export interface FakeOrder {
  id: string;
  created: number;
  updated: number;
  paid: number;
  delivered: number;
  status: number;
  afterSales: number;
  remark: string;
  lines: { skuId: string; quantity: number }[];
  packs: { number: string; company: string; skuIds: string[] }[];
  cases: { id: string; type: number; skuId: string; count: number; yuan: number; at: number }[];
}

export class FakeShop {
  readonly orders = new Map<string, FakeOrder>();
  readonly skus = new Map<string, FakeSku>();
  private readonly runtime: TestRuntime;
  private ids = 700_000_000_000_000_000n;

  constructor(runtime: TestRuntime, skus: readonly FakeSku[]) {
    this.runtime = runtime;
    for (const sku of skus)
      this.skus.set(sku.skuId, { ...sku, ...(sku.warehouses ? { warehouses: { ...sku.warehouses } } : {}) });
  }

  now(): number {
    return this.runtime.clock.nowMs();
  }

  nextId(): string {
    this.ids += 1n;
    return `P${this.ids}`;
  }

  order(id: string): FakeOrder {
    const order = this.orders.get(id);
    if (!order) throw new Error(`no order ${id}`);
    return order;
  }

  sku(id: string): FakeSku {
    const sku = this.skus.get(id);
    if (!sku) throw new Error(`no SKU ${id}`);
    return sku;
  }

  place(...lines: FakeOrder["lines"]): FakeOrder {
    for (const { skuId, quantity } of lines) this.sku(skuId).available -= quantity;
    const order: FakeOrder = {
      id: this.nextId(),
      created: this.now(),
      updated: this.now(),
      paid: 0,
      delivered: 0,
      status: 1,
      afterSales: 1,
      remark: "",
      lines,
      packs: [],
      cases: [],
    };
    this.orders.set(order.id, order);
    return order;
  }

  pay(id: string): void {
    Object.assign(this.order(id), { paid: this.now(), status: 4, updated: this.now() });
  }

  touch(id: string): void {
    Object.assign(this.order(id), { remark: `seen at ${this.now()}`, updated: this.now() });
  }

  private putBack(order: FakeOrder): void {
    for (const { skuId, quantity } of order.lines) this.sku(skuId).available += quantity;
  }

  cancel(id: string): void {
    const order = this.order(id);
    Object.assign(order, { status: 9, updated: this.now() });
    this.putBack(order);
  }

  /** Paid back before shipping; all of it closes the order. */
  refund(id: string, skuId: string, count: number, yuan: number, type = 5): void {
    const order = this.order(id);
    order.cases.push({ id: `R${order.cases.length + 1}${id}`, type, skuId, count, yuan, at: this.now() });
    Object.assign(order, { afterSales: 3, updated: this.now() });
    if (yuan * 100 < this.total(order)) return;
    order.status = 8;
    this.putBack(order);
  }

  total(order: FakeOrder): number {
    return order.lines.reduce((sum, line) => sum + this.sku(line.skuId).price * line.quantity, 500);
  }
}
