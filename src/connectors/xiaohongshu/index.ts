import type { Account, Call, Connector, Manifest, OpenContext, Result } from "../contract.ts";
import { createAuthorization } from "./authorization.ts";
import { createClient, type XiaohongshuClient } from "./client.ts";
import { createFulfilments } from "./fulfilments.ts";
import { createListings } from "./listings.ts";
import { createOrders, windowPolicy } from "./orders.ts";
import { secretsSchema, settingsSchema } from "./settings.ts";
import { createStock, stockWritesPerCall } from "./stock.ts";
import { createWebhooks } from "./webhook.ts";
import { orderIdsSchema } from "./wire.ts";

/** Xiaohongshu shops (小红书), by open.xiaohongshu.com. What it cannot do and what was not verified stands in README.md. */
const manifest: Manifest = {
  id: "xiaohongshu",
  name: "Xiaohongshu (小红书)",
  docsUrl: "https://open.xiaohongshu.com/document/developer/file/32",
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
    // Unpaid orders occupy units, which are no longer available.
    deducts: "placed",
    restoresOnUnpaidCancel: true,
    // Not documented; this is the careful side, units that may have come back count as for sale there.
    restoresOnPaidRefund: true,
    clockSkewMs: windowPolicy.clockSkewMs,
    orderWatermark: true,
  },
  // 100 calls a second for an application as a whole.
  limits: { ordersPerPage: 20, stockWritesPerCall, callsPerSecond: 10, burst: 20 },
  pullOverlapMs: windowPolicy.overlapMs,
  timeZone: "Asia/Shanghai",
  settings: settingsSchema,
  secrets: secretsSchema,
  // The shop is known only by its grant.
  accountSettings: [],
  // Earlier than half an hour before the end the same tokens come again.
  authorization: { grant: true, refresh: true, refreshBeforeMs: 25 * 60_000, boundTo: ["appId"] },
};

export const xiaohongshu: Connector = {
  manifest,
  open(context: OpenContext): Account {
    const settings = settingsSchema.parse(context.settings);
    const secrets = secretsSchema.parse(context.secrets);
    const client = createClient(context, settings, secrets);
    return {
      profile: { limits: { ...manifest.limits, ordersPerPage: settings.ordersPerPage } },
      check: (call) => check(client, context, call),
      orders: createOrders(client, settings, context),
      webhooks: createWebhooks(settings, secrets),
      stock: createStock(client, settings),
      fulfilments: createFulfilments(client),
      listings: createListings(client, settings),
    };
  },
  authorization: createAuthorization,
};

/** One row of the last minute's orders proves appId, signature, token and the permission that matters most. */
async function check(
  client: XiaohongshuClient,
  { clock, tokens }: OpenContext,
  call: Call,
): Promise<Result<{ account: string }>> {
  const now = Math.floor(clock.nowMs() / 1000);
  const params = { startTime: now - 60, endTime: now, timeType: 2, pageNo: 1, pageSize: 1 };
  const result = await client.run(
    { method: "order.getOrderList", params, answer: orderIdsSchema, effect: "read" },
    call,
  );
  if (!result.ok) return result;
  const { sellerName, sellerId } = tokens?.extra ?? {};
  return {
    ok: true,
    value: {
      account: [sellerName, sellerId && `(${sellerId})`].filter(Boolean).join(" ") || "Xiaohongshu shop",
    },
  };
}
