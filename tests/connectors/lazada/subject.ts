import { lazada } from "../../../src/connectors/lazada/index.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import type { Platform, Subject } from "../subject.ts";
import { naming } from "../wire.ts";
import { appKey, appSecret, createFakeLazada, sellerId } from "./fake/server.ts";
import type { FakeSku } from "./fake/shop.ts";

export const settings = { appKey, country: "sg", sellerId, ordersPerPage: 4 };
export const secrets = { appSecret };

/** The Lazada connector on the fake Lazada. */
export const subject: Subject = {
  connector: lazada,
  settings,
  secrets,
  wrongSecrets: { appSecret: "secretOfSomebodyElse" },
  rotatedSecrets: { appSecret: "theNextAppSecret", previousAppSecret: appSecret },
  numbersParcels: true,
  checkSays: {
    key: [{ appKey: "999" }, /^auth: .*app key is wrong; check appKey/],
    shop: [{ sellerId: "42" }, /^invalid: .*correct sellerId, or grant access as that store/],
    secret: /^auth: .*app secret is wrong; enter that of this app key/,
    revoked: /^auth: .*access token is over.*grant access again/,
  },
  start: (runtime) => startLazada(runtime).platform,
};

export const skus: FakeSku[] = [
  {
    itemId: 2807246166,
    skuId: 13449296008,
    sku: "LIN-SHIRT-W-M",
    name: "Linen shirt",
    price: 1990,
    sellable: 50,
  },
  {
    itemId: 2807246166,
    skuId: 13449296009,
    sku: "LIN-SHIRT-W-L",
    name: "Linen shirt",
    price: 2090,
    sellable: 40,
  },
  { itemId: 2807246170, skuId: 13449296020, sku: "BAG-1", name: "Bag", price: 500, sellable: 30 },
  {
    itemId: 2807246171,
    skuId: 13449296021,
    sku: "BAG-FBL",
    name: "Bag",
    price: 600,
    sellable: 20,
    isFbl: true,
  },
];

export const pushOf = (orderId: string, more: object = {}) => ({
  seller_id: sellerId,
  message_type: 0,
  data: {
    order_status: "pending",
    trade_order_id: orderId,
    trade_order_line_id: "260422900298363",
    status_update_time: 1795309260,
    buyer_id: "100112802006",
  },
  timestamp: 1795309261,
  site: "lazada_sg",
  ...more,
});

export function startLazada(runtime: TestRuntime) {
  const fake = createFakeLazada(runtime, skus);
  const { store } = fake;
  const skuOf = (ref: { externalId: string; externalVariantId?: string }) =>
    store.sku(Number(ref.externalId), Number(ref.externalVariantId));
  const deliver = (body: Uint8Array) => ({
    body,
    headers: { "content-type": "application/json", authorization: fake.sign(body) },
    url: "https://hub.example/webhooks/c1",
  });
  const platform: Platform = {
    fetch: fake.fetch,
    authorization: fake.authorization,
    listings: skus.map(({ itemId, skuId, sellable }) => ({
      externalId: String(itemId),
      externalVariantId: String(skuId),
      quantity: sellable,
    })),
    orders: {
      place(listing, quantity) {
        const order = store.place(skuOf(listing), quantity);
        return { externalId: String(order.id), totalMinor: store.total(order), quantity };
      },
      touch(externalId) {
        const order = store.order(externalId);
        order.note = `seen at ${store.now()}`;
        order.updatedMs = store.now();
      },
      refund(externalId) {
        const order = store.order(externalId);
        for (const unit of order.units.slice(0, 1))
          store.giveBack(order, unit, 500, { status: "REFUND_SUCCESS" });
        return naming("/reverse/getreverseordersforseller", externalId);
      },
    },
    webhooks: {
      requiredHeaders: ["authorization"],
      signatureHeader: "authorization",
      deliver: (externalId) =>
        deliver(new TextEncoder().encode(JSON.stringify(pushOf(externalId, { timestamp: store.now() })))),
      sign: deliver,
      accepts: ({ status }) => status === 200,
    },
    stock: { figure: (listing) => skuOf(listing).sellable },
    fulfilments: {
      parcels(orderExternalId) {
        const units = store.order(orderExternalId).units.filter((unit) => unit.packageId !== "");
        return [...Map.groupBy(units, (unit) => unit.packageId).values()].map((own) => ({
          quantity: own.length,
          trackingNumber: own[0]?.tracking ?? "",
        }));
      },
    },
  };
  return { fake, platform };
}
