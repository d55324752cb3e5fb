import type { Account, Call, Connector, Manifest, OpenContext, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { createAuthorization } from "./authorization.ts";
import { createClient, type LazadaClient } from "./client.ts";
import { createFulfilments } from "./fulfilments.ts";
import { createListings } from "./listings.ts";
import { createOrders } from "./orders.ts";
import { windowPolicy } from "./pull.ts";
import { mostOrders } from "./read.ts";
import { type LazadaSettings, secretsSchema, settingsSchema } from "./settings.ts";
import { createStock, stockWritesPerCall } from "./stock.ts";
import { createWebhooks } from "./webhook.ts";
import { sellerSchema } from "./wire.ts";

/** Lazada, by its Open Platform. What it cannot do and what was not verified stands in README.md. */
const manifest: Manifest = {
  id: "lazada",
  name: "Lazada",
  docsUrl: "https://open.lazada.com/apps/doc/doc",
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
    // Units of unpaid orders are withheld, and released after half an hour or a cancel.
    deducts: "placed",
    restoresOnUnpaidCancel: true,
    // Not documented for paid orders. Said so that a wrong guess costs a sale and never sells a unit twice.
    restoresOnPaidRefund: true,
    clockSkewMs: windowPolicy.clockSkewMs,
    orderWatermark: true,
  },
  // Fifty stock calls a second are named; for the rest no figures are, and endless polling is frowned on.
  limits: { ordersPerPage: mostOrders, stockWritesPerCall, callsPerSecond: 2, burst: 5 },
  pullOverlapMs: windowPolicy.overlapMs,
  timeZone: "Asia/Singapore",
  settings: settingsSchema,
  secrets: secretsSchema,
  accountSettings: ["country", "sellerId"],
  authorization: {
    grant: true,
    refresh: true,
    refreshBeforeMs: 3_600_000,
    boundTo: ["appKey", "country", "sellerId"],
  },
};

export const lazada: Connector = {
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
  client: LazadaClient,
  { sellerId, country }: LazadaSettings,
  call: Call,
): Promise<Result<{ account: string }>> {
  const seller = await client.get("/seller/get", {}, sellerSchema, call);
  if (!seller.ok) return seller;
  if (seller.value.seller_id !== sellerId)
    return failure(
      "invalid",
      `Access was granted by store ${seller.value.seller_id}, the settings name ${sellerId}; correct sellerId, or grant access as that store`,
    );
  const name = seller.value.name || seller.value.short_code || sellerId;
  return { ok: true, value: { account: `${name} (${country.toUpperCase()})` } };
}
