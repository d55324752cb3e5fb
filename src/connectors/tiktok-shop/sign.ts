import { Buffer } from "node:buffer";
import type { Outgoing } from "../toolkit/http.ts";
import { hmac } from "../toolkit/signatures.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/**
 * Lower-case hex of HMAC-SHA256 with the app secret over secret, path, sorted parameters as name and un-encoded value, body,
 * secret, with nothing between (Partner Center, "Sign your API request", read 2026-11-22). A GET has no body.
 */
export function signOf(
  appSecret: string,
  path: string,
  query: Iterable<readonly [string, string]>,
  body = "",
): string {
  const named = [...query]
    .filter(([name]) => name !== "sign" && name !== "access_token" && name !== "x-tts-access-token")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flat();
  return hex(hmac("sha256", appSecret, [appSecret, path, ...named, body, appSecret]));
}

/** Adds what every call carries in its address: `extra`, the time in whole seconds, the signature. */
export function signed(
  outgoing: Outgoing,
  appSecret: string,
  extra: Readonly<Record<string, string>>,
  nowMs: number,
): Outgoing {
  const url = new URL(outgoing.url);
  for (const [name, value] of Object.entries(extra)) url.searchParams.set(name, value);
  url.searchParams.set("timestamp", String(Math.floor(nowMs / 1000)));
  url.searchParams.set("sign", signOf(appSecret, url.pathname, url.searchParams, outgoing.body));
  return { ...outgoing, url: url.href };
}

/** Webhooks: over app key and raw body. It is an HMAC, whatever some pages say; the official vector settles it. */
export const webhookSignature = (appKey: string, appSecret: string, body: Uint8Array): string =>
  hex(hmac("sha256", appSecret, [appKey, body]));
