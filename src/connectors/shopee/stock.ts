import type { Call, Failure, Result, Stock, StockOutcome, StockWrite } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf } from "../toolkit/paging.ts";
import type { ShopeeClient } from "./client.ts";
import { figureOf, isItemId, isSameListing, readVariants, unknownListing, type Variant } from "./items.ts";
import type { ShopeeSettings } from "./settings.ts";
import { updateStockSchema } from "./wire.ts";

/** Models of one item in one call; a call is for one item. */
const modelsPerCall = 50;

export const stockWritesPerCall = 20;

/** Absolute figures only. Shopee takes no key for a write and repeats do no harm. */
export const createStock = (client: ShopeeClient, settings: ShopeeSettings): Stock => ({
  async push(writes, call) {
    const outcomes = new Map<StockWrite, StockOutcome>();
    const sets = writes.filter((write) => write.mode === "set" && isItemId(write.externalId));
    for (const [itemId, group] of Map.groupBy(sets, (write) => write.externalId))
      for (const chunk of chunksOf(group, modelsPerCall))
        for (const [write, outcome] of await setOne(client, settings, itemId, chunk, call))
          outcomes.set(write, outcome);
    return writes.map((write) => {
      if (write.mode !== "set")
        return failure("unsupported", `Shopee has no stock writes of the kind ${write.mode}`);
      return outcomes.get(write) ?? unknownListing(write);
    });
  },

  async read(listings, call) {
    const ids = listings.map(({ externalId }) => externalId).filter(isItemId);
    const found: Result<Variant[]> =
      ids.length === 0 ? { ok: true, value: [] } : await readVariants(client, ids, call);
    return listings.map((listing) => {
      if (!found.ok) return found;
      const variant = found.value.find((one) => isSameListing(one, listing));
      return variant
        ? { ok: true, value: { quantity: figureOf(variant, settings.locationId) } }
        : unknownListing(listing);
    });
  },
});

const modelOf = ({ externalVariantId }: StockWrite): string => externalVariantId ?? "0";

/** Success of some rows and refusal of others is ordinary: they are told apart by model. */
async function setOne(
  client: ShopeeClient,
  { locationId }: ShopeeSettings,
  itemId: string,
  writes: readonly StockWrite[],
  call: Call,
): Promise<[StockWrite, StockOutcome][]> {
  const stock_list = writes.map((write) => ({
    model_id: Number(modelOf(write)),
    seller_stock: [
      { ...(locationId === undefined ? {} : { location_id: locationId }), stock: write.quantity },
    ],
  }));
  const body = { item_id: Number(itemId), stock_list };
  const result = await client.write("/product/update_stock", body, updateStockSchema, call);
  if (!result.ok)
    return writes.map((write) => [write, result.kind === "not_found" ? unknownListing(write) : result]);
  const { success_list, failure_list } = result.value;
  const has = (
    rows: readonly { model_id?: string | null | undefined }[] | null | undefined,
    write: StockWrite,
  ) => (rows ?? []).some((row) => (row.model_id ?? "0") === modelOf(write));
  const refused = writes.filter((write) => has(failure_list, write));
  const why = refused.length === 0 ? [] : await reasonsOf(client, itemId, refused, call);
  return writes.map((write) => {
    const reason = why.find(([one]) => one === write)?.[1];
    if (reason) return [write, reason];
    if (has(success_list, write)) return [write, { ok: true, quantity: write.quantity }];
    return [
      write,
      failure("unknown", `Shopee's answer does not name item ${itemId}, model ${modelOf(write)}`),
    ];
  });
}

/** Shopee says why in prose only; a look at the item tells whose stock it is, and whether it is there at all. */
async function reasonsOf(
  client: ShopeeClient,
  itemId: string,
  refused: readonly StockWrite[],
  call: Call,
): Promise<[StockWrite, Failure][]> {
  const found = await readVariants(client, [itemId], call);
  return refused.map((write) => {
    const variant = found.ok ? found.value.find((one) => isSameListing(one, write)) : undefined;
    if (found.ok && !variant) return [write, unknownListing(write)];
    if (variant?.isShopees)
      return [
        write,
        failure("unsupported", `Shopee keeps and ships the stock of item ${itemId}; it is not written`),
      ];
    const what = `Shopee refused the figure of item ${itemId}, model ${modelOf(write)}; units reserved for a promotion cannot be taken away`;
    return [write, failure("invalid", what)];
  });
}
