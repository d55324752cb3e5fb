import { describe, expect, it } from "vitest";
import type { FulfilmentPush, Json, PullPage, Result, StockWrite } from "../../../src/connectors/contract.ts";
import { wechatChannels } from "../../../src/connectors/wechat-channels/index.ts";
import { openWechat, pulled, since } from "./session.ts";
import { skus } from "./subject.ts";

const asOf = "2026-11-22T08:00:00.000Z";
const [red, blue] = skus;
const redSku = red?.skuId ?? "";
const blueSku = blue?.skuId ?? "";

describe("orders of WeChat", () => {
  it("a refund that leaves the order's time alone is found, once and for the units it takes back", async () => {
    const session = openWechat();
    const { shop, runtime } = session;
    const order = shop.place([{ skuId: redSku, count: 2 }]);
    const first = await pulled(session);
    await runtime.advance(86_400_000);
    const second = await pulled(session, first.cursor);
    await runtime.advance(86_400_000);
    const quiet = await pulled(session, second.cursor);
    expect(quiet.orders).toEqual([]);
    const stock = shop.sku(red?.productId, redSku)?.stock;
    const aftersale = shop.aftersale(order.id, { status: "MERCHANT_REFUND_SUCCESS", amount: 3900 });
    await runtime.advance(60_000);
    const { orders } = await pulled(session, quiet.cursor);
    const lines = [{ externalLineId: redSku, amountMinor: 3900, quantity: 1 }];
    expect(orders).toMatchObject([
      { externalId: order.id, refunds: [{ externalId: aftersale.id, amountMinor: 3900, lines }] },
    ]);
    const [older, newer] = [first.orders[0]?.updatedAt ?? "", orders[0]?.updatedAt ?? ""];
    expect(newer > older, "or the hub would take it for what it holds").toBe(true);
    expect(shop.sku(red?.productId, redSku)?.stock, "WeChat puts nothing back").toBe(stock);
  });

  it("without the permission for after-sales orders come, with a warning that says what to do", async () => {
    const { shop, fake, account, call } = openWechat();
    for (const name of ["getaftersalelist", "getaftersaleorder"])
      fake.forbidden.add(`/channels/ec/aftersale/${name}`);
    const order = shop.place([{ skuId: redSku, count: 1 }]);
    shop.aftersale(order.id, {});
    const [cursor, now] = [null, "2026-11-22T07:59:00.000Z"];
    const page = await account().orders?.pull({ cursor, since: now }, call());
    expect(page).toMatchObject({
      ok: true,
      value: { orders: [{ externalId: order.id, status: "refunding" }] },
    });
    expect(page?.ok && page.value.warnings).toContainEqual(
      expect.stringMatching(/Refunds of order .* are not read.*\(48001\).*permission/),
    );
  });

  it("an after-sale that WeChat does not show stops no orders; an outage does, so that no refund is missed", async () => {
    const { shop, fake, account, call } = openWechat();
    const order = shop.place([{ skuId: redSku, count: 1 }]);
    shop.aftersale(order.id, { updatedMs: 0 });
    const pull = () => account().orders?.pull({ cursor: null, since }, call());
    fake.failing.set("/channels/ec/aftersale/getaftersaleorder", [-1]);
    expect(await pull()).toMatchObject({ ok: false, kind: "unavailable" });
    fake.failing.set("/channels/ec/aftersale/getaftersaleorder", [10020052]);
    const page = await pull();
    expect(page).toMatchObject({ ok: true, value: { orders: [{ externalId: order.id }] } });
    expect(page?.ok && page.value.warnings).toContainEqual(expect.stringContaining(order.id));
  });

  it("one after-sale among the changed ones that WeChat does not show holds up no other", async () => {
    const { shop, fake, account, call, runtime } = openWechat();
    const [first, second] = [1, 2].map((count) => shop.place([{ skuId: redSku, count }]));
    await runtime.advance(3_600_000);
    const [hidden] = [first, second].map((order) => shop.aftersale(order?.id ?? "", {}));
    fake.failing.set("/channels/ec/aftersale/getaftersaleorder", [10020052]);
    const page = await account().orders?.pull(
      { cursor: null, since: asOf.replace("08:00", "08:30") },
      call(),
    );
    expect(page).toMatchObject({
      ok: true,
      value: { orders: [{ externalId: second?.id, status: "refunding" }] },
    });
    expect(page?.ok && page.value.warnings).toContainEqual(
      expect.stringContaining(`After-sale ${hidden?.id}`),
    );
  });

  it("an after-sale that is turned down brings the order back to what it was", async () => {
    const session = openWechat();
    const { shop, runtime } = session;
    const order = shop.place([{ skuId: redSku, count: 1 }]);
    await runtime.advance(60_000);
    const aftersale = shop.aftersale(order.id, {});
    const open = await pulled(session);
    expect(open.orders.at(-1)?.status).toBe("refunding");
    await runtime.advance(60_000);
    Object.assign(aftersale, { status: "MERCHANT_REJECT_REFUND", updatedMs: shop.now() });
    const { orders } = await pulled(session, open.cursor);
    expect(orders.at(-1)).toMatchObject({ externalId: order.id, status: "paid" });
    expect(
      (orders.at(-1)?.updatedAt ?? "") > (open.orders.at(-1)?.updatedAt ?? ""),
      "as the newer word",
    ).toBe(true);
  });

  it("an order that is listed and not shown is kept for a person, not lost", async () => {
    const { shop, fake, account, call } = openWechat();
    const [hidden, shown] = [1, 2].map((count) => shop.place([{ skuId: redSku, count }]));
    fake.failing.set("/channels/ec/order/get", [10020052]);
    const page = await account().orders?.pull({ cursor: null, since }, call());
    expect(page).toMatchObject({
      ok: true,
      value: { orders: [{ externalId: shown?.id }], rejected: [{ externalId: hidden?.id }] },
    });
  });

  it.each([{ next_key: "" }, {}])(
    "a list with more and %j for a key is not taken for whole",
    async (change) => {
      const session = openWechat();
      const answer = { errcode: 0, order_id_list: [], has_more: true, ...change };
      const account = wechatChannels.open({
        ...session.context,
        tokens: session.fake.authorization.tokens(),
        fetch: async () => Response.json(answer),
      });
      expect(await account.orders?.pull({ cursor: null, since }, session.call())).toMatchObject({
        kind: "malformed",
      });
    },
  );

  it("an unpaid one that is cancelled gives its units back, and says so", async () => {
    const session = openWechat();
    const { shop } = session;
    const order = shop.place([{ skuId: redSku, count: 2 }], false);
    expect(shop.sku(red?.productId, redSku)?.stock).toBe(48);
    expect((await pulled(session)).orders).toMatchObject([{ status: "pending_payment" }]);
    shop.cancelUnpaid(order.id);
    expect(shop.sku(red?.productId, redSku)?.stock).toBe(50);
    const again = await pulled(session);
    expect(again.orders).toMatchObject([{ status: "cancelled" }]);
    expect(again.orders[0]?.paidAt).toBeUndefined();
  });

  it.each([
    ["a scan that WeChat has lost begins anew", [0, 606006]],
    ["a window that holds too much is halved", [31042, 31042]],
  ])("%s, and no order is missed", async (_, codes) => {
    const session = openWechat();
    const { shop, fake, account, call, runtime } = session;
    const placed: string[] = [];
    for (let index = 0; index < 9; index += 1) {
      placed.push(shop.place([{ skuId: redSku, count: 1 }]).id);
      await runtime.advance(1000);
    }
    const seen = new Set<string>();
    let cursor: Json | null = null;
    for (let turn = 0; turn < 60; turn += 1) {
      const code = codes[turn];
      if (code) fake.failing.set("/channels/ec/order/list/get", [code]);
      const page: Result<PullPage> | undefined = await account().orders?.pull({ cursor, since }, call());
      if (!page?.ok) throw new Error(JSON.stringify(page));
      for (const order of page.value.orders) seen.add(order.externalId);
      cursor = page.value.cursor;
      if (!page.value.more) break;
    }
    expect([...seen].sort()).toEqual(placed);
  });
});

describe("stock of WeChat", () => {
  const write = (mode: "delta" | "set" | "compareAndSet", quantity: number): StockWrite =>
    ({
      externalId: red?.productId ?? "",
      externalVariantId: redSku,
      writeId: `w-${mode}-${quantity}`,
      asOf,
      mode,
      quantity,
      expected: 50,
    }) as StockWrite;

  it.each([
    ["more than there is", write("delta", -51), undefined, "conflict"],
    ["too often", write("delta", 1), 10020112, "rate_limited"],
    ["under audit", write("delta", 1), 10020217, "conflict"],
    ["never on sale", write("set", 1), 10020289, "invalid"],
    ["below zero", write("set", -3), undefined, "invalid"],
    ["compared", write("compareAndSet", 1), undefined, "unsupported"],
    ["left in doubt", write("delta", 1), -1, "unknown"],
  ])("%s: nothing moves", async (_, one, code, kind) => {
    const { account, shop, fake, call } = openWechat();
    if (code !== undefined) fake.failing.set("/channels/ec/product/stock/update", [code]);
    const outcomes = await account().stock?.push([one], call());
    expect(outcomes).toMatchObject([{ ok: false, kind }]);
    expect(shop.sku(red?.productId, redSku)?.stock).toBe(50);
  });

  it("a change of nothing makes no call", async () => {
    const { account, fake, call } = openWechat();
    fake.callsLeft = 0;
    expect(await account().stock?.push([write("delta", 0)], call())).toEqual([{ ok: true }]);
  });

  it("a listing without its SKU is named as such", async () => {
    const { account, call } = openWechat();
    const bare: StockWrite = {
      externalId: red?.productId ?? "",
      writeId: "w",
      asOf,
      mode: "set",
      quantity: 1,
    };
    const outcomes = await account().stock?.push([bare], call());
    expect(outcomes).toMatchObject([
      { ok: false, kind: "not_found", message: expect.stringContaining("names both") },
    ]);
  });

  it("listings carry the shop's own code, and none where there is none", async () => {
    const { account, call } = openWechat();
    const page = await account().listings?.pull({ cursor: null }, call());
    expect(page?.ok && page.value.listings.map(({ sku, title }) => [sku, title])).toEqual([
      ["TS-RED-M", "短袖 / 红"],
      ["TS-BLU-M", "短袖 / 蓝"],
      [undefined, "马克杯"],
    ]);
  });
});

describe("parcels of WeChat", () => {
  const openOrder = () => {
    const session = openWechat();
    const order = session.shop.place([
      { skuId: redSku, count: 2 },
      { skuId: blueSku, count: 1 },
    ]);
    const push = async (change: Partial<FulfilmentPush>): Promise<string> => {
      const parcel: FulfilmentPush = {
        shipmentId: "s1",
        orderExternalId: order.id,
        shippedAt: asOf,
        lines: [{ externalLineId: redSku, quantity: 2 }],
        carrier: "中通",
        trackingNumber: "Z1",
        ...change,
      };
      const result = await session.account().fulfilments?.push(parcel, session.call());
      return result?.ok ? result.value.externalId : `${result?.kind}: ${result?.message}`;
    };
    return { ...session, order, push };
  };

  it("two parcels: partly shipped, then shipped, each known by its number", async () => {
    const { order, push } = openOrder();
    expect(await push({})).toBe("Z1");
    expect(order.status).toBe(21);
    expect(
      await push({
        shipmentId: "s2",
        lines: [{ externalLineId: blueSku, quantity: 1 }],
        carrier: "SF",
        trackingNumber: "S2",
      }),
    ).toBe("S2");
    expect(order.status).toBe(30);
    expect(order.deliveries.map(({ carrier, waybill }) => [carrier, waybill])).toEqual([
      ["ZTO", "Z1"],
      ["SF", "S2"],
    ]);
  });

  it.each([
    ["an unknown carrier", { carrier: "Owl Post" }, /^invalid: .*"Owl Post" is not known/],
    ["no number", { trackingNumber: undefined }, /^invalid: .*carrier and tracking number/],
    ["a line that is not there", { lines: [{ externalLineId: "9", quantity: 1 }] }, /^invalid: .*no line 9/],
    ["more units than ordered", { lines: [{ externalLineId: redSku, quantity: 3 }] }, /^invalid: .*10020051/],
  ])("%s is refused", async (_, change, message) => {
    const { order, push } = openOrder();
    expect(await push(change as Partial<FulfilmentPush>)).toMatch(message);
    expect([order.status, order.deliveries]).toEqual([20, []]);
  });

  it("an order that was cancelled takes none", async () => {
    const { order, push } = openOrder();
    order.status = 250;
    expect(await push({})).toMatch(/^conflict: .*state 250/);
    expect(order.deliveries).toEqual([]);
  });
});
