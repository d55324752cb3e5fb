import { z } from "zod";
import { msOf } from "../../core/clock.ts";
import { isSluiceError } from "../../core/errors.ts";
import type { Interpretation, RawDelivery, Verification, Webhooks } from "../contract.ts";
import { parseStrictJson } from "../toolkit/json.ts";
import { constantTimeEqual } from "../toolkit/signatures.ts";
import { localInstant } from "../toolkit/time.ts";
import type { TaobaoSecrets } from "./settings.ts";
import { callSignature } from "./sign.ts";
import { idSchema, timeZone } from "./wire.ts";

/** The platform allows its own callers ten minutes; so do we. */
const windowMs = 600_000;

/** A message of the message service, and the least of any other call: the trade it is about. */
const messageSchema = z.object({ topic: z.string().max(200), content: z.string() });
const contentSchema = z.object({ tid: idSchema });

/**
 * Calls of the platform to us (SPI, Qimen): parameters and signature in the address, the message in the body. Signed over both and
 * the headers that `top-sign-list` names. Contents are hints in no order; only the trade's id is taken from them.
 */
export function createWebhooks(secrets: TaobaoSecrets): Webhooks {
  const keys = [secrets.appSecret, secrets.previousAppSecret].filter((secret) => secret !== undefined);
  return {
    verify: (delivery, now) => verify(delivery, now, keys),
    interpret(topic, body) {
      try {
        return meaningOf(topic, parseStrictJson(body, { largeIntegersAsText: true }));
      } catch (error) {
        const reason = isSluiceError(error) ? error.message : "The delivery could not be read.";
        return { kind: "unusable", reason };
      }
    },
    acknowledgement: {
      status: 200,
      body: '{"flag":"success","code":"0","message":"","success":true}',
      contentType: "application/json",
    },
  };
}

function verify({ url, headers, body }: RawDelivery, now: string, keys: readonly string[]): Verification {
  const query = URL.parse(url)?.searchParams;
  const sign = query?.get("sign");
  const timestamp = query?.get("timestamp");
  if (!query || !sign || !timestamp) return { verified: false, reason: "missing_header" };
  const signed: Record<string, string> = Object.fromEntries(query);
  for (const name of (headers["top-sign-list"] ?? "").split(","))
    if (name.trim()) signed[name.trim()] = headers[name.trim().toLowerCase()] ?? "";
  if (!keys.some((key) => constantTimeEqual(sign, callSignature(signed, body, key))))
    return { verified: false, reason: "mismatch" };
  const sentAt = instantOrNull(timestamp);
  if (sentAt === null) return { verified: false, reason: "malformed" };
  if (Math.abs(msOf(now) - msOf(sentAt)) > windowMs) return { verified: false, reason: "stale" };
  // Calls carry no id of their own. The signature covers body and second: equal ones are one delivery.
  return { verified: true, deliveryId: sign, topic: (query.get("method") ?? "call").slice(0, 200), sentAt };
}

function instantOrNull(text: string): string | null {
  try {
    return localInstant(text, timeZone);
  } catch (error) {
    if (isSluiceError(error)) return null;
    throw error;
  }
}

function meaningOf(method: string, body: unknown): Interpretation {
  const message = messageSchema.safeParse(body).data;
  const topic = message?.topic ?? method;
  if (/^taobao_item_/.test(topic))
    return { kind: "ignore", reason: "Changes of items are read with the listings." };
  const content = message ? parseStrictJson(message.content, { largeIntegersAsText: true }) : body;
  const tid = contentSchema.safeParse(content).data?.tid;
  if (tid !== undefined) return { kind: "fetch", externalIds: [tid] };
  return { kind: "unusable", reason: "The delivery names no trade (tid)." };
}
