import { createHash } from "node:crypto";
import { z } from "zod";
import { isSluiceError } from "../../core/errors.ts";
import type { Webhooks } from "../contract.ts";
import { issuesOf } from "../toolkit/http.ts";
import { parseStrictJson } from "../toolkit/json.ts";
import { constantTimeEqual } from "../toolkit/signatures.ts";
import type { TiktokSecrets, TiktokSettings } from "./settings.ts";
import { webhookSignature } from "./sign.ts";
import { isId } from "./wire.ts";

const id = z.union([z.int().transform(String), z.string()]);
const bodySchema = z.object({
  type: z.int(),
  tts_notification_id: id.nullish(),
  shop_id: id.nullish(),
  data: z
    .object({
      order_id: id.nullish(),
      package_list: z.array(z.object({ order_id_list: z.array(id).nullish() })).nullish(),
    })
    .nullish(),
});

/** Order status, reversal (old), address, parcels, cancellation, return. They carry no facts worth keeping, so the orders are read. */
const ofOrders: ReadonlySet<number> = new Set([1, 2, 3, 4, 11, 12]);

/** Others that a person may look for. */
const reasons: Readonly<Record<number, string>> = {
  6: "The shop has taken its authorisation back; calls say so.",
  7: "The authorisation ends within 30 days; grant it again before.",
};

/**
 * Signed over app key and raw body, without a time. Newer messages have an id; of others the digest of the body is one. An application has
 * one address a type for all its shops: what is about another shop is left. `shopId` is known once access is granted.
 */
export function createWebhooks(
  { appKey }: TiktokSettings,
  secrets: TiktokSecrets,
  shopId: string | undefined,
): Webhooks {
  const keys = [secrets.appSecret, secrets.previousAppSecret].filter((key) => key !== undefined);
  return {
    verify({ headers, body }) {
      const signature = headers.authorization;
      if (!signature) return { verified: false, reason: "missing_header" };
      const fits = keys.some((key) => constantTimeEqual(signature, webhookSignature(appKey, key, body)));
      if (!fits) return { verified: false, reason: "mismatch" };
      const read = readBody(body);
      const deliveryId =
        (read.ok && read.value.tts_notification_id) || createHash("sha256").update(body).digest("hex");
      return { verified: true, deliveryId, topic: read.ok ? `type-${read.value.type}` : "unreadable" };
    },

    interpret(_topic, body) {
      const read = readBody(body);
      if (!read.ok) return { kind: "unusable", reason: read.reason };
      const { type, shop_id, data } = read.value;
      if (!ofOrders.has(type))
        return { kind: "ignore", reason: reasons[type] ?? `Messages of type ${type} are not used.` };
      if (shop_id && shopId !== undefined && shop_id !== shopId)
        return { kind: "ignore", reason: "The message is about another shop." };
      const named = [data?.order_id, ...(data?.package_list ?? []).flatMap((one) => one.order_id_list ?? [])];
      const externalIds = [
        ...new Set(named.filter((one) => typeof one === "string" && isId(one))),
      ] as string[];
      return externalIds.length > 0
        ? { kind: "fetch", externalIds }
        : { kind: "unusable", reason: "The message names no order." };
    },
    acknowledgement: { status: 200, body: "", contentType: "text/plain" },
  };
}

function readBody(body: Uint8Array) {
  try {
    const parsed = bodySchema.safeParse(parseStrictJson(body, { largeIntegersAsText: true }));
    if (parsed.success) return { ok: true as const, value: parsed.data };
    return { ok: false as const, reason: `This is no message of TikTok Shop's: ${issuesOf(parsed.error)}` };
  } catch (error) {
    return {
      ok: false as const,
      reason: isSluiceError(error) ? error.message : "The delivery could not be read.",
    };
  }
}
