import { woocommerce } from "../../../src/connectors/woocommerce/index.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import type { Platform, Subject } from "../subject.ts";
import { naming } from "../wire.ts";
import { baseUrl, consumerKey, consumerSecret, createFakeWooCommerce, webhookSecret } from "./fake/server.ts";

export const settings = { baseUrl, ordersPerPage: 4 };
export const secrets = { consumerKey, consumerSecret, webhookSecret };

/** The WooCommerce connector on the fake WooCommerce. */
export const subject: Subject = {
  connector: woocommerce,
  settings,
  secrets,
  wrongSecrets: {
    consumerKey: "ck_ffffffffffff",
    consumerSecret: "cs_ffffffffffff",
    webhookSecret: "somebodyElse1",
  },
  rotatedSecrets: {
    consumerKey,
    consumerSecret,
    webhookSecret: "theNextSecret",
    previousWebhookSecret: webhookSecret,
  },
  secretsWithoutWebhook: { consumerKey, consumerSecret },
  probes: true,
  checkSays: {
    secret: /^auth: .*enter consumerKey and consumerSecret/,
    revoked: /^auth: .*the keys are wrong/,
    address: "baseUrl",
  },
  start: (runtime) => startWooCommerce(runtime).platform,
};

export const products = [
  { id: 93, parent: 0, sku: "BAG-1", name: "Bag", price: 500, stock: 30, managed: true as const },
  { id: 95, parent: 94, sku: "MUG-BLU-350", name: "Blue", price: 2500, stock: 50, managed: true as const },
  { id: 96, parent: 94, sku: "MUG-RED-350", name: "Red", price: 2599, stock: 40, managed: true as const },
];

export function startWooCommerce(runtime: TestRuntime) {
  const fake = createFakeWooCommerce(runtime, products);
  const { shop } = fake;
  const idOf = (listing: { externalId: string; externalVariantId?: string }) =>
    Number(listing.externalVariantId ?? listing.externalId);
  const deliver = (body: Uint8Array, headers: Record<string, string>) => ({
    body,
    headers,
    url: "https://hub.example/webhooks/c1",
  });
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const ping = new TextEncoder().encode("webhook_id=123");
  const platform: Platform = {
    fetch: fake.fetch,
    authorization: fake.authorization,
    listings: products.map(({ id, parent, stock }) => ({
      externalId: String(parent || id),
      ...(parent ? { externalVariantId: String(id) } : {}),
      quantity: stock,
    })),
    orders: {
      place(listing, quantity) {
        const order = shop.place(idOf(listing), quantity);
        return { externalId: String(order.id), totalMinor: shop.total(order), quantity };
      },
      touch: (externalId) => shop.touch(Number(externalId)),
      cancel: (externalId) => shop.setStatus(Number(externalId), "cancelled"),
      refund(externalId) {
        shop.refund(Number(externalId), 1, 500);
        return naming(`/orders/${externalId}/refunds`);
      },
    },
    webhooks: {
      requiredHeaders: ["x-wc-webhook-signature", "x-wc-webhook-topic", "x-wc-webhook-delivery-id"],
      signatureHeader: "x-wc-webhook-signature",
      deliver(externalId) {
        const body = new TextEncoder().encode(
          JSON.stringify({ id: Number(externalId), status: "processing", currency: "USD" }),
        );
        return deliver(body, fake.sign(body, "order.updated"));
      },
      sign: (body) => deliver(body, fake.sign(body, "order.updated")),
      accepts: ({ status }) => status >= 200 && status <= 302,
      probe: () => ({
        request: deliver(ping, form),
        answer: { status: 200, body: "", contentType: "text/plain" },
        spoilt: [
          { ...deliver(ping, form), method: "GET" },
          deliver(ping, { "content-type": "application/json" }),
          deliver(ping, { ...form, "x-wc-webhook-signature": "forged" }),
          deliver(new TextEncoder().encode("webhook_id=123&order=1"), form),
        ],
      }),
    },
    stock: { figure: (listing) => shop.products.get(idOf(listing))?.stock ?? 0 },
    fulfilments: {
      parcels: (orderExternalId) =>
        shop.order(Number(orderExternalId)).meta.flatMap(({ key, value }) => {
          if (!key.startsWith("_sluice_parcel_")) return [];
          const parcel = JSON.parse(String(value)) as {
            lines: { quantity: number }[];
            trackingNumber?: string;
          };
          const quantity = parcel.lines.reduce((sum, line) => sum + line.quantity, 0);
          return [{ quantity, ...(parcel.trackingNumber ? { trackingNumber: parcel.trackingNumber } : {}) }];
        }),
    },
  };
  return { fake, platform };
}
