import { createListing } from "../../../src/core/catalogue/listings.ts";
import type { Channels, TestShop } from "./channels.ts";

export const writes = (shop: TestShop) => shop.calls.filter((call) => call === "POST /stock").length;

export const outboxOf = (hub: Channels) =>
  hub.query<{ status: string; attempts: number; error_kind: string | null }>(
    "select status, attempts, error_kind from outbox where merchant_id = $1 and kind = 'stock' order by subject_id",
    [hub.merchant.id],
  );

export const published = async (hub: Channels) =>
  (
    await hub.query<{ published_quantity: number | null }>(
      "select published_quantity from listings where merchant_id = $1 order by id",
      [hub.merchant.id],
    )
  ).map((row) => row.published_quantity);

export const mapTo = async (hub: Channels, connectionId: string, code: string): Promise<string> => {
  const made = await createListing(hub.db, hub.runtime, hub.merchant.id, {
    connection: connectionId,
    externalId: code,
    sku: code,
    unitsPer: 1,
    buffer: 0,
    cap: null,
  });
  return made.listing.id;
};
