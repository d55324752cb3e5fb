import type { Account, Call, Connector, Manifest, OpenContext, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { createAuthorization } from "./authorization.ts";
import { type AmazonClient, createClient } from "./client.ts";
import { createFulfilments } from "./fulfilments.ts";
import { itemsPath } from "./inventory.ts";
import { createListings } from "./listings.ts";
import { createOrders } from "./orders.ts";
import { ordersPolicy } from "./pull.ts";
import { type AmazonSettings, secretsSchema, settingsSchema } from "./settings.ts";
import { applyDelayMs, createStock, stockWritesPerCall } from "./stock.ts";
import { createWebhooks } from "./webhook.ts";
import { listingsSchema, participationsSchema } from "./wire.ts";

/** Orders fetched by id take a call each, of which Amazon allows 30 at once. */
const mostFetched = 20;

/** Amazon, by its Selling Partner API. What it cannot do and what was not verified stands in README.md. */
const manifest: Manifest = {
  id: "amazon",
  name: "Amazon",
  docsUrl: "https://developer-docs.amazon.com/sp-api",
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
    // From the moment an order is pending.
    deducts: "placed",
    // Not documented. Said so that a wrong guess costs a sale and never sells a unit twice.
    restoresOnUnpaidCancel: true,
    restoresOnPaidRefund: true,
    clockSkewMs: applyDelayMs,
    orderWatermark: true,
  },
  // Amazon counts calls by operation, from 20 an hour to 5 a second; a push of stock makes eleven of the latter.
  limits: { ordersPerPage: mostFetched, stockWritesPerCall, callsPerSecond: 0.5, burst: 5 },
  pullOverlapMs: ordersPolicy.overlapMs,
  timeZone: "UTC",
  settings: settingsSchema,
  secrets: secretsSchema,
  accountSettings: ["sellerId", "marketplaceId"],
  authorization: {
    grant: true,
    refresh: true,
    refreshBeforeMs: 300_000,
    boundTo: ["sellerId", "clientId"],
    boundToSecrets: ["refreshToken"],
  },
};

export const amazon: Connector = {
  manifest,
  open(context: OpenContext): Account {
    const settings = settingsSchema.parse(context.settings);
    const secrets = secretsSchema.parse(context.secrets);
    const client = createClient(context, settings, Object.values(secrets));
    const ordersPerPage = Math.min(mostFetched, settings.ordersPerPage);
    return {
      profile: { limits: { ...manifest.limits, ordersPerPage } },
      check: (call) => check(client, settings, call),
      orders: createOrders(client, settings, context),
      webhooks: createWebhooks(settings, secrets),
      stock: createStock(client, settings),
      fulfilments: createFulfilments(client, context.clock),
      listings: createListings(client, settings),
    };
  },
  authorization: createAuthorization,
};

/** Two questions prove token, region, marketplace, seller id and roles, and say which of them is wrong. */
async function check(
  client: AmazonClient,
  settings: AmazonSettings,
  call: Call,
): Promise<Result<{ account: string }>> {
  const { marketplaceId, sellerId } = settings;
  const told = await client.get("/sellers/v1/marketplaceParticipations", {}, participationsSchema, call);
  if (!told.ok) return told;
  const here = told.value.payload.find((one) => one.marketplace.id === marketplaceId);
  if (!here?.participation.isParticipating)
    return failure("invalid", `This seller does not sell in marketplace ${marketplaceId}`);
  if (here.participation.hasSuspendedListings)
    return failure(
      "invalid",
      "Amazon has suspended listings of this seller; see Account Health in Seller Central",
    );
  const query = { marketplaceIds: marketplaceId, pageSize: 1 };
  const listings = await client.get(itemsPath(settings), query, listingsSchema, call);
  if (!listings.ok)
    return listings.kind === "not_found" || listings.kind === "invalid"
      ? failure("invalid", `Amazon shows no listings of seller ${sellerId}; check sellerId in the settings`)
      : listings;
  const name = here.marketplace.name ?? marketplaceId;
  return { ok: true, value: { account: `${here.storeName ?? sellerId}, ${name}` } };
}
