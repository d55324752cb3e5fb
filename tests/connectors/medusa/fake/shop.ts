import type { Clock, Instant } from "../../../../src/core/clock.ts";
import { nowInstant } from "../../../../src/core/clock.ts";
import type { Inventory } from "./inventory.ts";
import {
  cents,
  type FakeFulfillment,
  type FakeItem,
  type FakeOrder,
  type FakeReturn,
  paidOf,
  pendingOf,
  refundedOf,
} from "./order.ts";

/**
 * Orders of a Medusa 2.21.2, as far as the connector can see them: what moves which time stamp, what lowers which total and
 * what reserves which unit is as recorded from the real one (`tests/fixtures/medusa/README.md`). One shop in EUR with
 * 21 % VAT inside its prices, one payment per order.
 */

export type FakeShop = ReturnType<typeof createShop>;

export function createShop(clock: Clock, inventory: Inventory) {
  const orders = new Map<string, FakeOrder>();
  let lastId = 0;
  const newId = (prefix: string): string => {
    lastId += 1;
    return `${prefix}_${String(lastId).padStart(6, "0")}`;
  };
  const now = (): Instant => nowInstant(clock);
  const order = (id: string): FakeOrder => {
    const found = orders.get(id);
    if (!found) throw new Error(`no order ${id}`);
    return found;
  };
  const itemOf = (found: FakeOrder, sku: string): FakeItem => {
    const item = found.items.find((candidate) => candidate.sku === sku);
    if (!item) throw new Error(`no line ${sku} in ${found.id}`);
    return item;
  };
  /** An order change: a new version of the order, and the only thing that moves its time. */
  const changed = (found: FakeOrder): void => {
    found.version += 1;
    found.updatedAt = now();
  };

  return {
    orders,
    order,

    /** The buyer orders; the payment is authorised, units are reserved, stock stays. */
    place(
      lines: readonly { variantId: string; quantity: number }[],
      options: { salesChannelId?: string; shipping?: number } = {},
    ): FakeOrder {
      const items = lines.map(({ variantId, quantity }): FakeItem => {
        const variant = inventory.variant(variantId);
        const id = newId("ordli");
        inventory.reserve(variant, id, quantity);
        return {
          id,
          variantId,
          quantity,
          sku: variant.sku,
          title: variant.title,
          unitPrice: variant.price,
          fulfilled: 0,
          shipped: 0,
          returnRequested: 0,
          returnReceived: 0,
          returnDismissed: 0,
        };
      });
      const shipping = options.shipping ?? 4.9;
      const amount = cents(items.reduce((sum, item) => sum + item.quantity * item.unitPrice, shipping));
      const at = now();
      const placed: FakeOrder = {
        id: newId("order"),
        status: "pending",
        version: 1,
        salesChannelId: options.salesChannelId ?? "sc_web",
        createdAt: at,
        updatedAt: at,
        shipping,
        items,
        payment: {
          id: newId("pay"),
          amount,
          createdAt: at,
          updatedAt: at,
          collectionUpdatedAt: at,
          capturedAt: null,
          canceledAt: null,
          refunds: [],
        },
        fulfillments: [],
        returns: [],
        creditLines: [],
      };
      orders.set(placed.id, placed);
      return placed;
    },

    /** Moves the payment's time, not the order's. */
    capture(id: string): void {
      const { payment } = order(id);
      payment.capturedAt = now();
      payment.updatedAt = now();
      payment.collectionUpdatedAt = now();
    },

    /**
     * Money that is owed goes back without a trace in either time; what is not owed leaves a credit line, which is an
     * order change.
     */
    refund(id: string, amount: number): void {
      const found = order(id);
      const owed = Math.max(0, -pendingOf(found));
      found.payment.refunds.push({ id: newId("ref"), amount, createdAt: now() });
      found.payment.collectionUpdatedAt = now();
      if (amount <= owed) return;
      found.creditLines.push({ amount: cents(amount - owed), reference: "payment_collection" });
      changed(found);
    },

    cancel(id: string): void {
      const found = order(id);
      for (const item of found.items) inventory.release(item.id);
      const left = cents(paidOf(found) - refundedOf(found));
      if (left > 0) {
        found.payment.refunds.push({ id: newId("ref"), amount: left, createdAt: now() });
        found.creditLines.push({ amount: left, reference: "payment_collection" });
      } else {
        found.payment.canceledAt = now();
        found.payment.updatedAt = now();
      }
      found.payment.collectionUpdatedAt = now();
      found.status = "canceled";
      changed(found);
    },

    complete(id: string): void {
      const found = order(id);
      found.status = "completed";
      found.updatedAt = now();
    },

    /** Anything small, such as the order's metadata. */
    touch(id: string): void {
      order(id).updatedAt = now();
    },

    editQuantity(id: string, sku: string, quantity: number): void {
      const found = order(id);
      const item = itemOf(found, sku);
      inventory.release(item.id);
      item.quantity = quantity;
      inventory.reserve(inventory.variant(item.variantId), item.id, quantity - item.fulfilled);
      changed(found);
    },

    /** Packs: takes units from the shelf and ends their reservation. */
    pack(
      id: string,
      units: readonly { lineId: string; quantity: number }[],
      metadata: Record<string, unknown> | null = null,
    ): FakeFulfillment {
      const found = order(id);
      const items = units.flatMap(({ lineId, quantity }) => {
        const item = found.items.find((candidate) => candidate.id === lineId);
        if (!item) throw new Error(`no line ${lineId}`);
        item.fulfilled += quantity;
        return inventory
          .consume(inventory.variant(item.variantId), lineId, quantity)
          .map((part) => ({ lineId, ...part }));
      });
      const fulfillment: FakeFulfillment = {
        id: newId("ful"),
        metadata,
        packedAt: now(),
        shippedAt: null,
        canceledAt: null,
        items,
        trackingNumbers: [],
      };
      found.fulfillments.push(fulfillment);
      changed(found);
      return fulfillment;
    },

    ship(id: string, fulfillmentId: string, trackingNumbers: readonly string[] = []): void {
      const found = order(id);
      const fulfillment = found.fulfillments.find((candidate) => candidate.id === fulfillmentId);
      if (!fulfillment) throw new Error(`no fulfilment ${fulfillmentId}`);
      fulfillment.shippedAt = now();
      fulfillment.trackingNumbers = [...trackingNumbers];
      for (const lineId of new Set(fulfillment.items.map((row) => row.lineId))) {
        const item = found.items.find((candidate) => candidate.id === lineId);
        if (item) item.shipped = Math.min(item.fulfilled, item.quantity);
      }
      changed(found);
    },

    requestReturn(id: string, sku: string, quantity: number): FakeReturn {
      const found = order(id);
      const item = itemOf(found, sku);
      item.returnRequested += quantity;
      const row = { id: newId("retitem"), lineId: item.id, quantity, received: 0, damaged: 0 };
      const asked: FakeReturn = { id: newId("return"), createdAt: now(), updatedAt: now(), items: [row] };
      found.returns.push(asked);
      changed(found);
      return asked;
    },

    receiveReturn(id: string, returned: FakeReturn, received: number, damaged = 0): void {
      const found = order(id);
      const [row] = returned.items;
      const item = found.items.find((candidate) => candidate.id === row?.lineId);
      if (!row || !item) throw new Error(`no such return in ${id}`);
      row.received += received;
      row.damaged += damaged;
      item.returnRequested -= received + damaged;
      item.returnReceived += received;
      item.returnDismissed += damaged;
      inventory.putBack(inventory.variant(item.variantId), received);
      returned.updatedAt = now();
      changed(found);
    },
  };
}
