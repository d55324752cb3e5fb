import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { callSignature, signatureOf } from "../../../src/connectors/taobao/sign.ts";
import { createWebhooks } from "../../../src/connectors/taobao/webhook.ts";
import { callSign, expectedSign } from "./fake/sign.ts";

const secret = "helloworld";
/** The example of the platform's page (articleId 101617). */
const example = {
  app_key: "12345678",
  fields: "num_iid,title,nick,price,num",
  format: "json",
  method: "taobao.item.seller.get",
  num_iid: "11223344",
  session: "test",
  timestamp: "2016-01-01 12:00:00",
  v: "2.0",
};

describe("signatures of the open platform", () => {
  it.each([
    ["md5", "66987CB115214E59E6EC978214934FB8"],
    ["hmac", "D56D7858309C31B6251083A874D48273"],
    ["hmac-sha256", "04DB15AD0774D5CFCE2C837DE43E3FCEA9011ED74F3038FB6AB5F3C4CEA119E8"],
  ])("%s gives the published value, on both sides", (sign_method, sign) => {
    expect(signatureOf({ ...example, sign_method }, secret)).toBe(sign);
    expect(expectedSign(new URLSearchParams({ ...example, sign_method }), secret)).toBe(sign);
  });

  it("agrees with a public client, also on Chinese text", () => {
    const { default: Client } = createRequire(import.meta.url)("node-taobao-topclient") as {
      default: new (options: object) => { sign(parameters: Record<string, string>): string };
    };
    const judge = new Client({ appkey: "12345678", appsecret: secret });
    for (const text of ["plain", "红色 M", "a=b&c", "😀"]) {
      const parameters = { ...example, sign_method: "md5", title: text };
      expect(signatureOf(parameters, secret)).toBe(judge.sign(parameters));
    }
  });

  it("leaves out the signature itself and what is empty, and changes with any value", () => {
    const sign = signatureOf({ ...example, sign_method: "hmac-sha256" }, secret);
    const more = { ...example, sign_method: "hmac-sha256", sign: "OLD", empty: "" };
    expect(signatureOf(more, secret)).toBe(sign);
    for (const name of Object.keys(example))
      expect(signatureOf({ ...example, sign_method: "hmac-sha256", [name]: "other" }, secret)).not.toBe(sign);
  });
});

describe("calls the platform makes", () => {
  const query = new URLSearchParams({
    app_key: "12345678",
    method: "qimen.demo.call",
    sign_method: "md5",
    timestamp: "2026-01-01 08:00:00",
    v: "2.0",
  });
  const body = new TextEncoder().encode('{"tid":"1"}');
  const now = "2026-01-01T00:00:00.000Z";
  const webhooks = createWebhooks({ appSecret: secret });
  const call = (sign: string, headers = {}) =>
    webhooks.verify({ body, headers, url: `https://hub.example/webhooks/c1?${query}&sign=${sign}` }, now);

  it("are signed over address and body", () => {
    expect(callSignature(Object.fromEntries(query), body, secret)).toBe("012BBD4F42C919CC24D8EC00876AF5EF");
    expect(callSign(query, body, secret)).toBe("012BBD4F42C919CC24D8EC00876AF5EF");
    expect(call("012BBD4F42C919CC24D8EC00876AF5EF")).toMatchObject({
      verified: true,
      topic: "qimen.demo.call",
    });
  });

  it("and over the headers they name", () => {
    const signed = new URLSearchParams(query);
    signed.set("X-Shop", "demo_shop");
    const sign = callSign(signed, body, secret);
    expect(call(sign, { "top-sign-list": "X-Shop", "x-shop": "demo_shop" }).verified).toBe(true);
    expect(call(sign, { "top-sign-list": "X-Shop", "x-shop": "other" })).toMatchObject({
      reason: "mismatch",
    });
    expect(call(sign)).toMatchObject({ reason: "mismatch" });
  });

  it.each([
    [
      "a message",
      '{"topic":"taobao_trade_TradeChanged","content":"{\\"tid\\":2260011223344556677}"}',
      "2260011223344556677",
    ],
    ["a plain call", '{"tid":"2260011223344556677"}', "2260011223344556677"],
    [
      "a refund's message",
      '{"topic":"taobao_refund_RefundSuccess","content":"{\\"refund_id\\":1,\\"tid\\":42}"}',
      "42",
    ],
  ])("%s names its trade, every digit of it", (_, text, tid) => {
    expect(webhooks.interpret("qimen.demo.call", new TextEncoder().encode(text))).toEqual({
      kind: "fetch",
      externalIds: [tid],
    });
  });

  it("changes of items are none of ours", () => {
    const text = '{"topic":"taobao_item_ItemStockChanged","content":"{\\"num_iid\\":1}"}';
    expect(webhooks.interpret("qimen.demo.call", new TextEncoder().encode(text)).kind).toBe("ignore");
  });
});
