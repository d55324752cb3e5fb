import { createHash } from "node:crypto";

/** How Xiaohongshu signs (open.xiaohongshu.com developer guides 39 and 41, read 2026-11-22). Pure. */

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

/** Names in order, `name=value`, joined by `&`. */
const joined = (parameters: Readonly<Record<string, string>>): string =>
  Object.keys(parameters)
    .sort()
    .map((name) => `${name}=${parameters[name]}`)
    .join("&");

/** Lower hex MD5. Only these four take part: neither the token nor what is asked for. `timestamp` is Unix seconds. */
export const signatureOf = (
  { method, appId, timestamp }: { method: string; appId: string; timestamp: string },
  appSecret: string,
): string => md5(`${method}?${joined({ appId, timestamp, version: "2.0" })}${appSecret}`);

/** Of a message: the path of our address, its own parameters and the two headers. The body takes no part. */
export function messageSignature(
  url: string,
  headers: { "app-key": string; timestamp: string },
  appSecret: string,
): string {
  const { pathname, searchParams } = new URL(url);
  return md5(`${pathname}?${joined({ ...Object.fromEntries(searchParams), ...headers })}${appSecret}`);
}
