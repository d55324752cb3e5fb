import { isSluiceError } from "../../core/errors.ts";
import type { Interpretation, Webhooks } from "../contract.ts";
import { issuesOf } from "../toolkit/http.ts";
import { parseStrictJson } from "../toolkit/json.ts";
import { verifyStandardWebhook, webhookKeys } from "../toolkit/standard-webhooks.ts";
import { interpretComments, isCommentType } from "./comments.ts";
import type { GenericSecrets } from "./settings.ts";
import { changedSchema, deliverySchema, readOrder } from "./wire.ts";

/** `order.upserted` carries the whole order; `order.changed` only says which orders to fetch. */
export function createWebhooks(secrets: GenericSecrets): Webhooks {
  const keys = webhookKeys([secrets.webhookSecret, secrets.previousWebhookSecret]);
  return {
    verify(delivery, now) {
      const result = verifyStandardWebhook(delivery, keys, now);
      if (!result.verified) return result;
      return { verified: true, deliveryId: result.id, topic: topicOf(delivery.body), sentAt: result.sentAt };
    },
    interpret: (_topic, body) => interpret(body),
  };
}

function interpret(body: Uint8Array): Interpretation {
  const read = readBody(body);
  if (!read.ok) return { kind: "unusable", reason: read.reason };
  const { type, data } = read.value;
  if (type === "order.upserted") {
    const result = readOrder(data);
    if (result.ok) return { kind: "orders", orders: [result.order] };
    return {
      kind: "unusable",
      reason: `Order ${result.externalId} does not fit the model: ${result.reason}`,
    };
  }
  if (type === "order.changed") {
    const parsed = changedSchema.safeParse(data);
    if (parsed.success) return { kind: "fetch", externalIds: parsed.data.externalIds };
    return { kind: "unusable", reason: `order.changed does not name orders: ${issuesOf(parsed.error)}` };
  }
  if (isCommentType(type)) return interpretComments(type, data);
  return { kind: "ignore", reason: `Deliveries of type ${type} are not used` };
}

/** A label for people and counters; `interpret` reads the type again for itself. */
function topicOf(body: Uint8Array): string {
  try {
    const { type } = JSON.parse(new TextDecoder().decode(body)) as { type?: unknown };
    return typeof type === "string" && /^[\w.]{1,100}$/.test(type) ? type : "unreadable";
  } catch {
    return "unreadable";
  }
}

function readBody(
  body: Uint8Array,
): { ok: true; value: { type: string; data: unknown } } | { ok: false; reason: string } {
  try {
    const parsed = deliverySchema.safeParse(parseStrictJson(body));
    if (parsed.success) return { ok: true, value: parsed.data };
    return { ok: false, reason: `The delivery has no type and data: ${issuesOf(parsed.error)}` };
  } catch (error) {
    return { ok: false, reason: isSluiceError(error) ? error.message : "The delivery could not be read." };
  }
}
