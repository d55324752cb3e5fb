import { z } from "zod";
import type { Call, Listings, PulledListing, Result } from "../contract.ts";
import type { TiktokClient } from "./client.ts";
import type { TiktokSettings } from "./settings.ts";
import { ownWarehousesSchema, productPageSchema } from "./wire.ts";

const productsPerPage = 50;
const cursorSchema = z
  .object({ token: z.string(), theirs: z.array(z.string()) })
  .nullable()
  .catch(null);

/** Products on sale, SKU by SKU: only their stock can be written. */
export const createListings = (client: TiktokClient, { warehouseId }: TiktokSettings): Listings => ({
  async pull({ cursor }, call) {
    const held = cursorSchema.parse(cursor);
    const theirs: Result<string[]> = held
      ? { ok: true, value: held.theirs }
      : await warehousesOfTiktok(client, call);
    if (!theirs.ok) return theirs;
    const query = { page_size: productsPerPage, page_token: held?.token };
    const path = "/product/202502/products/search";
    const page = await client.ask(path, query, { status: "ACTIVATE" }, productPageSchema, call);
    if (!page.ok) return page;
    const listings = (page.value.products ?? []).flatMap(({ id, title, skus }) =>
      (skus ?? []).map((sku) => {
        const listing: PulledListing = { externalId: id, externalVariantId: sku.id, title: title || id };
        if (sku.seller_sku) listing.sku = sku.seller_sku;
        const places = sku.inventory ?? [];
        const isTheirs = ({ warehouse_id }: { warehouse_id: string | null }) =>
          theirs.value.includes(warehouse_id ?? "");
        if (places.length > 0 && places.every(isTheirs)) listing.managedBy = "platform";
        const counted =
          warehouseId === undefined || listing.managedBy
            ? places
            : places.filter(({ warehouse_id }) => warehouse_id === warehouseId);
        if (places.length > 0)
          listing.quantity = counted.reduce((sum, place) => sum + (place.quantity ?? 0), 0);
        return listing;
      }),
    );
    const token = page.value.next_page_token || null;
    const next = token === null ? null : { token, theirs: theirs.value };
    return { ok: true, value: { listings, cursor: next, more: next !== null } };
  },
});

/** Where TikTok keeps and ships the stock. A shop without that service, or an application without its permission, has none. */
async function warehousesOfTiktok(client: TiktokClient, call: Call): Promise<Result<string[]>> {
  const result = await client.get("/fbt/202408/warehouses", {}, ownWarehousesSchema, call);
  if (result.ok)
    return { ok: true, value: (result.value.warehouses ?? []).flatMap((one) => one.warehouse_ids ?? []) };
  return /^(unsupported|invalid|not_found)$/.test(result.kind) ? { ok: true, value: [] } : result;
}
