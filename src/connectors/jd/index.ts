import type { Account, Call, Connector, Manifest, OpenContext, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { createAuthorization } from "./authorization.ts";
import { createClient, type JdClient } from "./client.ts";
import { createFulfilments } from "./fulfilments.ts";
import { createListings } from "./listings.ts";
import * as methods from "./methods.ts";
import { createOrders, windowPolicy } from "./orders.ts";
import { type JdSettings, secretsSchema, settingsSchema } from "./settings.ts";
import { timeZone } from "./sign.ts";
import { createStock, stockWritesPerCall } from "./stock.ts";

/** JD (京东), shops on its POP platform. What it cannot do and what was not verified stands in README.md. */
const manifest: Manifest = {
  id: "jd",
  name: "JD (京东)",
  docsUrl: "https://open.jd.com",
  docsReadAt: "2026-11-22",
  capabilities: {
    orders: true,
    // JD's push is set up in its console; neither its body nor its signature is published.
    webhooks: false,
    stockWrites: ["set"],
    stockRead: true,
    fulfilments: true,
    listings: true,
    files: false,
    rooms: false,
  },
  behaviour: {
    // Units are booked when the order is placed, half an hour or more before it is paid and shown to us.
    deducts: "placed",
    restoresOnUnpaidCancel: true,
    restoresOnPaidRefund: true,
    clockSkewMs: windowPolicy.clockSkewMs,
    orderWatermark: true,
  },
  // JD names no rate. What counts as one here can be some fifty requests, one after the other.
  limits: { ordersPerPage: 50, stockWritesPerCall, callsPerSecond: 2, burst: 5 },
  pullOverlapMs: windowPolicy.overlapMs,
  timeZone,
  settings: settingsSchema,
  secrets: secretsSchema,
  accountSettings: ["venderId"],
  // JD renews within the last day of a token.
  authorization: { grant: true, refresh: true, refreshBeforeMs: 43_200_000, boundTo: ["appKey", "venderId"] },
};

export const jd: Connector = {
  manifest,
  open(context: OpenContext): Account {
    const settings = settingsSchema.parse(context.settings);
    const client = createClient(context, settings, secretsSchema.parse(context.secrets));
    return {
      profile: { limits: { ...manifest.limits, ordersPerPage: settings.ordersPerPage } },
      check: (call) => check(client, settings, call),
      orders: createOrders(client, settings, context),
      stock: createStock(client, settings),
      fulfilments: createFulfilments(client, settings),
      listings: createListings(client),
    };
  },
  authorization: createAuthorization,
};

/** One call proves clock, AppKey, signature, token and shop; the refusal's code tells which of them is wrong. */
async function check(
  client: JdClient,
  { venderId }: JdSettings,
  call: Call,
): Promise<Result<{ account: string }>> {
  const result = await client.run(methods.shop, {}, call);
  if (!result.ok) return result;
  const { vender_id, shop_name } = result.value;
  if (vender_id !== venderId)
    return failure(
      "invalid",
      `Access was granted for merchant ${vender_id}, but venderId in the settings is ${venderId}; correct it, or grant access as that shop`,
    );
  return { ok: true, value: { account: `${shop_name} (${venderId})` } };
}
