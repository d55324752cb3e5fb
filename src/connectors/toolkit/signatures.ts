import { Buffer } from "node:buffer";
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";

/** HMAC and comparison for webhook signatures. node:crypto also exists on Workers (nodejs_compat) and is synchronous. */

export type HashName = "sha256" | "sha1" | "sha512" | "md5";

/** A key to be used often: an HMAC from raw bytes costs five times as much (27 against 5 microseconds). */
export const hmacKey = (bytes: Uint8Array): KeyObject => createSecretKey(bytes);

/** HMAC over the parts as if they were joined; bytes are taken as they are, so the raw body needs no decoding. */
export function hmac(
  hash: HashName,
  key: KeyObject | Uint8Array | string,
  parts: readonly (Uint8Array | string)[],
): Uint8Array {
  const mac = createHmac(hash, key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/** Constant time for equal lengths. The length of a signature is public, so it is compared first. */
export function constantTimeEqual(a: Uint8Array | string, b: Uint8Array | string): boolean {
  const left = bytesOf(a);
  const right = bytesOf(b);
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
}

const encoder = new TextEncoder();

const bytesOf = (value: Uint8Array | string): Uint8Array =>
  typeof value === "string" ? encoder.encode(value) : value;

/** Standard base64 with padding, or null. Node's own decoder skips junk without a word. */
export function strictBase64(text: string): Uint8Array | null {
  if (text.length === 0 || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  return Buffer.from(text, "base64");
}

export const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
