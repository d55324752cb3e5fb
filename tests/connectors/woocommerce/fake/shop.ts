import type { TestRuntime } from "../../../support/runtime.ts";

/** A WooCommerce shop: its own orders and stock, times in whole seconds. Amounts are cents of USD. */

export interface FakeProduct {
  id: number;
  parent: number;
  sku: string;
  name: string;
  price: number;
  stock: number;
  managed: boolean | "parent";
}

export interface FakeOrder {
  id: number;
  status: string;
  createdMs: number;
  modifiedMs: number;
  paidMs: number | null;
  note: string;
  reduced: boolean;
  /** `bundledBy`: the line of the set it is a part of, as the plugin Product Bundles keeps it. */
  lines: { id: number; product: FakeProduct; quantity: number; bundledBy?: number }[];
  meta: { id: number; key: string; value: unknown }[];
  notes: string[];
  refunds: { id: number; atMs: number; amount: number; line: number; quantity: number; reason: string }[];
}

/** Statuses at which the shop takes units off its figure. */
const reducing = new Set(["processing", "on-hold", "completed"]);

export class FakeWoo {
  readonly orders = new Map<number, FakeOrder>();
  readonly products = new Map<number, FakeProduct>();
  private ids = 700;
  private readonly runtime: TestRuntime;

  constructor(runtime: TestRuntime, products: readonly FakeProduct[]) {
    this.runtime = runtime;
    for (const product of products) this.products.set(product.id, { ...product });
  }

  nextId(): number {
    this.ids += 1;
    return this.ids;
  }

  now(): number {
    return Math.floor(this.runtime.clock.nowMs() / 1000) * 1000;
  }

  order(id: number): FakeOrder {
    const order = this.orders.get(id);
    if (!order) throw new Error(`no order ${id}`);
    return order;
  }

  place(productId: number, quantity: number, status = "processing"): FakeOrder {
    const product = this.products.get(productId);
    if (!product) throw new Error(`no product ${productId}`);
    const order: FakeOrder = {
      id: this.nextId(),
      status: "pending",
      createdMs: this.now(),
      modifiedMs: this.now(),
      paidMs: null,
      note: "",
      reduced: false,
      lines: [{ id: this.nextId(), product, quantity }],
      meta: [],
      notes: [],
      refunds: [],
    };
    this.orders.set(order.id, order);
    this.setStatus(order.id, status);
    return order;
  }

  setStatus(id: number, status: string): void {
    const order = this.order(id);
    order.status = status;
    order.modifiedMs = this.now();
    if (status === "processing") order.paidMs ??= this.now();
    const sign =
      !order.reduced && reducing.has(status) ? -1 : order.reduced && status === "cancelled" ? 1 : 0;
    if (sign !== 0) {
      order.reduced = sign < 0;
      for (const line of order.lines) line.product.stock += sign * line.quantity;
    }
  }

  touch(id: number): void {
    const order = this.order(id);
    order.note = `seen at ${this.now()}`;
    order.modifiedMs = this.now();
  }

  refund(id: number, quantity: number, amount: number): void {
    const order = this.order(id);
    const [line] = order.lines;
    if (!line) throw new Error("no line");
    order.refunds.push({
      id: this.nextId(),
      atMs: this.now(),
      amount,
      line: line.id,
      quantity,
      reason: "broken",
    });
    order.modifiedMs = this.now();
  }

  total(order: FakeOrder): number {
    return order.lines.reduce((sum, line) => sum + line.product.price * line.quantity, 0) + 500;
  }
}

const local = (ms: number) => new Date(ms - 5 * 3_600_000).toISOString().slice(0, 19);
const gmt = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString().slice(0, 19));
const amount = (cents: number) => (cents / 100).toFixed(2);

/** As `GET /orders/{id}` shows it: no offset in any time, lines without tax. */
export function orderView(shop: FakeWoo, order: FakeOrder) {
  const address = {
    first_name: "Ana",
    last_name: "Ruiz",
    country: "US",
    state: "CA",
    city: "Oakland",
    postcode: "94607",
    address_1: "1 Broadway",
    address_2: "",
  };
  return {
    id: order.id,
    number: String(order.id),
    status: order.status,
    currency: "USD",
    date_created: local(order.createdMs),
    date_created_gmt: gmt(order.createdMs),
    date_modified: local(order.modifiedMs),
    date_modified_gmt: gmt(order.modifiedMs),
    date_paid_gmt: gmt(order.paidMs),
    date_completed_gmt: null,
    shipping_total: "5.00",
    shipping_tax: "0.00",
    total: amount(shop.total(order)),
    total_tax: "0.00",
    customer_id: 26,
    customer_note: order.note,
    transaction_id: `pi_${order.id}`,
    billing: { ...address, email: "ana@example.com", phone: "555-0100" },
    shipping: address,
    line_items: order.lines.map(({ id, product, quantity, bundledBy }) => ({
      id,
      name: product.name,
      product_id: product.parent || product.id,
      variation_id: product.parent ? product.id : 0,
      quantity,
      subtotal: amount(product.price * quantity),
      subtotal_tax: "0.00",
      total: amount(product.price * quantity),
      total_tax: "0.00",
      sku: product.sku,
      price: product.price / 100,
      ...(bundledBy === undefined ? {} : { bundled_by: bundledBy }),
    })),
    fee_lines: [],
    refunds: order.refunds.map((refund) => ({
      id: refund.id,
      reason: refund.reason,
      total: `-${amount(refund.amount)}`,
    })),
    meta_data: order.meta,
  };
}

export const refundView = (order: FakeOrder) =>
  order.refunds.map((refund) => ({
    id: refund.id,
    date_created_gmt: gmt(refund.atMs),
    amount: amount(refund.amount),
    reason: refund.reason,
    line_items: [
      {
        quantity: -refund.quantity,
        total: `-${amount(refund.amount)}`,
        total_tax: "0.00",
        meta_data: [{ id: 1, key: "_refunded_item_id", value: String(refund.line) }],
      },
    ],
  }));

export const stockView = (product: FakeProduct) => ({
  id: product.id,
  sku: product.sku,
  name: product.name,
  type: "simple",
  manage_stock: product.managed,
  stock_quantity: product.managed === false ? null : product.stock,
  attributes: [{ name: "Colour", option: product.name }],
});
