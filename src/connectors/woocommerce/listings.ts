import { z } from "zod";
import type { Call, Listings, PulledListing, Result } from "../contract.ts";
import { collectPages } from "../toolkit/paging.ts";
import type { WooClient } from "./client.ts";
import * as wire from "./wire.ts";

const productsPerPage = 20;

const cursorSchema = z
  .object({ page: z.int().min(1) })
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
      const found = await listingsOf(client, product, call);
      if (!found.ok) return found;
      listings.push(...found.value);
    }
    const more = result.value.length === productsPerPage;
    return { ok: true, value: { listings, cursor: more ? { page: page + 1 } : null, more } };
  },
});

type Product = z.infer<typeof wire.productsSchema>[number];
type Variation = z.infer<typeof wire.variationsSchema>[number];

/** One product has a page of variations, few have two. */
const maxVariationPages = 20;

async function listingsOf(client: WooClient, product: Product, call: Call): Promise<Result<PulledListing[]>> {
  if (product.type !== "variable")
    return { ok: true, value: [listingOf(product, { externalId: String(product.id), title: product.name })] };
  return collectPages<PulledListing, number>("The list of variations", maxVariationPages, async (page) => {
    const path = `/products/${product.id}/variations`;
    const query = { per_page: 100, page: page ?? 1 };
    const result = await client.get(path, query, wire.variationsSchema, call);
    if (!result.ok) return result;
    const items = result.value.map((variation) => variationOf(product, variation));
    return { ok: true, value: { items, next: items.length < 100 ? null : (page ?? 1) + 1 } };
  });
}

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
