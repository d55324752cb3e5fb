import { signByUrl } from "tiktok-shop";
import { describe, expect, it } from "vitest";
import { signed, signOf, webhookSignature } from "../../../src/connectors/tiktok-shop/sign.ts";
import { createWebhooks } from "../../../src/connectors/tiktok-shop/webhook.ts";
import { testRuntime } from "../../support/runtime.ts";
import { appKey, appSecret } from "./fake/grants.ts";
import { startTiktok } from "./subject.ts";

const host = "https://open-api.tiktokglobalshop.com";
const judge = (url: string, secret: string, body?: object): string => {
  const result = signByUrl(url, secret, body as never);
  if (result instanceof Error) throw result;
  return result.signature;
};

/** The first call's vector is on the page "Sign your API request", the webhook's on that of webhooks; the others are on the reference page. */
describe("TikTok Shop signatures", () => {
  it("of a call, by the official vector", () => {
    const query = Object.entries({ app_key: "29a39d", timestamp: "1623812664" });
    const sign = "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8";
    expect(signOf("e59af819cc", "/authorization/202309/shops", query)).toBe(sign);
    expect(signOf("e59af819cc", "/authorization/202309/shops", [...query, ["sign", "x"]])).toBe(sign);
    expect(signOf("e59af819cc", "/authorization/202309/shops", query.toReversed())).toBe(sign);
    expect(
      judge(`${host}/authorization/202309/shops?app_key=29a39d&timestamp=1623812664`, "e59af819cc"),
    ).toBe(sign);
    expect(signOf("app_secret", "/test-api", [["foo", "bar"]])).toBe(
      "d3cb7fe11ecae942802ceeca67e7cf10120cc12f1517d45fbc1c8cfe5413c80f",
    );
  });

  it("of a call with a body: the vector, the public package, un-encoded values, seconds cut off", () => {
    const body = { update_time_ge: 1795305600, update_time_lt: 1795309200 };
    const address = `${host}/order/202309/orders/search?page_size=50&sort_field=update_time&sort_order=ASC`;
    const outgoing = { method: "POST", url: address, headers: {}, body: JSON.stringify(body) };
    const sent = signed(
      outgoing,
      appSecret,
      { app_key: appKey, shop_cipher: "GCP_demoCipher" },
      1_795_309_260_999,
    );
    const query = new URL(sent.url).searchParams;
    expect(query.get("timestamp")).toBe("1795309260");
    expect(query.get("sign")).toBe("988e12312ac7bc702207acf36c3b91d9be2334431b5b8de24a4e4ff4a28d23d0");
    expect(judge(sent.url, appSecret, body)).toBe(query.get("sign"));
    const token = "aDU2+/dHI=&x 1";
    const paged = signed(
      { ...outgoing, url: `${address}&page_token=${encodeURIComponent(token)}` },
      appSecret,
      {},
      0,
    );
    expect(
      signOf(
        appSecret,
        "/order/202309/orders/search",
        [
          ["page_size", "50"],
          ["page_token", token],
          ["sort_field", "update_time"],
          ["sort_order", "ASC"],
          ["timestamp", "0"],
        ],
        outgoing.body,
      ),
    ).toBe(new URL(paged.url).searchParams.get("sign"));
  });

  it("of a webhook, by the official vector; the fake signs by itself alike", () => {
    const text =
      '{"type":1,"tts_notification_id":"7380066284010030890","shop_id":"7495540735365777507","timestamp":1718305585,"data":{"is_on_hold_order":true,"order_id":"576653688135258178","order_status":"UNPAID","update_time":1718305585}}';
    const body = new TextEncoder().encode(text);
    const sign = "5dec0f11ec2f6783b8deee53c9ffbf8d024302f7c7e7fa55a35d17629031ac05";
    expect(webhookSignature("abcdef", "123", body)).toBe(sign);
    expect(startTiktok(testRuntime()).fake.sign(body)).toBe(webhookSignature(appKey, appSecret, body));
    const webhooks = createWebhooks({ appKey: "abcdef" } as never, { appSecret: "123" }, undefined);
    const now = "2026-11-22T09:01:00.000Z" as const;
    const verified = (signature: string) =>
      webhooks.verify({ body, headers: { authorization: signature }, url: "https://hub.example/w" }, now);
    expect(verified(sign)).toEqual({ verified: true, deliveryId: "7380066284010030890", topic: "type-1" });
    expect(verified(sign.toUpperCase()).verified).toBe(false);
    expect(webhooks.interpret("type-1", body)).toEqual({
      kind: "fetch",
      externalIds: ["576653688135258178"],
    });
  });
});
