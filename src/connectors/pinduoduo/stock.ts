import type { Call, Failure, ListingRef, Result, Stock, StockOutcome, StockWrite } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import type { PinduoduoClient } from "./client.ts";
import * as wire from "./wire.ts";

/** One SKU per call; so many calls are one push of ours. */
export const stockWritesPerCall = 20;

/** Figures of SKUs. There is no key against a write done twice: a doubtful one stays `unknown` until the figure was read. */
export const createStock = (client: PinduoduoClient): Stock => ({
  async push(writes, call) {
    const outcomes: StockOutcome[] = [];
    for (const write of writes) outcomes.push(refusalOf(write) ?? (await writeOne(client, write, call)));
    return outcomes;
  },

  async read(listings, call) {
    const goods = new Map<string, Result<wire.WireGoods>>();
    for (const listing of listings)
      if (hasIds(listing) && !goods.has(listing.externalId))
        goods.set(listing.externalId, await readGoods(client, listing.externalId, call));
    return listings.map((listing) => figureOf(goods.get(listing.externalId) ?? gone(listing), listing));
  },
});

const hasIds = ({ externalId, externalVariantId = "" }: ListingRef): boolean =>
  /^\d{1,20}$/.test(externalId) && /^\d{1,20}$/.test(externalVariantId);

const nameOf = ({ externalId, externalVariantId }: ListingRef): string =>
  `SKU ${externalVariantId ?? "(none)"} of item ${externalId}`;

const gone = (listing: ListingRef): Failure => failure("not_found", `The shop has no ${nameOf(listing)}`);

function refusalOf(write: StockWrite): Failure | null {
  if (!/^(set|delta)$/.test(write.mode))
    return failure("unsupported", `Pinduoduo has no stock writes of the kind ${write.mode}`);
  return hasIds(write) ? null : gone(write);
}

async function readGoods(
  client: PinduoduoClient,
  goods_id: string,
  call: Call,
): Promise<Result<wire.WireGoods>> {
  const result = await client.run(
    { method: "pdd.goods.information.get", parameters: { goods_id }, answer: wire.goodsInfoSchema },
    call,
  );
  return result.ok ? { ok: true, value: result.value.goods_info } : result;
}

/** An item that is gone is refused without a code of its own, so that stays a refusal; a SKU that its item lacks is gone. */
function figureOf(goods: Result<wire.WireGoods>, listing: ListingRef): Result<{ quantity: number }> {
  if (!goods.ok) return goods;
  const sku = goods.value.sku_list.find(({ sku_id }) => sku_id === listing.externalVariantId);
  return sku ? { ok: true, value: { quantity: sku.sku_quantity } } : gone(listing);
}

async function writeOne(client: PinduoduoClient, write: StockWrite, call: Call): Promise<StockOutcome> {
  const result = await client.run(
    {
      method: "pdd.goods.quantity.update",
      parameters: {
        goods_id: write.externalId,
        sku_id: write.externalVariantId,
        quantity: write.quantity,
        update_type: write.mode === "delta" ? 2 : 1,
      },
      answer: wire.doneSchema,
      effect: "write",
    },
    call,
  );
  if (result.ok) return { ok: true };
  return result.kind === "invalid" ? explained(client, write, result, call) : result;
}

/** Refusals have no codes of their own; the figure tells whether the SKU is gone, has too few units, or may not be lowered. */
async function explained(
  client: PinduoduoClient,
  write: StockWrite,
  refusal: Failure,
  call: Call,
): Promise<Failure> {
  const goods = await readGoods(client, write.externalId, call);
  const figure = figureOf(goods, write);
  if (!figure.ok) return figure.kind === "not_found" ? figure : refusal;
  const { quantity } = figure.value;
  const target = write.mode === "delta" ? quantity + write.quantity : write.quantity;
  if (target < 0) return failure("conflict", `${nameOf(write)} has fewer units than would be taken off`);
  if (target >= quantity) return refusal;
  return failure(
    "invalid",
    `Pinduoduo does not lower ${nameOf(write)}; an item in a promotion slot keeps its stock until the promotion ends`,
  );
}
