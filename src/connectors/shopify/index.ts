import type { Account, Call, Connector, Manifest, OpenContext, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { createAuthorization } from "./authorization.ts";
import { createClient, type ShopifyClient } from "./client.ts";
import { shopQuery } from "./documents.ts";
import { createFulfilments } from "./fulfilments.ts";
import { createListings } from "./listings.ts";
import { createOrders, windowPolicy } from "./orders.ts";
import { type ShopifySettings, scopes, secretsSchema, settingsSchema } from "./settings.ts";
import { createStock, stockWritesPerCall } from "./stock.ts";
import { createWebhooks } from "./webhook.ts";
import { gidOf, shopSchema } from "./wire.ts";

/** Shopify, by its GraphQL Admin API. What it cannot do and what was not verified stands in README.md. */
const manifest: Manifest = {
  id: "shopify",
  name: "Shopify",
  docsUrl: "https://shopify.dev/docs/api/admin-graphql",
  docsReadAt: "2026-11-22",
  capabilities: {
    orders: true,
    webhooks: true,
    stockWrites: ["compareAndSet", "delta", "set"],
    stockRead: true,
    fulfilments: true,
    listings: true,
    files: false,
    rooms: false,
  },
  behaviour: {
    // Placing an order moves its units from available to committed; cancelling with restock moves them back.
    deducts: "placed",
    restoresOnUnpaidCancel: true,
    restoresOnPaidRefund: true,
    clockSkewMs: windowPolicy.clockSkewMs,
    orderWatermark: true,
  },
  // Cost is counted, not calls: a page of ten orders costs some 300 of the 100 points a second that a Standard shop gets.
  limits: { ordersPerPage: 10, stockWritesPerCall, callsPerSecond: 2, burst: 6 },
  pullOverlapMs: windowPolicy.overlapMs,
  timeZone: "UTC",
  settings: settingsSchema,
  secrets: secretsSchema,
  accountSettings: ["shop"],
  authorization: {
    grant: true,
    refresh: true,
    refreshBeforeMs: 300_000,
    boundTo: ["shop"],
    boundToSecrets: ["accessToken"],
  },
};

export const shopify: Connector = {
  manifest,
  open(context: OpenContext): Account {
    const settings = settingsSchema.parse(context.settings);
    const secrets = secretsSchema.parse(context.secrets);
    const client = createClient(context, settings, secrets);
    return {
      profile: { limits: { ...manifest.limits, ordersPerPage: settings.ordersPerPage } },
      check: (call) => check(client, settings, call),
      orders: createOrders(client, settings, context),
      webhooks: createWebhooks(secrets),
      stock: createStock(client, settings),
      fulfilments: createFulfilments(client, settings),
      listings: createListings(client, settings),
    };
  },
  authorization: createAuthorization,
};

/** One query proves address, token, permissions and location, and says which of them is wrong. */
async function check(
  client: ShopifyClient,
  { locationId, shop }: ShopifySettings,
  call: Call,
): Promise<Result<{ account: string }>> {
  const result = await client.run(shopQuery, { location: gidOf("Location", locationId) }, shopSchema, call);
  if (!result.ok) {
    if (result.kind !== "not_found") return result;
    return failure(
      "invalid",
      `There is no shop at ${shop}; correct shop in the settings, to the address that ends in .myshopify.com`,
    );
  }
  const { location, currentAppInstallation } = result.value;
  if (!location) return failure("invalid", `The shop has no location ${locationId}`);
  if (!location.isActive) return failure("invalid", `Location ${locationId} is not active in Shopify`);
  const granted = new Set(currentAppInstallation?.accessScopes.map(({ handle }) => handle));
  const missing = scopes.filter(
    (scope) => !granted.has(scope) && !granted.has(scope.replace(/^read_/, "write_")),
  );
  if (missing.length > 0)
    return failure(
      "invalid",
      `The app lacks the permissions ${missing.join(", ")}; add them and install it again`,
    );
  return { ok: true, value: { account: `${result.value.shop.name}, ${location.name}` } };
}
