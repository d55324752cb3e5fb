import { describe, expect, it } from "vitest";
import { jd } from "../../../src/connectors/jd/index.ts";
import { signatureOf, timestampOf } from "../../../src/connectors/jd/sign.ts";
import { gatewaySign } from "./fake/server.ts";
import { openJd } from "./session.ts";

describe("JD's signature", () => {
  // The vector of the developer guide on open.jd.com (listId 2643).
  const vector = {
    "360buy_param_json":
      '{"end_date":null,"optional_fields":null,"order_state":"WAIT_SELLER_STOCK_OUT","page":"1","page_size":"200","start_date":null}',
    access_token: "yourtoken",
    app_key: "yourappkey",
    method: "jingdong.pop.order.search",
    timestamp: "2021-05-07 09:20:39.683+0800",
    v: "2.0",
  };
  const published = "D70825340F4084360B9362B60DFD7930";

  it("gives the published vector, on both sides", () => {
    expect(signatureOf(vector, "yourappSecret")).toBe(published);
    expect(gatewaySign({ ...vector, sign: "is left out" }, "yourappSecret")).toBe(published);
  });

  it("does not rest on the order in which parameters are written", () => {
    expect(signatureOf(Object.fromEntries(Object.entries(vector).reverse()), "yourappSecret")).toBe(
      published,
    );
  });

  it("the time carries China's zone", () => {
    expect(timestampOf(Date.parse("2021-05-07T01:20:39.683Z"))).toBe(vector.timestamp);
    expect(timestampOf(Date.parse("2025-12-31T16:00:00.005Z"))).toBe("2026-01-01 00:00:00.005+0800");
  });
});

describe("testing a JD connection", () => {
  const test = async (
    spoil: Partial<ReturnType<typeof openJd>["fake"]> = {},
    more: Record<string, unknown> = {},
    context: Parameters<typeof openJd>[1] = {},
  ) => {
    const opened = openJd(more, context);
    Object.assign(opened.fake, spoil);
    const result = await opened.account.check(opened.call());
    return result.ok ? result.value.account : `${result.kind}: ${result.message}`;
  };

  it("names the shop", async () => expect(await test()).toBe("茶屋旗舰店 (100001)"));

  it.each([
    ["a wrong AppKey", { appKey: "0000000000000000" }, {}, /^auth: .*\(21\), the AppKey is wrong/],
    [
      "a wrong secret",
      {},
      { secrets: { appSecret: "0000000000000000" } },
      /^auth: .*\(22\).*check the AppSecret/,
    ],
    ["a wrong token", {}, { tokens: { accessToken: "another" } }, /^auth: .*\(19\).*grant access again/],
    ["no token", {}, { tokens: undefined }, /^auth: No access to this shop yet/],
    ["another shop", { venderId: "4" }, {}, /^invalid: Access was granted for merchant 100001, but venderId/],
  ])("%s", async (_, more, context, message) => expect(await test({}, more, context)).toMatch(message));

  it.each([
    ["a clock that is off", { aheadMs: 361_000 }, /^unavailable: .*\(8\), the clock/],
    ["too many calls", { callsLeft: 0 }, /^rate_limited: .*\(1098\), too many calls/],
    [
      "a missing permission",
      { forbidden: new Set(["jingdong.vender.shop.query"]) },
      /^unsupported: .*\(12\).*permission package/,
    ],
  ])("%s", async (_, spoil, message) => expect(await test(spoil)).toMatch(message));

  it("six minutes off are still taken", async () =>
    expect(await test({ aheadMs: 359_000 })).toBe("茶屋旗舰店 (100001)"));
});

describe("access to a JD shop", () => {
  it("cannot be renewed once it has expired", async () => {
    const { runtime, fake, context, call } = openJd();
    const tokens = fake.authorization.tokens();
    const authorization = jd.authorization?.({ ...context, tokens: undefined });
    await runtime.advance(30 * 86_400_000 + 1000);
    expect(await authorization?.refresh?.(tokens, call())).toMatchObject({ ok: false, kind: "auth" });
  });

  it("granted for another shop is refused at once", async () => {
    const { fake, context, call } = openJd({ venderId: "4" });
    const authorization = jd.authorization?.({ ...context, tokens: undefined });
    const request = { redirectUrl: "https://hub.example/callback", state: "s" };
    const parameters = fake.authorization.grant(authorization?.address?.(request) ?? "");
    const result = await authorization?.exchange?.({ parameters, redirectUrl: request.redirectUrl }, call());
    expect(result).toMatchObject({
      ok: false,
      kind: "invalid",
      message: expect.stringContaining("another shop"),
    });
  });
});
