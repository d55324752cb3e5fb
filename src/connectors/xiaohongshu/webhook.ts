import { createHash } from "node:crypto";
import { z } from "zod";
import { msOf } from "../../core/clock.ts";
import { isSluiceError } from "../../core/errors.ts";
import type { Interpretation, Webhooks } from "../contract.ts";
import { parseStrictJson } from "../toolkit/json.ts";
import { messageData } from "../toolkit/messages.ts";
import { constantTimeEqual } from "../toolkit/signatures.ts";
import type { XiaohongshuSecrets, XiaohongshuSettings } from "./settings.ts";
import { messageSignature } from "./sign.ts";

const messagesSchema = z
  .array(
    z.object({
      msgTag: z.string(),
      sellerId: z.string().nullish(),
      data: z.union([z.string(), z.record(z.string(), z.json())]),
    }),
  )
  .min(1)
  .max(1000);
const dataSchema = z.object({ orderId: z.string().nullish(), packageId: z.string().nullish() });

const acknowledgement = {
  status: 200,
  body: '{"success":true,"error_code":0,"error_msg":""}',
  contentType: "application/json",
};

/** Ours: no limit is published, and the only retry comes after five minutes. */
export const messageWindowMs = 900_000;
/** A message has no id of its own; the same text within this time is the same message. */
const sameForMs = 600_000;

const read = (body: Uint8Array): unknown => parseStrictJson(body, { largeIntegersAsText: true });

/**
 * Path, parameters and headers are signed, and the body is not: nothing in it is believed, it only names orders to fetch, and those are
 * read from the platform itself.
 */
export function createWebhooks({ appId }: XiaohongshuSettings, secrets: XiaohongshuSecrets): Webhooks {
  const held = [secrets.appSecret, secrets.previousAppSecret].filter((secret) => secret !== undefined);
  return {
    verify({ headers, body, url }, now) {
      const { sign, timestamp, "app-key": app } = headers;
      if (!sign || !timestamp || !app) return { verified: false, reason: "missing_header" };
      if (!/^\d{10}$/.test(timestamp) || !URL.canParse(url)) return { verified: false, reason: "malformed" };
      const fits =
        app === appId &&
        held.some((secret) =>
          constantTimeEqual(sign.toLowerCase(), messageSignature(url, { "app-key": app, timestamp }, secret)),
        );
      if (!fits) return { verified: false, reason: "mismatch" };
      const sentMs = Number(timestamp) * 1000;
      if (Math.abs(msOf(now) - sentMs) > messageWindowMs) return { verified: false, reason: "stale" };
      const span = String(Math.floor(sentMs / sameForMs));
      const deliveryId = createHash("sha256").update(span).update(body).digest("hex");
      return { verified: true, deliveryId, topic: topicOf(body) };
    },

    interpret(_topic, body) {
      try {
        const parsed = read(body);
        if (isTest(parsed)) return { kind: "ignore", reason: "The platform asks whether we are there." };
        const messages = messagesSchema.safeParse(parsed).data;
        return messages
          ? meaningOf(messages)
          : { kind: "unusable", reason: "The body is no list of messages." };
      } catch (error) {
        return {
          kind: "unusable",
          reason: isSluiceError(error) ? error.message : "The delivery could not be read.",
        };
      }
    },
    acknowledgement,

    // When the address is entered.
    probe({ method = "POST", body, headers }) {
      if (method !== "POST" || headers.sign || body.byteLength > 100) return null;
      try {
        return isTest(read(body)) ? acknowledgement : null;
      } catch {
        return null;
      }
    },
  };
}

const isTest = (body: unknown): boolean => z.strictObject({ test: z.literal(true) }).safeParse(body).success;

function topicOf(body: Uint8Array): string {
  try {
    const messages = messagesSchema.safeParse(read(body)).data;
    const tags = new Set(messages?.map(({ msgTag }) => msgTag));
    const [tag = ""] = tags;
    if (tags.size > 1) return "several";
    return /^[\w.-]{1,100}$/.test(tag) ? tag : messages ? "none" : "unreadable";
  } catch {
    return "unreadable";
  }
}

function meaningOf(messages: z.infer<typeof messagesSchema>): Interpretation {
  const told = messages.map(({ data }) => messageData(dataSchema, data));
  const ids = told.flatMap((one) => one?.orderId ?? one?.packageId ?? []);
  // Nobody signed them: they are stored and shown, so they hold nothing but what numbers of orders hold.
  const wanted = [...new Set(ids)].filter((id) => /^[\w-]{1,100}$/.test(id));
  if (wanted.length > 0) return { kind: "fetch", externalIds: wanted };
  if (told.includes(null)) return { kind: "unusable", reason: "A message's data could not be read." };
  return { kind: "ignore", reason: "The messages name no order." };
}
