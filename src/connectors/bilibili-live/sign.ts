import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { OpenContext } from "../contract.ts";
import { hmac } from "../toolkit/signatures.ts";
import type { BilibiliSecrets } from "./settings.ts";

/** Signature version 1.0 of the live open platform. Pure. */

export interface Signing extends Pick<BilibiliSecrets, "accessKeyId" | "accessKeySecret"> {
  /** The exact text that is sent. */
  body: string;
  /** Never used before. */
  nonce: string;
  /** Unix seconds; the platform accepts ten minutes either way. */
  timestamp: number;
}

/** The headers that make a request authentic. */
export function signedHeaders({
  accessKeyId,
  accessKeySecret,
  body,
  nonce,
  timestamp,
}: Signing): Record<string, string> {
  // Signed in this order.
  const signed = {
    "x-bili-accesskeyid": accessKeyId,
    "x-bili-content-md5": createHash("md5").update(body).digest("hex"),
    "x-bili-signature-method": "HMAC-SHA256",
    "x-bili-signature-nonce": nonce,
    "x-bili-signature-version": "1.0",
    "x-bili-timestamp": String(timestamp),
  };
  const text = Object.entries(signed)
    .map(([name, value]) => `${name}:${value}`)
    .join("\n");
  return { ...signed, authorization: Buffer.from(hmac("sha256", accessKeySecret, [text])).toString("hex") };
}

/** 128 random bits: the platform refuses a nonce it has seen. */
export const newNonce = (random: OpenContext["random"]): string =>
  Buffer.from(random.bytes(16)).toString("hex");
