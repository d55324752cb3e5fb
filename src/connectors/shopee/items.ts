import type { Call, ListingRef, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf } from "../toolkit/paging.ts";
import type { ShopeeClient } from "./client.ts";
import * as wire from "./wire.ts";

/** Items and their models, with their stock. */

export const itemsPerQuestion = 50;

export interface Variant {
  externalId: string;
  /** Left out where the item has no models. */
  externalVariantId?: string;
  sku?: string;
  title: string;
  stock: wire.WireStock | null;
  /** Shopee keeps and ships the stock (FBS). */
  isShopees: boolean;
}

/** Every variant of these items; items Shopee does not know are left out. */
export async function readVariants(
  client: ShopeeClient,
  itemIds: readonly string[],
  call: Call,
): Promise<Result<Variant[]>> {
  const variants: Variant[] = [];
  for (const chunk of chunksOf([...new Set(itemIds)], itemsPerQuestion)) {
    const query = { item_id_list: chunk.join(",") };
    const bases = await client.get("/product/get_item_base_info", query, wire.baseInfoSchema, call);
    if (!bases.ok) {
      if (bases.kind === "not_found") continue;
      return bases;
    }
    for (const base of bases.value.item_list ?? []) {
      const found = await variantsOf(client, base, call);
      if (!found.ok) return found;
      variants.push(...found.value);
    }
  }
  return { ok: true, value: variants };
}

async function variantsOf(client: ShopeeClient, base: wire.WireBase, call: Call): Promise<Result<Variant[]>> {
  const title = base.item_name || base.item_id;
  if (!base.has_model) {
    const stock = base.stock_info_v2 ?? null;
    const variant: Variant = { externalId: base.item_id, title, stock, isShopees: onlyAtShopee(stock) };
    if (base.item_sku) variant.sku = base.item_sku;
    return { ok: true, value: [variant] };
  }
  const query = { item_id: base.item_id };
  const models = await client.get("/product/get_model_list", query, wire.modelListSchema, call);
  if (!models.ok) return models;
  return {
    ok: true,
    value: models.value.model.map((model) => {
      const stock = model.stock_info_v2 ?? null;
      const variant: Variant = {
        externalId: base.item_id,
        externalVariantId: model.model_id,
        title: model.model_name ? `${title} / ${model.model_name}` : title,
        stock,
        isShopees: model.is_fulfillment_by_shopee === true || onlyAtShopee(stock),
      };
      if (model.model_sku) variant.sku = model.model_sku;
      return variant;
    }),
  };
}

const onlyAtShopee = (stock: wire.WireStock | null): boolean =>
  (stock?.shopee_stock ?? []).length > 0 && (stock?.seller_stock ?? []).length === 0;

/** Units at the location of the settings, or at all of them; Shopee's own where it keeps the stock. */
export function figureOf({ stock, isShopees }: Variant, locationId: string | undefined): number {
  const rows = (isShopees ? stock?.shopee_stock : stock?.seller_stock) ?? [];
  const here =
    isShopees || locationId === undefined ? rows : rows.filter((row) => row.location_id === locationId);
  return here.reduce((sum, row) => sum + (row.stock ?? 0), 0);
}

export const isItemId = (id: string): boolean => /^[1-9]\d{0,15}$/.test(id);

export const isSameListing = (a: ListingRef, b: ListingRef): boolean =>
  a.externalId === b.externalId && (a.externalVariantId ?? "0") === (b.externalVariantId ?? "0");

export const unknownListing = ({ externalId, externalVariantId }: ListingRef) =>
  failure(
    "not_found",
    `Shopee has no item ${externalId}${externalVariantId === undefined ? "" : ` with model ${externalVariantId}`}`,
  );
