import { kuaishou } from "../../../src/connectors/kuaishou/index.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import type { Platform, Subject } from "../subject.ts";
import { naming } from "../wire.ts";
import { appKey, appSecret, createFakeKuaishou, messageKey, signSecret } from "./fake/server.ts";
import type { FakeSku } from "./fake/shop.ts";

export const settings = { appKey, ordersPerPage: 4 };
export const secrets = { appSecret, signSecret, messageKey };
const otherKey = "ZmVkY2JhOTg3NjU0MzIxMA==";

/** The Kuaishou connector on the fake Kuaishou. */
export const subject: Subject = {
  connector: kuaishou,
  settings,
  secrets,
  wrongSecrets: { appSecret: "somebody_elses", signSecret: "somebody_elses", messageKey: otherKey },
  rotatedSecrets: { ...secrets, messageKey: otherKey, previousMessageKey: messageKey },
  secretsWithoutWebhook: { appSecret, signSecret },
  probes: true,
  checkSays: {
    key: [{ appKey: "ks999999999" }, /^auth: .*appKey and signSecret do not fit/],
    secret: /^auth: .*appKey and signSecret do not fit/,
    revoked: /^auth: .*access token is over.*grant access to the shop again/,
  },
  start: (runtime) => startKuaishou(runtime).platform,
};

export const skus: readonly FakeSku[] = [
  {
    itemId: 20_000_000_000_001,
    skuId: 30_000_000_000_011,
    code: "TS-RED-M",
    title: "短袖 红 M",
    price: 7900,
    stock: 50,
  },
  {
    itemId: 20_000_000_000_001,
    skuId: 30_000_000_000_012,
    code: "TS-RED-L",
    title: "短袖 红 L",
    price: 7900,
    stock: 40,
  },
  {
    itemId: 20_000_000_000_002,
    skuId: 30_000_000_000_021,
    code: "MUG-01",
    title: "马克杯",
    price: 5900,
    stock: 30,
  },
];

const ping = (text: string) => ({
  body: new TextEncoder().encode(text),
  headers: { "content-type": "text/plain;charset=utf-8" },
  url: "https://hub.example/webhooks/c1",
});

export function startKuaishou(runtime: TestRuntime, more: readonly FakeSku[] = []) {
  const fake = createFakeKuaishou(runtime, [...skus, ...more]);
  const { shop } = fake;
  const platform: Platform = {
    fetch: fake.fetch,
    authorization: fake.authorization,
    listings: skus.map(({ itemId, skuId, stock }) => ({
      externalId: String(itemId),
      externalVariantId: String(skuId),
      quantity: stock,
    })),
    orders: {
      place(listing, quantity) {
        const order = shop.place(Number(listing.externalVariantId), quantity);
        shop.pay(order.oid);
        return { externalId: String(order.oid), totalMinor: shop.total(order), quantity };
      },
      touch: (externalId) => shop.touch(Number(externalId)),
      refund(externalId) {
        const order = shop.order(Number(externalId));
        shop.refund(order.oid, shop.total(order));
        return naming("open.seller.order.refund.detail", String(order.refunds[0]?.id));
      },
    },
    webhooks: {
      requiredHeaders: [],
      deliver: (externalId) =>
        fake.message("kwaishop_order_paySuccess", {
          oid: Number(externalId),
          sellerId: 100_001,
          openId: "demo_seller",
          updateTime: shop.now(),
        }),
      sign: (body) => fake.seal(body),
      accepts: ({ status, body }) => status === 200 && (JSON.parse(body) as { result: number }).result === 1,
      probe: () => ({
        request: ping('{"test":true}'),
        answer: { status: 200, body: '{"result":1}', contentType: "application/json" },
        spoilt: [
          { ...ping('{"test":true}'), method: "GET" },
          ping('{"test":false}'),
          ping('{"test":true,"oid":1}'),
          ping(""),
        ],
      }),
    },
    stock: { figure: ({ externalVariantId }) => shop.sku(Number(externalVariantId)).stock },
    fulfilments: {
      parcels: (orderExternalId) =>
        shop.order(Number(orderExternalId)).packs.map((pack) => ({
          quantity: pack.lines.reduce((sum, line) => sum + line.quantity, 0),
          trackingNumber: pack.number,
        })),
    },
  };
  return { fake, platform };
}
