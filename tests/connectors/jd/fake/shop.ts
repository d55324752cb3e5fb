import type { TestRuntime } from "../../../support/runtime.ts";

/** A JD shop: its own orders, stock, cancel requests and service orders. Amounts in fen. */

export interface FakeSku {
  skuId: number;
  wareId: number;
  name: string;
  outerId: string;
  price: number;
  /** Free units; with `bookedInFigure` also those that open orders have booked. */
  stockNum: number;
  booked: number;
}

export interface FakeOrder {
  id: string;
  state: string;
  createdMs: number;
  paidMs: number | null;
  modifiedMs: number;
  freight: number;
  items: { skuId: number; quantity: number }[];
  remark: string;
  waybill: string;
  logisticsId: string;
  parent: string;
}

export class FakeShop {
  readonly orders = new Map<string, FakeOrder>();
  readonly skus = new Map<number, FakeSku>();
  readonly applies: { id: number; orderId: string; status: number; fen: number; atMs: number }[] = [];
  readonly services: {
    id: number;
    orderId: string;
    skuId: number;
    status: number;
    yuan: string;
    approvedMs: number;
    completedMs: number;
  }[] = [];
  /** How JD's figure is to be read: see docs/jd.md. */
  bookedInFigure = false;
  private ids = 280_000_000_000;
  private readonly runtime: TestRuntime;

  constructor(runtime: TestRuntime, skus: readonly FakeSku[]) {
    this.runtime = runtime;
    for (const sku of skus) this.skus.set(sku.skuId, { ...sku });
  }

  now = (): number => this.runtime.clock.nowMs();

  nextId(): number {
    this.ids += 1;
    return this.ids;
  }

  sku(skuId: number): FakeSku {
    const sku = this.skus.get(skuId);
    if (!sku) throw new Error(`no SKU ${skuId}`);
    return sku;
  }

  order(id: string): FakeOrder {
    const order = this.orders.get(id);
    if (!order) throw new Error(`no order ${id}`);
    return order;
  }

  free(skuId: number): number {
    const { stockNum, booked } = this.sku(skuId);
    return this.bookedInFigure ? stockNum - booked : stockNum;
  }

  private book(skuId: number, units: number): void {
    const sku = this.sku(skuId);
    sku.booked += units;
    if (!this.bookedInFigure) sku.stockNum -= units;
  }

  place(items: FakeOrder["items"]): FakeOrder {
    for (const { skuId, quantity } of items) this.book(skuId, quantity);
    const order: FakeOrder = {
      id: String(this.nextId()),
      state: "WAIT_SELLER_STOCK_OUT",
      createdMs: this.now(),
      paidMs: this.now(),
      modifiedMs: this.now(),
      freight: 600,
      items,
      remark: "",
      waybill: "",
      logisticsId: "",
      parent: "0",
    };
    this.orders.set(order.id, order);
    return order;
  }

  touch(id: string): void {
    const order = this.order(id);
    order.remark = `seen at ${this.now()}`;
    order.modifiedMs = this.now();
  }

  /** The buyer asks to cancel; JD locks the order until that is answered. */
  lock(id: string): void {
    const order = this.order(id);
    order.state = "LOCKED";
    order.modifiedMs = this.now();
    const id_ = this.nextId();
    this.applies.push({ id: id_, orderId: id, status: 0, fen: this.total(order), atMs: this.now() });
  }

  /** The cancel is granted: the money goes back, and so do the units. */
  grantCancel(id: string): void {
    const order = this.order(id);
    order.state = "TRADE_CANCELED";
    order.modifiedMs = this.now();
    for (const apply of this.applies) if (apply.orderId === id) apply.status = 3;
    for (const { skuId, quantity } of order.items) this.book(skuId, -quantity);
  }

  ship(id: string, logisticsId: string, waybill: string): void {
    const order = this.order(id);
    Object.assign(order, {
      state: "WAIT_GOODS_RECEIVE_CONFIRM",
      logisticsId,
      waybill,
      modifiedMs: this.now(),
    });
    for (const { skuId, quantity } of order.items) {
      const sku = this.sku(skuId);
      sku.booked -= quantity;
      if (this.bookedInFigure) sku.stockNum -= quantity;
    }
  }

  /** A refund after shipping. The order's own time stays as it is, and its units come back to no shelf. */
  refundService(id: string, skuId: number, yuan: string): void {
    this.services.push({
      id: this.nextId(),
      orderId: id,
      skuId,
      status: 13,
      yuan,
      approvedMs: this.now(),
      completedMs: this.now(),
    });
  }

  goods(order: FakeOrder): number {
    return order.items.reduce((sum, { skuId, quantity }) => sum + this.sku(skuId).price * quantity, 0);
  }

  total(order: FakeOrder): number {
    return this.goods(order) + order.freight;
  }
}
