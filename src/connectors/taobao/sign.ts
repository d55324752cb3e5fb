import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { hmac } from "../toolkit/signatures.ts";

/** Signatures of the open platform, both ways. Pure. open.taobao.com articleId 101617, read 2026-11-22. */

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex").toUpperCase();

const md5 = (text: string): Uint8Array => createHash("md5").update(text).digest();

/** Names in byte order, each followed by its value. What has no value takes no part. */
const joined = (parameters: Readonly<Record<string, string>>): string =>
  Object.keys(parameters)
    .filter((name) => name !== "sign" && name !== "" && parameters[name] !== "")
    .sort()
    .map((name) => `${name}${parameters[name]}`)
    .join("");

/** Over everything that is sent but `sign`, values as they are before they are encoded. Goes by `sign_method` among them. */
export function signatureOf(parameters: Readonly<Record<string, string>>, secret: string): string {
  const text = joined(parameters);
  switch (parameters.sign_method) {
    case "hmac-sha256":
      return hex(hmac("sha256", secret, [text]));
    case "hmac":
      return hex(hmac("md5", secret, [text]));
    default:
      return hex(md5(`${secret}${text}${secret}`));
  }
}

/** Of a call the platform makes to us: parameters of the address and the headers it lists, then the raw body. */
export const callSignature = (
  parameters: Readonly<Record<string, string>>,
  body: Uint8Array,
  secret: string,
): string =>
  hex(
    createHash("md5")
      .update(`${secret}${joined(parameters)}`)
      .update(body)
      .update(secret)
      .digest(),
  );
