import { msOf, nowInstant } from "../../core/clock.ts";
import type { Account, Call, Connector, Manifest, OpenContext, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { createAuthorization } from "./authorization.ts";
import { createClient, type PinduoduoClient } from "./client.ts";
import { createFulfilments } from "./fulfilments.ts";
import { createListings } from "./listings.ts";
import { createOrders, windowPolicy } from "./orders.ts";
import { type PinduoduoSettings, secretsSchema, settingsSchema } from "./settings.ts";
import { createStock, stockWritesPerCall } from "./stock.ts";
import { mallSchema, orderNumbersSchema, timeZone } from "./wire.ts";

/** Pinduoduo, by its open platform. What it cannot do and what was not verified stands in README.md. */
const manifest: Manifest = {
  id: "pinduoduo",
  name: "Pinduoduo",
  docsUrl: "https://open.pinduoduo.com/application/document/browse?idStr=8EC06C399636041E",
  docsReadAt: "2026-11-22",
  capabilities: {
    orders: true,
    webhooks: false,
    stockWrites: ["set", "delta"],
    stockRead: true,
    fulfilments: true,
    listings: true,
    files: false,
    rooms: false,
  },
  behaviour: {
    // Units are set aside when an order is placed (the figure has a part called reserved); not verified further.
    deducts: "placed",
    restoresOnUnpaidCancel: true,
    // Not verified. Counting on it costs a few units on offer; not counting on it could sell a unit twice.
    restoresOnPaidRefund: true,
    clockSkewMs: windowPolicy.clockSkewMs,
    // Paid orders cannot be seen before their group is formed; see the setting `waitsForGroups`.
    orderWatermark: false,
  },
  limits: { ordersPerPage: 50, stockWritesPerCall, callsPerSecond: 2, burst: 5 },
  pullOverlapMs: windowPolicy.overlapMs,
  timeZone,
  settings: settingsSchema,
  secrets: secretsSchema,
  accountSettings: ["mallId"],
  // Renewing may not put off the end, so it is tried only when it has come.
  authorization: { grant: true, refresh: true, refreshBeforeMs: 0, boundTo: ["clientId", "mallId"] },
};

export const pinduoduo: Connector = {
  manifest,
  open(context: OpenContext): Account {
    const settings = settingsSchema.parse(context.settings);
    const secrets = secretsSchema.parse(context.secrets);
    const client = createClient(context, settings, secrets);
    return {
      profile: {
        limits: { ...manifest.limits, ordersPerPage: settings.ordersPerPage },
        behaviour: { ...manifest.behaviour, orderWatermark: !settings.waitsForGroups },
      },
      check: (call) => check(client, settings, context, call),
      orders: createOrders(client, settings, context),
      stock: createStock(client),
      fulfilments: createFulfilments(client),
      listings: createListings(client),
    };
  },
  authorization: createAuthorization,
};

/** Two calls prove application, signature and token, whose shop it is, and that orders may be read. */
async function check(
  client: PinduoduoClient,
  { mallId }: PinduoduoSettings,
  context: OpenContext,
  call: Call,
): Promise<Result<{ account: string }>> {
  const mall = await client.run({ method: "pdd.mall.info.get", parameters: {}, answer: mallSchema }, call);
  if (!mall.ok) return mall;
  if (mall.value.mall_id !== mallId)
    return failure(
      "invalid",
      "Access was granted by another shop than the one in the settings; correct mallId, or grant access as that shop",
    );
  const end = Math.floor(msOf(nowInstant(context.clock)) / 1000) - 240;
  const window = { start_updated_at: end - 60, end_updated_at: end };
  const all = { order_status: 5, refund_status: 5, is_lucky_flag: 0, page: 1, page_size: 1 };
  const orders = await client.run(
    {
      method: "pdd.order.number.list.increment.get",
      parameters: { ...window, ...all },
      answer: orderNumbersSchema,
    },
    call,
  );
  if (orders.ok) return { ok: true, value: { account: mall.value.mall_name || mallId } };
  return orders.kind === "unsupported"
    ? failure("invalid", "The application may not read orders; apply for the order permission package")
    : orders;
}
