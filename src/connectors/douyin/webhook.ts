import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { z } from "zod";
import { isSluiceError } from "../../core/errors.ts";
import type { Interpretation, Webhooks } from "../contract.ts";
import { parseStrictJson } from "../toolkit/json.ts";
import { messageData } from "../toolkit/messages.ts";
import { constantTimeEqual } from "../toolkit/signatures.ts";
import type { DouyinSecrets, DouyinSettings } from "./settings.ts";
import { messageSignature } from "./sign.ts";
import { id } from "./wire.ts";

const messagesSchema = z
  .array(z.object({ tag: id, msg_id: id, data: z.union([z.string(), z.record(z.string(), z.json())]) }))
  .min(1)
  .max(1000);
const optionalId = id.nullish().transform((value) => value ?? undefined);
const dataSchema = z.object({ p_id: optionalId, shop_id: optionalId });

/** Sent when the address is entered in the console. */
const probeTag = "0";

const read = (body: Uint8Array): unknown => parseStrictJson(body, { largeIntegersAsText: true });

function messagesOf(body: Uint8Array) {
  try {
    return messagesSchema.safeParse(read(body)).data;
  } catch {
    return undefined;
  }
}

/**
 * `event-sign` is an MD5 over app_key, the raw body and the secret, without a time: a replay is known by its message id. Messages come
 * at least once and in any order, so only the order's number is taken from them.
 */
export function createWebhooks(settings: DouyinSettings, secrets: DouyinSecrets): Webhooks {
  const held = [secrets.appSecret, secrets.previousAppSecret].filter((secret) => secret !== undefined);
  return {
    verify({ headers, body }) {
      const signature = headers["event-sign"]?.toLowerCase();
      if (!signature) return { verified: false, reason: "missing_header" };
      const fits = held.some((secret) =>
        constantTimeEqual(signature, messageSignature(settings.appKey, body, secret)),
      );
      if (!fits) return { verified: false, reason: "mismatch" };
      const messages = messagesOf(body);
      const [first] = messages ?? [];
      if (messages?.length === 1 && first)
        return {
          verified: true,
          deliveryId: first.msg_id.slice(0, 200) || digestOf(body),
          topic: first.tag || "none",
        };
      return { verified: true, deliveryId: digestOf(body), topic: messages ? "several" : "unreadable" };
    },

    interpret(_topic, body) {
      try {
        const messages = messagesSchema.safeParse(read(body)).data;
        return messages
          ? meaningOf(messages, settings.shopId)
          : { kind: "unusable", reason: "The body is no list of messages." };
      } catch (error) {
        return {
          kind: "unusable",
          reason: isSluiceError(error) ? error.message : "The delivery could not be read.",
        };
      }
    },
    acknowledgement: { status: 200, body: '{"code":0,"msg":"success"}', contentType: "application/json" },
  };
}

const digestOf = (body: Uint8Array): string => createHash("sha256").update(Buffer.from(body)).digest("hex");

function meaningOf(messages: z.infer<typeof messagesSchema>, shopId: string): Interpretation {
  const told = messages
    .filter(({ tag }) => tag !== probeTag)
    .map(({ data }) => messageData(dataSchema, data));
  // One application can serve several shops, and each connection is told of all of them.
  const ours = told.filter((one) => one !== null && (one.shop_id === undefined || one.shop_id === shopId));
  const ids = [...new Set(ours.flatMap((one) => one?.p_id || []))];
  if (ids.length > 0) return { kind: "fetch", externalIds: ids };
  if (told.includes(null)) return { kind: "unusable", reason: "A message's data could not be read." };
  return { kind: "ignore", reason: "The messages name no order of this shop." };
}
