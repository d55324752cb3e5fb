import type { Call, Failure, ListingRef, Result, Stock, StockOutcome, StockWrite } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf } from "../toolkit/paging.ts";
import type { WechatClient } from "./client.ts";
import * as wire from "./wire.ts";

/** One SKU per call; few enough that one slow call holds up little. */
export const stockWritesPerCall = 20;
const productsPerRead = 50;

const modes = { add: 1, takeOff: 2, set: 3 } as const;

/**
 * The common stock (通用库存) of a SKU, not that of flash sales, presenters or regions. Changes are what WeChat advises; a plain figure forgets
 * what is sold while it is written. There is no key for a repeat: what is in doubt is read back.
 */
export const createStock = (client: WechatClient): Stock => ({
  async push(writes, call) {
    const outcomes: StockOutcome[] = [];
    for (const write of writes) outcomes.push(await pushOne(client, write, call));
    return outcomes;
  },

  async read(listings, call) {
    const figures = new Map<string, Result<{ quantity: number }>>();
    const known = listings.filter(isSku);
    const products = [...new Set(known.map(({ externalId }) => externalId))];
    for (const batch of chunksOf(products, productsPerRead)) {
      const asked = known.filter(({ externalId }) => batch.includes(externalId));
      await readBatch(client, batch, asked, figures, call);
    }
    return listings.map((listing) => figures.get(keyOf(listing)) ?? gone(listing));
  },
});

async function readBatch(
  client: WechatClient,
  product_id: readonly string[],
  asked: readonly ListingRef[],
  figures: Map<string, Result<{ quantity: number }>>,
  call: Call,
): Promise<void> {
  const path = "/channels/ec/product/stock/batchget";
  const result = await client.post(path, { product_id }, wire.stocksSchema, call);
  if (!result.ok) {
    for (const listing of asked)
      figures.set(keyOf(listing), result.kind === "not_found" ? gone(listing) : result);
    return;
  }
  for (const spu of result.value.data.spu_stock_list)
    for (const sku of spu.sku_stock)
      figures.set(`${spu.product_id} ${sku.sku_id}`, { ok: true, value: { quantity: sku.normal_stock_num } });
}

const isSku = ({ externalId, externalVariantId }: ListingRef): boolean =>
  /^\d{1,20}$/.test(externalId) && /^\d{1,20}$/.test(externalVariantId ?? "");
const keyOf = ({ externalId, externalVariantId }: ListingRef): string =>
  `${externalId} ${externalVariantId ?? ""}`;
const gone = (listing: ListingRef): Failure =>
  failure("not_found", `WeChat has no product and SKU ${keyOf(listing).trim()}; a listing names both`);

async function pushOne(client: WechatClient, write: StockWrite, call: Call): Promise<StockOutcome> {
  if (write.mode !== "set" && write.mode !== "delta")
    return failure("unsupported", `WeChat has no stock writes of the kind ${write.mode}`);
  if (!isSku(write)) return gone(write);
  // Its sign is told apart from its figure there, and a plain figure has none.
  if (write.mode === "set" && write.quantity < 0)
    return failure("invalid", `WeChat takes no figure below zero (SKU ${write.externalVariantId})`);
  // A change of nothing is refused there.
  if (write.mode === "delta" && write.quantity === 0) return { ok: true };
  const diff_type = write.mode === "set" ? modes.set : write.quantity > 0 ? modes.add : modes.takeOff;
  const body = {
    product_id: write.externalId,
    sku_id: write.externalVariantId,
    diff_type,
    num: Math.abs(write.quantity),
  };
  const path = "/channels/ec/product/stock/update";
  const result = await client.post(path, body, wire.doneSchema, call, "write");
  if (!result.ok) return result.kind === "not_found" ? gone(write) : result;
  return write.mode === "set" ? { ok: true, quantity: write.quantity } : { ok: true };
}
