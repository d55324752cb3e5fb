import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import type { RawDelivery } from "../../../src/connectors/contract.ts";
import { generic } from "../../../src/connectors/generic/index.ts";
import { createSandbox, type Product } from "../../../src/connectors/sandbox/index.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { sumMinor } from "../../../src/core/money/money.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import type { Platform, Subject } from "../subject.ts";

export const webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
export const otherWebhookSecret = "whsec_b3RoZXItc2VjcmV0LW9mLXRoaXJ0eS1ieXRlcw==";
export const apiToken = "token-of-the-sandbox";
export const baseUrl = "https://shop.example/api";

export const products: readonly Product[] = [
  { externalId: "P1", externalVariantId: "V1", sku: "MUG", title: "Mug", priceMinor: 1990, quantity: 50 },
  {
    externalId: "P1",
    externalVariantId: "V2",
    sku: "MUG-RED",
    title: "Mug, red",
    priceMinor: 2190,
    quantity: 40,
  },
  { externalId: "P2", title: "Lamp", priceMinor: 15_900, quantity: 30 },
  { externalId: "P3", title: "Soap", priceMinor: 850, quantity: 20 },
  { externalId: "P4", title: "Bag", priceMinor: 3300, quantity: 10 },
  { externalId: "P5", title: "Book", priceMinor: 4550, quantity: 10 },
];

/** The generic connector on the simulated shop. */
export const subject: Subject = {
  connector: generic,
  settings: { baseUrl, ordersPerPage: 5, pullOverlapSeconds: 0, clockSkewSeconds: 0 },
  secrets: { webhookSecret, apiToken },
  wrongSecrets: { webhookSecret: otherWebhookSecret, apiToken: "token-of-somebody-else" },
  rotatedSecrets: { webhookSecret: otherWebhookSecret, previousWebhookSecret: webhookSecret, apiToken },
  secretsWithoutWebhook: { apiToken },
  webhookWindowMs: 300_000,
  bringsRefunds: true,
  checkSays: { secret: /^auth: .*401.*check apiToken/, address: "baseUrl" },
  start: (runtime) => startSandbox(runtime).platform,
};

/** The shop speaks the protocol at its root; the connection's base address has a path, as real ones do. */
export const stripPath =
  (fetch: Platform["fetch"]): Platform["fetch"] =>
  (input, init) => {
    const request = new Request(input, init);
    return fetch(new Request(request.url.replace(baseUrl, "https://shop.example"), request));
  };

export function startSandbox(runtime: TestRuntime, more: Partial<Parameters<typeof createSandbox>[0]> = {}) {
  const sandbox = createSandbox({ runtime, seed: 1, products, apiToken, ...more });
  const { shop } = sandbox;
  const sign = (body: string | Uint8Array): RawDelivery =>
    signedDelivery(body, `msg_${runtime.ids.next()}`, runtime.clock.nowMs());
  const platform: Platform = {
    fetch: stripPath(sandbox.fetch),
    listings: products.map(({ externalId, externalVariantId, quantity }) => ({
      externalId,
      ...(externalVariantId === undefined ? {} : { externalVariantId }),
      quantity,
    })),
    orders: {
      place(listing, quantity) {
        const { externalId, externalVariantId } = listing;
        const order = must(shop.place({ lines: [{ externalId, externalVariantId, quantity }] }));
        must(shop.pay(order.externalId));
        return { externalId: order.externalId, totalMinor: order.totalMinor, quantity };
      },
      touch: (externalId) => {
        must(shop.askForShipment(externalId));
      },
    },
    webhooks: {
      requiredHeaders: ["webhook-id", "webhook-timestamp", "webhook-signature"],
      signatureHeader: "webhook-signature",
      deliver: (externalId) =>
        sign(
          JSON.stringify({
            type: "order.upserted",
            timestamp: "2026-11-22T08:00:00.000Z",
            data: shop.orders.get(externalId),
          }),
        ),
      sign,
    },
    stock: { figure: (listing) => shop.shelf.figure(listing) },
    fulfilments: {
      parcels: (orderExternalId) =>
        (shop.orders.get(orderExternalId)?.shipments ?? []).map((shipment) => ({
          quantity: sumMinor((shipment.lines ?? []).map((line) => line.quantity)),
          ...(shipment.trackingNumber === undefined ? {} : { trackingNumber: shipment.trackingNumber }),
        })),
    },
  };
  return { sandbox, shop, platform };
}

/** Signed by the reference package, or, for bytes that are no text, by its rule. */
export function signedDelivery(
  body: string | Uint8Array,
  id: string,
  nowMs: number,
  secret = webhookSecret,
): RawDelivery {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const seconds = Math.floor(nowMs / 1000);
  const text = new TextDecoder().decode(bytes);
  const isText = Buffer.from(text).equals(Buffer.from(bytes));
  const signature = isText
    ? new Webhook(secret).sign(id, new Date(seconds * 1000), text)
    : signBytes(bytes, `${id}.${seconds}.`, secret);
  return {
    body: bytes,
    headers: { "webhook-id": id, "webhook-timestamp": String(seconds), "webhook-signature": signature },
    url: "https://hub.example/webhooks/c1",
  };
}

export function must(
  result: { ok: true; order: OrderSnapshot } | { ok: false; code: string },
): OrderSnapshot {
  if (!result.ok) throw new Error(`the shop refused: ${result.code}`);
  return result.order;
}

const signBytes = (bytes: Uint8Array, prefix: string, secret: string): string =>
  `v1,${createHmac("sha256", Buffer.from(secret.slice("whsec_".length), "base64"))
    .update(prefix)
    .update(bytes)
    .digest("base64")}`;
