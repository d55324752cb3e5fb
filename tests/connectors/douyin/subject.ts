import { douyin } from "../../../src/connectors/douyin/index.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import type { Platform, Subject } from "../subject.ts";
import { naming } from "../wire.ts";
import { appKey, appSecret, createFakeDouyin, shopId } from "./fake/server.ts";
import type { FakeSku } from "./fake/shop.ts";

export const settings = { shopId, appKey, ordersPerPage: 4 };
export const secrets = { appSecret };

/** Each of these calls only asks; everything is a POST. */
const asking =
  /\/(order\/(searchList|orderDetail)|afterSale\/(List|Detail)|product\/listV2|sku\/list|token\/\w+)$/;

/** The Douyin connector on the fake Douyin. */
export const subject: Subject = {
  connector: douyin,
  settings,
  secrets,
  wrongSecrets: { appSecret: "secret-of-somebody-else" },
  rotatedSecrets: { appSecret: "the-next-secret-0002", previousAppSecret: appSecret },
  asks: ({ url }) => asking.test(new URL(url).pathname),
  checkSays: {
    key: [{ appKey: "7999999999999999999" }, /^auth: .*no application with this app_key; check appKey/],
    secret: /^auth: .*app_key and app_secret do not fit/,
    revoked: /^auth: .*no such access token; .*authorise the application for shopId/,
  },
  start: (runtime) => startDouyin(runtime).platform,
};

const ordinary = { reduce: 1, type: 0 } as const;
export const skus: readonly FakeSku[] = [
  {
    ...ordinary,
    productId: "3500000000000000001",
    skuId: "1700000000000000011",
    code: "TS-RED-M",
    title: "短袖 红 M",
    price: 9900,
    stock: 50,
  },
  {
    ...ordinary,
    productId: "3500000000000000001",
    skuId: "1700000000000000012",
    code: "TS-RED-L",
    title: "短袖 红 L",
    price: 9900,
    stock: 40,
  },
  {
    ...ordinary,
    productId: "3500000000000000002",
    skuId: "1700000000000000021",
    code: "MUG-01",
    title: "马克杯",
    price: 5900,
    stock: 30,
  },
];

export function startDouyin(runtime: TestRuntime, more: readonly FakeSku[] = []) {
  const fake = createFakeDouyin(runtime, [...skus, ...more]);
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
        const order = shop.place(listing.externalVariantId ?? "", quantity, "7400000000000000123");
        shop.pay(order.id);
        return { externalId: order.id, totalMinor: shop.total(order), quantity };
      },
      touch: (externalId) => shop.touch(externalId),
      cancel(externalId) {
        const order = shop.order(externalId);
        const units = order.lines.reduce((sum, line) => sum + line.quantity, 0);
        shop.refund(externalId, units, shop.total(order));
      },
      refund(externalId) {
        shop.refund(externalId, 1, 9900);
        return naming("/afterSale/Detail", shop.order(externalId).cases[0]?.id ?? "");
      },
    },
    webhooks: {
      requiredHeaders: ["event-sign"],
      signatureHeader: "event-sign",
      deliver: (externalId) =>
        fake.message("101", {
          p_id: `#${externalId}`,
          s_ids: [`#${externalId}`],
          shop_id: Number(shopId),
          order_status: shop.order(externalId).status,
        }),
      sign: (body) => fake.sign(body),
      accepts: ({ status, body }) => status === 200 && (JSON.parse(body) as { code: number }).code === 0,
    },
    stock: { figure: ({ externalVariantId }) => shop.sku(externalVariantId ?? "").stock },
    fulfilments: {
      parcels: (orderExternalId) =>
        shop.order(orderExternalId).packs.map((pack) => ({
          quantity: pack.lines.reduce((sum, line) => sum + line.quantity, 0),
          trackingNumber: pack.number,
        })),
    },
  };
  return { fake, platform };
}
