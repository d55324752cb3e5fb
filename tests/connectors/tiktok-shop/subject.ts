import { tiktokShop } from "../../../src/connectors/tiktok-shop/index.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import type { Platform, Subject } from "../subject.ts";
import { naming } from "../wire.ts";
import { appKey, appSecret, serviceId, shopCode, shopId } from "./fake/grants.ts";
import { createFakeTiktok } from "./fake/server.ts";
import { type FakeSku, theirWarehouse } from "./fake/shop.ts";

export const settings = { appKey, serviceId, shopCode, ordersPerPage: 4 };
export const secrets = { appSecret };

/** The TikTok Shop connector on the fake TikTok Shop. */
export const subject: Subject = {
  connector: tiktokShop,
  settings,
  secrets,
  wrongSecrets: { appSecret: "secretOfSomebodyElse" },
  rotatedSecrets: { appSecret: "theNextAppSecret", previousAppSecret: appSecret },
  asks: (request) => request.method === "GET" || new URL(request.url).pathname.endsWith("/search"),
  checkSays: {
    key: [{ appKey: "otherkey" }, /^auth: .*app key is not known; enter that of the application/],
    shop: [{ shopCode: "USLCNONE" }, /^invalid: .*compare shopCode/],
    secret: /^auth: .*enter the app secret of this app key/,
    revoked: /^auth: .*access token is not valid/,
  },
  start: (runtime) => startTiktok(runtime).platform,
};

export const warehouse = "7068517275539719942";
export const second = "7068517275539719943";
const product = "1729582718312380001";

export const skus: FakeSku[] = [
  {
    productId: product,
    skuId: "1729592969712207001",
    code: "MUG-BLU",
    title: "Mug",
    price: 2500,
    stock: { [warehouse]: 50 },
  },
  {
    productId: product,
    skuId: "1729592969712207002",
    code: "MUG-RED",
    title: "Mug",
    price: 2600,
    stock: { [warehouse]: 40 },
  },
  {
    productId: "1729582718312380002",
    skuId: "1729592969712207003",
    code: "BAG-1",
    title: "Bag",
    price: 900,
    stock: { [warehouse]: 30 },
  },
  {
    productId: "1729582718312380003",
    skuId: "1729592969712207004",
    code: "BAG-FBT",
    title: "Bag",
    price: 900,
    stock: { [theirWarehouse]: 20 },
  },
];

export const messageOf = (order_id: string, more: object = {}) => ({
  type: 1,
  tts_notification_id: "7441112393057371910",
  shop_id: shopId,
  timestamp: 1795334472,
  data: { order_id, order_status: "AWAITING_SHIPMENT", is_on_hold_order: true, update_time: 1795334471 },
  ...more,
});

export function startTiktok(runtime: TestRuntime, more: readonly FakeSku[] = []) {
  const fake = createFakeTiktok(runtime, [...skus, ...more]);
  const { shop } = fake;
  const skuOf = (ref: { externalVariantId?: string }) => shop.sku(ref.externalVariantId ?? "");
  const deliver = (body: Uint8Array) => ({
    body,
    headers: { "content-type": "application/json", authorization: fake.sign(body) },
    url: "https://hub.example/webhooks/c1",
  });
  const platform: Platform = {
    fetch: fake.fetch,
    authorization: fake.authorization,
    listings: shop.skus.map((sku) => ({
      externalId: sku.productId,
      externalVariantId: sku.skuId,
      quantity: shop.available(sku),
    })),
    orders: {
      place(listing, quantity) {
        const order = shop.place(skuOf(listing), quantity);
        return { externalId: order.id, totalMinor: shop.total(order), quantity };
      },
      touch: (externalId) => shop.change(externalId, { note: `seen at ${shop.now()}` }),
      cancel: (externalId) => shop.cancel(externalId),
      refund(externalId) {
        const [unit] = shop.order(externalId).units;
        shop.afterSale("return", externalId, "RETURN_OR_REFUND_REQUEST_COMPLETE", unit ? [unit.id] : []);
        return naming("/returns/search", externalId);
      },
    },
    webhooks: {
      requiredHeaders: ["authorization"],
      signatureHeader: "authorization",
      deliver(externalId) {
        const message = messageOf(externalId, {
          timestamp: shop.now(),
          tts_notification_id: shop.nextId("744111"),
        });
        return deliver(new TextEncoder().encode(JSON.stringify(message)));
      },
      sign: deliver,
      accepts: ({ status, body }) => status === 200 && body === "",
    },
    stock: { figure: (listing) => shop.available(skuOf(listing)) },
    fulfilments: {
      parcels: (orderExternalId) =>
        [...Map.groupBy(shop.order(orderExternalId).units, (unit) => unit.tracking)].flatMap(
          ([trackingNumber, units]) =>
            trackingNumber === null ? [] : [{ quantity: units.length, trackingNumber }],
        ),
    },
  };
  return { fake, platform };
}
