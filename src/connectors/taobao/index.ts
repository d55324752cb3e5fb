import { addMs, nowInstant } from "../../core/clock.ts";
import type { Account, Call, Connector, Manifest, OpenContext, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { localWindow } from "../toolkit/time.ts";
import { createAuthorization } from "./authorization.ts";
import { createClient, type TaobaoClient } from "./client.ts";
import { createFulfilments } from "./fulfilments.ts";
import { createListings } from "./listings.ts";
import { createOrders, windowPolicy } from "./orders.ts";
import { secretsSchema, settingsSchema, type TaobaoSettings } from "./settings.ts";
import { createStock, stockWritesPerCall } from "./stock.ts";
import { createWebhooks } from "./webhook.ts";
import { sellerSchema, timeZone, tradeIdsSchema } from "./wire.ts";

/** Taobao and Tmall, by the Taobao Open Platform (TOP). What it cannot do and what was not verified stands in README.md. */
const manifest: Manifest = {
  id: "taobao",
  name: "Taobao and Tmall",
  docsUrl: "https://open.taobao.com/doc.htm?docId=101617&docType=1",
  docsReadAt: "2026-11-22",
  capabilities: {
    orders: true,
    webhooks: true,
    stockWrites: ["set", "delta"],
    stockRead: true,
    fulfilments: true,
    listings: true,
    files: false,
    rooms: false,
  },
  behaviour: {
    // Per item (sub_stock); the setting `deducts` says what the shop uses.
    deducts: "placed",
    restoresOnUnpaidCancel: true,
    // Not verified. Counting on it costs a few units on offer; not counting on it could sell a unit twice.
    restoresOnPaidRefund: true,
    clockSkewMs: windowPolicy.clockSkewMs,
    orderWatermark: true,
  },
  limits: { ordersPerPage: 40, stockWritesPerCall, callsPerSecond: 2, burst: 5 },
  pullOverlapMs: windowPolicy.overlapMs,
  timeZone,
  settings: settingsSchema,
  secrets: secretsSchema,
  accountSettings: ["sellerNick"],
  authorization: {
    grant: true,
    refresh: true,
    refreshBeforeMs: 3_600_000,
    boundTo: ["appKey", "sellerNick"],
  },
};

export const taobao: Connector = {
  manifest,
  open(context: OpenContext): Account {
    const settings = settingsSchema.parse(context.settings);
    const secrets = secretsSchema.parse(context.secrets);
    const client = createClient(context, settings, secrets);
    return {
      profile: {
        limits: { ...manifest.limits, ordersPerPage: settings.ordersPerPage },
        // What was never paid for was never taken off where stock moves with the payment.
        behaviour: {
          ...manifest.behaviour,
          deducts: settings.deducts,
          restoresOnUnpaidCancel: settings.deducts === "placed",
        },
      },
      check: (call) => check(client, settings, context, call),
      orders: createOrders(client, settings, context),
      webhooks: createWebhooks(secrets),
      stock: createStock(client, settings),
      fulfilments: createFulfilments(client),
      listings: createListings(client, settings),
    };
  },
  authorization: createAuthorization,
};

/** Two calls prove key, signature and session, whose shop it is, and that orders may be read. */
async function check(
  client: TaobaoClient,
  { sellerNick }: TaobaoSettings,
  context: OpenContext,
  call: Call,
): Promise<Result<{ account: string }>> {
  const seller = await client.run(
    { method: "taobao.user.seller.get", parameters: { fields: "nick,user_id" }, answer: sellerSchema },
    call,
  );
  if (!seller.ok) return seller;
  const { nick } = seller.value.user;
  if (nick !== sellerNick)
    return failure(
      "invalid",
      "Access was granted by another shop than the one in the settings; correct sellerNick, or grant access as that shop",
    );
  const now = nowInstant(context.clock);
  const { from, to } = localWindow({ from: addMs(now, -120_000), to: addMs(now, -60_000) }, timeZone);
  const parameters = { fields: "tid", start_created: from, end_created: to, page_no: 1, page_size: 1 };
  const question = { method: "taobao.trades.sold.get", parameters, answer: tradeIdsSchema };
  const orders = await client.run(question, call);
  if (orders.ok) return { ok: true, value: { account: nick } };
  return orders.kind === "unsupported"
    ? failure("invalid", "The application may not read orders; apply for the order permission package")
    : orders;
}
