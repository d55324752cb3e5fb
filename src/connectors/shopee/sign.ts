import { Buffer } from "node:buffer";
import { hmac } from "../toolkit/signatures.ts";

/**
 * Shopee signs neither parameters nor body: lower-case hex of HMAC-SHA256 with the partner key over partner id, path and seconds, and over
 * token and shop for calls to a shop, with nothing between (open.shopee.com, developer guide 16).
 */
export const signOf = (partnerKey: string, parts: readonly (Uint8Array | string)[]): string =>
  Buffer.from(hmac("sha256", partnerKey, parts)).toString("hex");

/** Parameters every call carries in its address, a POST too. Without token and shop: a public call. */
export function signedQuery(
  path: string,
  nowMs: number,
  { partnerId, partnerKey }: { partnerId: string; partnerKey: string },
  shop?: { accessToken: string; shopId: string },
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const parts = [partnerId, path, timestamp, ...(shop ? [shop.accessToken, shop.shopId] : [])];
  return {
    partner_id: partnerId,
    timestamp,
    sign: signOf(partnerKey, parts),
    ...(shop ? { access_token: shop.accessToken, shop_id: shop.shopId } : {}),
  };
}
