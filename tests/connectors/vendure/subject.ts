import type { RawDelivery } from "../../../src/connectors/contract.ts";
import { vendure } from "../../../src/connectors/vendure/index.ts";
import { nowInstant } from "../../../src/core/clock.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import { signedDelivery } from "../generic/subject.ts";
import type { Platform, Subject } from "../subject.ts";
import { locationId } from "./fake/operations.ts";
import { baseUrl, createFakeVendure, password, username } from "./fake/server.ts";

export const webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const otherWebhookSecret = "whsec_b3RoZXItc2VjcmV0LW9mLXRoaXJ0eS1ieXRlcw==";

export const settings = { baseUrl, stockLocationId: locationId, ordersPerPage: 4 };
const login = { username, password };
export const secrets = { ...login, webhookSecret };

/** The Vendure connector on the fake Vendure. */
export const subject: Subject = {
  connector: vendure,
  settings,
  secrets,
  wrongSecrets: { username, password: "somebody-elses-password", webhookSecret: otherWebhookSecret },
  rotatedSecrets: { ...login, webhookSecret: otherWebhookSecret, previousWebhookSecret: webhookSecret },
  secretsWithoutWebhook: login,
  webhookWindowMs: 300_000,
  // Every call is a POST; only mutations change anything.
  asks: async (request) => !(await request.text()).includes('"query":"mutation'),
  bringsRefunds: true,
  checkSays: {
    shop: [{ stockLocationId: "77" }, /^invalid: .*check stockLocationId/],
    secret: /^auth: .*refuses username and password/,
    revoked: /^auth: .*does not know this login or API key/,
    address: "baseUrl",
  },
  start: (runtime) => startVendure(runtime).platform,
};

const variants = [
  { id: "1", sku: "MUG-BLU-350", name: "Stoneware mug", price: 2500, onHand: 50 },
  { id: "2", sku: "TEA-GRN-100", name: "Green tea", price: 1999, onHand: 40 },
  { id: "3", sku: "BAG-1", name: "Bag", price: 500, onHand: 30 },
];

export function startVendure(runtime: TestRuntime) {
  const fake = createFakeVendure(runtime);
  const { shop } = fake;
  for (const variant of variants) shop.add(variant);
  const sign = (body: string | Uint8Array): RawDelivery =>
    signedDelivery(body, `msg_${runtime.ids.next()}`, runtime.clock.nowMs(), webhookSecret);
  const platform: Platform = {
    fetch: fake.fetch,
    authorization: fake.authorization,
    listings: variants.map(({ id, onHand }) => ({ externalId: id, quantity: onHand })),
    orders: {
      place({ externalId }, quantity) {
        const order = shop.place([{ variantId: externalId, quantity }]);
        return { externalId: order.id, totalMinor: shop.total(order), quantity };
      },
      touch: (externalId) => shop.touch(externalId),
    },
    webhooks: {
      requiredHeaders: ["webhook-id", "webhook-timestamp", "webhook-signature"],
      signatureHeader: "webhook-signature",
      deliver: (externalId) =>
        sign(
          JSON.stringify({
            type: "order.state",
            timestamp: nowInstant(runtime.clock),
            data: { orderId: externalId, code: "F7QH3KXN1ZP2" },
          }),
        ),
      sign,
    },
    stock: {
      figure({ externalId }) {
        const variant = shop.variants.get(externalId);
        return variant ? variant.onHand - variant.allocated : 0;
      },
    },
    fulfilments: {
      parcels: (orderExternalId) =>
        shop.order(orderExternalId).fulfillments.map((parcel) => ({
          quantity: parcel.lines.reduce((sum, line) => sum + line.quantity, 0),
          ...(parcel.trackingCode ? { trackingNumber: parcel.trackingCode } : {}),
        })),
    },
  };
  return { fake, platform };
}
