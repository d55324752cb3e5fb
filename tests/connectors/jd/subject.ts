import { jd } from "../../../src/connectors/jd/index.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import type { Platform, Subject } from "../subject.ts";
import { naming } from "../wire.ts";
import { appKey, appSecret } from "./fake/login.ts";
import { createFakeJd } from "./fake/server.ts";
import { venderId } from "./fake/view.ts";

export const settings = { appKey, venderId, ordersPerPage: 4 };
export const secrets = { appSecret };

const writes = new Set(["jingdong.pop.order.shipment", "jingdong.ware.stock.sku.set"]);

/** The JD connector on the fake JD. */
export const subject: Subject = {
  connector: jd,
  settings,
  secrets,
  wrongSecrets: { appSecret: "ffffffffffffffffffffffffffffffff" },
  // Every call is a POST; two methods change something.
  asks: (request) => !writes.has(new URL(request.url).searchParams.get("method") ?? ""),
  checkSays: {
    key: [{ appKey: "0000000000000000" }, /^auth: .*the AppKey is wrong; take it over from open.jd.com/],
    shop: [{ venderId: "4" }, /^invalid: .*venderId in the settings is 4; correct it/],
    secret: /^auth: .*check the AppSecret/,
    revoked: /^auth: .*grant access again/,
  },
  start: (runtime) => startJd(runtime).platform,
};

const sku = (skuId: number, outerId: string, name: string, price: number, stockNum: number) => ({
  skuId,
  wareId: skuId + 10_000_000_000,
  outerId,
  name,
  price,
  stockNum,
  booked: 0,
});

export const skus = [
  sku(10_000_000_000_001, "TS-RED-M", "短袖 红 M", 7900, 50),
  sku(10_000_000_000_002, "MUG-01", "马克杯", 6000, 40),
  sku(10_000_000_000_003, "BAG-1", "布袋", 500, 30),
];

export function startJd(runtime: TestRuntime) {
  const fake = createFakeJd(runtime, skus);
  const { shop } = fake;
  const platform: Platform = {
    fetch: fake.fetch,
    authorization: fake.authorization,
    listings: skus.map(({ skuId, stockNum }) => ({ externalId: String(skuId), quantity: stockNum })),
    orders: {
      place(listing, quantity) {
        const order = shop.place([{ skuId: Number(listing.externalId), quantity }]);
        return { externalId: order.id, totalMinor: shop.total(order), quantity };
      },
      touch: (externalId) => shop.touch(externalId),
      refund(externalId) {
        const [item] = shop.order(externalId).items;
        shop.ship(externalId, "467", "SF1");
        shop.refundService(externalId, item?.skuId ?? 0, "5.00");
        return naming("jingdong.b2c.shop.aftersales.refund.get", String(shop.services[0]?.id));
      },
    },
    stock: { figure: ({ externalId }) => shop.free(Number(externalId)) },
    fulfilments: {
      parcels(orderExternalId) {
        const order = shop.order(orderExternalId);
        if (order.waybill === "") return [];
        const quantity = order.items.reduce((sum, item) => sum + item.quantity, 0);
        return [{ quantity, trackingNumber: order.waybill }];
      },
    },
  };
  return { fake, platform };
}
