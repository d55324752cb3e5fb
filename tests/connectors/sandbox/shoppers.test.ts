import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { demoProducts, type Product, type SandboxOptions } from "../../../src/connectors/sandbox/index.ts";
import { orderSchema } from "../../../src/core/model/order.ts";
import { must } from "../generic/subject.ts";
import { mug, open, products } from "./shop.ts";

describe("shoppers", () => {
  /** What is left, what was sold and what was written must make up what there was. */
  const conserves = (seed: number, acts: number, deducts: "placed" | "paid" | "never") => {
    const behaviour = { deducts, restoresOnUnpaidCancel: true, restoresOnPaidRefund: true };
    const { shop, shoppers } = open({ seed, products: demoProducts(4, seed), behaviour });
    const opening = new Map(shop.products.map((product) => [product.externalId, product.quantity]));
    for (let act = 0; act < acts; act += 1) shoppers.act();
    const sold = new Map<string, number>();
    for (const order of shop.orders.all()) {
      expect(orderSchema.parse(order)).toEqual(order);
      const holds =
        order.status !== "cancelled" &&
        (deducts === "placed" || (deducts === "paid" && order.paidAt !== undefined));
      if (!holds) continue;
      for (const line of order.lines)
        sold.set(line.externalItemId ?? "", (sold.get(line.externalItemId ?? "") ?? 0) + line.quantity);
    }
    for (const product of shop.products) {
      const figure = shop.shelf.figure(product);
      expect(figure).toBeGreaterThanOrEqual(0);
      expect(figure + (sold.get(product.externalId) ?? 0)).toBe(opening.get(product.externalId));
    }
  };

  it("never oversell the shop's own figure, and every unit is accounted for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.constantFrom("placed", "paid", "never"),
        (seed, deducts) => conserves(seed, 300, deducts as "placed" | "paid" | "never"),
      ),
      { numRuns: 30 },
    );
  });

  it("do the same for the same seed, and something else for another", () => {
    const story = (seed: number) => {
      const { shoppers, journal } = open({ seed });
      for (let act = 0; act < 200; act += 1) shoppers.act();
      return journal.entries();
    };
    expect(story(7)).toEqual(story(7));
    expect(story(8)).not.toEqual(story(7));
  });

  it("do the same whatever faults are switched on", () => {
    const story = (faults: SandboxOptions["faults"] & object) => {
      const { shoppers, shop } = open({ seed: 7, faults });
      for (let act = 0; act < 200; act += 1) shoppers.act();
      return [...shop.orders.all()];
    };
    expect(story({ dropWebhooks: 0.5, rateLimit: 0.5 })).toEqual(story({}));
  });

  it("do everything they can do", () => {
    const { shoppers, journal, shop } = open({ seed: 3, products: demoProducts(6, 3) });
    for (let act = 0; act < 800; act += 1) {
      shoppers.act();
      if (act % 20 !== 0) continue;
      for (const order of shop.orders.all()) {
        if (order.status !== "paid") continue;
        const lines = order.lines
          .filter((line) => line.quantity > 0)
          .map(({ externalLineId, quantity }) => ({ externalLineId, quantity }));
        shop.ship({ shipmentId: `s-${order.externalId}`, orderExternalId: order.externalId, lines });
        break;
      }
    }
    expect(Object.keys(journal.counts()).sort()).toEqual([
      "order_cancelled",
      "order_completed",
      "order_edited",
      "order_paid",
      "order_placed",
      "order_refunded",
      "order_refused",
      "order_shipped",
      "shipment_asked",
    ]);
  });

  it("act at their pace on the runtime's timers, until sent home", async () => {
    const { shoppers, journal, runtime, stop } = open({ products: demoProducts(3, 1) });
    const orders = () => journal.counts().order_placed ?? 0;
    shoppers.start(60);
    await runtime.advance(600_000);
    const after = orders();
    expect(after).toBeGreaterThan(50);
    stop();
    await runtime.advance(600_000);
    expect(orders()).toBe(after);
    expect(runtime.sleeping()).toBe(0);
  });
});

describe("journal", () => {
  it("keeps the newest entries and counts all", () => {
    const { shop, journal } = open({
      journalLimit: 5,
      products: [{ ...products[0], quantity: 100 } as Product],
    });
    for (let turn = 0; turn < 23; turn += 1) must(shop.place({ lines: [{ ...mug, quantity: 1 }] }));
    expect(journal.entries()).toHaveLength(5);
    expect(journal.entries().at(-1)).toMatchObject({ orderId: expect.stringMatching(/-23$/) });
    expect(journal.counts()).toEqual({ order_placed: 23 });
  });
});
