import type { Call, ListingRef, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf } from "../toolkit/paging.ts";
import type { AmazonClient } from "./client.ts";
import { ownChannel } from "./codes.ts";
import type { AmazonSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** What Amazon says of listings: whose stock it is, and how much. Amazon's own stock (FBA) is read and never written. */

/** Codes of one question. */
const skusPerSearch = 20;
const skusPerInventory = 50;

export const searchedData = "summaries,fulfillmentAvailability";

export const itemsPath = ({ sellerId }: AmazonSettings): string => `/listings/2021-08-01/items/${sellerId}`;

export const isAmazons = (listing: wire.WireListing): boolean =>
  (listing.fulfillmentAvailability ?? []).some((one) => one.fulfillmentChannelCode.startsWith("AMAZON"));

/** Units of our own that this listing may still sell; undefined while no figure was ever given. */
export const ownQuantity = (listing: wire.WireListing): number | undefined =>
  (listing.fulfillmentAvailability ?? []).find((one) => one.fulfillmentChannelCode === ownChannel)
    ?.quantity ?? undefined;

/** Lists are joined by commas, so a code that holds one is asked for by itself. */
const fitsList = (sku: string): boolean => !sku.includes(",");

/** Amazon's listings by code. What is not in the answer, Amazon does not know. */
export async function readListings(
  client: AmazonClient,
  settings: AmazonSettings,
  listings: readonly ListingRef[],
  call: Call,
): Promise<Map<string, Result<wire.WireListing>>> {
  const skus = [...new Set(listings.map(({ externalId }) => externalId))];
  const found = new Map<string, Result<wire.WireListing>>();
  for (const chunk of chunksOf(skus.filter(fitsList), skusPerSearch)) {
    const query = {
      marketplaceIds: settings.marketplaceId,
      identifiers: chunk.join(","),
      identifiersType: "SKU",
      includedData: searchedData,
      pageSize: skusPerSearch,
    };
    const result = await client.get(itemsPath(settings), query, wire.listingsSchema, call);
    for (const sku of chunk) {
      const item = result.ok ? result.value.items.find((one) => one.sku === sku) : undefined;
      if (!result.ok) found.set(sku, result);
      else if (item) found.set(sku, { ok: true, value: item });
    }
  }
  for (const sku of skus.filter((one) => !fitsList(one))) {
    const path = `${itemsPath(settings)}/${encodeURIComponent(sku)}`;
    const query = { marketplaceIds: settings.marketplaceId, includedData: searchedData };
    const result = await client.get(path, query, wire.oneListingSchema, call);
    if (result.ok || result.kind !== "not_found") found.set(sku, result);
  }
  return found;
}

/** Units in Amazon's warehouses that it can ship now, by code. */
export async function readAmazonsStock(
  client: AmazonClient,
  { marketplaceId }: AmazonSettings,
  skus: readonly string[],
  call: Call,
): Promise<Result<Map<string, number>>> {
  const figures = new Map<string, number>();
  for (const chunk of chunksOf(skus.filter(fitsList), skusPerInventory)) {
    const query = {
      granularityType: "Marketplace",
      granularityId: marketplaceId,
      marketplaceIds: marketplaceId,
      details: "true",
      sellerSkus: chunk.join(","),
    };
    const result = await client.get("/fba/inventory/v1/summaries", query, wire.inventorySchema, call);
    if (!result.ok) return result;
    for (const row of result.value.payload.inventorySummaries) {
      // One code may lie there in several conditions.
      const units = row.inventoryDetails?.fulfillableQuantity ?? 0;
      if (row.sellerSku) figures.set(row.sellerSku, (figures.get(row.sellerSku) ?? 0) + units);
    }
  }
  return { ok: true, value: figures };
}

export const unknownListing = ({ externalId }: ListingRef) =>
  failure("not_found", `Amazon has no listing with the code ${externalId} in this marketplace`);
