import { describe, expect, it } from "vitest";
import { createAuthorization } from "../../../src/connectors/tiktok-shop/authorization.ts";
import { tiktokShop } from "../../../src/connectors/tiktok-shop/index.ts";
import { createWebhooks } from "../../../src/connectors/tiktok-shop/webhook.ts";
import { cipher, shopId } from "./fake/grants.ts";
import { openShop } from "./harness.ts";
import { messageOf, secrets, settings } from "./subject.ts";

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
