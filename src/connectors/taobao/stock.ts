import type { Call, Failure, ListingRef, Result, Stock, StockOutcome, StockWrite } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf } from "../toolkit/paging.ts";
import type { TaobaoClient } from "./client.ts";
import { itemsPerCall, readItems } from "./listings.ts";
import type { TaobaoSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** So many SKUs of one item in one call. */
export const stockWritesPerCall = 20;

/**
 * Figures of items and their SKUs. There is no key against a write done twice: a doubtful one stays `unknown` until the figure was
 * read. Changes go one by one through the call that refuses to end below zero; the one for many SKUs would stop at zero and
 * call that a success.
 */
export function createStock(client: TaobaoClient, { platformItems }: TaobaoSettings): Stock {
  const isKept = ({ externalId }: ListingRef) => platformItems.includes(externalId);
  return {
    async push(writes, call) {
      const outcomes = new Map<StockWrite, StockOutcome>();
      const good = writes.filter((write) => {
        const refusal = refusalOf(write, isKept(write));
        if (refusal) outcomes.set(write, refusal);
        return refusal === null;
      });
      const sets = good.filter(
        ({ mode, externalVariantId }) => mode === "set" && externalVariantId !== undefined,
      );
      for (const group of Map.groupBy(sets, ({ externalId }) => externalId).values())
        for (const batch of chunksOf(group, stockWritesPerCall)) await setSkus(client, batch, outcomes, call);
      for (const write of good)
        if (!outcomes.has(write)) outcomes.set(write, await writeOne(client, write, call));
      return writes.map((write) => outcomes.get(write) ?? gone(write));
    },

    async read(listings, call) {
      const known = [...new Set(listings.filter(hasIds).map(({ externalId }) => externalId))];
      const items = new Map<string, Result<wire.WireItem>>();
      for (const ids of chunksOf(known, itemsPerCall)) {
        const result = await readItems(client, ids, call);
        for (const id of ids) {
          const item = result.ok ? result.value.find(({ num_iid }) => num_iid === id) : undefined;
          if (!result.ok) items.set(id, result);
          else if (item) items.set(id, { ok: true, value: item });
        }
      }
      return listings.map((listing) => {
        const item = items.get(listing.externalId) ?? gone(listing);
        return item.ok ? figureOf(item.value, listing) : item;
      });
    },
  };
}

const nameOf = ({ externalId, externalVariantId }: ListingRef): string =>
  externalVariantId === undefined ? `item ${externalId}` : `SKU ${externalVariantId} of item ${externalId}`;

const gone = (listing: ListingRef): Failure => failure("not_found", `The shop has no ${nameOf(listing)}`);

const hasIds = ({ externalId, externalVariantId = "1" }: ListingRef): boolean =>
  /^\d{1,20}$/.test(externalId) && /^\d{1,20}$/.test(externalVariantId);

function refusalOf(write: StockWrite, isKept: boolean): Failure | null {
  if (!/^(set|delta)$/.test(write.mode))
    return failure("unsupported", `Taobao has no stock writes of the kind ${write.mode}`);
  if (!hasIds(write)) return gone(write);
  if (isKept)
    return failure("unsupported", `The platform keeps the stock of ${nameOf(write)} (setting platformItems)`);
  return null;
}

function figureOf(item: wire.WireItem, listing: ListingRef): Result<{ quantity: number }> {
  if (listing.externalVariantId === undefined) return { ok: true, value: { quantity: item.num } };
  const sku = item.skus.find(({ sku_id }) => sku_id === listing.externalVariantId);
  return sku ? { ok: true, value: { quantity: sku.quantity } } : gone(listing);
}

/** SKUs of one item in one call, all or nothing; where it is refused, each is written by itself to find out which is to blame. */
async function setSkus(
  client: TaobaoClient,
  batch: readonly StockWrite[],
  outcomes: Map<StockWrite, StockOutcome>,
  call: Call,
): Promise<void> {
  const result = await client.run(
    {
      method: "taobao.skus.quantity.update",
      parameters: {
        num_iid: batch[0]?.externalId,
        skuid_quantities: batch.map((write) => `${write.externalVariantId}:${write.quantity}`).join(";"),
        type: 1,
      },
      answer: wire.writtenSchema,
      effect: "write",
    },
    call,
  );
  for (const write of batch) {
    if (result.ok) outcomes.set(write, outcomeOf(result.value, write));
    else if (!isRefusal(result)) outcomes.set(write, result);
    else if (batch.length === 1) outcomes.set(write, await explained(client, write, result, call));
  }
}

const isRefusal = ({ kind }: Failure): boolean => kind === "invalid" || kind === "not_found";

async function writeOne(client: TaobaoClient, write: StockWrite, call: Call): Promise<StockOutcome> {
  const result = await client.run(
    {
      method: "taobao.item.quantity.update",
      parameters: {
        num_iid: write.externalId,
        sku_id: write.externalVariantId,
        quantity: write.quantity,
        type: write.mode === "delta" ? 2 : 1,
      },
      answer: wire.writtenSchema,
      effect: "write",
    },
    call,
  );
  if (result.ok) return outcomeOf(result.value, write);
  return isRefusal(result) ? explained(client, write, result, call) : result;
}

function outcomeOf(written: wire.Written, write: StockWrite): StockOutcome {
  const figure =
    write.externalVariantId === undefined
      ? written.item.num
      : written.item.skus.find(({ sku_id }) => sku_id === write.externalVariantId)?.quantity;
  return figure === undefined ? { ok: true } : { ok: true, quantity: figure };
}

/** The codes of refused stock writes are not documented; the figure tells whether the SKU is gone, or has too few units. */
async function explained(
  client: TaobaoClient,
  write: StockWrite,
  refusal: Failure,
  call: Call,
): Promise<Failure> {
  const items = await readItems(client, [write.externalId], call);
  if (!items.ok) return refusal;
  const [item] = items.value;
  const figure = item ? figureOf(item, write) : gone(write);
  if (!figure.ok) return figure;
  if (write.mode === "delta" && figure.value.quantity + write.quantity < 0)
    return failure("conflict", `${nameOf(write)} has fewer units than would be taken off`);
  return refusal;
}
