import { describe, expect, it } from "vitest";
import { endOf, fetchOne, type Opened, openVendure, ordersOf, pullRun } from "./session.ts";

const placed = ({ fake }: Opened, quantity = 2, payment = "Settled") =>
  fake.shop.place([{ variantId: "1", quantity }], payment);

const minute = 60_000;

describe("orders are noticed although their own time stands still", () => {
  it("when they are placed: the cart was last changed before the window", async () => {
    const session = openVendure();
    const start = endOf(await pullRun(session));
    await session.runtime.advance(10 * minute);
    const order = placed(session);
    order.updatedMs -= 30 * minute;
    const found = ordersOf(await pullRun(session, start)).get(order.id);
    expect(found).toMatchObject({ status: "paid", updatedAt: found?.placedAt });
  });

  const changes: [string, (session: Opened, order: ReturnType<typeof placed>) => void, object][] = [
    ["are paid", ({ fake }, order) => fake.shop.settle(order), { status: "paid" }],
    [
      "are shipped",
      ({ fake }, order) => {
        const [line] = order.lines;
        fake.shop.settle(order);
        const parcel = fake.shop.pack(order, [{ id: line?.id ?? "", quantity: 2 }]);
        fake.shop.move(order, parcel, "Shipped");
      },
      { status: "shipped" },
    ],
    [
      "are paid back",
      ({ fake }, order) => {
        fake.shop.settle(order);
        fake.shop.refund(order, 700);
      },
      { status: "paid", refunds: [{ amountMinor: 700 }] },
    ],
  ];
  it.each(changes)("when they %s, by the next round, and once", async (_what, change, expected) => {
    const session = openVendure();
    const order = placed(session, 2, "Authorized");
    await session.runtime.advance(10 * minute);
    const first = await pullRun(session);
    await session.runtime.advance(10 * minute);
    const quiet = await pullRun(session, endOf(first));
    expect(ordersOf(quiet).size).toBe(0);
    await session.runtime.advance(10 * minute);
    const before = order.updatedMs;
    change(session, order);
    expect(order.updatedMs, "the order's own time").toBe(before);
    const then = await pullRun(session, endOf(quiet));
    expect(ordersOf(then).get(order.id)).toMatchObject(expected);
    await session.runtime.advance(10 * minute);
    const later = await pullRun(session, endOf(then));
    await session.runtime.advance(10 * minute);
    expect(ordersOf(await pullRun(session, endOf(later))).size, "at rest").toBe(0);
  });

  it("in a shop of more orders than a round takes in at once, some runs later", async () => {
    const session = openVendure({ settings: { ordersPerPage: 200 } });
    const orders = Array.from({ length: 600 }, (_, index) => {
      const order = placed(session, 0);
      order.placedMs = (order.placedMs ?? 0) + index;
      return order;
    });
    await session.runtime.advance(10 * minute);
    let cursor = endOf(await pullRun(session));
    await session.runtime.advance(10 * minute);
    const last = orders.at(-1);
    if (last) session.fake.shop.refund(last, 100);
    const found: number[] = [];
    for (let run = 0; run < 4; run += 1) {
      const pages = await pullRun(session, cursor);
      cursor = endOf(pages);
      found.push(ordersOf(pages).size);
      await session.runtime.advance(minute);
    }
    expect(found).toEqual([0, 0, 1, 0]);
  });
});

describe("what is no order of ours", () => {
  it("carts, drafts and the aggregate of a marketplace are left out, everywhere", async () => {
    const session = openVendure();
    const cart = placed(session);
    cart.placedMs = null;
    const aggregate = placed(session);
    aggregate.type = "Aggregate";
    const seller = placed(session);
    seller.type = "Seller";
    await session.runtime.advance(minute);
    expect([...ordersOf(await pullRun(session)).keys()]).toEqual([seller.id]);
    const ids = [cart.id, aggregate.id, seller.id];
    const fetched = await session.account.orders!.fetch(ids, session.call());
    expect(fetched.ok && fetched.value.orders.map((order) => order.externalId)).toEqual([seller.id]);
    const window = { from: "2026-11-01T00:00:00.000Z", to: "2026-12-01T00:00:00.000Z" };
    expect(await session.account.orders!.list(window, session.call())).toEqual({
      ok: true,
      value: { externalIds: [seller.id] },
    });
  });

  it("an id that only begins like a number is not asked for: Vendure would read it as that number", async () => {
    const session = openVendure();
    const order = placed(session);
    const wrong = [`${order.id}e0`, `${order.id}abc`, `0${order.id}`, "no-such-order"];
    const result = await session.account.orders!.fetch(wrong, session.call());
    expect(result).toMatchObject({ ok: true, value: { orders: [], rejected: [] } });
    expect(session.fake.requests).toEqual([]);
  });
});

describe("a row that cannot be read", () => {
  it("is kept for a person and stops no other", async () => {
    const session = openVendure();
    const broken = placed(session);
    broken.currency = "XX";
    const sound = placed(session);
    await session.runtime.advance(minute);
    const pages = await pullRun(session);
    expect([...ordersOf(pages).keys()]).toEqual([sound.id]);
    expect(pages.flatMap((page) => page.rejected)).toEqual([
      { externalId: broken.id, reason: "currencyCode: is no ISO 4217 currency", raw: expect.anything() },
    ]);
    expect((await fetchOne(session, sound.id)).externalId).toBe(sound.id);
  });
});
