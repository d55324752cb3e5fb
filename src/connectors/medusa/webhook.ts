import { isSluiceError } from "../../core/errors.ts";
import { externalIdSchema } from "../../core/model/primitives.ts";
import type { Webhooks } from "../contract.ts";
import { issuesOf } from "../toolkit/http.ts";
import { parseStrictJson } from "../toolkit/json.ts";
import { verifyStandardWebhook, webhookKeys } from "../toolkit/standard-webhooks.ts";
import type { MedusaSecrets } from "./settings.ts";
import { deliverySchema } from "./wire.ts";

/** Medusa sends nothing by itself; a small subscriber in the Medusa project does (`docs/medusa.md`). It sends ids only. */
export function createWebhooks(secrets: MedusaSecrets): Webhooks {
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
      const orderId = externalIdSchema.safeParse(
        data.order_id ?? (type.startsWith("order.") ? data.id : null),
      );
      if (orderId.success) return { kind: "fetch", externalIds: [orderId.data] };
      return {
        kind: "ignore",
        reason: `Deliveries of type ${type} without order_id are not used; the pull finds the change.`,
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
