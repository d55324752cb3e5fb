import type { Account, Call, Connector, Manifest, OpenContext, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { createAuthorization } from "./authorization.ts";
import { createClient, type ShopeeClient } from "./client.ts";
import { createFulfilments } from "./fulfilments.ts";
import { createListings } from "./listings.ts";
import { createOrders } from "./orders.ts";
import { windowPolicy } from "./pull.ts";
import { mostDetails } from "./read.ts";
import { type ShopeeSettings, secretsSchema, settingsSchema } from "./settings.ts";
import { createStock, stockWritesPerCall } from "./stock.ts";
import { createWebhooks } from "./webhook.ts";
import { shopInfoSchema } from "./wire.ts";

/** Shopee, by its Open API v2. What it cannot do and what was not verified stands in README.md. */
const manifest: Manifest = {
  id: "shopee",
  name: "Shopee",
  docsUrl: "https://open.shopee.com/documents",
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
    deducts: "placed",
    restoresOnUnpaidCancel: true,
    // Not documented for paid orders. Said so that a wrong guess costs a sale and never sells a unit twice.
    restoresOnPaidRefund: true,
    clockSkewMs: windowPolicy.clockSkewMs,
    orderWatermark: true,
  },
  // No figures are published; about ten calls a second are said to go well, and a page of orders takes three or four.
  limits: { ordersPerPage: mostDetails, stockWritesPerCall, callsPerSecond: 2, burst: 5 },
  pullOverlapMs: windowPolicy.overlapMs,
  timeZone: "UTC",
  settings: settingsSchema,
  secrets: secretsSchema,
  accountSettings: ["shopId"],
  authorization: {
    grant: true,
    refresh: true,
    refreshBeforeMs: 900_000,
    boundTo: ["shopId", "partnerId", "host"],
  },
};

export const shopee: Connector = {
  manifest,
  open(context: OpenContext): Account {
    const settings = settingsSchema.parse(context.settings);
    const secrets = secretsSchema.parse(context.secrets);
    const client = createClient(context, settings, secrets);
    return {
      profile: { limits: { ...manifest.limits, ordersPerPage: settings.ordersPerPage } },
      check: (call) => check(client, settings, call),
      orders: createOrders(client, settings, context),
      webhooks: createWebhooks(settings, secrets),
      stock: createStock(client, settings),
      fulfilments: createFulfilments(client, settings),
      listings: createListings(client, settings),
    };
  },
  authorization: createAuthorization,
};

async function check(
  client: ShopeeClient,
  { shopId }: ShopeeSettings,
  call: Call,
): Promise<Result<{ account: string }>> {
  const shop = await client.get("/shop/get_shop_info", {}, shopInfoSchema, call);
  if (!shop.ok)
    return shop.message.includes(" error_param:")
      ? failure(
          "invalid",
          "Shopee takes no such call (error_param); check partnerId and shopId in the settings",
        )
      : shop;
  const { shop_name, region, status } = shop.value;
  if (status !== "NORMAL")
    return failure("invalid", `Shop ${shopId} is ${status.slice(0, 30)} in Shopee; see Seller Centre`);
  return { ok: true, value: { account: `${shop_name} (${region})` } };
}
