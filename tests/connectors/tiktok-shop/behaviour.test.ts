import { describe, expect, it } from "vitest";
import { createAuthorization } from "../../../src/connectors/tiktok-shop/authorization.ts";
import { tiktokShop } from "../../../src/connectors/tiktok-shop/index.ts";
import { clusters } from "../../../src/connectors/tiktok-shop/live.ts";
import { createWebhooks } from "../../../src/connectors/tiktok-shop/webhook.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { testRuntime } from "../../support/runtime.ts";
import { longAgo } from "../session.ts";
import { cipher, shopId } from "./fake/grants.ts";
import { providers } from "./fake/orders.ts";
import type { FakeOrder, FakeSku } from "./fake/shop.ts";
import { messageOf, second, secrets, settings, startTiktok, warehouse } from "./subject.ts";

const spread: FakeSku = {
  productId: "1729582718312380009",
  skuId: "1729592969712207009",
  code: "LAMP-1",
  title: "Lamp",
  price: 4000,
  stock: { [warehouse]: 7, [second]: 5 },
};

function openShop(more: { settings?: object; secrets?: object } = {}) {
  const runtime = testRuntime();
  const { fake, platform } = startTiktok(runtime, [spread]);
  const context = {
    ...runtime,
    fetch: fake.fetch,
    settings: tiktokShop.manifest.settings.parse({ ...settings, ...more.settings }),
    secrets: tiktokShop.manifest.secrets.parse({ ...secrets, ...more.secrets }),
  };
  const account = () => tiktokShop.open({ ...context, tokens: platform.authorization!.tokens() });
  const call = () => ({ signal: new AbortController().signal, deadlineMs: runtime.clock.nowMs() + 30_000 });
  const run = async (start: unknown) => {
    let cursor = start;
    const orders: OrderSnapshot[] = [];
    const rejected: string[] = [];
    const warnings: string[] = [];
    for (let pages = 1; ; pages += 1) {
      const page = await account().orders!.pull({ cursor: cursor as never, since: longAgo }, call());
      if (!page.ok) throw new Error(page.message);
      orders.push(...page.value.orders);
      rejected.push(...page.value.rejected.map((one) => one.externalId));
      warnings.push(...(page.value.warnings ?? []));
      cursor = JSON.parse(JSON.stringify(page.value.cursor));
      if (!page.value.more) return { orders, rejected, warnings, cursor };
      expect(pages).toBeLessThan(100);
    }
  };
  const later = async (cursor: unknown) => {
    await runtime.advance(60_000);
    return run(cursor);
  };
  const fetched = async (order: FakeOrder) => {
    const result = await account().orders!.fetch([order.id], call());
    if (!result.ok) throw new Error(result.message);
    return result.value;
  };
  const [blue, red, bag, theirs, lamp] = fake.shop.skus as [FakeSku, FakeSku, FakeSku, FakeSku, FakeSku];
  return {
    runtime,
    fake,
    shop: fake.shop,
    context,
    account,
    call,
    run,
    later,
    fetched,
    blue,
    red,
    bag,
    theirs,
    lamp,
  };
}

const write = (sku: FakeSku, quantity: number) => ({
  externalId: sku.productId,
  externalVariantId: sku.skuId,
  writeId: "w1",
  asOf: longAgo,
  mode: "set" as const,
  quantity,
});
const kinds = (outcomes: ({ ok: true } | { ok: false; kind: string })[]) =>
  outcomes.map((one) => (one.ok ? "ok" : one.kind));

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

describe("stock", () => {
  it("code 0 is no success by itself: each SKU has its own outcome, and what TikTok keeps is unsupported", async () => {
    const { account, call, blue, red, bag, theirs } = openShop();
    red.isLocked = true;
    const gone = { ...write(blue, 3), externalVariantId: "1729592969712299999" };
    const outcomes = await account().stock!.push(
      [write(blue, 7), write(red, 5), gone, write(bag, 8), write(theirs, 9)],
      call(),
    );
    expect(kinds(outcomes)).toEqual(["ok", "conflict", "not_found", "ok", "unsupported"]);
    expect([blue, red, bag, theirs].map((sku) => Object.values(sku.stock)[0])).toEqual([7, 40, 8, 20]);
  });

  it("a SKU in several warehouses is written only where the settings say, and the others keep theirs", async () => {
    const without = openShop();
    const [refused] = await without.account().stock!.push([write(without.lamp, 3)], without.call());
    expect(refused).toMatchObject({
      ok: false,
      kind: "invalid",
      message: expect.stringMatching(/warehouseId/),
    });
    expect(without.lamp.stock).toEqual({ [warehouse]: 7, [second]: 5 });
    const named = openShop({ settings: { warehouseId: second } });
    expect(
      kinds(await named.account().stock!.push([write(named.lamp, 3), write(named.blue, 1)], named.call())),
    ).toEqual(["ok", "invalid"]);
    expect([named.lamp.stock, named.blue.stock]).toEqual([
      { [warehouse]: 7, [second]: 3 },
      { [warehouse]: 50 },
    ]);
    const [figure] = await named.account().stock!.read!([write(named.lamp, 0)], named.call());
    expect(figure).toEqual({ ok: true, value: { quantity: 3 } });
  });

  it("units that may be sold beyond the stock are ended with every write, unless they shall stay", async () => {
    const sent = async (more: object) => {
      const { account, call, fake, blue } = openShop({ settings: more });
      await account().stock!.push([write(blue, 9)], call());
      return fake.calls.at(-1)?.body;
    };
    const row = { warehouse_id: warehouse, quantity: 9 };
    const skus = (inventory: object) => ({ skus: [{ id: "1729592969712207001", inventory: [inventory] }] });
    expect(await sent({})).toEqual(skus({ ...row, backorder_quantity: 0 }));
    expect(await sent({ backorders: "keep" })).toEqual(skus(row));
  });

  it("a figure beyond what TikTok takes is not sent, and zero that is refused says what to do", async () => {
    const { account, call, fake, blue } = openShop();
    expect(kinds(await account().stock!.push([write(blue, 100_000)], call()))).toEqual(["invalid"]);
    expect(fake.calls.map(({ path }) => path)).toEqual(["/product/202309/inventory/search"]);
    expect(Object.values(blue.stock)).toEqual([50]);
    fake.fail("/inventory/update", { code: 12052055 });
    const [zero] = await account().stock!.push([write(blue, 0)], call());
    expect(zero).toMatchObject({
      kind: "invalid",
      message: expect.stringMatching(/does not take this figure/),
    });
  });

  it("TikTok's own stock is listed as such; it takes sales off when placed and puts them back when cancelled", async () => {
    const { account, call, shop, blue, theirs } = openShop();
    const listed = new Map<string, string | undefined>();
    for (let cursor: unknown = null, more = true; more; ) {
      const page = await account().listings!.pull({ cursor: cursor as never }, call());
      if (!page.ok) throw new Error(page.message);
      for (const one of page.value.listings) listed.set(one.sku ?? "", one.managedBy);
      ({ cursor, more } = page.value);
    }
    expect([...listed].filter(([, by]) => by === "platform")).toEqual([[theirs.code, "platform"]]);
    const order = shop.place(blue, 2, { status: "UNPAID" });
    expect(shop.available(blue)).toBe(48);
    shop.cancel(order.id);
    expect(shop.available(blue)).toBe(50);
  });
});

describe("parcels", () => {
  const parcelOf = (order: FakeOrder, quantity: number, more: object = {}) => ({
    shipmentId: "0197a5b4-0000-7000-8000-000000000001",
    orderExternalId: order.id,
    shippedAt: longAgo,
    lines: [{ externalLineId: order.units[0]!.id, quantity }],
    carrier: "顺丰",
    trackingNumber: "SF1",
    ...more,
  });

  it("a part of an order, then the rest: each unit goes once, and a repeat finds its own parcel", async () => {
    const { shop, account, call, fetched, blue } = openShop();
    const order = shop.place(blue, 3);
    const push = (parcel: object) => account().fulfilments!.push(parcel as never, call());
    const first = await push(parcelOf(order, 2));
    expect(await push(parcelOf(order, 2))).toEqual(first);
    expect((await fetched(order)).orders[0]?.status).toBe("partially_shipped");
    expect(kinds([await push(parcelOf(order, 2, { trackingNumber: "SF2" }))])).toEqual(["invalid"]);
    expect(order.units.map((unit) => unit.tracking)).toEqual(["SF1", "SF1", null]);
    expect((await push(parcelOf(order, 1, { trackingNumber: "SF2", carrier: providers[0]!.id }))).ok).toBe(
      true,
    );
    expect(order.units.map((unit) => unit.provider)).toEqual(["SF Express", "SF Express", "USPS"]);
  });

  it("packages that are there already are shipped as such: by the own carrier with its number, else as TikTok hands them over", async () => {
    const { shop, account, call, fake, blue } = openShop();
    for (const shippingType of ["SELLER", "TIKTOK"] as const) {
      const order = shop.place(blue, 2, { shippingType });
      const [one, two] = order.units;
      Object.assign(one!, { packageId: `1152130000000001${order.id.slice(-3)}` });
      Object.assign(two!, { packageId: `1152130000000009${order.id.slice(-3)}` });
      const push = (more: object = {}) =>
        account().fulfilments!.push(
          parcelOf(order, 1, { trackingNumber: shippingType, ...more }) as never,
          call(),
        );
      const sent = await push();
      expect(sent).toEqual({ ok: true, value: { externalId: one!.packageId } });
      expect(order.units.map((unit) => unit.status)).toEqual(["AWAITING_COLLECTION", "AWAITING_SHIPMENT"]);
      expect(await push()).toEqual(sent);
      expect(order.units[1]!.status, "a repeat ships no other").toBe("AWAITING_SHIPMENT");
    }
    const bodies = fake.calls.filter(({ path }) => path.endsWith("/ship")).map(({ body }) => body);
    expect(bodies).toEqual([
      { self_shipment: { tracking_number: "SELLER", shipping_provider_id: providers[1]!.id } },
      { handover_method: "PICKUP" },
    ]);
  });

  it.each([
    ["on hold", { status: "ON_HOLD" }, {}, "invalid", /hold/],
    ["cancelled", { status: "CANCELLED" }, {}, "invalid", /CANCELLED/],
    ["a label of TikTok's that is not bought", { shippingType: "TIKTOK" }, {}, "unsupported", /label/],
    ["a carrier TikTok does not list", {}, { carrier: "Pigeon" }, "invalid", /it takes USPS, SF Express/],
    ["no tracking number", {}, { trackingNumber: undefined }, "invalid", /tracking number/],
  ] as const)("%s: refused, and nothing is shipped", async (_, change, more, kind, why) => {
    const { shop, account, call, blue } = openShop();
    const order = shop.place(blue, 1, change);
    const refused = await account().fulfilments!.push(parcelOf(order, 1, more) as never, call());
    expect(refused).toMatchObject({ ok: false, kind, message: expect.stringMatching(why) });
    expect(order.units.map(({ packageId }) => packageId)).toEqual([null]);
  });

  it("orders TikTok ships itself take no parcel", async () => {
    const { shop, account, call, theirs } = openShop();
    const order = shop.place(theirs, 1);
    expect(await account().fulfilments!.push(parcelOf(order, 1), call())).toMatchObject({
      kind: "unsupported",
    });
    expect(order.units[0]!.packageId).toBeNull();
  });
});

describe("messages", () => {
  const webhooks = createWebhooks(settings as never, secrets, shopId);
  const meaning = (body: object) => webhooks.interpret("", new TextEncoder().encode(JSON.stringify(body)));
  const id = "576486316948490777";
  it.each([
    [messageOf(id), "fetch"],
    [messageOf(id, { type: 11 }), "fetch"],
    [messageOf(id, { type: 12 }), "fetch"],
    [messageOf(id, { type: 4, data: { package_list: [{ order_id_list: [id] }] } }), "fetch"],
    [messageOf(id, { type: 6, data: { message: "deauthorized" } }), "ignore"],
    [messageOf(id, { type: 27 }), "ignore"],
    [messageOf(id, { shop_id: "1" }), "ignore"],
    [messageOf("no order"), "unusable"],
  ])("%j is %s", (message, kind) => expect(meaning(message).kind).toBe(kind));
});

describe("access", () => {
  it("testing the connection says exactly what is wrong", async () => {
    const check = async (
      spoil: (shop: ReturnType<typeof openShop>) => void | Promise<void>,
      more: Parameters<typeof openShop>[0] = {},
    ) => {
      const shop = openShop(more);
      const account = shop.account();
      await spoil(shop);
      const result = await account.check(shop.call());
      return result.ok ? result.value.account : `${result.kind}: ${result.message}`;
    };
    const nothing = () => undefined;
    const told =
      (code: number, message = "") =>
      ({ fake }: ReturnType<typeof openShop>) =>
        fake.fail("/", { code, message });
    expect(await check(nothing)).toBe("Demo Shop (GB)");
    expect(await check(nothing, { settings: { appKey: "otherkey" } })).toMatch(
      /^auth: .*app key is not known/,
    );
    expect(await check(nothing, { secrets: { appSecret: "another-secret" } })).toMatch(
      /^auth: .*106001.*app secret/,
    );
    expect(await check(nothing, { settings: { shopCode: "USLCNONE" } })).toMatch(
      /^invalid: .*no shop USLCNONE/,
    );
    expect(await check(({ fake }) => fake.authorization.expire())).toMatch(/^auth: .*105002.*expired/);
    expect(await check(({ fake }) => fake.authorization.revoke())).toMatch(
      /^auth: .*access token is not valid/,
    );
    expect(await check(({ fake }) => fake.fail("/orders/search", { code: 105005 }))).toMatch(
      /^unsupported: .*switch its scope on/,
    );
    expect(await check(told(36009004, "Invalid timestamp."))).toMatch(/^invalid: .*set the clock/);
    expect(await check(told(36009033))).toMatch(/^invalid: .*IP allow list/);
    expect(await check(told(36009002))).toMatch(/^rate_limited: /);
    expect(await check(told(36009003))).toMatch(/^unavailable: /);
    expect(await check(told(105999))).toMatch(/^auth: /);
  });

  it("a clock half a minute fast is refused, one some minutes slow is not", async () => {
    const { runtime, context, fake, call, shop } = openShop();
    const tokens = fake.authorization.tokens();
    const at = async (offMs: number) => {
      const clock = { nowMs: () => runtime.clock.nowMs() + offMs };
      const result = await tiktokShop
        .open({ ...context, clock, tokens })
        .check({ ...call(), deadlineMs: 9e15 });
      return result.ok ? "ok" : result.kind;
    };
    expect(shop.now() % 1).toBe(0);
    expect([await at(-299_000), await at(29_000), await at(31_000), await at(-301_000)]).toEqual([
      "ok",
      "ok",
      "invalid",
      "invalid",
    ]);
  });

  it("a grant brings the shop's cipher, a refresh keeps it, and a refresh token is used once", async () => {
    const { context, call, fake } = openShop();
    const authorization = createAuthorization(context);
    const address = authorization.address!({ redirectUrl: "https://hub.example/callback", state: "s" });
    const parameters = fake.authorization.grant(address);
    const grant = { parameters, redirectUrl: "https://hub.example/callback" };
    const tokens = await authorization.exchange!(grant, call());
    if (!tokens.ok) throw new Error(tokens.message);
    expect(tokens.value).toMatchObject({
      accessExpiresAt: "2026-11-29T08:00:00.000Z",
      refreshExpiresAt: "2027-11-22T08:00:00.000Z",
      extra: { shopCipher: cipher, shopId },
    });
    const renewed = await authorization.refresh!(tokens.value, call());
    expect(renewed).toMatchObject({ ok: true, value: { extra: { shopCipher: cipher, shopId } } });
    expect(await authorization.refresh!(tokens.value, call())).toMatchObject({ ok: false, kind: "auth" });
    const other = { ...grant, parameters: { ...parameters, app_key: "otherkey" } };
    expect(await authorization.exchange!(other, call())).toMatchObject({ kind: "invalid" });
  });
});
