import type { Account, Call, Connector, Manifest, OpenContext, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { createClient, type MedusaClient } from "./client.ts";
import { createFulfilments } from "./fulfilments.ts";
import { createListings } from "./listings.ts";
import { createOrders } from "./orders.ts";
import { clockSkewMs, overlapMs } from "./pull.ts";
import { type MedusaSettings, secretsSchema, settingsSchema } from "./settings.ts";
import { createStock, stockWritesPerCall } from "./stock.ts";
import { createWebhooks } from "./webhook.ts";

/** Medusa 2, by its admin API. What it cannot do stands in README.md, how to connect a shop in docs/medusa.md. */
const manifest: Manifest = {
  id: "medusa",
  name: "Medusa",
  docsUrl: "https://docs.medusajs.com/api/admin",
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
    // Placing an order reserves its units in Medusa; cancelling it, paid or not, ends the reservation.
    deducts: "placed",
    restoresOnUnpaidCancel: true,
    // A refund alone moves no units, but cancelling a paid order and receiving a return do; saying no would sell too much.
    restoresOnPaidRefund: true,
    clockSkewMs,
    orderWatermark: true,
  },
  limits: {
    ordersPerPage: 50,
    stockWritesPerCall,
    // Medusa limits nothing by itself. A small server answers a page of orders in about half a second.
    callsPerSecond: 10,
    burst: 20,
  },
  pullOverlapMs: overlapMs,
  timeZone: "UTC",
  settings: settingsSchema,
  secrets: secretsSchema,
  // One server may be connected once per sales channel.
  accountSettings: ["baseUrl", "salesChannelId"],
};

export const medusa: Connector = {
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
};

/**
 * Proves address, key and settings. The location counts: Medusa takes stock for one that does not exist, and sells nothing
 * from one that the sales channel is not linked to.
 */
async function check(
  client: MedusaClient,
  { stockLocationId, salesChannelId }: MedusaSettings,
  call: Call,
): Promise<Result<{ account: string }>> {
  const stores = await client.stores(call);
  if (!stores.ok) return stores;
  const location = await client.stockLocation(call);
  if (!location.ok) {
    if (location.kind !== "not_found") return location;
    return failure(
      "invalid",
      `Medusa has no stock location ${stockLocationId}; check stockLocationId in the settings`,
    );
  }
  const { name, sales_channels: channels } = location.value.stock_location;
  if (
    salesChannelId !== undefined &&
    channels &&
    !channels.some((channel) => channel.id === salesChannelId)
  ) {
    return failure(
      "invalid",
      `Stock location ${stockLocationId} is not linked to sales channel ${salesChannelId} in Medusa`,
    );
  }
  const store = stores.value.stores[0]?.name ?? "Medusa";
  return { ok: true, value: { account: name ? `${store}, ${name}` : store } };
}
