import { Buffer } from "node:buffer";
import { hmac } from "../toolkit/signatures.ts";

/**
 * Upper-case hex of HMAC-SHA256 over the path and all parameters, sorted by name and joined without anything between; empty ones are left out
 * (docs 108069). Values are signed as they are, before they are encoded.
 */
export function signOf(
  appSecret: string,
  path: string,
  parameters: Readonly<Record<string, string>>,
): string {
  const text = Object.keys(parameters)
    .filter((name) => name !== "sign" && parameters[name] !== "")
    .sort()
    .map((name) => `${name}${parameters[name]}`)
    .join("");
  return Buffer.from(hmac("sha256", appSecret, [path, text]))
    .toString("hex")
    .toUpperCase();
}

/** Pushes: lower-case hex over app key and raw body (docs 120168). */
export const pushSignOf = (appSecret: string, appKey: string, body: Uint8Array): string =>
  Buffer.from(hmac("sha256", appSecret, [appKey, body])).toString("hex");

/** The parameters of a call with those that go with every call, signed. The time is in milliseconds. */
export function signedParameters(
  path: string,
  nowMs: number,
  { appKey, appSecret }: { appKey: string; appSecret: string },
  parameters: Readonly<Record<string, string>>,
  accessToken?: string,
): Record<string, string> {
  const all = {
    ...parameters,
    app_key: appKey,
    timestamp: String(nowMs),
    sign_method: "sha256",
    ...(accessToken === undefined ? {} : { access_token: accessToken }),
  };
  return { ...all, sign: signOf(appSecret, path, all) };
}
