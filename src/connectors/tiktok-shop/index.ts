import type { Account, Call, Connector, Manifest, OpenContext, Result } from "../contract.ts";
import { createAuthorization, readShop } from "./authorization.ts";
import { createClient, type TiktokClient } from "./client.ts";
import { createFulfilments } from "./fulfilments.ts";
import { createListings } from "./listings.ts";
import { createOrders } from "./orders.ts";
import { windowPolicy } from "./pull.ts";
import { mostDetails } from "./read.ts";
import { secretsSchema, settingsSchema, type TiktokSettings } from "./settings.ts";
import { createStock, stockWritesPerCall } from "./stock.ts";
import { createWebhooks } from "./webhook.ts";
import { orderPageSchema } from "./wire.ts";

/** TikTok Shop, by its Partner API 202309 and later. What it cannot do and what was not verified stands in README.md. */
const manifest: Manifest = {
  id: "tiktok-shop",
  name: "TikTok Shop",
  docsUrl: "https://partner.tiktokshop.com/docv2",
  docsReadAt: "2026-11-22",
  capabilities: {
    orders: true,
    webhooks: true,
    stockWrites: ["set"],
    stockRead: true,
    fulfilments: true,
    listings: true,
    files: false,
    rooms: false,
  },
  behaviour: {
    // Units of unpaid orders are committed already.
    deducts: "placed",
    restoresOnUnpaidCancel: true,
    // Not documented for paid orders. Said so that a wrong guess costs a sale and never sells a unit twice.
    restoresOnPaidRefund: true,
    clockSkewMs: windowPolicy.clockSkewMs,
    orderWatermark: true,
  },
  // Fifty calls a second for each API are allowed by default; a page of orders takes two to four.
  limits: { ordersPerPage: mostDetails, stockWritesPerCall, callsPerSecond: 4, burst: 8 },
  pullOverlapMs: windowPolicy.overlapMs,
  timeZone: "UTC",
  settings: settingsSchema,
  secrets: secretsSchema,
  accountSettings: ["shopCode"],
  authorization: {
    grant: true,
    refresh: true,
    // Access tokens live about seven days.
    refreshBeforeMs: 86_400_000,
    boundTo: ["appKey", "shopCode"],
  },
};

export const tiktokShop: Connector = {
  manifest,
  open(context: OpenContext): Account {
    const settings = settingsSchema.parse(context.settings);
    const secrets = secretsSchema.parse(context.secrets);
    const client = createClient(context, settings, secrets);
    return {
      profile: { limits: { ...manifest.limits, ordersPerPage: settings.ordersPerPage } },
      check: (call) => check(client, settings, call),
      orders: createOrders(client, settings, context),
      webhooks: createWebhooks(settings, secrets, context.tokens?.extra?.shopId),
      stock: createStock(client, settings),
      fulfilments: createFulfilments(client, settings),
      listings: createListings(client, settings),
    };
  },
  authorization: createAuthorization,
};

/** The shop list proves key, secret, clock and token; one order shows that the shop is named well and orders may be read. */
async function check(
  client: TiktokClient,
  { shopCode }: TiktokSettings,
  call: Call,
): Promise<Result<{ account: string }>> {
  const shop = await readShop(client, shopCode, call);
  if (!shop.ok) return shop;
  const orders = await client.ask("/order/202309/orders/search", { page_size: 1 }, {}, orderPageSchema, call);
  if (!orders.ok) return orders;
  const { name, region } = shop.value;
  return { ok: true, value: { account: `${name || shopCode}${region ? ` (${region})` : ""}` } };
}
