import type { TestRuntime } from "../../../support/runtime.ts";

/** A Douyin shop: its own orders and stock. Ids are texts of 19 digits, amounts fen, times Unix seconds. */

export interface FakeSku {
  productId: string;
  skuId: string;
  code: string;
  title: string;
  price: number;
  stock: number;
  /** 1 at the order, 2 at payment. */
  reduce: 1 | 2;
  /** 0 ordinary, 1 by warehouse. */
  type: 0 | 1;
  warehouses?: Record<string, number>;
}

export interface FakeLine {
  id: string;
  skuId: string;
  quantity: number;
  refunded: number;
  roomId?: string;
  afterSale?: number;
}

export interface FakeOrder {
  id: string;
  created: number;
  updated: number;
  paid: number;
  status: number;
  note: string;
  lines: FakeLine[];
  packs: {
    id: string;
    requestId: string;
    company: string;
    number: string;
    at: number;
    lines: { id: string; quantity: number }[];
  }[];
  cases: {
    id: string;
    type: number;
    line: string;
    quantity: number;
    applied: number;
    real: number;
    status: number;
    at: number;
  }[];
}

export class FakeShop {
  readonly orders = new Map<string, FakeOrder>();
  readonly skus = new Map<string, FakeSku>();
  private readonly runtime: TestRuntime;
  private ids = 0;

  constructor(runtime: TestRuntime, skus: readonly FakeSku[]) {
    this.runtime = runtime;
    for (const sku of skus)
      this.skus.set(sku.skuId, { ...sku, ...(sku.warehouses ? { warehouses: { ...sku.warehouses } } : {}) });
  }

  now(): number {
    return Math.floor(this.runtime.clock.nowMs() / 1000);
  }

  nextId(prefix: "69" | "71" | "73"): string {
    this.ids += 1;
    return prefix + String(this.ids).padStart(17, "0");
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

  place(skuId: string, quantity: number, roomId?: string): FakeOrder {
    const sku = this.sku(skuId);
    const id = this.nextId("69");
    if (sku.reduce === 1) sku.stock -= quantity;
    const line: FakeLine = { id, skuId, quantity, refunded: 0, ...(roomId ? { roomId } : {}) };
    const order: FakeOrder = {
      id,
      created: this.now(),
      updated: this.now(),
      paid: 0,
      status: 1,
      note: "",
      lines: [line],
      packs: [],
      cases: [],
    };
    this.orders.set(id, order);
    return order;
  }

  pay(id: string): void {
    const order = this.order(id);
    order.paid = this.now();
    order.status = 2;
    order.updated = this.now();
    for (const line of order.lines) {
      const sku = this.sku(line.skuId);
      if (sku.reduce === 2) sku.stock -= line.quantity;
    }
  }

  touch(id: string): void {
    const order = this.order(id);
    order.note = `seen at ${this.now()}`;
    order.updated = this.now();
  }

  /** Nobody paid: what the order held is for sale again. */
  cancel(id: string): void {
    const order = this.order(id);
    order.status = 4;
    order.updated = this.now();
    for (const line of order.lines) {
      const sku = this.sku(line.skuId);
      if (sku.reduce === 1) sku.stock += line.quantity;
    }
  }

  /** Applied for and paid back before shipping; the platform puts the units back. */
  refund(id: string, quantity: number, real: number, type = 2): void {
    const order = this.order(id);
    const [line] = order.lines;
    if (!line) throw new Error("no line");
    line.refunded += quantity;
    line.afterSale = 12;
    order.updated = this.now();
    if (type === 2) this.sku(line.skuId).stock += quantity;
    if (line.refunded === line.quantity) order.status = 4;
    const applied = this.sku(line.skuId).price * quantity;
    order.cases.push({
      id: this.nextId("71"),
      type,
      line: line.id,
      quantity,
      applied,
      real,
      status: 3,
      at: this.now(),
    });
  }

  total(order: FakeOrder): number {
    return order.lines.reduce((sum, line) => sum + this.sku(line.skuId).price * line.quantity, 500);
  }

  shippedOf(order: FakeOrder, lineId: string): number {
    return order.packs
      .flatMap((pack) => pack.lines)
      .filter((row) => row.id === lineId)
      .reduce((sum, row) => sum + row.quantity, 0);
  }
}
