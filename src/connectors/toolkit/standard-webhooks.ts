import type { KeyObject } from "node:crypto";
import type { Instant } from "../../core/clock.ts";
import { instantOf, msOf } from "../../core/clock.ts";
import type { RawDelivery } from "../contract.ts";
import { constantTimeEqual, hmac, hmacKey, strictBase64, toBase64 } from "./signatures.ts";

/**
 * Standard Webhooks 1.0.0, symmetric part (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md, read
 * 2026-08). Our own lines instead of `standardwebhooks`' `verify`, because that one reads the machine's clock; the package
 * is the oracle in the tests.
 */

/** The window the reference libraries use, both ways. */
const toleranceSeconds = 5 * 60;

/** A rotation puts two signatures into the header; more than this is not a rotation. */
const maxSignatures = 16;

export type StandardVerification =
  | { verified: true; id: string; sentAt: Instant }
  | { verified: false; reason: "no_secret" | "missing_header" | "stale" | "mismatch" | "malformed" };

/**
 * The HMAC key inside `whsec_<base64>`: the decoded bytes, not the text. Null unless 24 to 64 bytes, as the
 * specification asks for. The prefix may be left out.
 */
export function webhookKey(secret: string): Uint8Array | null {
  const key = strictBase64(secret.startsWith("whsec_") ? secret.slice("whsec_".length) : secret);
  return key && key.byteLength >= 24 && key.byteLength <= 64 ? key : null;
}

/** The keys of those secrets that are given and fit; made once, used for every delivery. */
export const webhookKeys = (secrets: readonly unknown[]): KeyObject[] =>
  secrets.flatMap((secret) => {
    const key = typeof secret === "string" ? webhookKey(secret) : null;
    return key ? [hmacKey(key)] : [];
  });

/**
 * Checks `webhook-id`, `webhook-timestamp` and `webhook-signature` over the raw body. Passes when any v1 signature of
 * the header fits any of `keys` (of the current and the previous secret). Pure, and never throws.
 */
export function verifyStandardWebhook(
  delivery: Pick<RawDelivery, "body" | "headers">,
  keys: readonly KeyObject[],
  now: Instant,
): StandardVerification {
  if (keys.length === 0) return refused("no_secret");
  const id = delivery.headers["webhook-id"];
  const timestamp = delivery.headers["webhook-timestamp"];
  const signatures = delivery.headers["webhook-signature"];
  if (!id || !timestamp || !signatures) return refused("missing_header");
  // A dot in the id would let the parts of the signed text be cut in another place.
  if (!/^[\x21-\x2d\x2f-\x7e]{1,256}$/.test(id) || !/^\d{1,11}$/.test(timestamp)) return refused("malformed");
  const sentSeconds = Number(timestamp);
  if (Math.abs(Math.floor(msOf(now) / 1000) - sentSeconds) > toleranceSeconds) return refused("stale");
  const given = signatures
    .split(" ", maxSignatures)
    .filter((token) => token.startsWith("v1,"))
    .map((token) => token.slice("v1,".length));
  for (const key of keys) {
    const expected = toBase64(hmac("sha256", key, [`${id}.${timestamp}.`, delivery.body]));
    if (given.some((signature) => constantTimeEqual(signature, expected))) {
      return { verified: true, id, sentAt: instantOf(sentSeconds * 1000) };
    }
  }
  return refused("mismatch");
}

const refused = (
  reason: Extract<StandardVerification, { verified: false }>["reason"],
): StandardVerification => ({
  verified: false,
  reason,
});
