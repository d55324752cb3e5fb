import { z } from "zod";
import type { Listings, PulledListing } from "../contract.ts";
import type { WooClient } from "./client.ts";
import * as wire from "./wire.ts";

const productsPerPage = 20;

const cursorSchema = z
  .object({ page: z.int().min(1), variationPage: z.int().min(1).default(1) })
  .nullable()
  .catch(null);

/** Products, and the variations of those that have any. A page of products at a time, sorted by id, which never changes. */
export const createListings = (client: WooClient): Listings => ({
  async pull({ cursor }, call) {
    const page = cursorSchema.parse(cursor)?.page ?? 1;
    const query = { per_page: productsPerPage, page, orderby: "id", order: "asc", status: "any" };
    const result = await client.get("/products", query, wire.productsSchema, call);
    if (!result.ok) return result;
    const listings: PulledListing[] = [];
    for (const product of result.value) {
      if (product.type !== "variable") {
        listings.push(listingOf(product, { externalId: String(product.id), title: product.name }));
        continue;
      }
      // A product may have more variations than a page; few have more than two pages.
      for (let variationPage = 1; variationPage <= 20; variationPage += 1) {
        const path = `/products/${product.id}/variations`;
        const variations = await client.get(
          path,
          { per_page: 100, page: variationPage },
          wire.variationsSchema,
          call,
        );
        if (!variations.ok) return variations;
        for (const variation of variations.value) listings.push(variationOf(product, variation));
        if (variations.value.length < 100) break;
      }
    }
    const more = result.value.length === productsPerPage;
    return { ok: true, value: { listings, cursor: more ? { page: page + 1 } : null, more } };
  },
});

type Product = z.infer<typeof wire.productsSchema>[number];
type Variation = z.infer<typeof wire.variationsSchema>[number];

function variationOf(product: Product, variation: Variation): PulledListing {
  const options = variation.attributes.map(({ option }) => option).join(", ");
  return listingOf(variation, {
    externalId: String(product.id),
    externalVariantId: String(variation.id),
    title: options ? `${product.name} / ${options}` : product.name,
  });
}

function listingOf(row: Product | Variation, listing: PulledListing): PulledListing {
  if (row.sku) listing.sku = row.sku;
  if (row.manage_stock === true && typeof row.stock_quantity === "number")
    listing.quantity = Math.trunc(row.stock_quantity);
  return listing;
}
