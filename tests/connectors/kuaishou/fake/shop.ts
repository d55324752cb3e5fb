import type { TestRuntime } from "../../../support/runtime.ts";

/** A Kuaishou shop: its own orders and stock. Ids are whole numbers, amounts fen, times Unix milliseconds. */

export interface FakeSku {
  itemId: number;
  skuId: number;
  code: string;
  title: string;
  price: number;
  stock: number;
  /** Figures are kept by warehouse in the supply chain. */
  byWarehouse?: boolean;
}

export interface FakeOrder {
  oid: number;
  created: number;
  updated: number;
  paid: number;
  sent: number;
  status: number;
  remark: string;
  skuId: number;
  quantity: number;
  delivered: number;
  roomId: number;
  held: number[];
  risk: number;
  gift: { oid: number; skuId: number; quantity: number; delivered: number } | null;
  packs: { number: string; code: number; lines: { oid: number; quantity: number }[] }[];
  refunds: { id: number; status: number; fee: number; way: number; at: number }[];
}

export class FakeShop {
  readonly orders = new Map<number, FakeOrder>();
  readonly skus = new Map<number, FakeSku>();
  private readonly runtime: TestRuntime;
  private ids = 2_536_900_000_000_000;

  constructor(runtime: TestRuntime, skus: readonly FakeSku[]) {
    this.runtime = runtime;
    for (const sku of skus) this.skus.set(sku.skuId, { ...sku });
  }

  now(): number {
    return this.runtime.clock.nowMs();
  }

  nextId(): number {
    this.ids += 1;
    return this.ids;
  }

  order(oid: number): FakeOrder {
    const order = this.orders.get(oid);
    if (!order) throw new Error(`no order ${oid}`);
    return order;
  }

  sku(id: number): FakeSku {
    const sku = this.skus.get(id);
    if (!sku) throw new Error(`no SKU ${id}`);
    return sku;
  }

  place(skuId: number, quantity: number, giftSku?: number): FakeOrder {
    this.sku(skuId).stock -= quantity;
    if (giftSku !== undefined) this.sku(giftSku).stock -= 1;
    const order: FakeOrder = {
      oid: this.nextId(),
      created: this.now(),
      updated: this.now(),
      paid: 0,
      sent: 0,
      status: 10,
      remark: "",
      skuId,
      quantity,
      delivered: 0,
      roomId: 9_000_000_000_123,
      held: [],
      risk: 0,
      gift: giftSku === undefined ? null : { oid: this.nextId(), skuId: giftSku, quantity: 1, delivered: 0 },
      packs: [],
      refunds: [],
    };
    this.orders.set(order.oid, order);
    return order;
  }

  pay(oid: number): void {
    const order = this.order(oid);
    Object.assign(order, { paid: this.now(), status: 30, updated: this.now() });
  }

  touch(oid: number): void {
    const order = this.order(oid);
    Object.assign(order, { remark: `seen at ${this.now()}`, updated: this.now() });
  }

  cancel(oid: number): void {
    const order = this.order(oid);
    Object.assign(order, { status: 80, updated: this.now() });
    this.sku(order.skuId).stock += order.quantity;
  }

  /** Paid back before anything was sent: the order closes when all of it is, and the units are for sale again. */
  refund(oid: number, fee: number): void {
    const order = this.order(oid);
    order.refunds.push({ id: this.nextId(), status: 60, fee, way: 10, at: this.now() });
    order.updated = this.now();
    if (fee < this.total(order)) return;
    order.status = 80;
    this.sku(order.skuId).stock += order.quantity;
  }

  total(order: FakeOrder): number {
    return this.sku(order.skuId).price * order.quantity + 600;
  }
}
