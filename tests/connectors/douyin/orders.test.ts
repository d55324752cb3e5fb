import { describe, expect, it } from "vitest";
import { douyin } from "../../../src/connectors/douyin/index.ts";
import { failureOf, finish, successOf } from "../session.ts";
import { parcelOf, type Started, shirt, started } from "./harness.ts";
import { secrets, settings } from "./subject.ts";

describe("Douyin refunds", () => {
  it("of half a line: what was really paid back, with the units", async () => {
    const { session, shop } = await started();
    const order = shop.place(shirt!.skuId, 2);
    shop.pay(order.id);
    shop.refund(order.id, 1, 9500);
    const [read] = successOf(await session.account.orders!.fetch([order.id], session.call())).orders;
    expect(read).toMatchObject({
      status: "paid",
      totalMinor: 20300,
      lines: [{ quantity: 2 }],
      refunds: [{ amountMinor: 9500, lines: [{ externalLineId: order.id, amountMinor: 9500, quantity: 1 }] }],
    });
  });

  it("a case that is taken back makes the order newer, whether or not its own time moves", async () => {
    const { session, shop } = await started();
    const order = shop.place(shirt!.skuId, 2);
    shop.pay(order.id);
    const row = { id: shop.nextId("71"), type: 2, line: order.id, quantity: 2, applied: 19800, real: 0 };
    order.cases.push({ ...row, status: 1, at: shop.now() });
    order.lines[0]!.afterSale = 6;
    const fetched = async () =>
      successOf(await session.account.orders!.fetch([order.id], session.call())).orders[0];
    expect(await fetched()).toMatchObject({ status: "refunding", updatedAt: "2026-11-22T08:00:00.000Z" });
    await session.runtime.advance(60_000);
    Object.assign(order.cases[0]!, { status: 4, at: shop.now() });
    order.lines[0]!.afterSale = 28;
    const free = await fetched();
    expect(free).toMatchObject({ status: "paid", updatedAt: "2026-11-22T08:01:00.000Z" });
    expect(free?.refunds).toBeUndefined();
  });

  it("orders without any ask nothing more", async () => {
    const { session, shop, fake } = await started();
    shop.pay(shop.place(shirt!.skuId, 1).id);
    const before = fake.called.length;
    await session.account.orders!.pull({ cursor: null, since: "2026-11-22T08:00:00.000Z" }, session.call());
    expect(fake.called.slice(before)).toEqual(["order.searchList"]);
  });
});

describe("Douyin parcels", () => {
  it.each<[string, (all: Started, id: string) => void, object, string]>([
    ["without a number", () => {}, { trackingNumber: undefined }, "invalid"],
    ["of a carrier nobody knows", () => {}, { carrier: "My cousin" }, "invalid"],
    [
      "of an order in checks",
      ({ shop }, id) => {
        shop.order(id).status = 105;
      },
      {},
      "conflict",
    ],
    [
      "of an unpaid order",
      ({ shop }, id) => {
        shop.order(id).status = 1;
      },
      {},
      "conflict",
    ],
    [
      "of a cancelled order",
      ({ shop }, id) => {
        shop.order(id).status = 4;
      },
      {},
      "invalid",
    ],
    [
      "while the buyer asks for the money",
      ({ shop }, id) => {
        shop.order(id).lines[0]!.afterSale = 6;
      },
      {},
      "conflict",
    ],
  ])("%s are not sent", async (_, spoil, more, kind) => {
    const all = await started();
    const order = all.shop.place(shirt!.skuId, 2);
    all.shop.pay(order.id);
    spoil(all, order.id);
    const { trackingNumber, ...rest } = parcelOf(order.id, [[order.id, 1]], more);
    const parcel = trackingNumber === undefined ? rest : { ...rest, trackingNumber };
    const failed = failureOf(await all.session.account.fulfilments!.push(parcel, all.session.call()));
    expect(failed.kind).toBe(kind);
    expect(all.fake.called).not.toContain("order.logisticsAddMultiPack");
    expect(order.packs).toEqual([]);
  });

  it("two of one order, and one that the staff sent already is found by its number", async () => {
    const all = await started();
    const order = all.shop.place(shirt!.skuId, 2);
    all.shop.pay(order.id);
    const { fulfilments } = all.session.account;
    const one = successOf(await fulfilments!.push(parcelOf(order.id, [[order.id, 1]]), all.session.call()));
    const two = parcelOf(order.id, [[order.id, 1]], { shipmentId: "another", trackingNumber: "SF1043" });
    expect(successOf(await fulfilments!.push(two, all.session.call())).externalId).not.toBe(one.externalId);
    const typed = parcelOf(order.id, [[order.id, 1]], { shipmentId: "third" });
    expect(successOf(await fulfilments!.push(typed, all.session.call()))).toEqual(one);
    expect(order.packs).toHaveLength(2);
  });
});

describe("Douyin windows", () => {
  it("a window deeper than 50,000 rows is cut in two and nothing is passed over", async () => {
    const { session, shop, fake } = await started();
    const ids: string[] = [];
    for (let index = 0; index < 6; index += 1) {
      ids.push(shop.place(shirt!.skuId, 1).id);
      await session.runtime.advance(1_200_000);
    }
    // A platform that says there is more than can be reached, until fewer than three fit.
    const account = douyin.open({
      ...session.runtime,
      fetch: async (input, init) => {
        const text = await (await fake.fetch(input, init)).text();
        const total = Number(/"total":(\d+)/.exec(text)?.[1] ?? 0);
        return new Response(total > 3 ? text.replace(/"total":\d+/, '"total":50001') : text);
      },
      settings: douyin.manifest.settings.parse(settings),
      secrets,
      tokens: fake.authorization.tokens(),
    });
    const found = new Set<string>();
    let cursor = null as never;
    for (let more = true, pages = 0; more; pages += 1) {
      expect(pages).toBeLessThan(50);
      const page = successOf(
        await finish(
          session.runtime,
          account.orders!.pull({ cursor, since: "2026-11-22T08:00:00.000Z" }, session.call()),
        ),
      );
      for (const order of page.orders) found.add(order.externalId);
      cursor = page.cursor as never;
      more = page.more;
    }
    expect([...found].sort()).toEqual(ids.sort());
  });
});
