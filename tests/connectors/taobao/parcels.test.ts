import { describe, expect, it } from "vitest";
import type { FulfilmentPush } from "../../../src/connectors/contract.ts";
import { taobao } from "../../../src/connectors/taobao/index.ts";
import { instantOf } from "../../../src/core/clock.ts";
import { mug, red, shopOf } from "./session.ts";
import { secrets, settings } from "./subject.ts";

describe("parcels of Taobao", () => {
  const two = () => {
    const made = shopOf();
    const { tid } = made.shop.place([
      { ...red, num: 2 },
      { num_iid: mug.num_iid, num: 1 },
    ]);
    made.shop.pay(tid);
    const [a, b] = made.shop.trade(tid).lines.map(({ oid }) => oid) as [string, string];
    const push = (lines: FulfilmentPush["lines"], more: Partial<FulfilmentPush> = {}) =>
      made.account.fulfilments!.push(
        {
          shipmentId: "s1",
          orderExternalId: tid,
          shippedAt: instantOf(0),
          lines,
          carrier: "顺丰速运",
          trackingNumber: "SF1",
          ...more,
        },
        made.call(),
      );
    return { ...made, tid, a, b, push };
  };
  const whole = (a: string, b: string) => [
    { externalLineId: a, quantity: 2 },
    { externalLineId: b, quantity: 1 },
  ];

  it("in two parcels, with the platform's code for the carrier", async () => {
    const { shop, tid, a, b, push, fetched } = two();
    expect(await push([{ externalLineId: a, quantity: 2 }])).toEqual({
      ok: true,
      value: { externalId: `${tid}-SF1` },
    });
    expect((await fetched(tid))?.status).toBe("partially_shipped");
    const second = { trackingNumber: "CN7", carrier: "CN7000001003751" };
    expect(await push([{ externalLineId: b, quantity: 1 }], second)).toMatchObject({ ok: true });
    expect((await fetched(tid))?.status).toBe("shipped");
    expect(shop.trade(tid).lines.map(({ waybill, company }) => [waybill, company])).toEqual([
      ["SF1", "SF"],
      ["CN7", "CN7000001003751"],
    ]);
  });

  it("of virtual goods need no carrier", async () => {
    const { shop, fake, tid, a, b, push } = two();
    expect(await push(whole(a, b), { trackingNumber: undefined, carrier: undefined } as never)).toEqual({
      ok: true,
      value: { externalId: `${tid}-none` },
    });
    expect(fake.calls).toContain("taobao.logistics.dummy.send");
    expect(shop.trade(tid).status).toBe("WAIT_BUYER_CONFIRM_GOODS");
  });

  it.each<[string, (made: ReturnType<typeof two>) => ReturnType<ReturnType<typeof two>["push"]>, string]>([
    ["part of a line", ({ a, push }) => push([{ externalLineId: a, quantity: 1 }]), "unsupported"],
    [
      "a line that is closed",
      ({ shop, tid, a, push }) => {
        shop.refund(tid, a, 7800);
        return push([{ externalLineId: a, quantity: 2 }]);
      },
      "invalid",
    ],
    ["a line of another order", ({ push }) => push([{ externalLineId: "1", quantity: 1 }]), "invalid"],
    [
      "a line sent under another number",
      ({ shop, tid, a, push }) => {
        shop.ship(tid, [a], "OTHER1", "YTO");
        return push([{ externalLineId: a, quantity: 2 }]);
      },
      "invalid",
    ],
    [
      "part of an order without a number",
      ({ a, push }) => push([{ externalLineId: a, quantity: 2 }], { trackingNumber: "" }),
      "invalid",
    ],
  ])("refuses %s and sends nothing", async (_, run, kind) => {
    const made = two();
    expect(await run(made)).toMatchObject({ ok: false, kind });
    expect(made.fake.calls.filter((method) => method.endsWith(".send"))).toEqual([]);
  });
});

describe("grants of Taobao", () => {
  it("by another shop are refused, and one that cannot be renewed says so", async () => {
    const { runtime, fake } = shopOf();
    const authorization = (sellerNick: string) =>
      taobao.authorization!({
        ...runtime,
        fetch: fake.fetch,
        settings: { ...settings, sellerNick },
        secrets,
      });
    const call = { signal: new AbortController().signal, deadlineMs: runtime.clock.nowMs() + 30_000 };
    const code = () =>
      fake.authorization.grant(
        authorization("x").address!({ redirectUrl: "https://hub.example/cb", state: "s" }),
      );
    const grant = () => ({ parameters: code(), redirectUrl: "https://hub.example/cb" });
    expect(await authorization("another_shop").exchange!(grant(), call)).toMatchObject({
      ok: false,
      kind: "invalid",
    });
    expect(await authorization("demo_shop").exchange!(grant(), call)).toMatchObject({
      ok: true,
      value: { accessExpiresAt: "2026-11-24T08:00:00.000Z", extra: { userId: "2000000001" } },
    });
    expect(await authorization("demo_shop").refresh!({ accessToken: "fixed" }, call)).toMatchObject({
      kind: "auth",
    });
  });
});
