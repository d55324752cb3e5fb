import { z } from "zod";
import type { Listings, PulledListing } from "../contract.ts";
import type { LazadaClient } from "./client.ts";
import type { LazadaSettings } from "./settings.ts";
import { figureOf, isLazadas } from "./stock.ts";
import { productsSchema, type WireProduct } from "./wire.ts";

const itemsPerPage = 50;
const cursorSchema = z
  .object({ offset: z.int().min(0) })
  .nullable()
  .catch(null);

/** Every SKU of every item, whatever its state. */
export const createListings = (client: LazadaClient, settings: LazadaSettings): Listings => ({
  async pull({ cursor }, call) {
    const offset = cursorSchema.parse(cursor)?.offset ?? 0;
    const parameters = { filter: "all", offset: String(offset), limit: String(itemsPerPage), options: "1" };
    const result = await client.get("/products/get", parameters, productsSchema, call);
    if (!result.ok) return result;
    const products = result.value.products ?? [];
    const listings = products.flatMap((product) => listingsOf(product, settings));
    const next = products.length < itemsPerPage ? null : { offset: offset + itemsPerPage };
    return { ok: true, value: { listings, cursor: next, more: next !== null } };
  },
});

const listingsOf = (product: WireProduct, { warehouseCode }: LazadaSettings): PulledListing[] =>
  (product.skus ?? []).map((sku) => {
    const listing: PulledListing = {
      externalId: product.item_id,
      externalVariantId: sku.SkuId,
      title: product.attributes?.name || product.item_id,
      quantity: figureOf(sku, warehouseCode),
    };
    if (sku.SellerSku) listing.sku = sku.SellerSku;
    if (isLazadas(sku)) listing.managedBy = "platform";
    return listing;
  });
