import { Buffer } from "node:buffer";
import { createDecipheriv, createHash } from "node:crypto";

/** Signature and encryption of pushed messages (developers.weixin.qq.com, message push, encrypted mode). Pure. */

/** Lower hex of SHA-1 over the parts, sorted and joined. */
export const signatureOf = (...parts: readonly string[]): string =>
  createHash("sha1")
    .update([...parts].sort().join(""))
    .digest("hex");

export interface Opened {
  message: Uint8Array;
  appId: string;
}

const blockBytes = 32;

/**
 * AES-256-CBC under the key, whose first half is also the initial vector. Inside stand 16 random bytes, the message's length (4 bytes, big
 * end first), the message and the AppID. Null when it is not so: a wrong key, or not WeChat's making.
 */
export function openMessage(encrypted: string, encodingAesKey: string): Opened | null {
  const key = Buffer.from(`${encodingAesKey}=`, "base64");
  const bytes = Buffer.from(encrypted, "base64");
  if (key.length !== 32 || bytes.length < blockBytes || bytes.length % 16 !== 0) return null;
  const cipher = createDecipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([cipher.update(bytes), cipher.final()]);
  // PKCS7 with blocks of 32, which the cipher's own padding does not know.
  const padding = padded.at(-1) ?? 0;
  if (padding < 1 || padding > blockBytes || padding > padded.length - 20) return null;
  const plain = padded.subarray(0, padded.length - padding);
  const length = plain.readUInt32BE(16);
  if (length > plain.length - 20) return null;
  return {
    message: new Uint8Array(plain.subarray(20, 20 + length)),
    appId: plain.subarray(20 + length).toString("utf8"),
  };
}
