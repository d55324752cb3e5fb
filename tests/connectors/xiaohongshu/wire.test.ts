import { describe, expect, it } from "vitest";
import { settingsSchema } from "../../../src/connectors/xiaohongshu/settings.ts";
import { messageSignature, signatureOf } from "../../../src/connectors/xiaohongshu/sign.ts";
import { createWebhooks } from "../../../src/connectors/xiaohongshu/webhook.ts";
import { instantOf } from "../../../src/core/clock.ts";
import { testRuntime } from "../../support/runtime.ts";
import { failureOf, successOf } from "../session.ts";
import { appId, appSecret, gatewaySign } from "./fake/server.ts";
import { type Started, started } from "./harness.ts";
import { secrets, settings, startXiaohongshu } from "./subject.ts";

describe("Xiaohongshu signatures", () => {
  it("of calls are the published one, here and at the fake gateway", () => {
    const call = { method: "order.getOrderList", appId, timestamp: "1767225600" };
    expect(signatureOf(call, appSecret)).toBe("723c6c2ff406be9a1b5359fb4f64e763");
    expect(gatewaySign("order.getOrderList", "1767225600")).toBe("723c6c2ff406be9a1b5359fb4f64e763");
  });

  it("of messages are the official one", () => {
    const headers = { "app-key": "xhs", timestamp: "1625475843" };
    const url = "https://hub.example/open_api/msg?canshu=test";
    expect(messageSignature(url, headers, "9a539709cafc1efc9ef05838be468a28")).toBe(
      "a7b7430de338783293443133ab9b9357",
    );
  });
});

describe("Xiaohongshu messages", () => {
  const webhooks = createWebhooks(settingsSchema.parse(settings), secrets);
  const meaning = (messages: unknown) =>
    webhooks.interpret("x", new TextEncoder().encode(JSON.stringify(messages)));

  it("several at once name what is to be fetched, and nothing in them is believed", () => {
    const data = (orderId: string) => JSON.stringify({ orderId, orderStatus: 9, totalPayAmount: 1 });
    expect(
      meaning([
        { msgTag: "msg_fulfillment_status_change", sellerId: "s", data: data("P1") },
        { msgTag: "msg_after_sale_create", sellerId: "s", data: data("P2") },
        { msgTag: "msg_fulfillment_status_change", sellerId: "s", data: data("P1") },
      ]),
    ).toEqual({ kind: "fetch", externalIds: ["P1", "P2"] });
    expect(meaning([{ msgTag: "msg_item_create", sellerId: "s", data: '{"itemId":"1"}' }]).kind).toBe(
      "ignore",
    );
    expect(meaning({ test: true }).kind).toBe("ignore");
  });

  it.each(["{", '{"orderId":{"unknown":1}}', "[]"])(
    "one that cannot be read, %j, does not take the others with it",
    (data) => {
      const good = { msgTag: "msg_fulfillment_status_change", sellerId: "s", data: '{"orderId":"P1"}' };
      const bad = { msgTag: "msg_of_another_kind", sellerId: "s", data };
      expect(meaning([bad, good])).toEqual({ kind: "fetch", externalIds: ["P1"] });
      expect(meaning([bad]).kind).toBe("unusable");
    },
  );

  it("what is no number of an order, nor a tag, is not passed on: the body is not signed", () => {
    const { fake } = startXiaohongshu(testRuntime());
    const ids = ["P1\u0000", "P 1", "<b>", "", "P".repeat(101), "订单", "P7"];
    const messages = ids.map((orderId) => ({ msgTag: "msg\u0000tag", data: JSON.stringify({ orderId }) }));
    expect(meaning(messages)).toEqual({ kind: "fetch", externalIds: ["P7"] });
    const delivery = fake.sign(new TextEncoder().encode(JSON.stringify(messages)));
    expect(webhooks.verify(delivery, "2026-11-22T08:00:00.000Z")).toMatchObject({
      verified: true,
      topic: "none",
    });
  });

  it("the retry after five minutes is the same message, the same text an hour later another", () => {
    const runtime = testRuntime({ start: "2026-11-22T08:00:00.000Z" });
    const { fake } = startXiaohongshu(runtime);
    const body = new TextEncoder().encode('[{"msgTag":"a","data":"{}"}]');
    const idAt = (offsetMs: number) => {
      const { nowMs } = runtime.clock;
      const later = startXiaohongshu({ ...runtime, clock: { nowMs: () => nowMs() + offsetMs } }).fake.sign(
        body,
      );
      const answer = webhooks.verify(later, instantOf(nowMs() + offsetMs));
      return answer.verified ? answer.deliveryId : answer.reason;
    };
    expect(fake.sign(body).headers.timestamp).toBe("1795334400");
    expect(idAt(300_000)).toBe(idAt(0));
    expect(idAt(3_600_000)).not.toBe(idAt(0));
  });

  it("for another application do not pass", () => {
    const delivery = startXiaohongshu(testRuntime()).fake.sign(new TextEncoder().encode("[]"));
    const other = createWebhooks(settingsSchema.parse({ ...settings, appId: "another-app-0002" }), secrets);
    expect(other.verify(delivery, "2026-11-22T08:00:00.000Z")).toEqual({
      verified: false,
      reason: "mismatch",
    });
  });
});

describe("testing a Xiaohongshu connection", () => {
  const told = async (spoil: (all: Started) => void) => {
    const all = await started();
    spoil(all);
    const result = await all.session.account.check(all.session.call());
    return result.ok ? result.value.account : `${result.kind}: ${result.message}`;
  };
  const failing = (words: string) => (all: Started) => all.fake.failNext("order.getOrderList", -1, words);
  it("says exactly what is wrong", async () => {
    expect(await told(() => undefined)).toBe("演示店铺 (demo_seller)");
    expect(await told(({ fake }) => fake.authorization.expire())).toMatch(
      /^auth: .*order\.getOrderList.*-103, the token/,
    );
    expect(await told(failing("签名错误"))).toMatch(/^auth: .*app-secret/);
    expect(await told(failing("没有权限调用该接口"))).toMatch(/^unsupported: .*permission/);
    expect(await told(failing("系统繁忙"))).toMatch(/^unavailable: /);
    expect(
      await told((all) => {
        all.fake.callsPerSecond = 0;
      }),
    ).toMatch(/^rate_limited: /);
    const noted = await told(failing("李四"));
    expect(noted).toMatch(/^invalid: .*error -1/);
    expect(noted, "the platform's prose can quote buyers").not.toMatch(/李四|138/);
  });

  it("a refresh token is good once", async () => {
    const { session, fake } = await started();
    const authorization = session.authorization()!;
    const first = fake.authorization.tokens();
    const renewed = successOf(await authorization.refresh!(first, session.call()));
    expect(renewed.extra).toEqual({ sellerId: "demo_seller", sellerName: "演示店铺" });
    expect(failureOf(await authorization.refresh!(first, session.call())).kind).toBe("auth");
  });
});
