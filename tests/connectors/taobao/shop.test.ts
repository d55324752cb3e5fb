import { describe, expect, it } from "vitest";
import type { StockWrite } from "../../../src/connectors/contract.ts";
import { instantOf } from "../../../src/core/clock.ts";
import type { Refused } from "./fake/calls.ts";
import { appSecret } from "./fake/server.ts";
import { mug, red, shirt, shopOf } from "./session.ts";
import { secrets } from "./subject.ts";

describe("testing a Taobao connection", () => {
  const told = async (spoil: (made: ReturnType<typeof shopOf>) => void, more = {}, own = secrets) => {
    const made = shopOf(more, own);
    spoil(made);
    const result = await made.account.check(made.call());
    return result.ok ? result.value.account : `${result.kind}: ${result.message}`;
  };
  const nothing = () => undefined;

  it.each<[string, Parameters<typeof told>, RegExp]>([
    ["all well", [nothing], /^demo_shop$/],
    [
      "another key",
      [nothing, { appKey: "87654321" }],
      /^auth: .*error 29, isv.appkey-not-exists, the App Key is not valid/,
    ],
    [
      "another secret",
      [nothing, {}, { appSecret: "not-the-secret" }],
      /^auth: .*error 25, the signature does not fit/,
    ],
    [
      "an expired session",
      [({ fake }) => fake.authorization.expire()],
      /^auth: .*error 27.*grant access to the shop again/,
    ],
    ["another shop", [nothing, { sellerNick: "other" }], /^invalid: Access was granted by another shop/],
    [
      "no permission for orders",
      [({ fake }) => fake.forbidden.add("taobao.trades.sold.get")],
      /^invalid: The application may not read orders/,
    ],
  ])("%s", async (_, given, expected) => {
    const message = await told(...given);
    expect(message).toMatch(expected);
    expect(message).not.toContain(appSecret);
  });

  it.each([
    [
      {
        code: 7,
        sub_code: "accesscontrol.limited-by-api-access-count",
        sub_msg: "This ban will last for 3 more seconds",
      },
      "rate_limited",
      3000,
    ],
    [{ code: 15, sub_code: "isp.remote-service-timeout" }, "unavailable", undefined],
    [{ code: 50, sub_code: "isp.top-remote-connection-timeout" }, "unavailable", undefined],
    [{ code: 11, sub_code: "isv.permission-api-package-limit" }, "unsupported", undefined],
    [{ code: 41, sub_code: "isv.invalid-parameter:fields" }, "invalid", undefined],
    [{ code: 31 }, "invalid", undefined],
  ] as [Refused, string, number | undefined][])("sorts %o", async (refusal, kind, retryAfterMs) => {
    const { fake, account, call } = shopOf();
    fake.refusal = { ...refusal, sub_msg: `${refusal.sub_msg ?? ""} 张三 13812345678` };
    const result = await account.check(call());
    expect(result).toMatchObject({ ok: false, kind, ...(retryAfterMs ? { retryAfterMs } : {}) });
    expect(JSON.stringify(result)).not.toMatch(/张三|13812345678/);
  });
});

describe("orders of Taobao", () => {
  it("of a page cut short by the call limit all come the next time", async () => {
    const { runtime, fake, shop, account, call, pull } = shopOf();
    const placed = [1, 2, 3].map((num) => shop.place([{ ...red, num }]).tid);
    await runtime.advance(120_000);
    fake.callsPerSecond = 3;
    const request = { cursor: null, since: "2026-11-22T07:00:00.000Z" };
    expect(await account.orders!.pull(request, call())).toMatchObject({
      ok: false,
      kind: "rate_limited",
      retryAfterMs: 1000,
    });
    fake.callsPerSecond = 100;
    await runtime.advance(1000);
    expect((await pull()).ids.sort()).toEqual(placed.sort());
  });

  it("are read once, and again when they have changed or nobody took them", async () => {
    const { runtime, shop, pull } = shopOf();
    const [first, second] = [1, 2].map((num) => shop.place([{ ...red, num }]).tid) as [string, string];
    await runtime.advance(120_000);
    const taken = await pull();
    expect(taken.ids.sort()).toEqual([first, second].sort());
    await runtime.advance(60_000);
    const nothingNew = await pull(taken.cursor);
    expect(nothingNew.ids).toEqual([]);
    shop.pay(second);
    await runtime.advance(120_000);
    const changed = await pull(nothingNew.cursor);
    expect(changed.ids).toEqual([second]);
    // The page was not taken: the cursor of before gives it again.
    expect((await pull(nothingNew.cursor)).ids).toEqual([second]);
    await runtime.advance(60_000);
    expect((await pull(changed.cursor)).ids).toEqual([]);
  });

  it("are read again with a cursor of a release that did not remember them", async () => {
    const { runtime, shop, pull } = shopOf();
    const { tid } = shop.place([{ ...red, num: 1 }]);
    await runtime.advance(120_000);
    const { cursor } = await pull();
    const { window } = cursor as { window: unknown };
    expect((await pull(window)).ids).toEqual([tid]);
  });

  it("come although their rows enter behind their time", async () => {
    const { runtime, shop, pull } = shopOf();
    shop.lagMs = 180_000;
    const { tid } = shop.place([{ ...red, num: 1 }]);
    await runtime.advance(120_000);
    const first = await pull();
    expect(first.ids).toEqual([]);
    await runtime.advance(180_000);
    expect((await pull(first.cursor)).ids).toEqual([tid]);
  });

  it("of every kind are asked for, not the platform's five alone", async () => {
    const { runtime, shop, pull } = shopOf();
    const placed = ["tmall_i18n", "step", "super_market_trade", "eticket"].map((type) =>
      Object.assign(shop.place([{ ...red, num: 1 }]), { type }),
    );
    await runtime.advance(120_000);
    expect((await pull()).ids.sort()).toEqual(placed.map(({ tid }) => tid).sort());
  });

  it("one whose detail is refused is kept aside and holds up no other", async () => {
    const { runtime, shop, pull } = shopOf();
    const [bad, good] = [1, 2].map((num) => shop.place([{ ...red, num }]).tid);
    shop.withheld.add(bad ?? "");
    await runtime.advance(120_000);
    expect(await pull()).toMatchObject({
      ids: [good],
      notes: [{ externalId: bad, reason: expect.stringContaining("isv.trade-service-error") }],
    });
  });

  it("carry the refund that the shop settled, and the total that was paid at first", async () => {
    const { shop, fetched } = shopOf();
    const { tid } = shop.place([
      { ...red, num: 2 },
      { num_iid: mug.num_iid, num: 1 },
    ]);
    shop.pay(tid);
    const [line] = shop.trade(tid).lines;
    shop.refund(tid, line!.oid, 3900);
    expect(await fetched(tid)).toMatchObject({
      totalMinor: 14600,
      refunds: [{ amountMinor: 3900, lines: [{ externalLineId: line!.oid, amountMinor: 3900 }] }],
    });
  });

  it("are newer once a refund is taken back, whether or not their own time moves", async () => {
    const { runtime, shop, fetched } = shopOf();
    const { tid } = shop.place([{ ...red, num: 2 }]);
    shop.pay(tid);
    const [line] = shop.trade(tid).lines;
    const asked = { id: "190000000000000009", fee: 3900, goodsBack: false };
    line!.refund = { ...asked, status: "WAIT_SELLER_AGREE", modifiedMs: shop.now() };
    expect(await fetched(tid)).toMatchObject({ status: "refunding", updatedAt: "2026-11-22T08:00:00.000Z" });
    await runtime.advance(60_000);
    line!.refund = { ...asked, status: "CLOSED", modifiedMs: shop.now() };
    const free = await fetched(tid);
    expect(free).toMatchObject({ status: "paid", updatedAt: "2026-11-22T08:01:00.000Z" });
    expect(free?.refunds).toBeUndefined();
  });
});

describe("stock of Taobao", () => {
  const write = (more: Partial<StockWrite>) =>
    ({
      externalId: shirt.num_iid,
      externalVariantId: red.sku_id,
      writeId: "w1",
      asOf: instantOf(0),
      ...more,
    }) as StockWrite;

  it.each([
    [1, "placed", [48, 48, 50, 50]],
    [2, "paid", [50, 48, 50, 50]],
  ] as const)("moves as declared where sub_stock is %i", async (sub_stock, deducts, figures) => {
    const { shop, account } = shopOf({ deducts });
    expect(account.profile?.behaviour).toMatchObject({
      deducts,
      restoresOnUnpaidCancel: deducts === "placed",
      restoresOnPaidRefund: true,
    });
    shop.items.get(shirt.num_iid)!.sub_stock = sub_stock;
    const figure = () => shop.sku(red.num_iid, red.sku_id)?.quantity;
    const paid = shop.place([{ ...red, num: 2 }]);
    const seen = [figure()];
    shop.pay(paid.tid);
    seen.push(figure());
    shop.refund(paid.tid, paid.tid, 7800);
    seen.push(figure());
    shop.close(shop.place([{ ...red, num: 2 }]).tid);
    seen.push(figure());
    expect(seen).toEqual(figures);
  });

  it("that the platform keeps is shown as such and never written", async () => {
    const { shop, fake, account, call } = shopOf({ platformItems: [shirt.num_iid] });
    for (const mode of ["set", "delta"] as const)
      expect(await account.stock!.push([write({ mode, quantity: 1 })], call())).toMatchObject([
        { ok: false, kind: "unsupported" },
      ]);
    expect(fake.calls).toEqual([]);
    expect(shop.sku(red.num_iid, red.sku_id)?.quantity).toBe(50);
    const page = await account.listings!.pull({ cursor: null }, call());
    expect(page.ok && page.value.listings.map(({ sku, managedBy }) => [sku, managedBy])).toEqual([
      ["TS-RED-M", "platform"],
      ["TS-BLU-M", "platform"],
    ]);
  });

  it("is set for all SKUs of an item at once, and one that is gone harms no other", async () => {
    const { shop, fake, account, call } = shopOf();
    const rows = [
      write({ mode: "set", quantity: 7 }),
      write({ mode: "set", quantity: 8, externalVariantId: "5000000000002" }),
    ];
    expect(await account.stock!.push(rows, call())).toEqual([
      { ok: true, quantity: 7 },
      { ok: true, quantity: 8 },
    ]);
    expect(fake.calls).toEqual(["taobao.skus.quantity.update"]);
    const gone = write({ mode: "set", quantity: 9, externalVariantId: "5999999999999" });
    expect(await account.stock!.push([gone, write({ mode: "set", quantity: 6 })], call())).toMatchObject([
      { ok: false, kind: "not_found" },
      { ok: true, quantity: 6 },
    ]);
    expect(shop.sku(red.num_iid, red.sku_id)?.quantity).toBe(6);
  });

  it("never ends below zero by a change", async () => {
    const { shop, account, call } = shopOf();
    const outcomes = await account.stock!.push([write({ mode: "delta", quantity: -51 })], call());
    expect(outcomes).toMatchObject([{ ok: false, kind: "conflict" }]);
    expect(shop.sku(red.num_iid, red.sku_id)?.quantity).toBe(50);
  });

  it("compare-and-set is refused before anything is sent", async () => {
    const { fake, account, call } = shopOf();
    const outcomes = await account.stock!.push(
      [write({ mode: "compareAndSet", quantity: 1, expected: 50 } as never)],
      call(),
    );
    expect(outcomes).toMatchObject([{ ok: false, kind: "unsupported" }]);
    expect(fake.calls).toEqual([]);
  });

  it("a timeout behind the gateway leaves a write in doubt", async () => {
    const { fake, account, call } = shopOf();
    fake.refusal = { code: 15, sub_code: "isp.remote-service-timeout" };
    const outcomes = await account.stock!.push([write({ mode: "delta", quantity: 1 })], call());
    expect(outcomes).toMatchObject([{ ok: false, kind: "unknown" }]);
  });
});
