import { xiaohongshu } from "../../../src/connectors/xiaohongshu/index.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import type { Platform, Subject } from "../subject.ts";
import { naming } from "../wire.ts";
import { appId, appSecret, createFakeXiaohongshu } from "./fake/server.ts";
import type { FakeSku } from "./fake/shop.ts";

export const settings = { appId, ordersPerPage: 4 };
export const secrets = { appSecret };

const changing = /"method":"(inventory\.(incSkuStock|syncSkuStockV2)|order\.orderDeliver)"/;

/** The Xiaohongshu connector on the fake Xiaohongshu. */
export const subject: Subject = {
  connector: xiaohongshu,
  settings,
  secrets,
  wrongSecrets: { appSecret: "secret-of-somebody-else" },
  rotatedSecrets: { appSecret: "the-next-app-secret-0002", previousAppSecret: appSecret },
  webhookWindowMs: 900_000,
  // Half an hour is the longest window.
  since: "2026-11-22T00:00:00.000Z",
  probes: true,
  // One address for everything: the body tells.
  asks: async (request) => !changing.test(await request.text()),
  checkSays: {
    key: [{ appId: "other-app-id" }, /^auth: .*no application with this appId; check it/],
    secret: /^auth: .*check appId and appSecret/,
    revoked: /^auth: .*grant was taken back; grant access again/,
  },
  start: (runtime) => startXiaohongshu(runtime).platform,
};

export const skus: readonly FakeSku[] = [
  {
    itemId: "64ff00000000000000000001",
    skuId: "65000000000000000000a001",
    code: "TS-RED-M",
    title: "短袖 红 M",
    price: 3900,
    available: 50,
  },
  {
    itemId: "64ff00000000000000000001",
    skuId: "65000000000000000000a002",
    code: "TS-RED-L",
    title: "短袖 红 L",
    price: 3900,
    available: 40,
  },
  {
    itemId: "64ff00000000000000000002",
    skuId: "65000000000000000000b001",
    code: "MUG-01",
    title: "马克杯",
    price: 5900,
    available: 30,
  },
];

const ping = (text: string, headers: Record<string, string> = {}) => ({
  body: new TextEncoder().encode(text),
  headers: { "content-type": "application/json", ...headers },
  url: "https://hub.example/webhooks/c1?v=1",
});

export function startXiaohongshu(runtime: TestRuntime, more: readonly FakeSku[] = []) {
  const fake = createFakeXiaohongshu(runtime, [...skus, ...more]);
  const { shop } = fake;
  const platform: Platform = {
    fetch: fake.fetch,
    authorization: fake.authorization,
    listings: skus.map(({ itemId, skuId, available }) => ({
      externalId: itemId,
      externalVariantId: skuId,
      quantity: available,
    })),
    orders: {
      place(listing, quantity) {
        const order = shop.place({ skuId: listing.externalVariantId ?? "", quantity });
        shop.pay(order.id);
        return { externalId: order.id, totalMinor: shop.total(order), quantity };
      },
      touch: (externalId) => shop.touch(externalId),
      refund(externalId) {
        const order = shop.order(externalId);
        shop.refund(externalId, order.lines[0]?.skuId ?? "", 1, shop.total(order) / 100);
        return naming("afterSale.getAfterSaleInfo", order.cases[0]?.id ?? "");
      },
    },
    webhooks: {
      requiredHeaders: ["sign", "timestamp", "app-key"],
      signatureHeader: "sign",
      signsBody: false,
      deliver: (externalId) =>
        fake.message("msg_fulfillment_status_change", {
          orderId: externalId,
          orderStatus: shop.order(externalId).status,
          updateTime: shop.order(externalId).updated,
        }),
      sign: (body) => fake.sign(body),
      accepts: ({ status, body }) => status === 200 && (JSON.parse(body) as { success: boolean }).success,
      probe: () => ({
        request: ping('{"test":true}'),
        answer: {
          status: 200,
          body: '{"success":true,"error_code":0,"error_msg":""}',
          contentType: "application/json",
        },
        spoilt: [
          { ...ping('{"test":true}'), method: "GET" },
          ping('{"test":false}'),
          ping('{"test":true,"orderId":"P1"}'),
          ping('{"test":true}', { sign: "forged" }),
          ping("{"),
        ],
      }),
    },
    stock: { figure: ({ externalVariantId }) => shop.sku(externalVariantId ?? "").available },
    fulfilments: {
      parcels: (orderExternalId) => {
        const order = shop.order(orderExternalId);
        return order.packs.map((pack) => ({
          quantity: order.lines
            .filter(({ skuId }) => pack.skuIds.includes(skuId))
            .reduce((sum, line) => sum + line.quantity, 0),
          trackingNumber: pack.number,
        }));
      },
    },
  };
  return { fake, platform };
}
