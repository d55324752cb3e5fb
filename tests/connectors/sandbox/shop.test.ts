import { describe, expect, it } from "vitest";
import { orderSchema } from "../../../src/core/model/order.ts";
import { sumMinor } from "../../../src/core/money/money.ts";
import { must } from "../generic/subject.ts";
import { mug, open } from "./shop.ts";

const lamp = { externalId: "P2" };

describe("the shop's own stock", () => {
  it("takes a unit off when an order is placed, and refuses to sell below its figure", () => {
    const { shop, journal } = open();
    must(shop.place({ lines: [{ ...mug, quantity: 8 }] }));
    expect(shop.shelf.figure(mug)).toBe(2);
    expect(shop.place({ lines: [{ ...mug, quantity: 3 }] })).toEqual({ ok: false, code: "sold_out" });
    expect(shop.shelf.figure(mug)).toBe(2);
    expect(journal.entries().map(({ at: _at, ...entry }) => entry)).toEqual([
      {
        kind: "order_placed",
        orderId: expect.any(String),
        lines: [{ ...mug, quantity: 8 }],
        totalMinor: 15_920,
      },
      { kind: "order_refused", listing: mug, quantity: 3, figure: 2 },
    ]);
  });

  it("sums two lines of one listing, and sells all lines or none", () => {
    const { shop } = open();
    expect(
      shop.place({
        lines: [
          { ...mug, quantity: 6 },
          { ...mug, quantity: 5 },
        ],
      }),
    ).toEqual({ ok: false, code: "sold_out" });
    expect(
      shop.place({
        lines: [
          { ...mug, quantity: 1 },
          { ...lamp, quantity: 6 },
        ],
      }),
    ).toEqual({ ok: false, code: "sold_out" });
    expect([shop.shelf.figure(mug), shop.shelf.figure(lamp), shop.orders.size()]).toEqual([10, 5, 0]);
  });

  it("deducting when paid: two may order the last units, one can pay", () => {
    const { shop } = open({ behaviour: { deducts: "paid" } });
    const [a, b] = [0, 1].map(() => must(shop.place({ lines: [{ ...lamp, quantity: 4 }] })).externalId);
    expect(shop.shelf.figure(lamp)).toBe(5);
    must(shop.pay(a ?? ""));
    expect(shop.pay(b ?? "")).toEqual({ ok: false, code: "sold_out" });
    expect(shop.shelf.figure(lamp)).toBe(1);
    expect(shop.orders.get(b ?? "")?.status).toBe("pending_payment");
  });

  it("deducting never: the figure stays, and is the most one order may have", () => {
    const { shop } = open({ behaviour: { deducts: "never" } });
    must(shop.place({ lines: [{ ...lamp, quantity: 5 }] }));
    must(shop.place({ lines: [{ ...lamp, quantity: 5 }] }));
    expect(shop.shelf.figure(lamp)).toBe(5);
    expect(shop.place({ lines: [{ ...lamp, quantity: 6 }] })).toEqual({ ok: false, code: "sold_out" });
  });

  it("follows an edit up and down", () => {
    const { shop } = open();
    const { externalId } = must(
      shop.place({
        lines: [
          { ...mug, quantity: 4 },
          { ...lamp, quantity: 1 },
        ],
        shippingMinor: 800,
      }),
    );
    expect(must(shop.editQuantity(externalId, "L1", 9)).totalMinor).toBe(9 * 1990 + 15_900 + 800);
    expect(shop.shelf.figure(mug)).toBe(1);
    expect(shop.editQuantity(externalId, "L1", 11)).toEqual({ ok: false, code: "sold_out" });
    expect(must(shop.editQuantity(externalId, "L1", 0)).totalMinor).toBe(15_900 + 800);
    expect(shop.shelf.figure(mug)).toBe(10);
    expect(shop.editQuantity(externalId, "L2", 0)).toEqual({ ok: false, code: "not_allowed" });
  });

  it("gives back on cancel once, however often it is asked", () => {
    const { shop } = open();
    const { externalId } = must(shop.place({ lines: [{ ...mug, quantity: 4 }] }));
    must(shop.cancel(externalId));
    expect(shop.cancel(externalId)).toEqual({ ok: false, code: "not_allowed" });
    expect(shop.shelf.figure(mug)).toBe(10);
  });

  it.each([
    ["set", { quantity: 3 }, { ok: true, quantity: 3 }, 3],
    ["set", { quantity: -1 }, { ok: false, code: "invalid", quantity: 10 }, 10],
    ["delta", { quantity: 4 }, { ok: true, quantity: 14 }, 14],
    ["delta", { quantity: -10 }, { ok: true, quantity: 0 }, 0],
    ["delta", { quantity: -11 }, { ok: false, code: "insufficient", quantity: 10 }, 10],
    ["compareAndSet", { expected: 10, quantity: 2 }, { ok: true, quantity: 2 }, 2],
    ["compareAndSet", { expected: 9, quantity: 2 }, { ok: false, code: "conflict", quantity: 10 }, 10],
    ["compareAndSet", { quantity: 2 }, { ok: false, code: "invalid" }, 10],
  ] as const)("%s %j is answered %j", (mode, numbers, answer, figure) => {
    const { shop } = open();
    const write = { ...mug, mode, writeId: "w1", ...numbers };
    expect(shop.shelf.write(write)).toEqual(answer);
    expect(shop.shelf.figure(mug)).toBe(figure);
    expect(shop.shelf.write(write), "the same write again").toEqual(answer);
    expect(shop.shelf.figure(mug)).toBe(figure);
  });

  it("knows no other listing", () => {
    const { shop } = open();
    expect(shop.shelf.write({ externalId: "P1", mode: "set", quantity: 1, writeId: "w" })).toEqual({
      ok: false,
      code: "not_found",
    });
    expect(shop.place({ lines: [{ externalId: "P1", quantity: 1 }] })).toEqual({
      ok: false,
      code: "invalid",
    });
  });
});

describe("the life of an order", () => {
  it("adds up at every step, and every step is later than the one before", () => {
    const { shop } = open();
    const placed = must(
      shop.place({
        lines: [{ ...mug, quantity: 2 }],
        shippingMinor: 800,
        discountMinor: 100,
        platformDiscountMinor: 50,
        buyer: { name: "李雷" },
      }),
    );
    expect(placed).toMatchObject({
      status: "pending_payment",
      totalMinor: 3980 + 800 - 150,
      currency: "CNY",
    });
    const id = placed.externalId;
    const steps = [
      placed,
      must(shop.pay(id)),
      must(shop.refund(id, { amountMinor: 300 })),
      must(shop.askForShipment(id)),
      must(
        shop.ship({ shipmentId: "s1", orderExternalId: id, lines: [{ externalLineId: "L1", quantity: 1 }] }),
      ),
      must(
        shop.ship({
          shipmentId: "s2",
          orderExternalId: id,
          lines: [{ externalLineId: "L1", quantity: 1 }],
          trackingNumber: "T2",
        }),
      ),
      must(
        shop.refund(id, { amountMinor: 1990, line: { externalLineId: "L1", quantity: 1, restock: true } }),
      ),
      must(shop.complete(id)),
      must(shop.refund(id, { amountMinor: 4630 - 2290 })),
    ];
    expect(steps.map((order) => order.status)).toEqual([
      "pending_payment",
      "paid",
      "paid",
      "paid",
      "partially_shipped",
      "shipped",
      "shipped",
      "completed",
      "refunded",
    ]);
    for (const [index, order] of steps.entries()) {
      expect(orderSchema.parse(order)).toEqual(order);
      expect(order.updatedAt > (steps[index - 1]?.updatedAt ?? "")).toBe(true);
    }
    const last = steps.at(-1);
    expect(sumMinor((last?.refunds ?? []).map((refund) => refund.amountMinor))).toBe(4630);
    expect(last?.shipments?.map((shipment) => [shipment.reference, shipment.trackingNumber])).toEqual([
      ["s1", undefined],
      ["s2", "T2"],
    ]);
  });

  it("refuses what cannot be, and changes nothing", () => {
    const { shop, journal } = open();
    const { externalId: id } = must(shop.place({ lines: [{ ...mug, quantity: 2 }] }));
    const before = shop.orders.get(id);
    const entries = journal.entries().length;
    const ship = (quantity: number, externalLineId = "L1") =>
      shop.ship({ shipmentId: "s1", orderExternalId: id, lines: [{ externalLineId, quantity }] });
    expect(ship(1)).toEqual({ ok: false, code: "not_allowed" });
    expect(shop.refund(id, { amountMinor: 1 })).toEqual({ ok: false, code: "not_allowed" });
    expect(shop.complete(id)).toEqual({ ok: false, code: "not_allowed" });
    expect(shop.askForShipment(id)).toEqual({ ok: false, code: "not_allowed" });
    expect(shop.pay("nobody")).toEqual({ ok: false, code: "not_found" });
    expect(shop.editQuantity(id, "L9", 1)).toEqual({ ok: false, code: "invalid" });
    expect(shop.orders.get(id)).toBe(before);
    must(shop.pay(id));
    expect(shop.pay(id)).toEqual({ ok: false, code: "not_allowed" });
    expect(ship(3)).toEqual({ ok: false, code: "invalid" });
    expect(ship(1, "L9")).toEqual({ ok: false, code: "invalid" });
    expect(shop.refund(id, { amountMinor: 3981 })).toEqual({ ok: false, code: "not_allowed" });
    must(ship(2));
    expect(shop.cancel(id)).toEqual({ ok: false, code: "not_allowed" });
    expect(
      shop.refund(id, { amountMinor: 1, line: { externalLineId: "L1", quantity: 3, restock: true } }),
    ).toEqual({ ok: false, code: "not_allowed" });
    expect(
      journal
        .entries()
        .slice(entries)
        .map(({ kind }) => kind),
    ).toEqual(["order_paid", "order_shipped"]);
  });

  it("takes one shipment once", () => {
    const { shop, journal } = open();
    const { externalId: id } = must(shop.place({ lines: [{ ...mug, quantity: 2 }] }));
    must(shop.pay(id));
    const parcel = { shipmentId: "s1", orderExternalId: id, lines: [{ externalLineId: "L1", quantity: 1 }] };
    for (let turn = 0; turn < 3; turn += 1) must(shop.ship(parcel));
    expect(shop.orders.get(id)?.shipments).toHaveLength(1);
    expect(journal.counts().order_shipped).toBe(1);
  });

  it("gives back all money of a paid order that is cancelled", () => {
    const { shop } = open();
    const { externalId: id, totalMinor } = must(shop.place({ lines: [{ ...mug, quantity: 2 }] }));
    must(shop.pay(id));
    must(shop.refund(id, { amountMinor: 300 }));
    expect(must(shop.cancel(id)).refunds?.map((refund) => refund.amountMinor)).toEqual([
      300,
      totalMinor - 300,
    ]);
  });

  it("prices orders in any currency by its minor units", () => {
    const { shop } = open({ currency: "JPY" });
    expect(must(shop.place({ lines: [{ ...mug, quantity: 2 }] }))).toMatchObject({
      currency: "JPY",
      totalMinor: 3980,
    });
  });

  it("keeps time even when its clock is set back", async () => {
    const { shop, faults, runtime } = open({ faults: { clockSkewMs: 3_600_000 } });
    const ahead = must(shop.place({ lines: [{ ...mug, quantity: 1 }] }));
    expect(ahead.updatedAt).toBe("2026-11-22T09:00:00.000Z");
    faults.clockSkewMs = 0;
    await runtime.advance(1000);
    expect(must(shop.pay(ahead.externalId)).updatedAt).toBe("2026-11-22T09:00:00.001Z");
  });
});
