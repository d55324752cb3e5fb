import type { Account, Call, Connector, Manifest, OpenContext, Result } from "../contract.ts";
import { createAuthorization } from "./authorization.ts";
import { createClient, type DouyinClient } from "./client.ts";
import { createFulfilments } from "./fulfilments.ts";
import { createListings } from "./listings.ts";
import { createOrders, windowPolicy } from "./orders.ts";
import { secretsSchema, settingsSchema } from "./settings.ts";
import { createStock, stockWritesPerCall } from "./stock.ts";
import { createWebhooks } from "./webhook.ts";
import { ordersPageSchema } from "./wire.ts";

/** Douyin shops (抖店), by the open platform at op.jinritemai.com. What it cannot do and what was not verified stands in README.md. */
const manifest: Manifest = {
  id: "douyin",
  name: "Douyin (抖店)",
  docsUrl: "https://op.jinritemai.com/docs/guide-docs/10/23",
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
    // Each product says whether it is at the order or at payment; the setting stockDeducted says it for the account.
    deducts: "placed",
    restoresOnUnpaidCancel: true,
    // Not documented; this is the careful side, units that may have come back count as for sale there.
    restoresOnPaidRefund: true,
    clockSkewMs: windowPolicy.clockSkewMs,
    orderWatermark: true,
  },
  // No figure is published; refusals for speed (60000) are waited out.
  limits: { ordersPerPage: 50, stockWritesPerCall, callsPerSecond: 5, burst: 10 },
  pullOverlapMs: windowPolicy.overlapMs,
  timeZone: "Asia/Shanghai",
  settings: settingsSchema,
  secrets: secretsSchema,
  accountSettings: ["environment", "shopId"],
  // Earlier than an hour before the end the platform gives the same token again.
  authorization: {
    grant: false,
    refresh: true,
    refreshBeforeMs: 45 * 60_000,
    boundTo: ["appKey", "environment", "shopId"],
    boundToSecrets: ["appSecret"],
  },
};

export const douyin: Connector = {
  manifest,
  open(context: OpenContext): Account {
    const settings = settingsSchema.parse(context.settings);
    const secrets = secretsSchema.parse(context.secrets);
    const client = createClient(context, settings, secrets);
    return {
      profile: {
        limits: { ...manifest.limits, ordersPerPage: settings.ordersPerPage },
        behaviour: { ...manifest.behaviour, deducts: settings.stockDeducted },
      },
      check: (call) => check(client, context, settings.shopId, call),
      orders: createOrders(client, settings, context),
      webhooks: createWebhooks(settings, secrets),
      stock: createStock(client, settings),
      fulfilments: createFulfilments(client),
      listings: createListings(client, settings, context),
    };
  },
  authorization: createAuthorization,
};

/** One row of the last minute's orders proves key, signature, clock, token and the permission that matters most. */
async function check(
  client: DouyinClient,
  { clock, tokens }: OpenContext,
  shopId: string,
  call: Call,
): Promise<Result<{ account: string }>> {
  const now = Math.floor(clock.nowMs() / 1000);
  const params = { update_time_start: now - 60, update_time_end: now, page: 0, size: 1 };
  const result = await client.run(
    { method: "order.searchList", params, answer: ordersPageSchema, effect: "read" },
    call,
  );
  if (!result.ok) return result;
  const name = tokens?.extra?.shopName;
  return { ok: true, value: { account: name ? `${name} (${shopId})` : `Shop ${shopId}` } };
}
