import { describe, expect, it } from "vitest";
import { openJd, pulled, since } from "./session.ts";
import { skus } from "./subject.ts";

const [shirt, mug] = skus;

describe("refunds of JD", () => {
  it("a cancel before shipping: locked, then refunded with its sum in fen, and the units are back on sale", async () => {
    const session = openJd();
    const { shop, runtime } = session;
    const order = shop.place([{ skuId: shirt!.skuId, quantity: 2 }]);
    const free = shop.free(shirt!.skuId);
    await runtime.advance(60_000);
    shop.lock(order.id);
    const locked = await pulled(session);
    expect(locked.orders).toMatchObject([{ externalId: order.id, status: "refunding" }]);
    expect(locked.orders[0]?.refunds).toBeUndefined();
    await runtime.advance(60_000);
    shop.grantCancel(order.id);
    expect(shop.free(shirt!.skuId)).toBe(free + 2);
    const { orders } = await pulled(session, locked.cursor);
    expect(orders).toMatchObject([
      {
        status: "refunded",
        totalMinor: 16_400,
        refunds: [{ externalId: `cancel-${shop.applies[0]?.id}`, amountMinor: 16_400 }],
      },
    ]);
  });

  it("half a line after shipping: found although the order's time stands still, on its line, in yuan", async () => {
    const session = openJd();
    const { shop, runtime } = session;
    const order = shop.place([
      { skuId: shirt!.skuId, quantity: 2 },
      { skuId: mug!.skuId, quantity: 1 },
    ]);
    shop.ship(order.id, "467", "SF1");
    const before = await pulled(session);
    expect(before.orders[0]?.refunds).toBeUndefined();
    await runtime.advance(86_400_000);
    const overlap = await pulled(session, before.cursor);
    await runtime.advance(86_400_000);
    const quiet = await pulled(session, overlap.cursor);
    expect(quiet.orders).toEqual([]);
    shop.refundService(order.id, shirt!.skuId, "79.00");
    await runtime.advance(60_000);
    const { orders, cursor } = await pulled(session, quiet.cursor);
    const refund = {
      externalId: `service-${shop.services[0]?.id}`,
      amountMinor: 7900,
      lines: [{ externalLineId: String(shirt!.skuId), amountMinor: 7900 }],
    };
    expect(orders).toMatchObject([{ externalId: order.id, status: "shipped", refunds: [refund] }]);
    const [older, newer] = [before.orders[0]?.updatedAt ?? "", orders[0]?.updatedAt ?? ""];
    expect(newer > older, "or the hub would take it for what it holds").toBe(true);
    await runtime.advance(3_600_000);
    const again = await pulled(session, cursor);
    await runtime.advance(3_600_000);
    expect((await pulled(session, again.cursor)).orders, "not told again for ever").toEqual([]);
  });

  it.each([1, 12, 25, 34])("one on day %i of an outage of five weeks is found, too", async (day) => {
    const session = openJd();
    const { shop, runtime } = session;
    const order = shop.place([{ skuId: shirt!.skuId, quantity: 1 }]);
    shop.ship(order.id, "467", "SF1");
    await runtime.advance(3_600_000);
    const { cursor } = await pulled(session);
    await runtime.advance(day * 86_400_000);
    shop.refundService(order.id, shirt!.skuId, "79.00");
    await runtime.advance((35 - day) * 86_400_000);
    const { orders } = await pulled(session, cursor);
    expect(orders).toMatchObject([{ externalId: order.id, refunds: [{ amountMinor: 7900 }] }]);
  });

  it("a shop with more than a thousand of them in ten days is read all the same", async () => {
    const session = openJd();
    const { shop, runtime } = session;
    const order = shop.place([{ skuId: shirt!.skuId, quantity: 1 }]);
    shop.ship(order.id, "467", "SF1");
    const { cursor } = await pulled(session);
    for (let service = 0; service < 1_100; service += 1)
      shop.refundService(`9${String(service).padStart(11, "0")}`, shirt!.skuId, "79.00");
    await runtime.advance(86_400_000);
    const quiet = await pulled(session, cursor);
    shop.refundService(order.id, shirt!.skuId, "79.00");
    await runtime.advance(60_000);
    const { orders } = await pulled(session, quiet.cursor);
    expect(orders).toMatchObject([{ externalId: order.id, refunds: [{ amountMinor: 7900 }] }]);
  });

  it("without the permission for after-sales orders come, with a warning that says what to do", async () => {
    const { shop, fake, account, call } = openJd();
    for (const method of ["asc.serviceAndRefund.view", "pop.afs.soa.refundapply.queryPageList"])
      fake.forbidden.add(`jingdong.${method}`);
    const [sent, locked] = [1, 2].map((quantity) => shop.place([{ skuId: shirt!.skuId, quantity }]));
    shop.ship(sent!.id, "467", "SF1");
    shop.lock(locked!.id);
    const page = await account.orders?.pull({ cursor: null, since }, call());
    expect(page).toMatchObject({ ok: true });
    if (!page?.ok) return;
    expect(page.value.orders.map((order) => order.externalId)).toEqual([sent!.id, locked!.id]);
    expect(page.value.warnings).toContainEqual(
      expect.stringMatching(/Refunds of order .* are not read.*\(12\).*permission/),
    );
  });

  it("an outage or an unreadable amount stops the page, so that no refund is missed", async () => {
    const { shop, account, call, fake } = openJd();
    const order = shop.place([{ skuId: shirt!.skuId, quantity: 1 }]);
    shop.ship(order.id, "467", "SF1");
    shop.refundService(order.id, shirt!.skuId, "79.00");
    // Fails at the third call: the list of orders, the order's service orders, then the refund itself.
    fake.callsLeft = 2;
    const limited = await account.orders?.pull({ cursor: null, since }, call());
    expect(limited).toMatchObject({ ok: false, kind: "rate_limited" });
    fake.callsLeft = 100;
    shop.services[0]!.yuan = "unreadable";
    const page = await account.orders?.pull({ cursor: null, since }, call());
    expect(page).toMatchObject({ ok: false, kind: "malformed" });
  });

  it("asked for, or failed, is no refund", async () => {
    const session = openJd();
    const { shop } = session;
    const order = shop.place([{ skuId: shirt!.skuId, quantity: 1 }]);
    shop.ship(order.id, "467", "SF1");
    shop.refundService(order.id, shirt!.skuId, "79.00");
    for (const status of [1, 14]) {
      shop.services[0]!.status = status;
      expect((await pulled(session)).orders[0]?.refunds).toBeUndefined();
    }
  });
});

describe("orders that JD splits", () => {
  it("the one they come from is told as cancelled before its parts", async () => {
    const session = openJd();
    const { shop, runtime } = session;
    const whole = shop.place([
      { skuId: shirt!.skuId, quantity: 1 },
      { skuId: mug!.skuId, quantity: 1 },
    ]);
    const first = await pulled(session);
    await runtime.advance(60_000);
    const part = shop.place([{ skuId: mug!.skuId, quantity: 1 }]);
    part.parent = whole.id;
    const { orders } = await pulled(session, first.cursor);
    const about = orders.filter((one) => one.externalId === whole.id || one.externalId === part.id);
    expect(about.map((one) => [one.externalId, one.status])).toEqual([
      [whole.id, "cancelled"],
      [whole.id, "paid"],
      [part.id, "paid"],
    ]);
    const times = about.filter((one) => one.externalId === whole.id).map((one) => one.updatedAt);
    expect(times[0]! > times[1]!, "the cancel is the newer word").toBe(true);
  });

  it("a basket that is no order of this shop is not made one", async () => {
    const session = openJd();
    const part = session.shop.place([{ skuId: mug!.skuId, quantity: 1 }]);
    part.parent = "270000000000";
    expect((await pulled(session)).orders).toMatchObject([
      { externalId: part.id, paymentId: "270000000000" },
    ]);
  });
});

describe("windows of JD", () => {
  it("more than a hundred pages: the window is halved until nothing is cut off", async () => {
    const session = openJd({ ordersPerPage: 1 });
    const { shop, runtime, account, call } = session;
    const placed: string[] = [];
    for (let index = 0; index < 130; index += 1) {
      placed.push(shop.place([{ skuId: mug!.skuId, quantity: 1 }]).id);
      await runtime.advance(10_000);
    }
    const seen = new Set<string>();
    for (let cursor: unknown = null, turn = 0; turn < 400; turn += 1) {
      const page = await account.orders!.pull({ cursor: cursor as never, since }, call());
      if (!page.ok) throw new Error(page.message);
      for (const order of page.value.orders) seen.add(order.externalId);
      if (!page.value.more) break;
      cursor = page.value.cursor;
    }
    expect([...seen].sort()).toEqual(placed);
  });

  it("a pull after four months asks for nothing older than JD gives", async () => {
    const session = openJd();
    const first = await pulled(session);
    await session.runtime.advance(120 * 86_400_000);
    const order = session.shop.place([{ skuId: mug!.skuId, quantity: 1 }]);
    const seen: string[] = [];
    for (let cursor: unknown = first.cursor, turn = 0; turn < 500; turn += 1) {
      const page = await session.account.orders!.pull({ cursor: cursor as never, since }, session.call());
      if (!page.ok) throw new Error(page.message);
      seen.push(...page.value.orders.map((one) => one.externalId));
      if (!page.value.more) break;
      cursor = page.value.cursor;
    }
    expect(seen).toContain(order.id);
  });

  it("encrypted orders are read by their own methods", async () => {
    const session = openJd({ encryptedBuyers: true });
    for (const method of ["search", "get"]) session.fake.forbidden.add(`jingdong.pop.order.${method}`);
    const order = session.shop.place([{ skuId: mug!.skuId, quantity: 1 }]);
    const [pulledOrder] = (await pulled(session)).orders;
    expect(pulledOrder?.buyer?.encrypted).toMatchObject({ name: "王**" });
    const fetched = await session.account.orders?.fetch([order.id], session.call());
    expect(fetched).toMatchObject({ ok: true, value: { orders: [{ externalId: order.id }] } });
  });
});
