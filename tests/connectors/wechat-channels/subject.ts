import { wechatChannels } from "../../../src/connectors/wechat-channels/index.ts";
import { windowMs } from "../../../src/connectors/wechat-channels/webhook.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import type { Platform, Subject } from "../subject.ts";
import { naming } from "../wire.ts";
import { appId, createPush, encodingAesKey, token } from "./fake/push.ts";
import { appSecret, createFakeWechat } from "./fake/server.ts";

export const settings = { appId, ordersPerPage: 4 };
export const secrets = { appSecret, token, encodingAesKey };

const writes = new Set(["/channels/ec/order/delivery/send", "/channels/ec/product/stock/update"]);
const otherKey = "ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210abcdefg";

/** The WeChat shop connector on the fake WeChat. */
export const subject: Subject = {
  connector: wechatChannels,
  settings,
  secrets,
  wrongSecrets: { appSecret: "ffffffffffffffffffffffffffffffff", token: "another", encodingAesKey: otherKey },
  rotatedSecrets: {
    appSecret,
    token: "thenexttoken",
    encodingAesKey: otherKey,
    previousToken: token,
    previousEncodingAesKey: encodingAesKey,
  },
  secretsWithoutWebhook: { appSecret },
  webhookWindowMs: windowMs,
  probes: true,
  // Every call is a POST; two paths change something.
  asks: (request) => !writes.has(new URL(request.url).pathname),
  checkSays: {
    key: [{ appId: "wx00000000000000ff" }, /^auth: .*no such AppID; check it in the settings/],
    secret: /^auth: .*AppSecret is wrong; take it over/,
    revoked: /^auth: .*check the AppSecret/,
  },
  start: (runtime) => startWechat(runtime).platform,
};

const sku = (
  productId: string,
  skuId: string,
  code: string,
  title: string,
  attribute: string,
  price: number,
  stock: number,
) => ({
  productId,
  skuId,
  code,
  title,
  attribute,
  price,
  stock,
});

export const skus = [
  sku("10000000000001", "20000000000001", "TS-RED-M", "短袖", "红", 3900, 50),
  sku("10000000000001", "20000000000002", "TS-BLU-M", "短袖", "蓝", 3900, 40),
  sku("10000000000002", "20000000000003", "", "马克杯", "", 2500, 30),
];

export function startWechat(runtime: TestRuntime) {
  const fake = createFakeWechat(runtime, skus);
  const push = createPush(runtime);
  const { shop } = fake;
  const platform: Platform = {
    fetch: fake.fetch,
    authorization: fake.authorization,
    listings: skus.map(({ productId, skuId, stock }) => ({
      externalId: productId,
      externalVariantId: skuId,
      quantity: stock,
    })),
    orders: {
      place(listing, quantity) {
        const order = shop.place([{ skuId: listing.externalVariantId ?? "", count: quantity }]);
        return { externalId: order.id, totalMinor: shop.total(order), quantity };
      },
      touch: (externalId) => shop.touch(externalId),
      refund(externalId) {
        const { id } = shop.aftersale(externalId, { status: "MERCHANT_REFUND_SUCCESS" });
        return naming("/aftersale/getaftersaleorder", id);
      },
    },
    webhooks: {
      requiredHeaders: ["?msg_signature", "?timestamp", "?nonce"],
      signatureHeader: "?msg_signature",
      deliver: (externalId) => push.deliver("channels_ec_order_pay", externalId),
      sign: push.sign,
      accepts: ({ status, body }) => status === 200 && (body === "success" || body === ""),
      probe: push.probe,
    },
    stock: {
      figure: ({ externalId, externalVariantId }) => shop.sku(externalId, externalVariantId)?.stock ?? 0,
    },
    fulfilments: {
      parcels: (orderExternalId) =>
        shop.order(orderExternalId).deliveries.map((one) => ({
          quantity: one.lines.reduce((sum, line) => sum + line.count, 0),
          trackingNumber: one.waybill,
        })),
    },
  };
  return { fake, push, platform };
}
