import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { signatureOf } from "../../../src/connectors/kuaishou/sign.ts";
import { createWebhooks, opened } from "../../../src/connectors/kuaishou/webhook.ts";
import { instantOf } from "../../../src/core/clock.ts";
import { testRuntime } from "../../support/runtime.ts";
import { gatewaySign, messageKey, signSecret } from "./fake/server.ts";
import { secrets, startKuaishou } from "./subject.ts";

const publicClient = createRequire(import.meta.url)(
  "kuaishou-merchant-open-api",
) as typeof import("kuaishou-merchant-open-api");

describe("Kuaishou signatures", () => {
  const call = {
    access_token: "test_access_token",
    appkey: "ks000000000000000001",
    method: "open.order.cursor.list",
    param:
      '{"orderViewStatus":1,"pageSize":50,"sort":2,"queryType":2,"beginTime":1767222000000,"endTime":1767225600000,"cpsType":0,"cursor":""}',
    signMethod: "HMAC_SHA256",
    timestamp: "1767225600000",
    version: "1",
  } as const;

  it("are the published one, here and at the fake gateway", () => {
    expect(signatureOf(call, signSecret)).toBe("ljiXBRAa/Zu42gIiD+tXdZseHvAIEFuDN/wo9r+02NA=");
    expect(gatewaySign(call)).toBe("ljiXBRAa/Zu42gIiD+tXdZseHvAIEFuDN/wo9r+02NA=");
  });

  it("are those of the public client, whatever is asked", () => {
    const judge = new publicClient.default({ appKey: call.appkey, appSecret: "a", signSecret });
    for (const param of ["{}", '{"a":"中文 & +/=?😀"}', call.param]) {
      const theirs = judge.generateSign({
        appkey: call.appkey,
        signSecret,
        method: call.method,
        signMethod: "HMAC_SHA256",
        timestamp: 1767225600000,
        version: 1,
        accessToken: call.access_token,
        param,
      });
      expect(signatureOf({ ...call, param }, signSecret)).toBe(theirs);
    }
  });
});

describe("Kuaishou messages", () => {
  const published =
    "Hdq6y3NOqFv0Aj9StsYk4GOmhvXHkvHpoAxQ2dXeC5jY4Jyy+XD1oCQJtF8i6Kff9Z6Ry1dZRM5JFVK6C+czSYG0TOh1nxSrtR3oE3x/K/VQwTh/+xZS8ioag0zAG0idBPUjPmOax6GMcpXRe5HPDA==";
  const plain =
    '{"eventId":"e-1","msgId":"m-1","event":"kwaishop_order_paySuccess","info":"{\\"oid\\":2536900000001}"}';
  const webhooks = createWebhooks(secrets);
  const bytes = (text: string) => new TextEncoder().encode(text);

  it("open as published, and the fake seals the same", () => {
    expect(new TextDecoder().decode(opened(bytes(published), messageKey) ?? undefined)).toBe(plain);
    expect(new TextDecoder().decode(startKuaishou(testRuntime()).fake.seal(bytes(plain)).body)).toBe(
      published,
    );
    const answer = webhooks.verify(
      { body: bytes(published), headers: {}, url: "https://hub.example" },
      instantOf(0),
    );
    expect(answer).toMatchObject({ verified: true, deliveryId: "e-1", topic: "kwaishop_order_paySuccess" });
    if (!answer.verified || !answer.content) throw new Error("not opened");
    expect(webhooks.interpret(answer.topic, answer.content)).toEqual({
      kind: "fetch",
      externalIds: ["2536900000001"],
    });
  });

  it("of a key of 32 bytes open, too; of another key they do not", () => {
    const other = "ZmVkY2JhOTg3NjU0MzIxMA==";
    expect(opened(bytes(published), other)).toBeNull();
    const long = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    expect(opened(bytes(published), long)).toBeNull();
  });

  it("a heartbeat and messages of goods need nothing", () => {
    expect(webhooks.interpret("test", bytes('{"test":true}')).kind).toBe("ignore");
    expect(webhooks.interpret("x", bytes('{"event":"kwaishop_item_x","info":"{\\"itemId\\":1}"}')).kind).toBe(
      "ignore",
    );
  });
});
