import type { TestRuntime } from "../../../support/runtime.ts";

/** A WeChat shop: its own orders, stock and after-sales. Ids are large numbers; amounts fen. */

export interface FakeSku {
  productId: string;
  skuId: string;
  code: string;
  title: string;
  attribute: string;
  price: number;
  stock: number;
}

export interface FakeDelivery {
  carrier: string;
  waybill: string;
  type: number;
  atMs: number;
  lines: { productId: string; skuId: string; count: number }[];
}

export interface FakeAftersale {
  id: string;
  orderId: string;
  status: string;
  type: "REFUND" | "RETURN" | "EXCHANGE";
  skuId: string;
  productId: string;
  count: number;
  amount: number;
  updatedMs: number;
}

export interface FakeOrder {
  id: string;
  status: number;
  createdMs: number;
  updatedMs: number;
  paidMs: number | null;
  freight: number;
  notes: string;
  lines: { productId: string; skuId: string; count: number; price: number }[];
  deliveries: FakeDelivery[];
}

export class FakeShop {
  readonly orders = new Map<string, FakeOrder>();
  readonly skus: FakeSku[];
  readonly aftersales = new Map<string, FakeAftersale>();
  private ids = 3_705_115_058_471_208_000n;
  private readonly runtime: TestRuntime;

  constructor(runtime: TestRuntime, skus: readonly FakeSku[]) {
    this.runtime = runtime;
    this.skus = skus.map((sku) => ({ ...sku }));
  }

  now = (): number => this.runtime.clock.nowMs();

  nextId(): string {
    this.ids += 1n;
    return String(this.ids);
  }

  sku(productId: unknown, skuId: unknown): FakeSku | undefined {
    return this.skus.find((sku) => sku.productId === productId && sku.skuId === skuId);
  }

  order(id: string): FakeOrder {
    const order = this.orders.get(id);
    if (!order) throw new Error(`no order ${id}`);
    return order;
  }

  private move(order: FakeOrder, sign: 1 | -1): void {
    for (const { productId, skuId, count } of order.lines) {
      const sku = this.sku(productId, skuId);
      if (sku) sku.stock += sign * count;
    }
  }

  /** Units are taken off when the order is placed; the buyer pays at once unless told otherwise. */
  place(lines: { skuId: string; count: number }[], isPaid = true): FakeOrder {
    const order: FakeOrder = {
      id: this.nextId(),
      status: isPaid ? 20 : 10,
      createdMs: this.now(),
      updatedMs: this.now(),
      paidMs: isPaid ? this.now() : null,
      freight: 600,
      notes: "",
      lines: lines.map(({ skuId, count }) => {
        const sku = this.skus.find((one) => one.skuId === skuId);
        if (!sku) throw new Error(`no SKU ${skuId}`);
        return { productId: sku.productId, skuId, count, price: sku.price };
      }),
      deliveries: [],
    };
    this.move(order, -1);
    this.orders.set(order.id, order);
    return order;
  }

  touch(id: string): void {
    const order = this.order(id);
    order.notes = `seen at ${this.now()}`;
    order.updatedMs = this.now();
  }

  /** Cancelled before it was paid: the only case in which WeChat puts units back. */
  cancelUnpaid(id: string): void {
    const order = this.order(id);
    if (order.status !== 10) throw new Error("it was paid");
    order.status = 250;
    order.updatedMs = this.now();
    this.move(order, 1);
  }

  deliver(order: FakeOrder, delivery: FakeDelivery): void {
    order.deliveries.push(delivery);
    const ordered = order.lines.reduce((sum, line) => sum + line.count, 0);
    const sent = order.deliveries.flatMap((one) => one.lines).reduce((sum, line) => sum + line.count, 0);
    order.status = sent < ordered ? 21 : 30;
    order.updatedMs = this.now();
  }

  /** An after-sale of `count` units; the order's own time stays as it is, and so does the stock. */
  aftersale(orderId: string, change: Partial<FakeAftersale>): FakeAftersale {
    const [line] = this.order(orderId).lines;
    if (!line) throw new Error("no line");
    const aftersale: FakeAftersale = {
      id: this.nextId(),
      orderId,
      status: "MERCHANT_PROCESSING",
      type: "REFUND",
      skuId: line.skuId,
      productId: line.productId,
      count: 1,
      amount: line.price,
      updatedMs: this.now(),
      ...change,
    };
    this.aftersales.set(aftersale.id, aftersale);
    return aftersale;
  }

  total(order: FakeOrder): number {
    return order.lines.reduce((sum, line) => sum + line.price * line.count, order.freight);
  }
}
