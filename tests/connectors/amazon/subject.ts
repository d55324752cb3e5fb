import { amazon } from "../../../src/connectors/amazon/index.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import type { Platform, Subject } from "../subject.ts";
import { naming } from "../wire.ts";
import { applicationId, clientId, clientSecret } from "./fake/login.ts";
import { type FakeListing, sellerId, us } from "./fake/market.ts";
import { createFakeAmazon, webhookKey } from "./fake/server.ts";

export const settings = { sellerId, marketplaceId: us, clientId, applicationId, ordersPerPage: 4 };
export const webhookSecret = `whsec_${webhookKey.toString("base64")}`;
export const secrets = { clientSecret, webhookSecret };
const anotherSecret = `whsec_${Buffer.from("fedcba9876543210fedcba9876543210").toString("base64")}`;

/** The Amazon connector on the fake Amazon. */
export const subject: Subject = {
  connector: amazon,
  settings,
  secrets,
  wrongSecrets: { clientSecret: "amzn1.oa2-cs.v1.somebodyelse", webhookSecret: anotherSecret },
  rotatedSecrets: { clientSecret, webhookSecret: anotherSecret, previousWebhookSecret: webhookSecret },
  secretsWithoutWebhook: { clientSecret },
  webhookWindowMs: 300_000,
  // Two minutes of Amazon's, and runs begin five minutes apart.
  tailMs: 300_000,
  checkSays: {
    key: [{ clientId: "amzn1.application-oa2-client.other" }, /^auth: .*client id or client secret is wrong/],
    shop: [{ sellerId: "A9OTHER" }, /^invalid: .*check sellerId in the settings/],
    secret: /^auth: .*client id or client secret is wrong.*enter the current one/,
    revoked: /^auth: .*taken back.*grant access again, or enter another refreshToken/,
  },
  start: (runtime) => startAmazon(runtime).platform,
};

const listing = (sku: string, title: string, price: number, quantity: number, day: number): FakeListing => ({
  sku,
  asin: `B0DEMO000${day}`,
  title,
  price,
  quantity,
  createdMs: Date.UTC(2026, 0, day),
  channel: "DEFAULT",
});

export const listings: FakeListing[] = [
  listing("MUG-BLU-350", "Stoneware mug", 2500, 50, 1),
  listing("TEA/GRN+100 g", "Green tea", 1999, 40, 2),
  listing("BAG,1", "Bag", 500, 30, 3),
  { ...listing("MUG-BLU-350-FBA", "Stoneware mug", 2700, 20, 4), channel: "AMAZON_NA" },
];

export function notificationOf(orderId: string, change: object = {}) {
  return {
    NotificationVersion: "1.0",
    NotificationType: "ORDER_CHANGE",
    PayloadVersion: "1.0",
    EventTime: "2026-11-22T08:31:15.109Z",
    Payload: {
      OrderChangeNotification: {
        NotificationLevel: "OrderLevel",
        SellerId: sellerId,
        AmazonOrderId: orderId,
        OrderChangeType: "OrderStatusChange",
        Summary: { MarketplaceId: us, OrderStatus: "Unshipped", FulfillmentType: "MFN" },
      },
    },
    NotificationMetadata: { NotificationId: "d0e9e693-c3ad-4373-979f-ed4ec98dd746" },
    ...change,
  };
}

export function startAmazon(runtime: TestRuntime) {
  const fake = createFakeAmazon(runtime, listings);
  const { market } = fake;
  const deliver = (body: Uint8Array) => ({
    body,
    headers: fake.forward(body),
    url: "https://hub.example/webhooks/c1",
  });
  const platform: Platform = {
    fetch: fake.fetch,
    authorization: fake.login.authorization,
    listings: listings.map(({ sku, quantity }) => ({ externalId: sku, quantity })),
    orders: {
      place(ref, quantity) {
        const order = market.place(ref.externalId, quantity);
        return { externalId: order.id, totalMinor: market.total(order), quantity };
      },
      touch: (externalId) => market.touch(externalId),
      refund(externalId) {
        market.refund(externalId, 500);
        return naming("/finances/", "ORDER_ID", externalId);
      },
    },
    webhooks: {
      requiredHeaders: ["webhook-id", "webhook-timestamp", "webhook-signature"],
      signatureHeader: "webhook-signature",
      deliver: (externalId) => deliver(new TextEncoder().encode(JSON.stringify(notificationOf(externalId)))),
      sign: deliver,
    },
    stock: { figure: ({ externalId }) => market.listing(externalId).quantity },
    fulfilments: {
      parcels: (orderExternalId) =>
        market.order(orderExternalId).packages.map((parcel) => ({
          quantity: parcel.items.reduce((sum, item) => sum + item.quantity, 0),
          trackingNumber: parcel.number,
        })),
    },
  };
  return { fake, platform };
}
