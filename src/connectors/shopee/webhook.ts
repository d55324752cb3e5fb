import { createHash } from "node:crypto";
import { z } from "zod";
import { isSluiceError } from "../../core/errors.ts";
import type { Webhooks } from "../contract.ts";
import { issuesOf } from "../toolkit/http.ts";
import { parseStrictJson } from "../toolkit/json.ts";
import { constantTimeEqual } from "../toolkit/signatures.ts";
import type { ShopeeSecrets, ShopeeSettings } from "./settings.ts";
import { signOf } from "./sign.ts";
import { isOrderSn } from "./wire.ts";

/** The API says order_sn, pushes say ordersn. */
const pushSchema = z.object({
  code: z.int(),
  shop_id: z.int().optional(),
  data: z.object({ ordersn: z.string().optional(), order_sn: z.string().optional() }).optional(),
});

/** Pushes about an order: its status, its tracking number, its documents, its parcels. Others are not used. */
const ofOrders: ReadonlySet<number> = new Set([3, 4, 15, 30]);

/**
 * Signed over the callback's address as registered and the raw body, without a time. A push has no id of its own: the digest of its body is one.
 * The application has one address for all its shops; what is about another shop is left.
 */
export function createWebhooks({ shopId }: ShopeeSettings, secrets: ShopeeSecrets): Webhooks {
  const keys = [secrets.partnerKey, secrets.previousPartnerKey].filter((key) => key !== undefined);
  return {
    verify({ headers, body, url }) {
      const signature = headers.authorization;
      if (!signature) return { verified: false, reason: "missing_header" };
      const fits = keys.some((key) => constantTimeEqual(signature, signOf(key, [`${url}|`, body])));
      if (!fits) return { verified: false, reason: "mismatch" };
      const deliveryId = createHash("sha256").update(body).digest("hex");
      const read = readBody(body);
      return { verified: true, deliveryId, topic: read.ok ? `push-${read.value.code}` : "unreadable" };
    },

    interpret(_topic, body) {
      const read = readBody(body);
      if (!read.ok) return { kind: "unusable", reason: read.reason };
      const { code, shop_id, data } = read.value;
      if (!ofOrders.has(code)) return { kind: "ignore", reason: `Pushes of code ${code} are not used.` };
      if (shop_id !== undefined && String(shop_id) !== shopId)
        return { kind: "ignore", reason: "The push is about another shop." };
      const sn = data?.ordersn ?? data?.order_sn;
      if (sn === undefined || !isOrderSn(sn)) return { kind: "unusable", reason: "The push names no order." };
      return { kind: "fetch", externalIds: [sn] };
    },
    // Shopee wants an empty body.
    acknowledgement: { status: 200, body: "", contentType: "text/plain" },
  };
}

function readBody(body: Uint8Array) {
  try {
    const parsed = pushSchema.safeParse(parseStrictJson(body));
    if (parsed.success) return { ok: true as const, value: parsed.data };
    return { ok: false as const, reason: `This is no push of Shopee's: ${issuesOf(parsed.error)}` };
  } catch (error) {
    return {
      ok: false as const,
      reason: isSluiceError(error) ? error.message : "The delivery could not be read.",
    };
  }
}
