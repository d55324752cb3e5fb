import { z } from "zod";
import type { Listings, PulledListing } from "../contract.ts";
import type { VendureClient } from "./client.ts";
import { variantsQuery } from "./documents.ts";
import type { VendureSettings } from "./settings.ts";
import { levelOf, sellable } from "./stock.ts";
import * as wire from "./wire.ts";

const variantsPerPage = 100;

/** Some rows before the last page's end are read again: a variant deleted meanwhile moves the others up by one. */
const overlapRows = 10;

const cursorSchema = z
  .object({ version: z.literal(1), skip: z.int().min(0) })
  .nullable()
  .catch(null);

/** Every variant of the channel; the variant's id is the listing's id. */
export const createListings = (client: VendureClient, { stockLocationId }: VendureSettings): Listings => ({
  async pull({ cursor }, call) {
    const skip = cursorSchema.parse(cursor)?.skip ?? 0;
    const options = { skip, take: variantsPerPage, sort: { id: "ASC" } };
    const variables = { options, location: stockLocationId };
    const result = await client.run(variantsQuery, variables, wire.variantsPageSchema, call);
    if (!result.ok) return result;
    const { productVariants, globalSettings } = result.value;
    const listings = productVariants.items.map((variant): PulledListing => {
      const listing: PulledListing = {
        externalId: variant.id,
        title: variant.name || variant.sku || variant.id,
      };
      if (variant.sku) listing.sku = variant.sku;
      const level = levelOf(variant, stockLocationId, globalSettings);
      if (level.ok) listing.quantity = sellable(level.value);
      return listing;
    });
    const more = listings.length === variantsPerPage;
    const next = { version: 1, skip: skip + variantsPerPage - overlapRows };
    return { ok: true, value: { listings, cursor: more ? next : null, more } };
  },
});
