import { z } from "zod";
import { isSluiceError } from "../../core/errors.ts";
import type { Webhooks } from "../contract.ts";
import { issuesOf } from "../toolkit/http.ts";
import { parseStrictJson } from "../toolkit/json.ts";
import { verifyStandardWebhook, webhookKeys } from "../toolkit/standard-webhooks.ts";
import type { AmazonSecrets, AmazonSettings } from "./settings.ts";
import { isOrderId } from "./wire.ts";

const notificationSchema = z.object({
  NotificationType: z.string(),
  Payload: z.object({
    OrderChangeNotification: z
      .object({ SellerId: z.string().nullish(), AmazonOrderId: z.string() })
      .optional(),
  }),
});

/**
 * Amazon sends notifications to queues of AWS only. A small forwarder behind the queue (`docs/amazon.md`) sends them here unchanged, signed as
 * Standard Webhooks. They come at least once, in any order, and say less than the order does, so only its id is taken.
 */
export function createWebhooks({ sellerId }: AmazonSettings, secrets: AmazonSecrets): Webhooks {
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
      const { NotificationType: type, Payload } = read.value;
      if (type !== "ORDER_CHANGE")
        return { kind: "ignore", reason: `Notifications of type ${type.slice(0, 60)} are not used.` };
      const change = Payload.OrderChangeNotification;
      if (!change || !isOrderId(change.AmazonOrderId))
        return { kind: "unusable", reason: "The notification names no order." };
      if (change.SellerId && change.SellerId !== sellerId)
        return { kind: "ignore", reason: "The notification is about another seller." };
      return { kind: "fetch", externalIds: [change.AmazonOrderId] };
    },
  };
}

/** A label for people and counters; `interpret` reads the type again for itself. */
function topicOf(body: Uint8Array): string {
  const read = readBody(body);
  return read.ok && /^\w{1,100}$/.test(read.value.NotificationType)
    ? read.value.NotificationType
    : "unreadable";
}

function readBody(body: Uint8Array) {
  try {
    const parsed = notificationSchema.safeParse(parseStrictJson(body));
    if (parsed.success) return { ok: true as const, value: parsed.data };
    return { ok: false as const, reason: `This is no notification of Amazon's: ${issuesOf(parsed.error)}` };
  } catch (error) {
    return {
      ok: false as const,
      reason: isSluiceError(error) ? error.message : "The delivery could not be read.",
    };
  }
}
