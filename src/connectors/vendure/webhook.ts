import { isSluiceError } from "../../core/errors.ts";
import type { Webhooks } from "../contract.ts";
import { issuesOf } from "../toolkit/http.ts";
import { parseStrictJson } from "../toolkit/json.ts";
import { verifyStandardWebhook, webhookKeys } from "../toolkit/standard-webhooks.ts";
import type { VendureSecrets } from "./settings.ts";
import { deliverySchema, isId } from "./wire.ts";

/** Vendure sends nothing by itself; a small plugin in the Vendure project does (`docs/vendure.md`). It sends ids only. */
export function createWebhooks(secrets: VendureSecrets): Webhooks {
  const keys = webhookKeys([secrets.webhookSecret, secrets.previousWebhookSecret]);
  return {
    verify(delivery, now) {
      const result = verifyStandardWebhook(delivery, keys, now);
      if (!result.verified) return result;
      return { verified: true, deliveryId: result.id, topic: topicOf(delivery.body), sentAt: result.sentAt };
    },

    interpret(_topic, body) {
      const read = readBody(body);
      if (!read.ok) return { kind: "unusable", reason: read.reason };
      const { type, data } = read.value;
      if (data.orderId !== undefined && isId(data.orderId))
        return { kind: "fetch", externalIds: [data.orderId] };
      return {
        kind: "ignore",
        reason: `Deliveries of type ${type} without orderId are not used; the pull finds the change.`,
      };
    },
  };
}

/** A label for people and counters; `interpret` reads the type again for itself. */
function topicOf(body: Uint8Array): string {
  const read = readBody(body);
  return read.ok && /^[\w.-]{1,100}$/.test(read.value.type) ? read.value.type : "unreadable";
}

function readBody(body: Uint8Array) {
  try {
    const parsed = deliverySchema.safeParse(parseStrictJson(body));
    if (parsed.success) return { ok: true as const, value: parsed.data };
    return { ok: false as const, reason: `The delivery has no type and data: ${issuesOf(parsed.error)}` };
  } catch (error) {
    return {
      ok: false as const,
      reason: isSluiceError(error) ? error.message : "The delivery could not be read.",
    };
  }
}
