import type { Account, Call, Connector, Manifest, OpenContext, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { createAuthorization } from "./authorization.ts";
import { createClient, type VendureClient } from "./client.ts";
import { checkQuery } from "./documents.ts";
import { createFulfilments } from "./fulfilments.ts";
import { createListings } from "./listings.ts";
import { createOrders } from "./orders.ts";
import { windowPolicy } from "./pull.ts";
import { secretsSchema, settingsSchema, type VendureSettings } from "./settings.ts";
import { createStock, stockWritesPerCall } from "./stock.ts";
import { createWebhooks } from "./webhook.ts";
import { checkSchema } from "./wire.ts";

/** Vendure 3, by its admin API. What it cannot do stands in README.md, how to connect a shop in docs/vendure.md. */
const manifest: Manifest = {
  id: "vendure",
  name: "Vendure",
  docsUrl: "https://docs.vendure.io/reference/graphql-api/admin/queries",
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
    // Units are allocated in the same step that makes a cart an order; cancelling lines, paid or not, ends that.
    deducts: "placed",
    restoresOnUnpaidCancel: true,
    // A refund alone moves no units, but cancelling paid lines does, shipped ones too; saying no would sell too much.
    restoresOnPaidRefund: true,
    clockSkewMs: windowPolicy.clockSkewMs,
    orderWatermark: true,
  },
  limits: {
    ordersPerPage: 50,
    stockWritesPerCall,
    // Vendure limits nothing by itself. A small server answers a page of orders in about half a second.
    callsPerSecond: 10,
    burst: 20,
  },
  pullOverlapMs: windowPolicy.overlapMs,
  timeZone: "UTC",
  settings: settingsSchema,
  secrets: secretsSchema,
  // One server may be connected once per channel.
  accountSettings: ["baseUrl", "channel"],
  // A session has no end that is told; it is renewed when a call is refused.
  authorization: {
    grant: false,
    refresh: true,
    refreshBeforeMs: 0,
    boundTo: ["baseUrl"],
    boundToSecrets: ["apiKey", "username", "password"],
  },
};

export const vendure: Connector = {
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

/** One query proves address, login, permissions to read, location and channel, and says which of them is wrong. */
async function check(
  client: VendureClient,
  { stockLocationId, channel, baseUrl, adminApiPath }: VendureSettings,
  call: Call,
): Promise<Result<{ account: string }>> {
  const result = await client.run(checkQuery, { location: stockLocationId }, checkSchema, call);
  if (!result.ok) {
    if (result.kind !== "not_found") return result;
    return failure(
      "invalid",
      `There is no admin API at ${new URL(baseUrl).host}/${adminApiPath}; check baseUrl and adminApiPath in the settings`,
    );
  }
  const { activeChannel, stockLocation } = result.value;
  // A server with one channel takes any token for it.
  if (channel !== undefined && activeChannel.token !== channel)
    return failure("invalid", "Vendure has no channel with the token in the settings; check channel");
  if (stockLocation === null)
    return failure(
      "invalid",
      `Vendure has no stock location ${stockLocationId} in this channel; check stockLocationId in the settings`,
    );
  const name = activeChannel.code.replace(/^__default_channel__$/, "default channel");
  return { ok: true, value: { account: `${new URL(baseUrl).host}, ${name}, ${stockLocation.name}` } };
}
