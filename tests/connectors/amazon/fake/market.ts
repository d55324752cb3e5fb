import type { TestRuntime } from "../../../support/runtime.ts";

/** A seller's Amazon: orders, listings, stock and finance records. Amounts are cents of USD. */

export const us = "ATVPDKIKX0DER";
export const sellerId = "A1DEMOSELLER";

export interface FakeListing {
  sku: string;
  asin: string;
  title: string;
  price: number;
  quantity: number;
  createdMs: number;
  /** DEFAULT is the seller's own stock. */
  channel: "DEFAULT" | "AMAZON_NA";
}

export interface FakeOrder {
  id: string;
  createdMs: number;
  updatedMs: number;
  status: "PENDING" | "UNSHIPPED" | "PARTIALLY_SHIPPED" | "SHIPPED" | "CANCELLED";
  fulfilledBy: "MERCHANT" | "AMAZON";
  marketplaceId: string;
  channel: "AMAZON" | "NON_AMAZON";
  items: { id: string; listing: FakeListing; quantity: number; shipped: number }[];
  packages: {
    reference: string;
    atMs: number;
    carrier: string;
    number: string;
    items: { orderItemId: string; quantity: number }[];
  }[];
}

export interface FakeTransaction {
  id: string;
  type: "Shipment" | "Refund";
  postedMs: number;
  orderId: string;
  refundId?: string;
  sku: string;
  /** Cents back to the buyer, and of Amazon's fee back to the seller. */
  goods: number;
  freight: number;
  fee: number;
}

/** A figure that was written becomes the one that sells only after a while, when this is set. */
interface Queued {
  sku: string;
  quantity: number;
  atMs: number;
}

export class FakeMarket {
  readonly orders = new Map<string, FakeOrder>();
  readonly listings = new Map<string, FakeListing>();
  readonly transactions: FakeTransaction[] = [];
  applyAfterMs = 0;
  private queued: Queued[] = [];
  private numbers = 1_390_916;
  private readonly runtime: TestRuntime;

  constructor(runtime: TestRuntime, listings: readonly FakeListing[]) {
    this.runtime = runtime;
    for (const listing of listings) this.listings.set(listing.sku, { ...listing });
  }

  now(): number {
    return this.runtime.clock.nowMs();
  }

  private next(): string {
    this.numbers += 1;
    return String(this.numbers);
  }

  order(id: string): FakeOrder {
    const order = this.orders.get(id);
    if (!order) throw new Error(`no order ${id}`);
    return order;
  }

  listing(sku: string): FakeListing {
    this.settle();
    const listing = this.listings.get(sku);
    if (!listing) throw new Error(`no listing ${sku}`);
    return listing;
  }

  /** Units leave the figure as soon as the order is pending. */
  place(sku: string, quantity: number, status: FakeOrder["status"] = "UNSHIPPED"): FakeOrder {
    const listing = this.listing(sku);
    listing.quantity -= quantity;
    const order: FakeOrder = {
      id: `902-3159896-${this.next()}`,
      createdMs: this.now(),
      updatedMs: this.now(),
      status,
      fulfilledBy: listing.channel === "DEFAULT" ? "MERCHANT" : "AMAZON",
      marketplaceId: us,
      channel: "AMAZON",
      items: [{ id: `0501585${this.next()}`, listing, quantity, shipped: 0 }],
      packages: [],
    };
    this.orders.set(order.id, order);
    return order;
  }

  pay(id: string): void {
    Object.assign(this.order(id), { status: "UNSHIPPED", updatedMs: this.now() });
  }

  cancel(id: string): void {
    const order = this.order(id);
    Object.assign(order, { status: "CANCELLED", updatedMs: this.now() });
    for (const item of order.items) this.listing(item.listing.sku).quantity += item.quantity;
  }

  touch(id: string): void {
    this.order(id).updatedMs = this.now();
  }

  /** The same reference again changes that parcel. */
  ship(order: FakeOrder, parcel: FakeOrder["packages"][number]): void {
    order.packages = [...order.packages.filter((one) => one.reference !== parcel.reference), parcel];
    for (const item of order.items) {
      const units = order.packages.flatMap((one) => one.items).filter((row) => row.orderItemId === item.id);
      item.shipped = units.reduce((sum, row) => sum + row.quantity, 0);
    }
    const isOut = order.items.every((item) => item.shipped >= item.quantity);
    order.status = isOut ? "SHIPPED" : "PARTIALLY_SHIPPED";
    order.updatedMs = this.now();
  }

  refund(id: string, goods: number, freight = 0): FakeTransaction {
    const [item] = this.order(id).items;
    if (!item) throw new Error("no item");
    const refund: FakeTransaction = {
      id: `T${this.next()}`,
      type: "Refund",
      postedMs: this.now(),
      orderId: id,
      refundId: `R${this.next()}`,
      sku: item.listing.sku,
      goods,
      freight,
      fee: Math.round(goods * 0.15),
    };
    this.transactions.push(refund);
    return refund;
  }

  write(sku: string, quantity: number): void {
    this.queued.push({ sku, quantity, atMs: this.now() + this.applyAfterMs });
    this.settle();
  }

  /** Figures whose time has come. */
  settle(): void {
    const due = this.queued.filter((one) => one.atMs <= this.now());
    this.queued = this.queued.filter((one) => one.atMs > this.now());
    for (const { sku, quantity } of due) {
      const listing = this.listings.get(sku);
      if (listing) listing.quantity = quantity;
    }
  }

  total(order: FakeOrder): number {
    return order.items.reduce((sum, item) => sum + item.listing.price * item.quantity, 499);
  }
}
