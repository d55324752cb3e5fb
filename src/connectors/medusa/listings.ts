import { z } from "zod";
import type { Listings, PulledListing } from "../contract.ts";
import type { MedusaClient } from "./client.ts";
import { titleOf } from "./map.ts";
import type { MedusaSettings } from "./settings.ts";
import type { WireVariant } from "./wire.ts";

const variantsPerPage = 100;

/** One row before the last page's end is read again: a variant deleted meanwhile moves the others up by one. */
const overlapRows = 10;

const cursorSchema = z
  .object({ version: z.literal(1), offset: z.int().min(0) })
  .nullable()
  .catch(null);

/** Every variant of every product; the variant id is the listing's id. */
export const createListings = (client: MedusaClient, { stockLocationId }: MedusaSettings): Listings => ({
  async pull({ cursor }, call) {
    const offset = cursorSchema.parse(cursor)?.offset ?? 0;
    const result = await client.variants({ limit: variantsPerPage, offset }, call);
    if (!result.ok) return result;
    const { variants } = result.value;
    const more = variants.length === variantsPerPage;
    return {
      ok: true,
      value: {
        listings: variants.map((variant) => toListing(variant, stockLocationId)),
        cursor: more ? { version: 1, offset: offset + variantsPerPage - overlapRows } : null,
        more,
      },
    };
  },
});

function toListing(variant: WireVariant, locationId: string): PulledListing {
  const title = titleOf(variant.product?.title, variant.title) ?? variant.sku ?? variant.id;
  const listing: PulledListing = { externalId: variant.id, title };
  if (variant.sku) listing.sku = variant.sku;
  const [item, ...others] = variant.inventory_items;
  const isPlain = variant.manage_inventory && item?.required_quantity === 1 && others.length === 0;
  const level = item?.inventory?.location_levels.find((candidate) => candidate.location_id === locationId);
  if (isPlain && level) listing.quantity = level.stocked_quantity - level.reserved_quantity;
  return listing;
}
