import { createHash } from "node:crypto";
import { z } from "zod";
import { isSluiceError } from "../../core/errors.ts";
import type { Webhooks } from "../contract.ts";
import { issuesOf } from "../toolkit/http.ts";
import { parseStrictJson } from "../toolkit/json.ts";
import { constantTimeEqual } from "../toolkit/signatures.ts";
import type { LazadaSecrets, LazadaSettings } from "./settings.ts";
import { pushSignOf } from "./sign.ts";
import { id, isOrderId } from "./wire.ts";

const pushSchema = z.object({
  seller_id: id.optional(),
  message_type: z.int(),
  site: z.string().optional(),
  data: z.object({ trade_order_id: id.optional() }).optional(),
});

/** Trade orders, reverse orders, fulfilment orders. */
const ofOrders: ReadonlySet<number> = new Set([0, 10, 14]);

/** Signed without a time, and without an id: the digest of the body is one. Pushes come again, in any order, and do not cover all changes of returns. */
export function createWebhooks(settings: LazadaSettings, secrets: LazadaSecrets): Webhooks {
  const keys = [secrets.appSecret, secrets.previousAppSecret].filter((key) => key !== undefined);
  return {
    verify({ headers, body }) {
      const signature = headers.authorization;
      if (!signature) return { verified: false, reason: "missing_header" };
      const fits = keys.some((key) => constantTimeEqual(signature, pushSignOf(key, settings.appKey, body)));
      if (!fits) return { verified: false, reason: "mismatch" };
      const read = readBody(body);
      return {
        verified: true,
        deliveryId: createHash("sha256").update(body).digest("hex"),
        topic: read.ok ? `push-${read.value.message_type}` : "unreadable",
      };
    },

    interpret(_topic, body) {
      const read = readBody(body);
      if (!read.ok) return { kind: "unusable", reason: read.reason };
      const { seller_id, message_type, site, data } = read.value;
      if (!ofOrders.has(message_type))
        return { kind: "ignore", reason: `Pushes of type ${message_type} are not used.` };
      if (seller_id !== undefined && seller_id !== settings.sellerId)
        return { kind: "ignore", reason: "The push is about another store." };
      if (site !== undefined && site !== `lazada_${settings.country}`)
        return { kind: "ignore", reason: "The push is about a store in another country." };
      const orderId = data?.trade_order_id;
      if (orderId === undefined || !isOrderId(orderId))
        return { kind: "unusable", reason: "The push names no order." };
      return { kind: "fetch", externalIds: [orderId] };
    },
    acknowledgement: { status: 200, body: "", contentType: "text/plain" },
  };
}

function readBody(body: Uint8Array) {
  try {
    const parsed = pushSchema.safeParse(parseStrictJson(body));
    if (parsed.success) return { ok: true as const, value: parsed.data };
    return { ok: false as const, reason: `This is no push of Lazada's: ${issuesOf(parsed.error)}` };
  } catch (error) {
    return {
      ok: false as const,
      reason: isSluiceError(error) ? error.message : "The delivery could not be read.",
    };
  }
}
