import type { RawDelivery } from "../../../src/connectors/contract.ts";
import { medusa } from "../../../src/connectors/medusa/index.ts";
import { nowInstant } from "../../../src/core/clock.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import { signedDelivery } from "../generic/subject.ts";
import type { Platform, Subject } from "../subject.ts";
import { apiKey, baseUrl, createFakeMedusa, locationId } from "./fake/server.ts";

export const webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const otherWebhookSecret = "whsec_b3RoZXItc2VjcmV0LW9mLXRoaXJ0eS1ieXRlcw==";

export const settings = { baseUrl, stockLocationId: locationId, ordersPerPage: 4 };
export const secrets = { apiKey, webhookSecret };

/** The Medusa connector on the fake Medusa. */
export const subject: Subject = {
  connector: medusa,
  settings,
  secrets,
  wrongSecrets: { apiKey: "sk_ffffffffffffffffffff", webhookSecret: otherWebhookSecret },
  rotatedSecrets: { apiKey, webhookSecret: otherWebhookSecret, previousWebhookSecret: webhookSecret },
  secretsWithoutWebhook: { apiKey },
  webhookWindowMs: 300_000,
  bringsRefunds: true,
  checkSays: {
    shop: [{ stockLocationId: "sloc_none" }, /^invalid: .*check stockLocationId/],
    secret: /^auth: .*401.*check apiKey/,
    address: "baseUrl",
  },
  start: (runtime) => startMedusa(runtime).platform,
};

const listings = [
  { externalId: "variant_1", sku: "MUG-BLU-350", price: 25, quantity: 50 },
  { externalId: "variant_2", sku: "TEA-GRN-100", price: 19.99, quantity: 40 },
  { externalId: "variant_3", sku: "BAG-1", price: 5, quantity: 30 },
  { externalId: "variant_4", sku: "POT-RED-1", price: 89.5, quantity: 10 },
];

export function startMedusa(runtime: TestRuntime) {
  const fake = createFakeMedusa(runtime.clock);
  for (const { externalId, sku, price, quantity } of listings)
    fake.inventory.add(externalId, { sku, price, stock: quantity });
  const sign = (body: string | Uint8Array): RawDelivery =>
    signedDelivery(body, `msg_${runtime.ids.next()}`, runtime.clock.nowMs(), webhookSecret);
  const platform: Platform = {
    fetch: fake.fetch,
    listings: listings.map(({ externalId, quantity }) => ({ externalId, quantity })),
    orders: {
      place({ externalId }, quantity) {
        const order = fake.shop.place([{ variantId: externalId, quantity }]);
        fake.shop.capture(order.id);
        return { externalId: order.id, totalMinor: Math.round(order.payment.amount * 100), quantity };
      },
      touch: (externalId) => fake.shop.touch(externalId),
    },
    webhooks: {
      requiredHeaders: ["webhook-id", "webhook-timestamp", "webhook-signature"],
      signatureHeader: "webhook-signature",
      deliver: (externalId) =>
        sign(
          JSON.stringify({
            type: "order.updated",
            timestamp: nowInstant(runtime.clock),
            data: { id: externalId },
          }),
        ),
      sign,
    },
    stock: {
      figure: ({ externalId }) => {
        const level = fake.inventory.level(`iitem_${externalId}`);
        return level ? level.stocked - level.reserved : 0;
      },
    },
    fulfilments: {
      parcels: (orderExternalId) =>
        fake.shop.order(orderExternalId).fulfillments.map((parcel) => ({
          quantity: parcel.items.reduce((sum, item) => sum + item.quantity, 0),
          ...(parcel.trackingNumbers[0] === undefined ? {} : { trackingNumber: parcel.trackingNumbers[0] }),
        })),
    },
  };
  return { fake, platform };
}
