import { hmac, toBase64 } from "../toolkit/signatures.ts";

/** System parameters that take part, beside `param`, the business parameters as one JSON text. */
export interface SignedCall {
  access_token: string;
  appkey: string;
  method: string;
  param: string;
  signMethod: "HMAC_SHA256";
  /** Unix milliseconds. */
  timestamp: string;
  version: string;
}

/** Base64 of HMAC-SHA256 (open.kwaixiaodian.com, read 2026-11-22). The secret is the key, and ends the text as well. Pure. */
export function signatureOf(call: SignedCall, signSecret: string): string {
  const pairs = Object.entries(call)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`);
  return toBase64(hmac("sha256", signSecret, [[...pairs, `signSecret=${signSecret}`].join("&")]));
}
