import type { TestRuntime } from "../../../support/runtime.ts";

/** A Shopify shop: its own orders and stock. Ids are numbers; amounts cents of USD. */

export interface FakeLine {
  id: number;
  variant: number;
  quantity: number;
  currentQuantity: number;
  price: number;
}

export interface FakeOrder {
  id: number;
  createdMs: number;
  updatedMs: number;
  cancelledMs: number | null;
  financial: string;
  note: string | null;
  shipping: number;
  lines: FakeLine[];
  parcels: {
    id: number;
    atMs: number;
    company: string | null;
    number: string | null;
    lines: { line: number; quantity: number }[];
  }[];
  refunds: {
    id: number;
    atMs: number;
    amount: number;
    lines: { line: number; quantity: number; restock: string }[];
  }[];
  metafields: Map<string, string>;
}

export interface FakeVariant {
  id: number;
  sku: string;
  title: string;
  price: number;
  available: number;
  tracked: boolean;
}

export class FakeShop {
  readonly orders = new Map<number, FakeOrder>();
  readonly variants = new Map<number, FakeVariant>();
  private ids = 5_551_234_567_000;
  private readonly runtime: TestRuntime;

  constructor(runtime: TestRuntime, variants: readonly FakeVariant[]) {
    this.runtime = runtime;
    for (const variant of variants) this.variants.set(variant.id, { ...variant });
  }

  nextId(): number {
    this.ids += 1;
    return this.ids;
  }

  now(): number {
    return this.runtime.clock.nowMs();
  }

  order(id: number): FakeOrder {
    const order = this.orders.get(id);
    if (!order) throw new Error(`no order ${id}`);
    return order;
  }

  place(variantId: number, quantity: number, financial = "PAID"): FakeOrder {
    const variant = this.variants.get(variantId);
    if (!variant) throw new Error(`no variant ${variantId}`);
    variant.available -= quantity;
    const order: FakeOrder = {
      id: this.nextId(),
      createdMs: this.now(),
      updatedMs: this.now(),
      cancelledMs: null,
      financial,
      note: null,
      shipping: 500,
      lines: [
        { id: this.nextId(), variant: variantId, quantity, currentQuantity: quantity, price: variant.price },
      ],
      parcels: [],
      refunds: [],
      metafields: new Map(),
    };
    this.orders.set(order.id, order);
    return order;
  }

  touch(id: number): void {
    const order = this.order(id);
    order.note = `seen at ${this.now()}`;
    order.updatedMs = this.now();
  }

  cancel(id: number): void {
    const order = this.order(id);
    order.cancelledMs = this.now();
    order.updatedMs = this.now();
    for (const line of order.lines) {
      const variant = this.variants.get(line.variant);
      if (variant) variant.available += line.currentQuantity;
    }
  }

  refund(id: number, quantity: number, restock: "RETURN" | "CANCEL" | "NO_RESTOCK"): void {
    const order = this.order(id);
    const [line] = order.lines;
    if (!line) throw new Error("no line");
    line.currentQuantity -= quantity;
    const variant = this.variants.get(line.variant);
    if (variant && restock !== "NO_RESTOCK") variant.available += quantity;
    const amount = line.price * quantity;
    order.refunds.push({
      id: this.nextId(),
      atMs: this.now(),
      amount,
      lines: [{ line: line.id, quantity, restock }],
    });
    order.financial = line.currentQuantity === 0 ? "REFUNDED" : "PARTIALLY_REFUNDED";
    order.updatedMs = this.now();
  }

  total(order: FakeOrder): number {
    return order.lines.reduce((sum, line) => sum + line.price * line.quantity, order.shipping);
  }

  shippedOf(order: FakeOrder, line: number): number {
    return order.parcels
      .flatMap((parcel) => parcel.lines)
      .filter((row) => row.line === line)
      .reduce((sum, row) => sum + row.quantity, 0);
  }
}
