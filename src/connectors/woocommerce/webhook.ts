import { createHash } from "node:crypto";
import { z } from "zod";
import { isSluiceError } from "../../core/errors.ts";
import type { Acknowledgement, Webhooks } from "../contract.ts";
import { parseStrictJson } from "../toolkit/json.ts";
import { constantTimeEqual, hmac, hmacKey, toBase64 } from "../toolkit/signatures.ts";
import type { WooSecrets } from "./settings.ts";

const ok: Acknowledgement = { status: 200, body: "", contentType: "text/plain" };
const bodySchema = z.object({ id: z.int().positive() });

/**
 * Signed over the raw body, without a time. What is sent depends on the rights of the user who owns the webhook, so only the id is
 * taken from it. The shop's delivery id is shared by orders of one second: the digest of the body goes with it.
 */
export function createWebhooks(secrets: WooSecrets): Webhooks {
  const keys = [secrets.webhookSecret, secrets.previousWebhookSecret].flatMap((secret) =>
    secret === undefined ? [] : [hmacKey(new TextEncoder().encode(secret))],
  );
  return {
    verify({ headers, body }) {
      if (keys.length === 0) return { verified: false, reason: "no_secret" };
      const signature = headers["x-wc-webhook-signature"];
      const topic = headers["x-wc-webhook-topic"];
      const delivery = headers["x-wc-webhook-delivery-id"];
      if (!signature || !topic || !delivery) return { verified: false, reason: "missing_header" };
      const fits = keys.some((key) => constantTimeEqual(signature, toBase64(hmac("sha256", key, [body]))));
      if (!fits) return { verified: false, reason: "mismatch" };
      const digest = createHash("sha256").update(body).digest("hex").slice(0, 16);
      return { verified: true, deliveryId: `${delivery}:${digest}`, topic };
    },

    interpret(topic, body) {
      if (!topic.startsWith("order."))
        return { kind: "ignore", reason: `Deliveries of topic ${topic.slice(0, 60)} are not used.` };
      if (topic === "order.deleted") return { kind: "ignore", reason: "A deleted order stays as it was." };
      try {
        const parsed = bodySchema.safeParse(parseStrictJson(body, { inexactNumbersAsText: true }));
        if (parsed.success) return { kind: "fetch", externalIds: [String(parsed.data.id)] };
        return { kind: "unusable", reason: "The delivery names no order." };
      } catch (error) {
        return {
          kind: "unusable",
          reason: isSluiceError(error) ? error.message : "The delivery could not be read.",
        };
      }
    },

    /** Making a webhook sends an unsigned form `webhook_id=…`; unless it is answered 200 the webhook stays pending. */
    probe({ method, headers, body }) {
      if (method === "GET" || !headers["content-type"]?.startsWith("application/x-www-form-urlencoded"))
        return null;
      if (headers["x-wc-webhook-signature"] !== undefined || body.byteLength > 40) return null;
      return /^webhook_id=\d{1,20}$/.test(new TextDecoder().decode(body)) ? ok : null;
    },
    acknowledgement: ok,
  };
}
