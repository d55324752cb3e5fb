import { describe, expect, it } from "vitest";
import { eachKnown } from "../../../src/connectors/tiktok-shop/client.ts";
import { clusters } from "../../../src/connectors/tiktok-shop/live.ts";
import { failure } from "../../../src/connectors/toolkit/failures.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { longAgo } from "../session.ts";
import { answering } from "../wire.ts";
import { openShop } from "./harness.ts";

describe("reading orders", () => {
  it("more orders in one second than fit a page come all, and once a run goes on", async () => {
    const { runtime, shop, run, later, blue } = openShop();
    const placed = [...Array(11)].map(() => shop.place(blue, 1).id);
    await runtime.advance(1000);
    placed.push(...[...Array(6)].map(() => shop.place(blue, 1).id));
    const { orders, cursor } = await run(null);
    expect([...new Set(orders.map((order) => order.externalId))].sort()).toEqual(placed.sort());
    const next = shop.place(blue, 1);
    expect((await later(cursor)).orders.map((order) => order.externalId)).toContain(next.id);
  });

  it("a return, and a cancel of one unit, come although the order itself has not changed", async () => {
    const { runtime, shop, run, later, blue } = openShop();
    const [a, b] = [shop.place(blue, 2), shop.place(blue, 2)];
    await runtime.advance(300_000);
    let { cursor } = await run(null);
    await runtime.advance(300_000);
    const asked = shop.afterSale("return", a.id, "RETURN_OR_REFUND_REQUEST_PENDING", [a.units[0]!.id]);
    shop.cancel(b.id, [b.units[1]!.id]);
    const first = await later(cursor);
    ({ cursor } = first);
    expect(first.orders.map(({ externalId, status }) => [externalId, status])).toEqual([
      [a.id, "refunding"],
      [b.id, "paid"],
    ]);
    expect(first.orders[1]?.refunds).toMatchObject([
      { amountMinor: 2500, lines: [{ quantity: 1, restock: true }] },
    ]);
    shop.decide(asked.id, "RETURN_OR_REFUND_REQUEST_COMPLETE");
    const seen: OrderSnapshot[] = [];
    for (let minute = 0; minute < 12; minute += 1) {
      const next = await later(cursor);
      seen.push(...next.orders);
      ({ cursor } = next);
    }
    expect(seen.find((order) => order.externalId === a.id)?.refunds).toMatchObject([
      { externalId: asked.id, amountMinor: 2500, lines: [{ quantity: 1 }] },
    ]);
  });

  it("orders go on while returns fail, and somebody is told; an order that is named and not shown is kept", async () => {
    const { shop, fake, run, later, blue } = openShop();
    let { cursor } = await run(null);
    fake.fail("/returns/search", { code: 36009003 });
    const told = await later(cursor);
    expect(told.warnings).toEqual([expect.stringMatching(/Search of returns failed.*36009003/)]);
    fake.fail("/returns/search");
    ({ cursor } = told);
    const order = shop.place(blue, 1);
    const after = await later(cursor);
    expect(after.orders).toHaveLength(1);
    shop.afterSale("return", order.id, "RETURN_OR_REFUND_REQUEST_PENDING", []);
    ({ cursor } = after);
    const kept: string[] = [];
    for (let minute = 0; minute < 12; minute += 1) {
      const hidden = shop.orders.get(order.id);
      const view = shop.order.bind(shop);
      shop.orders.delete(order.id);
      shop.order = () => hidden!;
      const next = await later(cursor);
      shop.order = view;
      shop.orders.set(order.id, hidden!);
      kept.push(...next.rejected);
      ({ cursor } = next);
    }
    expect(kept).toEqual([order.id]);
  });

  it("without the permission for returns orders come all the same, say nothing of refunds, and somebody is told", async () => {
    const { shop, fake, fetched, blue } = openShop();
    const order = shop.place(blue, 1);
    fake.fail("/return_refund/", { code: 105005, message: "Access denied." });
    const read = await fetched(order);
    expect(read.orders[0]?.refunds).toBeUndefined();
    expect(read.warnings).toEqual([expect.stringMatching(/Refunds are not read.*105005/)]);
  });

  it("an order whose returns are refused comes without them, and no other is held up; refused for all, it is nobody's own", async () => {
    let isBad: string[] = [];
    const { shop, account, call, blue } = openShop({
      fault: async (request, pass) => {
        const asked = request.url.includes("/returns/search") ? await request.clone().text() : "";
        return isBad.some((id) => asked.includes(id)) ? answering(400)(request, pass) : pass();
      },
    });
    const ids = [shop.place(blue, 1).id, shop.place(blue, 1).id, shop.place(blue, 1).id];
    const fetched = () => account().orders?.fetch(ids, call());
    isBad = ids.slice(1, 2);
    expect(await fetched()).toMatchObject({
      ok: true,
      value: {
        orders: ids.map((externalId) => ({ externalId })),
        rejected: [],
        warnings: [expect.stringContaining(`Refunds of order ${ids[1]} are not read.`)],
      },
    });
    isBad = ids;
    expect(await fetched()).toMatchObject({ ok: false, kind: "invalid" });
  });

  it("live rooms of affiliate orders, when asked for; without the permission orders come without", async () => {
    const { shop, fake, fetched, blue } = openShop({ settings: { liveRooms: true } });
    const order = shop.place(blue, 1, { live: "7493990579714164574" });
    expect((await fetched(order)).orders[0]?.liveSession).toBe("7493990579714164574");
    fake.fail("/affiliate_seller/", { code: 105005 });
    const without = await fetched(order);
    expect([without.orders[0]?.liveSession, without.warnings?.length]).toEqual([undefined, 1]);
    expect(clusters([90_000, 10, 3000, 100])).toEqual([
      { from: 10, to: 3000 },
      { from: 90_000, to: 90_000 },
    ]);
  });
});

describe("questions for several ids", () => {
  const answering = (bad: Readonly<Record<string, "not_found" | "invalid" | "auth">>) => {
    const asked: string[] = [];
    const ask = async (ids: readonly string[]) => {
      asked.push(ids.join(","));
      const kind = ids.map((id) => bad[id]).find((one) => one !== undefined);
      return kind ? failure(kind, "no") : { ok: true as const, value: [...ids] };
    };
    return { asked, ask };
  };
  it.each([
    [{}, ["1", "2", "3"], 1],
    [{ 2: "not_found" }, ["1", "3"], 4],
    [{ 1: "invalid" }, ["2", "3"], 4],
    [{ 1: "invalid", 2: "invalid", 3: "invalid" }, "invalid", 4],
    [{ 1: "not_found", 2: "not_found", 3: "not_found" }, [], 4],
    [{ 2: "auth" }, "auth", 1],
  ] as const)("%j answers %j with %i calls", async (bad, expected, calls) => {
    const { asked, ask } = answering(bad);
    const result = await eachKnown(["1", "2", "3"], ask);
    expect(result.ok ? result.value : result.kind).toEqual(expected);
    expect(asked).toHaveLength(calls);
  });
});

describe("limits", () => {
  it("more calls of one kind in a second than TikTok takes are rate_limited; the next second goes on", async () => {
    const { runtime, fake, account, call } = openShop();
    fake.limit(50);
    const results: string[] = [];
    for (let at = 0; at < 51; at += 1) {
      const result = await account().orders!.list({ from: longAgo, to: longAgo }, call());
      results.push(result.ok ? "ok" : result.kind);
    }
    expect([results.indexOf("rate_limited"), results.length]).toEqual([50, 51]);
    await runtime.advance(1000);
    expect((await account().check(call())).ok).toBe(true);
  });
});
