import { z } from "zod";
import type { Account, Call, Connector, Manifest, OpenContext, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { createAuthorization } from "./authorization.ts";
import { createClient, type WooClient } from "./client.ts";
import { createFulfilments } from "./fulfilments.ts";
import { createListings } from "./listings.ts";
import { createOrders, windowPolicy } from "./orders.ts";
import { secretsSchema, settingsSchema } from "./settings.ts";
import { createStock, stockWritesPerCall } from "./stock.ts";
import { createWebhooks } from "./webhook.ts";
import { rowsSchema } from "./wire.ts";

/** WooCommerce, by its REST API v3. What it cannot do and what was not verified stands in README.md. */
const manifest: Manifest = {
  id: "woocommerce",
  name: "WooCommerce",
  docsUrl: "https://woocommerce.github.io/woocommerce-rest-api-docs/",
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
    // At processing, on-hold and completed. An unpaid order on hold counts as placed, so that is when units may be gone.
    deducts: "placed",
    restoresOnUnpaidCancel: true,
    restoresOnPaidRefund: true,
    clockSkewMs: windowPolicy.clockSkewMs,
    orderWatermark: true,
  },
  // Limits nothing by itself; hosts do. A small shop answers a page of orders in a second.
  limits: { ordersPerPage: 50, stockWritesPerCall, callsPerSecond: 2, burst: 4 },
  pullOverlapMs: windowPolicy.overlapMs,
  timeZone: "UTC",
  settings: settingsSchema,
  secrets: secretsSchema,
  accountSettings: ["baseUrl"],
  authorization: {
    grant: true,
    refresh: false,
    refreshBeforeMs: 0,
    stateParameter: "user_id",
    boundTo: ["baseUrl"],
    boundToSecrets: ["consumerKey", "consumerSecret"],
  },
};

export const woocommerce: Connector = {
  manifest,
  open(context: OpenContext): Account {
    const settings = settingsSchema.parse(context.settings);
    const secrets = secretsSchema.parse(context.secrets);
    const client = createClient(context, settings, secrets);
    return {
      profile: { limits: { ...manifest.limits, ordersPerPage: settings.ordersPerPage } },
      check: (call) => check(client, new URL(settings.baseUrl).host, call),
      orders: createOrders(client, settings, context),
      webhooks: createWebhooks(secrets),
      stock: createStock(client),
      fulfilments: createFulfilments(client, settings),
      listings: createListings(client),
    };
  },
  authorization: createAuthorization,
};

/** Reading orders proves address and keys; an empty batch changes nothing and is refused to keys that may only read. */
async function check(client: WooClient, host: string, call: Call): Promise<Result<{ account: string }>> {
  const read = await client.get("/orders", { per_page: 1, _fields: "id" }, rowsSchema, call);
  if (!read.ok) {
    return read.kind === "malformed"
      ? failure(
          "malformed",
          `${host} answers, but not like WooCommerce: the address is another site's, or a plugin or a PHP warning spoils its answers`,
        )
      : read;
  }
  const written = await client.write("POST", "/products/batch", { update: [] }, z.json(), call);
  if (written.ok) return { ok: true, value: { account: host } };
  return written.kind === "auth"
    ? failure("auth", "The keys may read orders but not write products; make a key with the right read/write")
    : written;
}
