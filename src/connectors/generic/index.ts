import { z } from "zod";
import { nowInstant } from "../../core/clock.ts";
import type {
  Account,
  Call,
  Connector,
  Listings,
  Manifest,
  OpenContext,
  PulledListing,
} from "../contract.ts";
import { createClient, type GenericClient } from "./client.ts";
import { createOrders } from "./orders.ts";
import {
  behaviourOf,
  defaultSettings,
  limitsOf,
  profileOfSettings,
  secretsSchema,
  settingsSchema,
} from "./settings.ts";
import { createStock } from "./stock.ts";
import { createWebhooks } from "./webhook.ts";

/** Any system that speaks the protocol of `docs/generic-protocol.md`. */
const manifest: Manifest = {
  id: "generic",
  name: "Generic shop",
  docsUrl: "docs/generic-protocol.md",
  docsReadAt: "2026-11-22",
  capabilities: {
    orders: true,
    webhooks: true,
    stockWrites: defaultSettings.stockWrites,
    stockRead: true,
    fulfilments: true,
    listings: true,
    files: false,
    rooms: false,
  },
  behaviour: behaviourOf(defaultSettings),
  limits: limitsOf(defaultSettings),
  pullOverlapMs: defaultSettings.pullOverlapSeconds * 1000,
  timeZone: "UTC",
  settings: settingsSchema,
  secrets: secretsSchema,
  accountSettings: ["baseUrl"],
};

export const generic: Connector = {
  manifest,
  open(context: OpenContext): Account {
    const settings = settingsSchema.parse(context.settings);
    const secrets = secretsSchema.parse(context.secrets);
    const client = createClient(context, settings, secrets);
    const offers = new Set(settings.offers);
    const account: Account = {
      profile: profileOfSettings(settings),
      check: (call) => check(client, new URL(settings.baseUrl).host, context, call),
      orders: createOrders(client, settings, context),
      webhooks: createWebhooks(secrets),
      stock: createStock(client, settings),
    };
    if (offers.has("fulfilments")) account.fulfilments = { push: client.pushFulfilment };
    if (offers.has("listings")) account.listings = createListings(client);
    return account;
  },
};

/** Asks for orders changed from now on: the cheapest call that every shop of this protocol must have. */
async function check(client: GenericClient, host: string, context: OpenContext, call: Call) {
  const result = await client.changedOrders(
    { after: nowInstant(context.clock), cursor: null, limit: 1 },
    call,
  );
  return result.ok ? { ok: true as const, value: { account: result.value.account ?? host } } : result;
}

const cursorSchema = z.string().nullable().catch(null);

const createListings = (client: GenericClient): Listings => ({
  async pull({ cursor }, call) {
    const result = await client.listings(cursorSchema.parse(cursor), call);
    if (!result.ok) return result;
    const { listings, nextCursor } = result.value;
    return {
      ok: true,
      value: { listings: listings.map(toListing), cursor: nextCursor, more: nextCursor !== null },
    };
  },
});

/** The wire's null and left out are one thing to us: the field is left out. */
function toListing(wire: {
  externalId: string;
  externalVariantId?: string | null | undefined;
  sku?: string | null | undefined;
  title: string;
  quantity?: number | null | undefined;
  managedBy?: "platform" | null | undefined;
}): PulledListing {
  const listing: PulledListing = { externalId: wire.externalId, title: wire.title };
  if (wire.externalVariantId) listing.externalVariantId = wire.externalVariantId;
  if (wire.sku) listing.sku = wire.sku;
  if (typeof wire.quantity === "number") listing.quantity = wire.quantity;
  if (wire.managedBy) listing.managedBy = wire.managedBy;
  return listing;
}
