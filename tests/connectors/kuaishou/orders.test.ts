import { describe, expect, it } from "vitest";
import { instantOf } from "../../../src/core/clock.ts";
import { failureOf, pullAll, successOf } from "../session.ts";
import { mug, type Started, shirt, started } from "./harness.ts";

describe("Kuaishou orders on the wire", () => {
  it("the room is asked for only where it is wanted", async () => {
    for (const liveRooms of [true, false]) {
      const { session, shop, fake } = await started([], { liveRooms });
      shop.pay(shop.place(shirt!.skuId, 1).oid);
      await session.runtime.advance(1000);
      const [order] = (await pullAll(session)).orders.values();
      expect(order?.liveSession).toBe(liveRooms ? "9000000000123" : undefined);
      expect(fake.called.includes("open.order.detail")).toBe(liveRooms);
    }
  });

  it("what was paid back is read from the refund itself", async () => {
    const { session, shop } = await started();
    const order = shop.place(shirt!.skuId, 2);
    shop.pay(order.oid);
    shop.refund(order.oid, 3000);
    const [read] = successOf(await session.account.orders!.fetch([String(order.oid)], session.call())).orders;
    expect(read).toMatchObject({ status: "paid", totalMinor: 16_400, refunds: [{ amountMinor: 3000 }] });
  });

  it("a refund that is taken back makes the order newer, whether or not its own time moves", async () => {
    const { session, shop } = await started();
    const order = shop.place(shirt!.skuId, 2);
    shop.pay(order.oid);
    order.refunds.push({ id: 71, status: 10, fee: 3000, way: 10, at: shop.now() });
    const fetched = async () =>
      successOf(await session.account.orders!.fetch([String(order.oid)], session.call())).orders[0];
    expect(await fetched()).toMatchObject({ status: "refunding", updatedAt: "2026-11-22T08:00:00.000Z" });
    await session.runtime.advance(60_000);
    Object.assign(order.refunds[0]!, { status: 70, at: shop.now() });
    const free = await fetched();
    expect(free).toMatchObject({ status: "paid", updatedAt: "2026-11-22T08:01:00.000Z" });
    expect(free?.refunds).toBeUndefined();
  });

  it("an order that is refused by itself is kept for a person, and the others come", async () => {
    const { session, shop } = await started();
    const order = shop.place(shirt!.skuId, 1);
    const page = successOf(await session.account.orders!.fetch(["999", String(order.oid)], session.call()));
    expect(page.rejected).toEqual([expect.objectContaining({ externalId: "999", raw: { oid: "999" } })]);
    expect(page.orders).toHaveLength(1);
  });

  it("nothing older than 90 days is asked for", async () => {
    const { session } = await started();
    const pulled = await pullAll(session, { since: "2026-01-01T00:00:00.000Z" });
    expect(pulled.pages).toHaveLength(13);
    const window = { from: instantOf(0), to: instantOf(86_400_000) };
    expect(successOf(await session.account.orders!.list(window, session.call()))).toEqual({
      externalIds: [],
    });
  });
});

describe("Kuaishou parcels", () => {
  const parcelOf = (orderExternalId: number, lines: [number, number][], more: object = {}) => ({
    shipmentId: "01a20244-e800-7000-8000-000000000001",
    orderExternalId: String(orderExternalId),
    shippedAt: instantOf(0),
    lines: lines.map(([line, quantity]) => ({ externalLineId: String(line), quantity })),
    carrier: "中通",
    trackingNumber: "ZT1042",
    ...more,
  });

  it.each<[string, (all: Started, oid: number) => void, object, string]>([
    ["without a number", () => {}, { trackingNumber: undefined }, "invalid"],
    ["of a carrier nobody knows", () => {}, { carrier: "My cousin" }, "invalid"],
    [
      "while a check or a group holds the order",
      ({ shop }, oid) => {
        shop.order(oid).held = [2];
      },
      {},
      "conflict",
    ],
    [
      "of an order marked as fraud",
      ({ shop }, oid) => {
        shop.order(oid).risk = 10_001;
      },
      {},
      "conflict",
    ],
    [
      "while the buyer asks for the money",
      ({ shop }, oid) => {
        shop.order(oid).refunds.push({ id: 1, status: 10, fee: 1, way: 10, at: 0 });
      },
      {},
      "conflict",
    ],
    [
      "of a closed order",
      ({ shop }, oid) => {
        shop.order(oid).status = 80;
      },
      {},
      "invalid",
    ],
  ])("%s are not sent", async (_, spoil, more, kind) => {
    const all = await started();
    const order = all.shop.place(shirt!.skuId, 2);
    all.shop.pay(order.oid);
    spoil(all, order.oid);
    const { trackingNumber, ...rest } = parcelOf(order.oid, [[order.oid, 1]], more);
    const parcel = trackingNumber === undefined ? rest : { ...rest, trackingNumber };
    expect(failureOf(await all.session.account.fulfilments!.push(parcel, all.session.call())).kind).toBe(
      kind,
    );
    expect(all.fake.called).not.toContain("open.order.goods.split.deliver");
    expect(order.packs).toEqual([]);
  });

  it("a split order with its gift, under the carrier's number", async () => {
    const all = await started();
    const order = all.shop.place(shirt!.skuId, 2, mug!.skuId);
    all.shop.pay(order.oid);
    const { fulfilments, orders } = all.session.account;
    successOf(
      await fulfilments!.push(
        parcelOf(order.oid, [
          [order.oid, 1],
          [order.gift!.oid, 1],
        ]),
        all.session.call(),
      ),
    );
    successOf(
      await fulfilments!.push(
        parcelOf(order.oid, [[order.oid, 1]], { shipmentId: "b", trackingNumber: "ZT1043" }),
        all.session.call(),
      ),
    );
    expect(order.packs.map(({ code, number }) => [code, number])).toEqual([
      [9, "ZT1042"],
      [9, "ZT1043"],
    ]);
    const [read] = successOf(await orders!.fetch([String(order.oid)], all.session.call())).orders;
    expect(read?.status).toBe("shipped");
    expect(read?.shipments?.map(({ externalId, lines }) => [externalId, lines?.length])).toEqual([
      ["ZT1042", 2],
      ["ZT1043", 1],
    ]);
  });
});
