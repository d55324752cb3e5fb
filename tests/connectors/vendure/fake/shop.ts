import type { TestRuntime } from "../../../support/runtime.ts";

/**
 * A Vendure shop: its own orders and stock, as 3.7.3 was seen to behave. Amounts are whole numbers with two digits. `updatedMs` of
 * an order moves while it is a cart, and when lines are cancelled; placing, paying, packing, shipping and refunds leave it alone.
 */

export interface FakeVariant {
  id: string;
  sku: string;
  name: string;
  price: number;
  onHand: number;
  allocated: number;
  track: "TRUE" | "FALSE" | "INHERIT";
  threshold: number | null;
}

export interface FakeLine {
  id: string;
  variant: FakeVariant;
  quantity: number;
}

export interface FakeRefund {
  id: string;
  state: string;
  total: number;
  createdMs: number;
  updatedMs: number;
}

export interface FakePayment {
  id: string;
  state: string;
  amount: number;
  createdMs: number;
  updatedMs: number;
  refunds: FakeRefund[];
}

export interface FakeFulfillment {
  id: string;
  state: string;
  method: string;
  trackingCode: string;
  createdMs: number;
  updatedMs: number;
  lines: { id: string; quantity: number }[];
}

export interface FakeOrder {
  id: string;
  type: "Regular" | "Seller" | "Aggregate";
  state: string;
  updatedMs: number;
  placedMs: number | null;
  currency: string;
  shipping: number;
  lines: FakeLine[];
  payments: FakePayment[];
  fulfillments: FakeFulfillment[];
  history: { type: string; atMs: number; data: Record<string, unknown> }[];
}

/** The cart was last touched before the buyer came back from the bank. */
const checkoutMs = 90_000;

export class FakeShop {
  readonly orders = new Map<string, FakeOrder>();
  readonly variants = new Map<string, FakeVariant>();
  private ids = 100;
  private readonly runtime: TestRuntime;

  constructor(runtime: TestRuntime) {
    this.runtime = runtime;
  }

  add(variant: Pick<FakeVariant, "id" | "sku" | "name" | "price" | "onHand"> & Partial<FakeVariant>): void {
    this.variants.set(variant.id, { allocated: 0, track: "TRUE", threshold: null, ...variant });
  }

  nextId(): string {
    this.ids += 1;
    return String(this.ids);
  }

  now(): number {
    return this.runtime.clock.nowMs();
  }

  order(id: string): FakeOrder {
    const order = this.orders.get(id);
    if (!order) throw new Error(`no order ${id}`);
    return order;
  }

  place(lines: { variantId: string; quantity: number }[], payment = "Settled"): FakeOrder {
    const order: FakeOrder = {
      id: this.nextId(),
      type: "Regular",
      state: payment === "Settled" ? "PaymentSettled" : "PaymentAuthorized",
      updatedMs: this.now() - checkoutMs,
      placedMs: this.now(),
      currency: "EUR",
      shipping: 490,
      lines: lines.map(({ variantId, quantity }) => {
        const variant = this.variants.get(variantId);
        if (!variant) throw new Error(`no variant ${variantId}`);
        variant.allocated += quantity;
        return { id: this.nextId(), variant, quantity };
      }),
      payments: [],
      fulfillments: [],
      history: [],
    };
    order.payments.push({
      id: this.nextId(),
      state: payment,
      amount: this.total(order),
      createdMs: this.now(),
      updatedMs: this.now(),
      refunds: [],
    });
    this.orders.set(order.id, order);
    return order;
  }

  total(order: FakeOrder): number {
    return order.lines.reduce((sum, line) => sum + line.variant.price * line.quantity, order.shipping);
  }

  touch(id: string): void {
    this.order(id).updatedMs = this.now();
  }

  settle(order: FakeOrder): void {
    for (const payment of order.payments) {
      payment.state = "Settled";
      payment.updatedMs = this.now();
    }
    order.state = "PaymentSettled";
  }

  fulfilled(order: FakeOrder, lineId: string): number {
    return order.fulfillments
      .filter((parcel) => parcel.state !== "Cancelled")
      .flatMap((parcel) => parcel.lines)
      .filter((line) => line.id === lineId)
      .reduce((sum, line) => sum + line.quantity, 0);
  }

  /** Units that were not packed lose their allocation; packed ones go back on the shelf. */
  cancel(order: FakeOrder, lineId: string, quantity: number): void {
    const line = order.lines.find((one) => one.id === lineId);
    if (!line || line.quantity < quantity) throw new Error("more than is there");
    const open = Math.max(0, line.quantity - this.fulfilled(order, lineId));
    const released = Math.min(open, quantity);
    line.variant.allocated -= released;
    line.variant.onHand += quantity - released;
    line.quantity -= quantity;
    order.updatedMs = this.now();
    if (order.lines.every((one) => one.quantity === 0)) order.state = "Cancelled";
  }

  refund(order: FakeOrder, total: number, state = "Settled"): FakeRefund {
    const at = { createdMs: this.now(), updatedMs: this.now() };
    const refund = { id: this.nextId(), state, total, ...at };
    order.payments[0]?.refunds.push(refund);
    return refund;
  }

  pack(
    order: FakeOrder,
    lines: FakeFulfillment["lines"],
    { method = "", trackingCode = "" } = {},
  ): FakeFulfillment {
    const at = { createdMs: this.now(), updatedMs: this.now() };
    const parcel = { id: this.nextId(), state: "Pending", method, trackingCode, lines, ...at };
    for (const { id, quantity } of lines) {
      const line = order.lines.find((one) => one.id === id);
      if (!line) throw new Error("no such line");
      line.variant.onHand -= quantity;
      line.variant.allocated -= quantity;
    }
    order.fulfillments.push(parcel);
    return parcel;
  }

  move(order: FakeOrder, parcel: FakeFulfillment, state: "Shipped" | "Delivered"): void {
    parcel.state = state;
    parcel.updatedMs = this.now();
    order.history.push({
      type: "ORDER_FULFILLMENT_TRANSITION",
      atMs: this.now(),
      data: { fulfillmentId: parcel.id, to: state },
    });
    const left = order.lines.some((line) => line.quantity > this.fulfilled(order, line.id));
    order.state = left ? `Partially${state}` : state;
  }
}
