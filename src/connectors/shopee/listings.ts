import { z } from "zod";
import type { Listings, PulledListing } from "../contract.ts";
import type { ShopeeClient } from "./client.ts";
import { figureOf, readVariants } from "./items.ts";
import type { ShopeeSettings } from "./settings.ts";
import { itemListSchema } from "./wire.ts";

const itemsPerPage = 20;
const cursorSchema = z
  .object({ offset: z.int().min(0) })
  .nullable()
  .catch(null);

/** Items on sale and those taken off for now, with their models. */
export const createListings = (client: ShopeeClient, { locationId }: ShopeeSettings): Listings => ({
  async pull({ cursor }, call) {
    const offset = cursorSchema.parse(cursor)?.offset ?? 0;
    const query = { offset, page_size: itemsPerPage, item_status: ["NORMAL", "UNLIST"] };
    const page = await client.get("/product/get_item_list", query, itemListSchema, call);
    if (!page.ok) return page;
    const { item, has_next_page, next_offset } = page.value;
    const ids = (item ?? []).map((one) => one.item_id);
    const variants = await readVariants(client, ids, call);
    if (!variants.ok) return variants;
    const listings = variants.value.map((variant) => {
      const listing: PulledListing = { externalId: variant.externalId, title: variant.title };
      if (variant.externalVariantId !== undefined) listing.externalVariantId = variant.externalVariantId;
      if (variant.sku !== undefined) listing.sku = variant.sku;
      if (variant.stock) listing.quantity = figureOf(variant, locationId);
      if (variant.isShopees) listing.managedBy = "platform";
      return listing;
    });
    const next = has_next_page ? { offset: next_offset ?? offset + itemsPerPage } : null;
    return { ok: true, value: { listings, cursor: next, more: next !== null } };
  },
});
