import { describe, expect, it } from "vitest";
import { settingsSchema } from "../../../src/connectors/douyin/settings.ts";
import { inKeyOrder, messageSignature, signatureOf } from "../../../src/connectors/douyin/sign.ts";
import { createWebhooks } from "../../../src/connectors/douyin/webhook.ts";
import { instantOf } from "../../../src/core/clock.ts";
import { testRuntime } from "../../support/runtime.ts";
import { appKey, appSecret, gatewaySign } from "./fake/server.ts";
import { secrets, settings, startDouyin } from "./subject.ts";

describe("Douyin signatures", () => {
  const timestamp = "1767225600";
  it.each([
    [
      "order.searchList",
      {
        size: 50,
        page: 0,
        order_by: "update_time",
        order_asc: true,
        update_time_end: 1767225600,
        update_time_start: 1767225000,
      },
      '{"order_asc":true,"order_by":"update_time","page":0,"size":50,"update_time_end":1767225600,"update_time_start":1767225000}',
      "d928378ff289bfa3b4a6dee61bffecdb1211c51762d34476aa244bef944eb302",
    ],
    [
      "order.addOrderRemark",
      { remark: "A&B <1> 你好/😀" },
      '{"remark":"A&B <1> 你好/😀"}',
      "97ceb5a1e462da2b66078ab25569dc335a36c2f9e9893feb4b0ce9a6f6b2cb24",
    ],
  ])("of %s are the published ones, here and at the fake gateway", (method, params, paramJson, sign) => {
    expect(JSON.stringify(inKeyOrder(params))).toBe(paramJson);
    expect(signatureOf({ appKey, method, paramJson, timestamp }, appSecret)).toBe(sign);
    expect(gatewaySign(appSecret, method, paramJson, timestamp)).toBe(sign);
  });

  const message =
    '[{"tag":"101","msg_id":"7001-101-1767225600-1","data":"{\\"p_id\\":6900000000000000001,\\"s_ids\\":[6900000000000000001],\\"shop_id\\":123456}"}]';
  it("of messages are the published one, whose number of 19 digits is kept", () => {
    const body = new TextEncoder().encode(message);
    expect(messageSignature(appKey, body, appSecret)).toBe("d074935624151f387b1c556ebf273da2");
    const webhooks = createWebhooks(settingsSchema.parse(settings), secrets);
    const headers = { "event-sign": "D074935624151F387B1C556EBF273DA2" };
    expect(webhooks.verify({ body, headers, url: "https://hub.example" }, instantOf(0))).toEqual({
      verified: true,
      deliveryId: "7001-101-1767225600-1",
      topic: "101",
    });
    expect(webhooks.interpret("101", body)).toEqual({ kind: "fetch", externalIds: ["6900000000000000001"] });
    expect(startDouyin(testRuntime()).fake.sign(body).headers["event-sign"]).toBe(
      "d074935624151f387b1c556ebf273da2",
    );
  });
});

describe("Douyin messages", () => {
  const webhooks = createWebhooks(settingsSchema.parse(settings), secrets);
  const meaning = (messages: object[]) =>
    webhooks.interpret("several", new TextEncoder().encode(JSON.stringify(messages)));
  it("several at once, of two orders and of another shop", () => {
    const data = (p_id: string, shop_id: number) => JSON.stringify({ p_id, shop_id });
    expect(
      meaning([
        { tag: "100", msg_id: "1", data: data("69001", 123456) },
        { tag: "206", msg_id: "2", data: data("69002", 123456) },
        { tag: "101", msg_id: "3", data: data("69001", 123456) },
        { tag: "101", msg_id: "4", data: data("69003", 999) },
      ]),
    ).toEqual({ kind: "fetch", externalIds: ["69001", "69002"] });
  });
  it.each(["{", '{"p_id":{"unknown":1}}', "[]"])(
    "one that cannot be read, %j, does not take the others with it",
    (data) => {
      const others = [
        { tag: "206", msg_id: "2", data: '{"p_id":null,"shop_id":null}' },
        { tag: "100", msg_id: "3", data: '{"p_id":"69001","shop_id":123456}' },
      ];
      expect(meaning([{ tag: "101", msg_id: "1", data }, ...others])).toEqual({
        kind: "fetch",
        externalIds: ["69001"],
      });
      expect(meaning([{ tag: "101", msg_id: "1", data }]).kind).toBe("unusable");
    },
  );
  it("the probe of the console, and changes of products, need nothing", () => {
    expect(meaning([{ tag: "0", msg_id: "0", data: "hello" }]).kind).toBe("ignore");
    expect(meaning([{ tag: "400", msg_id: "1", data: '{"product_id":1}' }]).kind).toBe("ignore");
    expect(meaning([{ tag: "101", msg_id: "1", data: "{" }]).kind).toBe("unusable");
  });
});
