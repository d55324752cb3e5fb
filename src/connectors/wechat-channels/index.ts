import type { Account, Call, Connector, Manifest, OpenContext, Result } from "../contract.ts";
import { createAuthorization, refreshBeforeMs } from "./authorization.ts";
import { createClient, type WechatClient } from "./client.ts";
import { createFulfilments } from "./fulfilments.ts";
import { createListings } from "./listings.ts";
import { createOrders, windowPolicy } from "./orders.ts";
import { secretsSchema, settingsSchema } from "./settings.ts";
import { createStock, stockWritesPerCall } from "./stock.ts";
import { createWebhooks } from "./webhook.ts";
import { shopSchema } from "./wire.ts";

/** WeChat shop (微信小店, once 视频号小店), which sells in WeChat Channels. What it cannot do and what was not verified stands in README.md. */
const manifest: Manifest = {
  id: "wechat-channels",
  name: "WeChat shop (微信小店)",
  docsUrl: "https://developers.weixin.qq.com/doc/store/shop/",
  docsReadAt: "2026-11-22",
  capabilities: {
    orders: true,
    webhooks: true,
    stockWrites: ["delta", "set"],
    stockRead: true,
    fulfilments: true,
    listings: true,
    files: false,
    rooms: false,
  },
  behaviour: {
    deducts: "placed",
    restoresOnUnpaidCancel: true,
    // Told so by the documentation: what is refunded after payment must be added by the shop.
    restoresOnPaidRefund: false,
    clockSkewMs: windowPolicy.clockSkewMs,
    orderWatermark: true,
  },
  // 10,000 tokens a minute; other calls have quotas that are not told. One here can be some fifty requests, one after the other.
  limits: { ordersPerPage: 50, stockWritesPerCall, callsPerSecond: 2, burst: 5 },
  pullOverlapMs: windowPolicy.overlapMs,
  timeZone: "Asia/Shanghai",
  settings: settingsSchema,
  secrets: secretsSchema,
  accountSettings: ["appId"],
  authorization: {
    grant: false,
    refresh: true,
    refreshBeforeMs,
    boundTo: ["appId"],
    boundToSecrets: ["appSecret"],
  },
};

export const wechatChannels: Connector = {
  manifest,
  open(context: OpenContext): Account {
    const settings = settingsSchema.parse(context.settings);
    const secrets = secretsSchema.parse(context.secrets);
    const client = createClient(context);
    return {
      profile: { limits: { ...manifest.limits, ordersPerPage: settings.ordersPerPage } },
      check: (call) => check(client, settings.appId, call),
      orders: createOrders(client, settings, context),
      webhooks: createWebhooks(settings, secrets),
      stock: createStock(client),
      fulfilments: createFulfilments(client),
      listings: createListings(client),
    };
  },
  authorization: createAuthorization,
};

/** One call proves address list, token and permission; AppID and AppSecret are proved where the token is asked for. */
async function check(client: WechatClient, appId: string, call: Call): Promise<Result<{ account: string }>> {
  const result = await client.post("/channels/ec/basics/info/get", {}, shopSchema, call);
  return result.ok ? { ok: true, value: { account: `${result.value.info.nickname} (${appId})` } } : result;
}
