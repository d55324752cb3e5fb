import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { hmac } from "../toolkit/signatures.ts";

/** How Douyin signs calls and messages (op.jinritemai.com guide-docs/10/23 and 153/99, read 2026-11-22). Pure. */

/** With keys in order at every depth, which is how the platform writes parameters before it checks their signature. */
export function inKeyOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inKeyOrder);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, inKeyOrder(part)]));
}

export interface SignedCall {
  appKey: string;
  method: string;
  /** The body, byte for byte. */
  paramJson: string;
  /** Unix seconds. */
  timestamp: string;
}

/** Lower hex HMAC-SHA256. The secret is the key, and stands around the text as well. */
export function signatureOf({ appKey, method, paramJson, timestamp }: SignedCall, secret: string): string {
  const text = `app_key${appKey}method${method}param_json${paramJson}timestamp${timestamp}v2`;
  return Buffer.from(hmac("sha256", secret, [secret, text, secret])).toString("hex");
}

/** Lower hex MD5 of app_key, raw body and secret: the header `event-sign` of a message. */
export const messageSignature = (appKey: string, body: Uint8Array, secret: string): string =>
  createHash("md5").update(appKey).update(body).update(secret).digest("hex");
