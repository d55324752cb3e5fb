import type { Account, Call, Connector, Manifest, OpenContext, Result } from "../contract.ts";
import { createAuthorization } from "./authorization.ts";
import { createClient, type KuaishouClient } from "./client.ts";
import { createFulfilments } from "./fulfilments.ts";
import { createListings } from "./listings.ts";
import { createOrders, windowPolicy } from "./orders.ts";
import { secretsSchema, settingsSchema } from "./settings.ts";
import { createStock, stockWritesPerCall } from "./stock.ts";
import { createWebhooks } from "./webhook.ts";
import { sellerSchema } from "./wire.ts";

/** Kuaishou shops (快手小店), by open.kwaixiaodian.com. What it cannot do and what was not verified stands in README.md. */
const manifest: Manifest = {
  id: "kuaishou",
  name: "Kuaishou (快手小店)",
  docsUrl: "https://open.kwaixiaodian.com/zone/docs",
  docsReadAt: "2026-11-22",
  capabilities: {
    orders: true,
    webhooks: true,
    stockWrites: ["delta"],
    stockRead: true,
    fulfilments: true,
    listings: true,
    files: false,
    rooms: false,
  },
  behaviour: {
    // Not documented; the setting stockDeducted says it for the account.
    deducts: "placed",
    restoresOnUnpaidCancel: true,
    // Not documented; this is the careful side, units that may have come back count as for sale there.
    restoresOnPaidRefund: true,
    clockSkewMs: windowPolicy.clockSkewMs,
    orderWatermark: true,
  },
  // 300 a second for orders and 100 for goods, for the application as a whole.
  limits: { ordersPerPage: 20, stockWritesPerCall, callsPerSecond: 20, burst: 40 },
  pullOverlapMs: windowPolicy.overlapMs,
  timeZone: "Asia/Shanghai",
  settings: settingsSchema,
  secrets: secretsSchema,
  // The shop is known only by its grant.
  accountSettings: [],
  authorization: { grant: true, refresh: true, refreshBeforeMs: 3 * 3_600_000, boundTo: ["appKey"] },
};

export const kuaishou: Connector = {
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
      check: (call) => check(client, call),
      orders: createOrders(client, settings, context),
      webhooks: createWebhooks(secrets),
      stock: createStock(client),
      fulfilments: createFulfilments(client),
      listings: createListings(client),
    };
  },
  authorization: createAuthorization,
};

/** The seller's name proves appKey, signature and token, and tells whose shop it is. */
async function check(client: KuaishouClient, call: Call): Promise<Result<{ account: string }>> {
  const seller = await client.run(
    { method: "open.user.seller.get", params: {}, answer: sellerSchema, verb: "GET" },
    call,
  );
  if (!seller.ok) return seller;
  const { name, sellerId } = seller.value;
  return {
    ok: true,
    value: { account: [name, sellerId && `(${sellerId})`].filter(Boolean).join(" ") || "Kuaishou shop" },
  };
}
