import { describe, expect, it } from "vitest";
import type { StockWrite } from "../../../src/connectors/contract.ts";
import { pinduoduo } from "../../../src/connectors/pinduoduo/index.ts";
import { signatureOf } from "../../../src/connectors/pinduoduo/sign.ts";
import { instantOf } from "../../../src/core/clock.ts";
import type { Refused } from "./fake/calls.ts";
import { clientSecret, expectedSign } from "./fake/server.ts";
import { red, shopOf } from "./session.ts";
import { secrets } from "./subject.ts";

describe("signatures of Pinduoduo", () => {
  it.each([
    [
      "the platform's example",
      "testSecret",
      {
        access_token: "asd78172s8ds9a921j9qqwda12312w1w21211",
        client_id: "1",
        data_type: "XML",
        order_status: "1",
        page: "1",
        page_size: "10",
        timestamp: "1480411125",
        type: "pdd.order.number.list.get",
      },
      "E4DE3ED21002510DED352819E7AE6775",
    ],
    [
      "a call of today",
      "test_secret",
      {
        access_token: "test_token",
        client_id: "test_client",
        data_type: "JSON",
        end_updated_at: "1767225200",
        is_lucky_flag: "0",
        order_status: "5",
        page: "1",
        page_size: "100",
        refund_status: "5",
        start_updated_at: "1767223600",
        timestamp: "1767225600",
        type: "pdd.order.number.list.increment.get",
        version: "V1",
      },
      "A8154EDAC66FFF0A03C35403F76642CE",
    ],
  ])("%s, on both sides", (_, secret, parameters, sign) => {
    expect(signatureOf({ ...parameters, sign: "OLD" }, secret)).toBe(sign);
    expect(expectedSign(new URLSearchParams(parameters), secret)).toBe(sign);
    expect(signatureOf({ ...parameters, page: "2" }, secret)).not.toBe(sign);
  });
});

describe("testing a Pinduoduo connection", () => {
  type Made = ReturnType<typeof shopOf>;
  const nothing = () => undefined;
  it.each<[string, (made: Made) => unknown, object, object, RegExp]>([
    ["all well", nothing, {}, secrets, /^茶叶店$/],
    [
      "another secret",
      nothing,
      {},
      { clientSecret: "not-the-secret" },
      /^auth: .*error 20004, the signature does not fit/,
    ],
    [
      "access that has ended",
      ({ fake }) => fake.authorization.expire(),
      {},
      secrets,
      /^auth: .*error 10019.*grant access/,
    ],
    ["another shop", nothing, { mallId: "7" }, secrets, /^invalid: Access was granted by another shop/],
    [
      "no permission for orders",
      ({ fake }) => fake.forbidden.add("pdd.order.number.list.increment.get"),
      {},
      secrets,
      /^invalid: The application may not read orders/,
    ],
    [
      "an address that is not on the list",
      ({ fake }) => {
        fake.refusal = { error_code: 20_005 };
      },
      {},
      secrets,
      /^unsupported: .*outgoing IP address is not on the application's white-list/,
    ],
  ])("%s", async (_, spoil, more, own, expected) => {
    const made = shopOf(more as Record<string, unknown>, own as Record<string, unknown>);
    spoil(made);
    const result = await made.account.check(made.call());
    const message = result.ok ? result.value.account : `${result.kind}: ${result.message}`;
    expect(message).toMatch(expected);
    expect(message).not.toContain(clientSecret);
  });

  it.each<[Refused, string, string]>([
    [{ error_code: 70_031 }, "rate_limited", "rate_limited"],
    [{ error_code: 52_103 }, "unavailable", "unavailable"],
    [{ error_code: 50_001 }, "unavailable", "unknown"],
    [{ error_code: 20_031 }, "unsupported", "unsupported"],
    [{ error_code: 10_019 }, "auth", "auth"],
    [{ error_code: 10_000, sub_code: "张三 13812345678" }, "invalid", "invalid"],
  ])("sorts %o, for a question and for a write", async (refusal, asked, written) => {
    const { fake, account, call } = shopOf();
    fake.refusal = refusal;
    const question = await account.listings!.pull({ cursor: null }, call());
    expect(question).toMatchObject({ ok: false, kind: asked });
    expect(JSON.stringify(question)).not.toMatch(/张三|13812345678/);
    const [write] = await account.stock!.push([stockWrite({ mode: "delta", quantity: 1 })], call());
    expect(write).toMatchObject({ ok: false, kind: written });
  });
});

const stockWrite = (more: Partial<StockWrite>) =>
  ({
    externalId: String(red[0]),
    externalVariantId: String(red[1]),
    writeId: "w1",
    asOf: instantOf(0),
    ...more,
  }) as StockWrite;

describe("orders of Pinduoduo", () => {
  it("cannot be seen before their group is formed, and then come", async () => {
    const { runtime, shop, pull, figure } = shopOf();
    const order = shop.place(...red, 1);
    shop.pay(order.order_sn);
    await runtime.advance(200_000);
    expect((await pull()).orders).toEqual([]);
    // The unit is off the figure all the while, which is why no figure is promised here.
    expect(figure()).toBe(49);
    shop.form(order.order_sn);
    await runtime.advance(200_000);
    expect((await pull()).orders.map(({ externalId }) => externalId)).toEqual([order.order_sn]);
  });

  it("say up to when they are all in only where nothing waits for a group", async () => {
    for (const waitsForGroups of [true, false]) {
      const { runtime, account, pull } = shopOf({ waitsForGroups });
      await runtime.advance(3_600_000);
      let page = await pull();
      while (page.more) {
        const next = await account.orders!.pull(
          { cursor: page.cursor, since: "2026-11-22T07:30:00.000Z" },
          { signal: new AbortController().signal, deadlineMs: runtime.clock.nowMs() + 30_000 },
        );
        if (!next.ok) throw new Error(next.message);
        page = next.value;
      }
      expect(account.profile?.behaviour?.orderWatermark).toBe(!waitsForGroups);
      expect(page.watermark).toBe(waitsForGroups ? undefined : "2026-11-22T08:56:54.000Z");
    }
  });

  it("of a page cut short by the call limit all come the next time", async () => {
    const { runtime, fake, account, call, sell, pull } = shopOf();
    const placed = [sell(), sell(), sell()].map(({ order_sn }) => order_sn);
    await runtime.advance(200_000);
    fake.callsPerSecond = 3;
    const request = { cursor: null, since: "2026-11-22T07:30:00.000Z" };
    expect(await account.orders!.pull(request, call())).toMatchObject({ ok: false, kind: "rate_limited" });
    fake.callsPerSecond = 100;
    await runtime.advance(1000);
    const { orders } = await pull();
    expect(orders.map(({ externalId }) => externalId).sort()).toEqual(placed);
  });

  it("empty windows are passed over for half the time of a call, and what was passed stays passed", async () => {
    const { runtime, fake, context, call } = shopOf();
    const slow: typeof fake.fetch = async (...request) => {
      await runtime.advance(1000);
      return fake.fetch(...request);
    };
    const account = pinduoduo.open({ ...context, fetch: slow, tokens: fake.authorization.tokens() });
    const request = { cursor: null, since: "2026-11-01T00:00:00.000Z" };
    const first = await account.orders!.pull(request, call());
    expect(first).toMatchObject({ ok: true, value: { orders: [], more: true } });
    expect(fake.calls).toHaveLength(15);
    const cursor = first.ok ? first.value.cursor : null;
    expect(cursor).toMatchObject({ run: { from: "2026-11-01T07:30:00.000Z" } });
  });

  it("an order whose detail is refused is kept aside and holds up no other", async () => {
    const { runtime, shop, sell, pull } = shopOf();
    const [bad, good] = [sell(), sell()];
    shop.withheld.add(bad.order_sn);
    await runtime.advance(200_000);
    const page = await pull();
    expect(page.orders.map(({ externalId }) => externalId)).toEqual([good.order_sn]);
    expect(page.rejected).toEqual([
      {
        externalId: bad.order_sn,
        reason: expect.stringContaining("error 50003"),
        raw: { order_sn: bad.order_sn },
      },
    ]);
  });

  it("carry the refund that is done, with its own figures", async () => {
    const { account, shop, call, sell } = shopOf();
    const { order_sn } = sell(2);
    shop.refund(order_sn, 4000);
    const page = await account.orders!.fetch([order_sn], call());
    expect(page).toMatchObject({
      value: { orders: [{ status: "paid", totalMinor: 16_100, refunds: [{ amountMinor: 4000 }] }] },
    });
  });
});

describe("stock of Pinduoduo", () => {
  it("moves as declared", () => {
    const { account, shop, sell, figure } = shopOf();
    expect(account.profile?.behaviour).toMatchObject({
      deducts: "placed",
      restoresOnUnpaidCancel: true,
      restoresOnPaidRefund: true,
    });
    const unpaid = shop.place(...red, 2);
    expect(figure()).toBe(48);
    shop.cancel(unpaid.order_sn);
    expect(figure()).toBe(50);
    const sold = sell(2);
    expect(figure()).toBe(48);
    shop.refund(sold.order_sn, shop.total(sold));
    expect(figure()).toBe(50);
  });

  it.each<[string, Partial<StockWrite>, boolean, string]>([
    ["a change below zero", { mode: "delta", quantity: -51 }, false, "conflict"],
    ["lowering an item in a promotion slot", { mode: "set", quantity: 3 }, true, "invalid"],
    ["an item that is gone", { mode: "set", quantity: 3, externalId: "1" }, false, "invalid"],
    ["a SKU that is gone", { mode: "delta", quantity: 3, externalVariantId: "1" }, false, "not_found"],
  ])("refuses %s and moves nothing", async (_, write, promoted, kind) => {
    const { account, shop, call, figure } = shopOf();
    shop.goods.get(red[0])!.promoted = promoted;
    expect(await account.stock!.push([stockWrite(write)], call())).toMatchObject([{ ok: false, kind }]);
    expect(figure()).toBe(50);
  });

  it("compare-and-set is refused before anything is sent", async () => {
    const { account, fake, call } = shopOf();
    const write = stockWrite({ mode: "compareAndSet", quantity: 1, expected: 50 } as never);
    expect(await account.stock!.push([write], call())).toMatchObject([{ ok: false, kind: "unsupported" }]);
    expect(fake.calls).toEqual([]);
  });
});
