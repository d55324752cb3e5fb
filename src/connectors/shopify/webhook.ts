import { z } from "zod";
import { isSluiceError } from "../../core/errors.ts";
import type { Webhooks } from "../contract.ts";
import { parseStrictJson } from "../toolkit/json.ts";
import { constantTimeEqual, hmac, hmacKey, toBase64 } from "../toolkit/signatures.ts";
import type { ShopifySecrets } from "./settings.ts";

const id = z.union([z.int().positive().transform(String), z.string().regex(/^\d{1,20}$/)]);
const bodySchema = z.object({ id: id.optional(), order_id: id.optional() });

/** Topics whose `id` is that of an order; those below name the order beside their own id. */
const ofOrders = /^orders\//;
const besideOrders = /^(refunds|fulfillments|order_transactions|returns)\//;

/**
 * Signed over the raw body with the app's client secret, without a time: a replay is known by its id. Bodies have the shape of the
 * old REST API and come in any order, so only the order's id is taken from them.
 */
export function createWebhooks(secrets: ShopifySecrets): Webhooks {
  const keys = [secrets.clientSecret, secrets.previousClientSecret].flatMap((secret) =>
    secret === undefined ? [] : [hmacKey(new TextEncoder().encode(secret))],
  );
  return {
    verify({ headers, body }) {
      if (keys.length === 0) return { verified: false, reason: "no_secret" };
      const signature = headers["x-shopify-hmac-sha256"];
      const topic = headers["x-shopify-topic"];
      const deliveryId = headers["x-shopify-webhook-id"];
      if (!signature || !topic || !deliveryId) return { verified: false, reason: "missing_header" };
      const fits = keys.some((key) => constantTimeEqual(signature, toBase64(hmac("sha256", key, [body]))));
      if (!fits) return { verified: false, reason: "mismatch" };
      return { verified: true, deliveryId, topic };
    },

    interpret(topic, body) {
      if (!ofOrders.test(topic) && !besideOrders.test(topic))
        return { kind: "ignore", reason: `Deliveries of topic ${topic.slice(0, 60)} are not used.` };
      if (topic === "orders/delete") return { kind: "ignore", reason: "A deleted order stays as it was." };
      try {
        const parsed = bodySchema.safeParse(parseStrictJson(body));
        const orderId = ofOrders.test(topic) ? parsed.data?.id : parsed.data?.order_id;
        if (orderId !== undefined) return { kind: "fetch", externalIds: [orderId] };
        return { kind: "unusable", reason: "The delivery names no order." };
      } catch (error) {
        return {
          kind: "unusable",
          reason: isSluiceError(error) ? error.message : "The delivery could not be read.",
        };
      }
    },
    acknowledgement: { status: 200, body: "", contentType: "text/plain" },
  };
}
