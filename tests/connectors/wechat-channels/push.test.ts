import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { openMessage, signatureOf } from "../../../src/connectors/wechat-channels/crypt.ts";
import vector from "../../fixtures/wechat-channels/message.json" with { type: "json" };
import { appId, digest, encodingAesKey, encrypted, token } from "./fake/push.ts";
import { openWechat } from "./session.ts";

/** The published package, which has no types. */
interface Judge {
  getSignature(timestamp: string, nonce: string, encrypt: string): string;
  decrypt(text: string): { message: string; id: string };
  encrypt(text: string): string;
}
const Crypt = createRequire(import.meta.url)("wechat-crypto") as new (
  token: string,
  key: string,
  id: string,
) => Judge;
const judge = new Crypt(vector.token, vector.encodingAesKey, vector.appId);

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const bytes = (message: string): Uint8Array => new TextEncoder().encode(message);

describe("messages of WeChat", () => {
  it("signatures are the vector's, on both sides and by the package", () => {
    const { timestamp, nonce, encrypt, msgSignature, signature } = vector;
    expect(signatureOf(vector.token, timestamp, nonce, encrypt)).toBe(msgSignature);
    expect(digest([vector.token, timestamp, nonce, encrypt])).toBe(msgSignature);
    expect(judge.getSignature(timestamp, nonce, encrypt)).toBe(msgSignature);
    expect(signatureOf(vector.token, timestamp, nonce)).toBe(signature);
  });

  it("the vector opens as the package opens it", () => {
    const opened = openMessage(vector.encrypt, vector.encodingAesKey);
    expect({ message: text(opened?.message), id: opened?.appId }).toEqual(judge.decrypt(vector.encrypt));
    expect(text(opened?.message)).toBe(vector.message);
  });

  it.each([0, 1, 11, 12, 13, 43, 44, 500, 100_000])(
    "what the package seals, of %i letters, opens",
    (length) => {
      const message = "订".repeat(length);
      const opened = openMessage(judge.encrypt(message), vector.encodingAesKey);
      expect([text(opened?.message), opened?.appId]).toEqual([message, vector.appId]);
    },
  );

  it("what the fake seals, the package opens", () => {
    const sealed = encrypted(bytes("一条消息"), new Uint8Array(16).fill(7));
    expect(new Crypt(token, encodingAesKey, appId).decrypt(sealed)).toEqual({
      message: "一条消息",
      id: appId,
    });
  });

  it.each([
    ["another key", vector.encrypt, "ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210abcdefg"],
    ["cut off", vector.encrypt.slice(0, 64), vector.encodingAesKey],
    ["no base64", "?????", vector.encodingAesKey],
    ["nothing", "", vector.encodingAesKey],
  ])("with %s nothing opens, and nothing throws", (_, sealed, key) =>
    expect(openMessage(sealed, key)).toBeNull(),
  );

  it("the vector passes as a delivery, and its id beyond 2^53 comes through whole", () => {
    const { account, verify } = openWechat();
    const { timestamp, nonce, msgSignature } = vector;
    const query = new URLSearchParams({ timestamp, nonce, msg_signature: msgSignature });
    const delivery = {
      body: bytes(JSON.stringify({ ToUserName: "gh_x", Encrypt: vector.encrypt })),
      headers: {},
      url: `https://hub.example/webhooks/c1?${query}`,
    };
    const answer = verify(delivery, "2026-01-01T00:00:05.000Z");
    expect(answer).toMatchObject({
      verified: true,
      topic: "channels_ec_order_pay",
      sentAt: "2026-01-01T00:00:00.000Z",
    });
    const content = (answer.verified ? answer.content : undefined) ?? new Uint8Array();
    expect(account().webhooks?.interpret("channels_ec_order_pay", content)).toEqual({
      kind: "fetch",
      externalIds: ["3705115058471208928"],
    });
  });

  it("pushed again under another signature, it is the same delivery", () => {
    const { push, verify } = openWechat();
    const message = bytes(vector.message.replace("gh_x", "gh_0123456789ab"));
    const [first, again] = [verify(push.sign(message)), verify(push.sign(message))];
    expect(first).toMatchObject({ verified: true });
    expect(again).toEqual(first);
  });

  it("another shop's message is refused, and so is one sent on to another address", () => {
    const { push, verify } = openWechat({ appId: "wx0000000000000002" });
    expect(verify(push.deliver("channels_ec_order_pay", "1"))).toEqual({
      verified: false,
      reason: "mismatch",
    });
    const own = openWechat();
    const delivery = own.push.deliver("channels_ec_order_pay", "1");
    const moved = text(delivery.body).replace("gh_0123456789ab", "gh_of_another");
    expect(own.verify({ ...delivery, body: bytes(moved) })).toEqual({ verified: false, reason: "mismatch" });
  });

  it("the plain mode, whose signature leaves out the body, is refused", () => {
    const { push, verify } = openWechat();
    const delivery = push.deliver("channels_ec_order_pay", "1");
    const url = new URL(delivery.url);
    for (const name of ["msg_signature", "encrypt_type"]) url.searchParams.delete(name);
    const body = bytes(vector.message);
    expect(verify({ ...delivery, url: url.href, body })).toEqual({
      verified: false,
      reason: "missing_header",
    });
  });

  it.each([
    ["channels_ec_order_new", "fetch"],
    ["channels_ec_order_cancel", "fetch"],
    ["channels_ec_order_deliver", "fetch"],
    ["channels_ec_aftersale_update", "fetch"],
    ["channels_ec_order_settle", "ignore"],
    ["channels_ec_stock_no_enough", "ignore"],
    ["something_new", "ignore"],
  ])("%s means %s", (event, kind) => {
    const { push, verify, account } = openWechat();
    const answer = verify(push.deliver(event, "3705115058471208928"));
    if (!answer.verified) throw new Error(answer.reason);
    const meaning = account().webhooks?.interpret(answer.topic, answer.content ?? new Uint8Array());
    expect(meaning).toMatchObject(
      kind === "fetch" ? { kind, externalIds: ["3705115058471208928"] } : { kind },
    );
  });
});
