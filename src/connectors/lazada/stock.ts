import type { Call, Failure, ListingRef, Result, Stock, StockOutcome, StockWrite } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import type { LazadaClient } from "./client.ts";
import type { LazadaSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** One SKU a call: Lazada takes fifty calls a second, and of several in one call it does not say for sure which were done. */
export const stockWritesPerCall = 20;

/**
 * Figures are what buyers can still buy ("sellable"): Lazada has taken its own open orders off them already. Changes are taken off and put on there, and
 * refused below zero; they are not remembered, so one whose end is in doubt is read back.
 */
export const createStock = (client: LazadaClient, settings: LazadaSettings): Stock => ({
  async push(writes, call) {
    const outcomes: StockOutcome[] = [];
    for (const write of writes) outcomes.push(await writeOne(client, settings, write, call));
    return outcomes;
  },

  async read(listings, call) {
    const products = new Map<string, Result<wire.WireProduct>>();
    for (const { externalId } of listings)
      if (!products.has(externalId)) products.set(externalId, await readProduct(client, externalId, call));
    return listings.map((listing) => {
      const product = products.get(listing.externalId) ?? unknownListing(listing);
      if (!product.ok) return product;
      const sku = skuOf(product.value, listing);
      return sku
        ? { ok: true, value: { quantity: figureOf(sku, settings.warehouseCode) } }
        : unknownListing(listing);
    });
  },
});

const isNumber = (id: string | undefined): id is string => id !== undefined && /^[1-9]\d{0,18}$/.test(id);

async function writeOne(
  client: LazadaClient,
  settings: LazadaSettings,
  write: StockWrite,
  call: Call,
): Promise<StockOutcome> {
  if (write.mode !== "set" && write.mode !== "delta")
    return failure("unsupported", `Lazada has no stock writes of the kind ${write.mode}`);
  if (!isNumber(write.externalId) || !isNumber(write.externalVariantId)) return unknownListing(write);
  const payload = payloadOf(
    write.externalId,
    write.externalVariantId,
    write.quantity,
    settings.warehouseCode,
  );
  const path = write.mode === "set" ? "/product/stock/sellable/update" : "/product/stock/sellable/adjust";
  const result = await client.write(path, { payload }, wire.doneSchema, call);
  if (result.ok) return write.mode === "set" ? { ok: true, quantity: write.quantity } : { ok: true };
  if (result.kind === "not_found") return unknownListing(write);
  return result.kind === "invalid" ? whyNot(client, write, result, call) : result;
}

/** Numbers and a checked code only: nothing in it needs escaping. */
function payloadOf(
  itemId: string,
  skuId: string,
  quantity: number,
  warehouseCode: string | undefined,
): string {
  const figure = `<SellableQuantity>${quantity}</SellableQuantity>`;
  const where =
    warehouseCode === undefined
      ? figure
      : `<MultiWarehouseInventories><MultiWarehouseInventory><WarehouseCode>${warehouseCode}</WarehouseCode>${figure}</MultiWarehouseInventory></MultiWarehouseInventories>`;
  return `<Request><Product><Skus><Sku><ItemId>${itemId}</ItemId><SkuId>${skuId}</SkuId>${where}</Sku></Skus></Product></Request>`;
}

/** "501" is all Lazada says; a look at the item tells whether it is there, and whose stock it is. */
async function whyNot(
  client: LazadaClient,
  write: StockWrite,
  refused: Failure,
  call: Call,
): Promise<Failure> {
  const product = await readProduct(client, write.externalId, call);
  if (!product.ok) return product.kind === "not_found" ? product : refused;
  const sku = skuOf(product.value, write);
  if (!sku) return unknownListing(write);
  return isLazadas(sku)
    ? failure(
        "unsupported",
        `Lazada keeps and ships the stock of SKU ${write.externalVariantId}; it is not written`,
      )
    : refused;
}

async function readProduct(
  client: LazadaClient,
  itemId: string,
  call: Call,
): Promise<Result<wire.WireProduct>> {
  if (!isNumber(itemId)) return unknownListing({ externalId: itemId });
  const result = await client.get("/product/item/get", { item_id: itemId }, wire.productSchemaAnswer, call);
  return !result.ok && result.kind === "not_found" ? unknownListing({ externalId: itemId }) : result;
}

const skuOf = (product: wire.WireProduct, listing: ListingRef): wire.WireSku | undefined =>
  (product.skus ?? []).find((sku) => sku.SkuId === listing.externalVariantId);

const unknownListing = ({ externalId, externalVariantId }: ListingRef) =>
  failure("not_found", `Lazada has no SKU ${externalVariantId ?? "(none named)"} of item ${externalId}`);

/** Lazada keeps and ships the stock (FBL). */
export const isLazadas = (sku: wire.WireSku): boolean =>
  (sku.fblWarehouseInventories ?? []).length > 0 && (sku.multiWarehouseInventories ?? []).length === 0;

export function figureOf(sku: wire.WireSku, warehouseCode: string | undefined): number {
  const rows = (isLazadas(sku) ? sku.fblWarehouseInventories : sku.multiWarehouseInventories) ?? [];
  const here =
    warehouseCode === undefined || isLazadas(sku)
      ? rows
      : rows.filter((row) => row.warehouseCode === warehouseCode);
  if (rows.length === 0) return sku.Available ?? sku.quantity ?? 0;
  return here.reduce((sum, row) => sum + (row.sellableQuantity ?? 0), 0);
}
