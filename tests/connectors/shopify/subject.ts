import { shopify } from "../../../src/connectors/shopify/index.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import type { Platform, Subject } from "../subject.ts";
import { clientSecret, shopDomain } from "./fake/login.ts";
import { appToken, createFakeShopify } from "./fake/server.ts";
import { locationId } from "./fake/writes.ts";

export const settings = { shop: shopDomain, locationId, clientId: "client-1", ordersPerPage: 4 };
export const secrets = { accessToken: appToken, clientSecret };

/** The Shopify connector on the fake Shopify. */
export const subject: Subject = {
  connector: shopify,
  settings,
  secrets,
  wrongSecrets: { accessToken: "shpat_ffffffffffffffff", clientSecret: "secret-of-somebody-else" },
  rotatedSecrets: { clientSecret: "the-next-client-secret", previousClientSecret: clientSecret },
  secretsWithoutWebhook: { accessToken: appToken },
  // Every call is a POST; only mutations change anything.
  asks: async (request) => !(await request.text()).includes('"query":"mutation'),
  bringsRefunds: true,
  checkSays: {
    key: [{ clientId: "otherclient" }, /^auth: .*check clientId and clientSecret/],
    shop: [{ shop: "other.myshopify.com" }, /^invalid: There is no shop at other.*correct shop/],
    secret: /^auth: .*check clientId and clientSecret/,
    revoked: /^auth: .*401.*check accessToken, or grant access again/,
    address: "shop",
  },
  start: (runtime) => startShopify(runtime).platform,
};

export const variants = [
  {
    id: 44_100_000_001,
    sku: "MUG-BLU-350",
    title: "Stoneware mug",
    price: 2500,
    available: 50,
    tracked: true,
  },
  { id: 44_100_000_002, sku: "TEA-GRN-100", title: "Green tea", price: 1999, available: 40, tracked: true },
  { id: 44_100_000_003, sku: "BAG-1", title: "Bag", price: 500, available: 30, tracked: true },
];

export function startShopify(runtime: TestRuntime) {
  const fake = createFakeShopify(runtime, variants);
  const { shop } = fake;
  const deliver = (body: Uint8Array, topic: string) => ({
    body,
    headers: fake.sign(body, topic),
    url: "https://hub.example/webhooks/c1",
  });
  const platform: Platform = {
    fetch: fake.fetch,
    authorization: fake.authorization,
    listings: variants.map(({ id, available }) => ({ externalId: String(id), quantity: available })),
    orders: {
      place(listing, quantity) {
        const order = shop.place(Number(listing.externalId), quantity);
        return { externalId: String(order.id), totalMinor: shop.total(order), quantity };
      },
      touch: (externalId) => shop.touch(Number(externalId)),
      cancel: (externalId) => shop.cancel(Number(externalId)),
    },
    webhooks: {
      requiredHeaders: ["x-shopify-hmac-sha256", "x-shopify-topic", "x-shopify-webhook-id"],
      signatureHeader: "x-shopify-hmac-sha256",
      deliver: (externalId) =>
        deliver(
          new TextEncoder().encode(
            JSON.stringify({ id: Number(externalId), currency: "USD", financial_status: "paid" }),
          ),
          "orders/updated",
        ),
      sign: (body) => deliver(body, "orders/updated"),
    },
    stock: { figure: ({ externalId }) => shop.variants.get(Number(externalId))?.available ?? 0 },
    fulfilments: {
      parcels: (orderExternalId) =>
        shop.order(Number(orderExternalId)).parcels.map((parcel) => ({
          quantity: parcel.lines.reduce((sum, line) => sum + line.quantity, 0),
          ...(parcel.number === null ? {} : { trackingNumber: parcel.number }),
        })),
    },
  };
  return { fake, platform };
}
