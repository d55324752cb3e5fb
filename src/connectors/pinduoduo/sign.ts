import { createHash } from "node:crypto";

/**
 * Uppercase MD5 over all that is sent but `sign`, names in byte order, each followed by its value, the secret before and after. Pure.
 * open.pinduoduo.com, document 8EC06C399636041E, read 2026-11-22.
 */
export function signatureOf(parameters: Readonly<Record<string, string>>, secret: string): string {
  const text = Object.keys(parameters)
    .filter((name) => name !== "sign")
    .sort()
    .map((name) => `${name}${parameters[name]}`)
    .join("");
  return createHash("md5").update(`${secret}${text}${secret}`).digest("hex").toUpperCase();
}
