import { createHash } from "node:crypto";
import { z } from "zod";
import { type Instant, instantOf, msOf } from "../../core/clock.ts";
import { isSluiceError } from "../../core/errors.ts";
import type { Acknowledgement, RawDelivery, Verification, Webhooks } from "../contract.ts";
import { parseStrictJson } from "../toolkit/json.ts";
import { constantTimeEqual } from "../toolkit/signatures.ts";
import { openMessage, signatureOf } from "./crypt.ts";
import type { WechatSecrets, WechatSettings } from "./settings.ts";

/** WeChat pushes a message again for 3.6 hours; an older one is a replay. */
export const windowMs = 4 * 3_600_000;

const content = (body: string): Acknowledgement => ({ status: 200, body, contentType: "text/plain" });

interface Pair {
  token: string;
  encodingAesKey: string;
}

/**
 * Only the encrypted mode: in the plain one the signature does not cover the body. Ids in messages are numbers beyond 2^53, so they are
 * read as text. A message says that something happened; the order itself is fetched.
 */
export function createWebhooks({ appId }: WechatSettings, secrets: WechatSecrets): Webhooks {
  const pairs = pairsOf(secrets);
  return {
    verify(delivery, now) {
      if (pairs.length === 0) return refused("no_secret");
      const asked = queryOf(delivery.url);
      const { msg_signature: signature, timestamp, nonce } = asked;
      if (!signature || !timestamp || !nonce) return refused("missing_header");
      const envelope = envelopeOf(delivery.body);
      if (envelope === null) return refused("mismatch");
      const { Encrypt } = envelope;
      const pair = pairs.find((one) =>
        constantTimeEqual(signature, signatureOf(one.token, timestamp, nonce, Encrypt)),
      );
      if (!pair) return refused("mismatch");
      const sentAt = timeOf(timestamp);
      if (sentAt === null) return refused("malformed");
      if (Math.abs(msOf(now) - msOf(sentAt)) > windowMs) return refused("stale");
      const opened = openMessage(Encrypt, pair.encodingAesKey);
      if (opened === null) return refused("malformed");
      const message = messageOf(opened.message);
      // What the signature leaves out must agree with what it holds.
      const isOurs = message?.ToUserName === undefined || message.ToUserName === envelope.ToUserName;
      if (opened.appId !== appId || !isOurs) return refused("mismatch");
      return {
        verified: true,
        // Pushed again, a message is the same text.
        deliveryId: createHash("sha256").update(opened.message).digest("hex"),
        topic: message?.Event ?? "unknown",
        sentAt,
        content: opened.message,
      };
    },

    interpret: (topic, body) => {
      const message = messageOf(body);
      if (message === null) return { kind: "unusable", reason: "The message could not be read." };
      if (!topics.test(topic))
        return { kind: "ignore", reason: `Messages of the event ${topic.slice(0, 60)} are not used.` };
      const orderId = (message.order_info ?? message.finder_shop_aftersale_status_update)?.order_id;
      return orderId === undefined
        ? { kind: "unusable", reason: "The message names no order." }
        : { kind: "fetch", externalIds: [orderId] };
    },

    probe: (request, now) => {
      if (request.method !== "GET") return null;
      const { signature, timestamp, nonce, echostr } = queryOf(request.url);
      if (!signature || !timestamp || !nonce || !/^[\w+/=-]{1,512}$/.test(echostr ?? "")) return null;
      const sentAt = timeOf(timestamp);
      if (sentAt === null || Math.abs(msOf(now) - msOf(sentAt)) > windowMs) return null;
      const fits = pairs.some(({ token }) =>
        constantTimeEqual(signature, signatureOf(token, timestamp, nonce)),
      );
      return fits ? content(echostr ?? "") : null;
    },
    acknowledgement: content("success"),
  };
}

/** Events that tell of an order. Settlement, changed notes and low stock move nothing here. */
const topics =
  /^channels_ec_(order_(new|pay|wait_shipping|deliver|confirm|cancel|ext_info_update)|aftersale_update)$/;

function pairsOf(secrets: WechatSecrets): Pair[] {
  const { token, encodingAesKey, previousToken, previousEncodingAesKey } = secrets;
  return [
    { token, encodingAesKey },
    { token: previousToken ?? token, encodingAesKey: previousEncodingAesKey ?? encodingAesKey },
  ].flatMap((pair) =>
    pair.token !== undefined && pair.encodingAesKey !== undefined
      ? [{ token: pair.token, encodingAesKey: pair.encodingAesKey }]
      : [],
  );
}

const refused = (reason: Extract<Verification, { verified: false }>["reason"]): Verification => ({
  verified: false,
  reason,
});

const queryOf = (url: string): Record<string, string | undefined> =>
  URL.canParse(url) ? Object.fromEntries(new URL(url).searchParams) : {};

const timeOf = (seconds: string): Instant | null =>
  /^\d{1,10}$/.test(seconds) ? instantOf(Number(seconds) * 1000) : null;

const envelopeSchema = z.strictObject({ ToUserName: z.string(), Encrypt: z.string().min(1).max(1_000_000) });

/** Exactly the two members, and at most a line end behind them: nothing else of the body is signed. */
function envelopeOf(body: RawDelivery["body"]): z.infer<typeof envelopeSchema> | null {
  const parsed = envelopeSchema.safeParse(jsonOf(body));
  const isBare = body.at(0) === 0x7b && (body.at(-1) === 0x7d || body.at(-1) === 0x0a);
  return parsed.success && isBare ? parsed.data : null;
}

const orderRef = z.object({
  order_id: z.union([z.string(), z.int().transform(String)]).refine((text) => /^\d{1,20}$/.test(text)),
});
const messageSchema = z.object({
  ToUserName: z.string().optional(),
  Event: z.string().min(1).max(100).optional(),
  order_info: orderRef.optional(),
  finder_shop_aftersale_status_update: orderRef.optional(),
});

const messageOf = (body: Uint8Array): z.infer<typeof messageSchema> | null =>
  messageSchema.safeParse(jsonOf(body)).data ?? null;

function jsonOf(body: Uint8Array): unknown {
  try {
    return parseStrictJson(body, { largeIntegersAsText: true });
  } catch (error) {
    if (isSluiceError(error)) return undefined;
    throw error;
  }
}
