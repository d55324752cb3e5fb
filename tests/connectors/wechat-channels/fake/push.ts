import { createCipheriv, createHash } from "node:crypto";
import type { RawDelivery } from "../../../../src/connectors/contract.ts";
import type { TestRuntime } from "../../../support/runtime.ts";

/** WeChat's message push in the encrypted mode, and its question whether the hub is there. */

export const appId = "wx0000000000000001";
export const token = "testtoken";
export const encodingAesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
export const userName = "gh_0123456789ab";

const hubUrl = "https://hub.example/webhooks/c1";

export function digest(values: string[]): string {
  const hash = createHash("sha1");
  for (const value of values.toSorted()) hash.update(value);
  return hash.digest("hex");
}

/** Sixteen random bytes, the length, the message and the AppID, filled up to whole blocks of 32. */
export function encrypted(message: Uint8Array, random: Uint8Array): string {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  const bare = Buffer.concat([random, length, message, Buffer.from(appId)]);
  const fill = 32 - (bare.length % 32);
  const key = Buffer.from(`${encodingAesKey}=`, "base64");
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16));
  cipher.setAutoPadding(false);
  return Buffer.concat([
    cipher.update(bare),
    cipher.update(Buffer.alloc(fill, fill)),
    cipher.final(),
  ]).toString("base64");
}

export function createPush(runtime: TestRuntime) {
  let sent = 0;
  const sign = (message: Uint8Array): RawDelivery => {
    sent += 1;
    const Encrypt = encrypted(message, runtime.random.bytes(16));
    const timestamp = String(Math.floor(runtime.clock.nowMs() / 1000));
    const nonce = `nonce${sent}`;
    const query = new URLSearchParams({
      signature: digest([token, timestamp, nonce]),
      timestamp,
      nonce,
      openid: "o_x",
      encrypt_type: "aes",
      msg_signature: digest([token, timestamp, nonce, Encrypt]),
    });
    return {
      body: new TextEncoder().encode(JSON.stringify({ ToUserName: userName, Encrypt })),
      headers: { "content-type": "application/json" },
      url: `${hubUrl}?${query}`,
    };
  };
  /** Order ids are written as numbers, beyond what a double keeps. */
  const deliver = (event: string, orderId: string): RawDelivery => {
    const createTime = Math.floor(runtime.clock.nowMs() / 1000);
    const inner = event.includes("aftersale")
      ? `"finder_shop_aftersale_status_update":{"after_sale_order_id":1,"order_id":${orderId},"status":"MERCHANT_REFUND_SUCCESS"}`
      : `"order_info":{"order_id":${orderId},"pay_time":${createTime}}`;
    const text = `{"ToUserName":"${userName}","FromUserName":"o_x","CreateTime":${createTime},"MsgType":"event","Event":"${event}",${inner}}`;
    return sign(new TextEncoder().encode(text));
  };
  const ask = (change: Record<string, string | undefined> = {}): RawDelivery => {
    const timestamp = String(Math.floor(runtime.clock.nowMs() / 1000));
    const asked: Record<string, string | undefined> = {
      signature: digest([token, timestamp, "nonce01"]),
      timestamp,
      nonce: "nonce01",
      echostr: "4137925487209463418",
      ...change,
    };
    const given = Object.entries(asked).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return {
      method: "GET",
      body: new Uint8Array(),
      headers: {},
      url: `${hubUrl}?${new URLSearchParams(given)}`,
    };
  };
  const probe = () => ({
    request: ask(),
    answer: { status: 200, body: "4137925487209463418", contentType: "text/plain" },
    spoilt: [
      ask({ signature: undefined }),
      ask({ signature: digest(["another", "1795334400", "nonce01"]) }),
      ask({ nonce: "nonce02" }),
      ask({ timestamp: "1" }),
      ask({ echostr: undefined }),
      ask({ echostr: "<script>" }),
    ],
  });
  return { sign, deliver, probe };
}
