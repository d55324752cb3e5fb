import type { Call, ListingRef, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf } from "../toolkit/paging.ts";
import { eachKnown, type TiktokClient } from "./client.ts";
import * as wire from "./wire.ts";

/** A listing is a SKU of a product; both are named, since stock is written by product. */
export interface Sku extends wire.WireInventorySku {
  productId: string;
}

const skusPerQuestion = 600;

export const isListing = ({ externalId, externalVariantId }: ListingRef): boolean =>
  wire.isId(externalId) && externalVariantId !== undefined && wire.isId(externalVariantId);

export const isSku = (sku: Sku, { externalId, externalVariantId }: ListingRef): boolean =>
  sku.productId === externalId && sku.id === externalVariantId;

/** Stock by warehouse of these listings; those TikTok does not know are left out. */
export async function readSkus(
  client: TiktokClient,
  listings: readonly ListingRef[],
  call: Call,
): Promise<Result<Sku[]>> {
  const ids = [
    ...new Set(listings.filter(isListing).flatMap(({ externalVariantId }) => externalVariantId ?? [])),
  ];
  const skus: Sku[] = [];
  for (const chunk of chunksOf(ids, skusPerQuestion)) {
    const found = await eachKnown(chunk, (sku_ids) => ask(client, sku_ids, call));
    if (!found.ok) return found;
    skus.push(...found.value);
  }
  return { ok: true, value: skus };
}

async function ask(client: TiktokClient, sku_ids: readonly string[], call: Call): Promise<Result<Sku[]>> {
  const path = "/product/202309/inventory/search";
  const result = await client.ask(path, {}, { sku_ids }, wire.inventorySchema, call);
  if (!result.ok) return result;
  const products = result.value.inventory ?? [];
  return {
    ok: true,
    value: products.flatMap(({ product_id, skus }) =>
      (skus ?? []).map((sku) => ({ ...sku, productId: product_id })),
    ),
  };
}

/** What can still be ordered, at the warehouse of the settings or at all. */
export const figureOf = (sku: Sku, warehouseId: string | undefined): number =>
  warehouseId === undefined
    ? sku.total_available_quantity
    : (sku.warehouse_inventory ?? [])
        .filter((row) => row.warehouse_id === warehouseId)
        .reduce((sum, row) => sum + row.available_quantity, 0);

export const unknownListing = ({ externalId, externalVariantId }: ListingRef) =>
  failure("not_found", `TikTok Shop has no product ${externalId} with SKU ${externalVariantId ?? "(none)"}`);
