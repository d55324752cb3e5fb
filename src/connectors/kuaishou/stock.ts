import { z } from "zod";
import type { Call, ListingRef, Result, Stock, StockOutcome, StockWrite } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { type KuaishouClient, longOf } from "./client.ts";
import { stockErrorKinds } from "./codes.ts";
import { type Figure, figureOf, productOf } from "./products.ts";

/** One SKU a call; each costs a reading, too. */
export const stockWritesPerCall = 10;

const mostUnits = 9_999_999;
const add = 1;
const reduce = 2;

/**
 * Kuaishou only adds and takes off, without an idempotency id: a change whose answer is lost is `unknown` and found out by reading, never
 * sent again. The figure is read before, so that a change that does not fit is told without trying.
 */
export function createStock(client: KuaishouClient): Stock {
  const figuresOf = async (listings: readonly ListingRef[], call: Call) => {
    const items = new Map<string, Awaited<ReturnType<typeof productOf>>>();
    for (const { externalId } of listings)
      if (!items.has(externalId)) items.set(externalId, await productOf(client, externalId, call));
    return (listing: ListingRef): Result<Figure> => {
      const item = items.get(listing.externalId);
      if (!item) return failure("not_found", `Kuaishou has no item ${listing.externalId}`);
      return item.ok ? figureOf(item.value, listing) : item;
    };
  };
  return {
    async push(writes, call) {
      const deltas = writes.filter(({ mode }) => mode === "delta");
      const figure = await figuresOf(deltas, call);
      const outcomes = new Map<StockWrite, StockOutcome>();
      const changed = new Map<string, number>();
      for (const write of deltas) {
        const read = figure(write);
        if (!read.ok) {
          outcomes.set(write, read);
          continue;
        }
        const { skuId, quantity } = read.value;
        const before = quantity + (changed.get(skuId) ?? 0);
        const outcome = await change(client, { ...read.value, quantity: before }, write.quantity, call);
        if (outcome.ok) changed.set(skuId, (changed.get(skuId) ?? 0) + write.quantity);
        outcomes.set(write, outcome);
      }
      return writes.map(
        (write) =>
          outcomes.get(write) ??
          failure("unsupported", "Kuaishou only adds to a figure and takes off from it"),
      );
    },

    async read(listings, call) {
      const figure = await figuresOf(listings, call);
      return listings.map((listing) => {
        const read = figure(listing);
        return read.ok ? { ok: true, value: { quantity: read.value.quantity } } : read;
      });
    },
  };
}

async function change(
  client: KuaishouClient,
  { itemId, skuId, quantity }: Figure,
  by: number,
  call: Call,
): Promise<StockOutcome> {
  if (by === 0) return { ok: true };
  if (quantity + by < 0) return failure("conflict", `SKU ${skuId} has fewer units than would be taken off`);
  if (quantity + by >= mostUnits)
    return failure("invalid", `Kuaishou takes no figure of ${mostUnits} or more`);
  const params = {
    kwaiItemId: longOf(itemId),
    skuId: longOf(skuId),
    skuChangeStock: Math.abs(by),
    changeType: by > 0 ? add : reduce,
  };
  const result = await client.run(
    {
      method: "open.item.sku.stock.update",
      params,
      answer: z.unknown().optional(),
      verb: "POST",
      kinds: stockErrorKinds,
    },
    call,
  );
  return result.ok ? { ok: true } : result;
}
