import { pinduoduo } from "../../../src/connectors/pinduoduo/index.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import type { Platform, Subject } from "../subject.ts";
import { naming } from "../wire.ts";
import { clientId, clientSecret, createFakePinduoduo, mallId } from "./fake/server.ts";
import type { FakeGoods } from "./fake/shop.ts";

export const settings = { clientId, mallId, ordersPerPage: 4 };
export const secrets = { clientSecret };

/** The Pinduoduo connector on the fake Pinduoduo. */
export const subject: Subject = {
  connector: pinduoduo,
  settings,
  secrets,
  wrongSecrets: { clientSecret: "secret-of-somebody-else" },
  tailMs: 181_000,
  // Every call is a POST; these methods change something.
  asks: async (request) => !/type=[\w.]+\.(update|send)(&|$)/.test(await request.text()),
  checkSays: {
    key: [{ clientId: "otherclient" }, /^auth: .*check clientId and clientSecret/],
    shop: [{ mallId: "7" }, /^invalid: .*correct mallId, or grant access as that shop/],
    secret: /^auth: .*check clientId and clientSecret/,
    revoked: /^auth: .*access has expired or was replaced.*grant access to the shop again/,
  },
  start: (runtime) => startPinduoduo(runtime).platform,
};

export const goods: FakeGoods[] = [
  {
    goods_id: 400_000_000_001,
    name: "短袖",
    promoted: false,
    skus: [
      { sku_id: 900_000_000_001, outer_id: "TS-RED-M", spec: "红色,M", price: 7900, quantity: 50 },
      { sku_id: 900_000_000_002, outer_id: "TS-BLU-M", spec: "蓝色,M", price: 7950, quantity: 40 },
    ],
  },
  {
    goods_id: 400_000_000_002,
    name: "马克杯",
    promoted: false,
    skus: [{ sku_id: 900_000_000_003, outer_id: "", spec: "", price: 1999, quantity: 30 }],
  },
];

export function startPinduoduo(runtime: TestRuntime) {
  const fake = createFakePinduoduo(runtime, goods);
  const { shop } = fake;
  const platform: Platform = {
    fetch: fake.fetch,
    authorization: fake.authorization,
    listings: goods.flatMap(({ goods_id, skus }) =>
      skus.map(({ sku_id, quantity }) => ({
        externalId: String(goods_id),
        externalVariantId: String(sku_id),
        quantity,
      })),
    ),
    orders: {
      place({ externalId, externalVariantId }, quantity) {
        const order = shop.place(Number(externalId), Number(externalVariantId), quantity);
        shop.pay(order.order_sn);
        shop.form(order.order_sn);
        return { externalId: order.order_sn, totalMinor: shop.total(order), quantity };
      },
      touch: (externalId) => shop.touch(externalId),
      refund(externalId) {
        shop.refund(externalId, shop.total(shop.order(externalId)));
        return naming("pdd.refund.information.get", externalId);
      },
    },
    stock: {
      figure: ({ externalId, externalVariantId }) =>
        shop.sku(Number(externalId), Number(externalVariantId))?.quantity ?? 0,
    },
    fulfilments: {
      parcels(orderExternalId) {
        const order = shop.order(orderExternalId);
        return order.order_status === 1 ? [] : [{ quantity: order.count, trackingNumber: order.waybill }];
      },
    },
  };
  return { fake, platform };
}
