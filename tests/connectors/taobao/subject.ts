import { taobao } from "../../../src/connectors/taobao/index.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import type { Platform, Subject } from "../subject.ts";
import { naming } from "../wire.ts";
import { appKey, appSecret, createFakeTaobao, sellerNick } from "./fake/server.ts";
import type { FakeItem } from "./fake/shop.ts";

export const settings = { appKey, sellerNick, ordersPerPage: 4 };
export const secrets = { appSecret };

/** The Taobao connector on the fake open platform. */
export const subject: Subject = {
  connector: taobao,
  settings,
  secrets,
  wrongSecrets: { appSecret: "somebody-elses-secret" },
  rotatedSecrets: { appSecret: "the-next-app-secret", previousAppSecret: appSecret },
  webhookWindowMs: 600_000,
  tailMs: 60_000,
  // Every call is a POST; these methods change something.
  asks: async (request) => !/method=[\w.]+\.(update|send)(&|$)/.test(await request.text()),
  checkSays: {
    key: [{ appKey: "87654321" }, /^auth: .*App Key is not valid; check it/],
    shop: [{ sellerNick: "other" }, /^invalid: .*correct sellerNick, or grant access as that shop/],
    secret: /^auth: .*check the App Secret/,
    revoked: /^auth: .*session key has expired.*grant access to the shop again/,
  },
  start: (runtime) => startTaobao(runtime).platform,
};

export const items: FakeItem[] = [
  {
    num_iid: "700000000001",
    title: "短袖",
    outer_id: "TS",
    onSale: true,
    sub_stock: 1,
    skus: [
      { sku_id: "5000000000001", outer_id: "TS-RED-M", name: "红色", price: 3900, quantity: 50 },
      { sku_id: "5000000000002", outer_id: "TS-BLU-M", name: "蓝色", price: 3900, quantity: 40 },
    ],
  },
  {
    num_iid: "700000000002",
    title: "马克杯",
    outer_id: "MUG-01",
    onSale: false,
    sub_stock: 1,
    skus: [{ sku_id: "", outer_id: "", name: "", price: 6000, quantity: 30 }],
  },
];

export function startTaobao(runtime: TestRuntime) {
  const fake = createFakeTaobao(runtime, items);
  const { shop } = fake;
  const deliver = (body: Uint8Array) => ({
    body,
    headers: { "content-type": "application/json" },
    url: fake.callAddress(body),
  });
  const platform: Platform = {
    fetch: fake.fetch,
    authorization: fake.authorization,
    listings: items.flatMap(({ num_iid, skus }) =>
      skus.map(({ sku_id, quantity }) => ({
        externalId: num_iid,
        ...(sku_id ? { externalVariantId: sku_id } : {}),
        quantity,
      })),
    ),
    orders: {
      place({ externalId, externalVariantId = "" }, quantity) {
        const trade = shop.place([{ num_iid: externalId, sku_id: externalVariantId, num: quantity }]);
        shop.pay(trade.tid);
        return { externalId: trade.tid, totalMinor: trade.payment, quantity };
      },
      touch: (externalId) => shop.touch(externalId),
      refund(externalId) {
        const [line] = shop.trade(externalId).lines;
        shop.refund(externalId, line?.oid ?? "", line?.share ?? 0);
        return naming("taobao.refund.get", line?.refund?.id ?? "");
      },
    },
    webhooks: {
      requiredHeaders: ["?sign", "?timestamp"],
      signatureHeader: "?sign",
      deliver(externalId) {
        const content = `{"buyer_nick":"t**1","payment":"118.00","oid":${externalId},"tid":${externalId},"type":"guarantee_trade","seller_nick":"demo_shop"}`;
        const message = { topic: "taobao_trade_TradeBuyerPay", user_nick: "demo_shop", content };
        return deliver(new TextEncoder().encode(JSON.stringify(message)));
      },
      sign: deliver,
      accepts: ({ status, body }) => status === 200 && JSON.parse(body).flag === "success",
    },
    stock: { figure: (listing) => shop.sku(listing.externalId, listing.externalVariantId)?.quantity ?? 0 },
    fulfilments: {
      parcels: (orderExternalId) => {
        const sent = shop.trade(orderExternalId).lines.filter((line) => line.consignMs !== null);
        return [...Map.groupBy(sent, (line) => line.waybill)].map(([waybill, lines]) => ({
          quantity: lines.reduce((sum, line) => sum + line.num, 0),
          ...(waybill ? { trackingNumber: waybill } : {}),
        }));
      },
    },
  };
  return { fake, platform };
}
