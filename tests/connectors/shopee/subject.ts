import { shopee } from "../../../src/connectors/shopee/index.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import type { Platform, Subject } from "../subject.ts";
import { naming } from "../wire.ts";
import { createFakeShopee, partnerId, partnerKey, shopId } from "./fake/server.ts";
import type { FakeModel } from "./fake/shop.ts";

export const settings = { partnerId: String(partnerId), shopId: String(shopId), ordersPerPage: 4 };
export const secrets = { partnerKey };

/** The Shopee connector on the fake Shopee. */
export const subject: Subject = {
  hidesParcelNumbers: true,
  connector: shopee,
  settings,
  secrets,
  wrongSecrets: { partnerKey: "partnerKeyOfSomebodyElse" },
  rotatedSecrets: { partnerKey: "theNextPartnerKey", previousPartnerKey: partnerKey },
  asks: (request) => request.method === "GET" || request.url.includes("/get_escrow_detail_batch"),
  checkSays: {
    key: [{ partnerId: "999" }, /^invalid: .*check partnerId and shopId/],
    shop: [{ shopId: "42" }, /^auth: .*shop id is wrong.*check shopId/],
    secret: /^auth: .*partner key is wrong/,
    revoked: /^auth: .*access token is over.*grant access again/,
  },
  start: (runtime) => startShopee(runtime).platform,
};

export const models: FakeModel[] = [
  {
    itemId: 7348262532,
    modelId: 5074620257,
    sku: "LIN-SHIRT-W-M",
    name: "Linen shirt",
    price: 1990,
    stock: 50,
  },
  {
    itemId: 7348262532,
    modelId: 5074620258,
    sku: "LIN-SHIRT-W-L",
    name: "Linen shirt",
    price: 2090,
    stock: 40,
  },
  { itemId: 7348262540, modelId: 0, sku: "BAG-1", name: "Bag", price: 500, stock: 30 },
  { itemId: 7348262541, modelId: 0, sku: "BAG-FBS", name: "Bag", price: 600, stock: 20, isShopees: true },
];

export const pushUrl = "https://hub.example/webhooks/c1";

export const pushOf = (orderSn: string, more: object = {}) => ({
  code: 3,
  shop_id: shopId,
  timestamp: 1795309260,
  data: { ordersn: orderSn, status: "READY_TO_SHIP", update_time: 1795309255 },
  ...more,
});

export function startShopee(runtime: TestRuntime) {
  const fake = createFakeShopee(runtime, models);
  const { shop } = fake;
  const modelOf = (ref: { externalId: string; externalVariantId?: string }) =>
    shop.model(Number(ref.externalId), Number(ref.externalVariantId ?? 0));
  const deliver = (body: Uint8Array) => ({
    body,
    headers: { "content-type": "application/json", authorization: fake.sign(pushUrl, body) },
    url: pushUrl,
  });
  const platform: Platform = {
    fetch: fake.fetch,
    authorization: fake.authorization,
    listings: models.map(({ itemId, modelId, stock }) => ({
      externalId: String(itemId),
      ...(modelId === 0 ? {} : { externalVariantId: String(modelId) }),
      quantity: stock,
    })),
    orders: {
      place(listing, quantity) {
        const order = shop.place(modelOf(listing), quantity);
        return { externalId: order.sn, totalMinor: shop.total(order), quantity };
      },
      touch: (externalId) => shop.change(externalId, { note: `seen at ${shop.now()}` }),
      refund(externalId) {
        const { sn } = shop.giveBack(externalId, 500, { status: "ACCEPTED", needsLogistics: false });
        return naming("/returns/get_return_detail", sn);
      },
    },
    webhooks: {
      requiredHeaders: ["authorization"],
      signatureHeader: "authorization",
      deliver(externalId) {
        const push = pushOf(externalId, { timestamp: shop.now() });
        return deliver(new TextEncoder().encode(JSON.stringify(push)));
      },
      sign: deliver,
      accepts: ({ status, body }) => status >= 200 && status < 300 && body === "",
    },
    stock: { figure: (listing) => modelOf(listing).stock },
    fulfilments: {
      parcels: (orderExternalId) =>
        shop
          .order(orderExternalId)
          .parcels.filter((parcel) => parcel.status !== "LOGISTICS_READY")
          .map((parcel) => ({
            quantity: parcel.lines.reduce((sum, line) => sum + line.quantity, 0),
            ...(parcel.tracking === null ? {} : { trackingNumber: parcel.tracking }),
          })),
    },
  };
  return { fake, platform };
}
