import { z } from "zod";
import type { Instant } from "../../core/clock.ts";
import { instantSchema } from "../../core/model/primitives.ts";
import type { Call, Json, Listings, PulledListing, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import type { AmazonClient } from "./client.ts";
import { isAmazons, itemsPath, ownQuantity, readAmazonsStock, searchedData } from "./inventory.ts";
import type { AmazonSettings } from "./settings.ts";
import * as wire from "./wire.ts";

const listingsPerPage = 20;
/** A search is cut off there; the next one begins at the day of making of its last listing. */
const mostPerSearch = 1000;

const placeSchema = z
  .object({ after: instantSchema.nullable(), token: z.string().nullable(), seen: z.int().min(0) })
  .nullable()
  .catch(null);
type Place = NonNullable<z.infer<typeof placeSchema>>;

/** Every listing of the marketplace, oldest first. The seller's own code is its id. */
export const createListings = (client: AmazonClient, settings: AmazonSettings): Listings => ({
  async pull({ cursor }, call) {
    const place = placeSchema.parse(cursor) ?? { after: null, token: null, seen: 0 };
    const query = {
      marketplaceIds: settings.marketplaceId,
      includedData: searchedData,
      sortBy: "createdDate",
      sortOrder: "ASC",
      pageSize: listingsPerPage,
      ...(place.after === null ? {} : { createdAfter: place.after }),
      ...(place.token === null ? {} : { pageToken: place.token }),
    };
    const result = await client.get(itemsPath(settings), query, wire.listingsSchema, call);
    if (!result.ok) return result;
    const next = nextPlace(place, result.value);
    if (next === "stuck")
      return failure(
        "malformed",
        `Amazon lists more than ${mostPerSearch} items made at one moment, and gives no more of them`,
      );
    const listings = await listed(client, settings, result.value.items, call);
    if (!listings.ok) return listings;
    return {
      ok: true,
      value: { listings: listings.value, cursor: next satisfies Json, more: next !== null },
    };
  },
});

/** The page after this one; null at the end. */
function nextPlace(place: Place, answer: z.infer<typeof wire.listingsSchema>): Place | null | "stuck" {
  const seen = place.seen + answer.items.length;
  const token = answer.pagination?.nextToken;
  if (token && seen < mostPerSearch) return { ...place, token, seen };
  if (seen >= answer.numberOfResults || answer.items.length === 0) return null;
  const last: Instant | undefined =
    answer.items.at(-1)?.summaries?.find((one) => one.createdDate)?.createdDate ?? undefined;
  return last === undefined || last === place.after ? "stuck" : { after: last, token: null, seen: 0 };
}

async function listed(
  client: AmazonClient,
  settings: AmazonSettings,
  items: readonly wire.WireListing[],
  call: Call,
): Promise<Result<PulledListing[]>> {
  const theirs = items.filter(isAmazons).map(({ sku }) => sku);
  const stock = theirs.length === 0 ? null : await readAmazonsStock(client, settings, theirs, call);
  // Without the role for Amazon's stock the listings are still of use.
  if (stock && !stock.ok && stock.kind !== "unsupported") return stock;
  const figures = stock?.ok ? stock.value : new Map<string, number>();
  return {
    ok: true,
    value: items.map((item) => {
      const title = item.summaries?.find((one) => one.itemName)?.itemName || item.sku;
      const listing: PulledListing = { externalId: item.sku, sku: item.sku, title };
      const quantity = isAmazons(item) ? figures.get(item.sku) : ownQuantity(item);
      if (quantity !== undefined) listing.quantity = quantity;
      if (isAmazons(item)) listing.managedBy = "platform";
      return listing;
    }),
  };
}
