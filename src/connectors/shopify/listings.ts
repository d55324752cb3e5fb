import { z } from "zod";
import type { Listings, PulledListing } from "../contract.ts";
import type { ShopifyClient } from "./client.ts";
import { listingsQuery } from "./documents.ts";
import type { ShopifySettings } from "./settings.ts";
import { levelOf } from "./stock.ts";
import * as wire from "./wire.ts";

const variantsPerPage = 100;
const cursorSchema = z.string().nullable().catch(null);

/** Every variant of every product; the variant's number is the listing's id. Codes are not unique in Shopify. */
export const createListings = (client: ShopifyClient, { locationId }: ShopifySettings): Listings => ({
  async pull({ cursor }, call) {
    const variables = {
      first: variantsPerPage,
      after: cursorSchema.parse(cursor),
      location: wire.gidOf("Location", locationId),
    };
    const result = await client.run(listingsQuery, variables, wire.listingsSchema, call);
    if (!result.ok) return result;
    const { nodes, pageInfo } = result.value.productVariants;
    const next = pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null;
    return { ok: true, value: { listings: nodes.map(listingOf), cursor: next, more: next !== null } };
  },
});

function listingOf(
  variant: z.infer<typeof wire.listingsSchema>["productVariants"]["nodes"][number],
): PulledListing {
  const names = [variant.product?.title, variant.title].filter((name) => name && name !== "Default Title");
  const externalId = wire.numberOf(variant.id);
  const listing: PulledListing = { externalId, title: names.join(" / ") || externalId };
  if (variant.sku) listing.sku = variant.sku;
  const level = levelOf(variant);
  if (level.ok) listing.quantity = level.value.available;
  return listing;
}
