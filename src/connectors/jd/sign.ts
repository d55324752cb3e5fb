import { createHash } from "node:crypto";
import { instantOf } from "../../core/clock.ts";
import { localText } from "../toolkit/time.ts";

/** The gateway's signature and time (open.jd.com, developer guide 2643, with its vector). Pure. */

export const timeZone = "Asia/Shanghai";

/**
 * Upper-case MD5 over all parameters that are sent, sorted by name and joined without marks, between two copies of the secret.
 * Plain MD5, no HMAC: the HMAC variants printed in the guide do not give their own results.
 */
export function signatureOf(parameters: Readonly<Record<string, string>>, appSecret: string): string {
  const text = Object.keys(parameters)
    .sort()
    .map((name) => `${name}${parameters[name]}`)
    .join("");
  return createHash("md5").update(`${appSecret}${text}${appSecret}`).digest("hex").toUpperCase();
}

/** `2021-05-07 09:20:39.683+0800`: with its zone, so that it holds wherever the hub runs. Six minutes either way are accepted. */
export const timestampOf = (nowMs: number): string =>
  `${localText(instantOf(nowMs), timeZone)}.${String(nowMs % 1000).padStart(3, "0")}+0800`;
