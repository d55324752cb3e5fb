import type { z } from "zod";
import { isSluiceError } from "../../core/errors.ts";
import type { Interpretation, Webhooks } from "../contract.ts";
import { issuesOf } from "./http.ts";
import { parseStrictJson } from "./json.ts";
import { verifyStandardWebhook, webhookKeys } from "./standard-webhooks.ts";

/** Standard Webhooks that name an order by id, as a small plugin in the shop's own project sends them. */
export function createIdWebhooks<Delivery extends { type: string }>(
  schema: z.ZodType<Delivery>,
  secrets: { webhookSecret?: string | undefined; previousWebhookSecret?: string | undefined },
  meaningOf: (delivery: Delivery) => Interpretation,
): Webhooks {
  const keys = webhookKeys([secrets.webhookSecret, secrets.previousWebhookSecret]);
  return {
    verify(delivery, now) {
      const result = verifyStandardWebhook(delivery, keys, now);
      if (!result.verified) return result;
      const topic = topicOf(readBody(schema, delivery.body));
      return { verified: true, deliveryId: result.id, topic, sentAt: result.sentAt };
    },

    interpret(_topic, body) {
      const read = readBody(schema, body);
      return read.ok ? meaningOf(read.value) : { kind: "unusable", reason: read.reason };
    },
  };
}

type Read<Delivery> = { ok: true; value: Delivery } | { ok: false; reason: string };

/** A label for people and counters; `interpret` reads the type again for itself. */
const topicOf = (read: Read<{ type: string }>): string =>
  read.ok && /^[\w.-]{1,100}$/.test(read.value.type) ? read.value.type : "unreadable";

function readBody<Delivery>(schema: z.ZodType<Delivery>, body: Uint8Array): Read<Delivery> {
  try {
    const parsed = schema.safeParse(parseStrictJson(body));
    if (parsed.success) return { ok: true, value: parsed.data };
    return { ok: false, reason: `The delivery has no type and data: ${issuesOf(parsed.error)}` };
  } catch (error) {
    return { ok: false, reason: isSluiceError(error) ? error.message : "The delivery could not be read." };
  }
}
