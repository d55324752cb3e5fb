import { describe, expect, it } from "vitest";
import { shopee } from "../../../src/connectors/shopee/index.ts";
import { addMs, nowInstant } from "../../../src/core/clock.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { longAgo } from "../session.ts";
import { openShop } from "./shop.ts";

describe("reading orders", () => {
  it("pages that count rows are never followed: a window that does not fit is halved", async () => {
    const { runtime, shop, fake, run, shirt } = openShop();
    const placed: string[] = [];
    for (let at = 0; at < 40; at += 1) {
      placed.push(shop.place(shirt, 1).sn);
      await runtime.advance(1000);
    }
    const { orders } = await run(null);
    expect([...new Set(orders.map((order) => order.externalId))].sort()).toEqual(placed.sort());
    expect(fake.calls.length).toBeLessThan(400);
  });

  it("of one second that holds more than a page all come, whatever changes meanwhile, and the watermark waits for them", async () => {
    const { runtime, shop, fake, context, call, shirt } = openShop();
    const placed = Array.from({ length: 19 }, () => shop.place(shirt, 1).sn);
    await runtime.advance(60_000);
    let left = false;
    const fetch: typeof fake.fetch = (input, init) => {
      const at = new URL(new Request(input, init).url).searchParams.get("cursor");
      // Its pages are followed; an order of the first leaves the second, and moves those behind it forward.
      if (at === "8" && !left) shop.change(placed.at(-1)!, { note: "left" });
      left ||= at === "8";
      return fake.fetch(input, init);
    };
    const tokens = fake.authorization.tokens();
    const seen = new Set<string>();
    let cursor: unknown = null;
    for (let pages = 1, more = true; more; pages += 1) {
      const account = shopee.open({ ...context, fetch, tokens });
      const page = await account.orders!.pull({ cursor: cursor as never, since: longAgo }, call());
      if (!page.ok) throw new Error(page.message);
      expect(page.value.orders.length).toBeLessThanOrEqual(4);
      for (const order of page.value.orders) seen.add(order.externalId);
      if (page.value.watermark !== undefined) expect(seen).toEqual(new Set(placed));
      cursor = JSON.parse(JSON.stringify(page.value.cursor));
      more = page.value.more;
      expect(pages).toBeLessThan(100);
    }
    expect(left).toBe(true);
    expect(seen).toEqual(new Set(placed));
  });

  it("the gap report counts a second with more orders than a page", async () => {
    const { runtime, shop, account, call, shirt } = openShop();
    const from = nowInstant(runtime.clock);
    const placed = Array.from({ length: 230 }, () => shop.place(shirt, 1).sn);
    const listed = await account().orders!.list({ from, to: addMs(from, 60_000) }, call());
    expect(listed.ok && listed.value.externalIds.toSorted()).toEqual(placed.toSorted());
  });

  it("brings a return with its whole order, although the order itself has not changed, and every later one beside it", async () => {
    const { runtime, shop, run, shirt } = openShop();
    const order = shop.place(shirt, 2);
    await runtime.advance(60_000);
    let { cursor } = await run(null);
    const one = shop.giveBack(order.sn, 1990);
    await runtime.advance(60_000);
    const asked = await run(cursor);
    expect(asked.orders.map(({ status }) => status)).toEqual(["refunding"]);
    ({ cursor } = asked);
    shop.decide(one.sn, "ACCEPTED");
    const two = shop.giveBack(order.sn, 500, { status: "ACCEPTED", needsLogistics: false });
    const seen: OrderSnapshot[] = [];
    for (let minute = 0; minute < 25; minute += 1) {
      await runtime.advance(60_000);
      const next = await run(cursor);
      seen.push(...next.orders);
      ({ cursor } = next);
    }
    expect(seen.at(-1)?.refunds?.map(({ externalId, amountMinor }) => [externalId, amountMinor])).toEqual([
      [one.sn, 1990],
      [two.sn, 500],
    ]);
  });

  it("orders go on while returns fail, and somebody is told", async () => {
    const { runtime, shop, fake, run, shirt } = openShop();
    await runtime.advance(60_000);
    let { cursor } = await run(null);
    fake.fail("get_return_list", { error: "error_server", message: "Something wrong." });
    await runtime.advance(60_000);
    const told = await run(cursor);
    expect(told.warnings).toEqual([expect.stringMatching(/Returns are not read for now.*error_server/)]);
    shop.place(shirt, 1);
    await runtime.advance(60_000);
    ({ cursor } = told);
    expect((await run(cursor)).orders).toHaveLength(1);
  });

  it("unpaid orders come among paid ones, without an escrow", async () => {
    const { shop, account, call, shirt } = openShop();
    const sns = [shop.place(shirt, 1, "UNPAID").sn, shop.place(shirt, 1).sn];
    const fetched = await account().orders!.fetch(sns, call());
    expect(fetched.ok && fetched.value.orders.map(({ status, totalMinor }) => [status, totalMinor])).toEqual([
      ["pending_payment", 1990],
      ["paid", 2189],
    ]);
  });

  it("one id of another shop does not spoil the others", async () => {
    const { shop, account, call, shirt } = openShop();
    const order = shop.place(shirt, 1);
    const fetched = await account().orders!.fetch([order.sn, "999999ZZZZZZ"], call());
    expect(fetched.ok && fetched.value.orders.map((one) => one.externalId)).toEqual([order.sn]);
  });

  it("without the right to see payments orders come all the same, and somebody is told", async () => {
    const { shop, account, call, fake, shirt } = openShop();
    const order = shop.place(shirt, 1);
    fake.fail("get_escrow_detail_batch", { error: "error_permission", message: "no" });
    const fetched = await account().orders!.fetch([order.sn], call());
    expect(fetched).toMatchObject({
      ok: true,
      value: { orders: [{ totalMinor: 2189 }], warnings: [expect.stringMatching(/not read/)] },
    });
  });
});
