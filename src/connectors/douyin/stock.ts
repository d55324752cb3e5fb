import { createHash } from "node:crypto";
import type { Call, Failure, ListingRef, Result, Stock, StockOutcome, StockWrite } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import type { DouyinClient } from "./client.ts";
import { doneBefore } from "./codes.ts";
import type { DouyinSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** Douyin takes 50 SKUs of one call; changes go one by one, so that each has an idempotency id of its own. */
export const stockWritesPerCall = 20;

/**
 * The figure that may still be sold: what unpaid orders hold is already off it. The SKUs of a product are looked at before they are
 * written, since goods in the platform's own warehouses must not be, and goods by warehouse are written to one of them.
 */
export function createStock(client: DouyinClient, settings: DouyinSettings): Stock {
  return {
    async push(writes, call) {
      const outcomes = new Map<StockWrite, StockOutcome>();
      const known = writes.filter(({ mode }) => mode === "set" || mode === "delta");
      const levels = await levelsOf(client, settings, known, call);
      const sets: Planned[] = [];
      for (const write of known) {
        const level = levelFor(levels, write);
        const refusal = level.ok ? tooFew(write, level.value) : level;
        if (refusal) outcomes.set(write, refusal);
        else if (level.ok && write.mode === "set") sets.push({ write, level: level.value });
        else if (level.ok) outcomes.set(write, await change(client, { write, level: level.value }, call));
      }
      for (const [write, outcome] of await setAll(client, sets, call)) outcomes.set(write, outcome);
      return writes.map(
        (write) =>
          outcomes.get(write) ??
          failure("unsupported", `Douyin has no stock writes of the kind ${write.mode}`),
      );
    },

    async read(listings, call) {
      const levels = await levelsOf(client, settings, listings, call);
      return listings.map((listing) => {
        const level = levelFor(levels, listing);
        return level.ok ? { ok: true, value: { quantity: level.value.figure } } : level;
      });
    },
  };
}

export interface Level {
  skuId: string;
  figure: number;
  /** Goods by warehouse: the one that is written. */
  warehouseId?: string;
}

interface Planned {
  write: StockWrite;
  level: Level;
}

type Levels = Map<string, Result<Map<string, Result<Level>>>>;

/** One call per product. A product without variants is written by its only SKU. */
async function levelsOf(
  client: DouyinClient,
  settings: DouyinSettings,
  listings: readonly ListingRef[],
  call: Call,
): Promise<Levels> {
  const levels: Levels = new Map();
  for (const product_id of new Set(listings.map(({ externalId }) => externalId))) {
    if (!wire.isNumber(product_id)) continue;
    const skus = await client.run(
      { method: "sku.list", params: { product_id }, answer: wire.skusSchema, effect: "read" },
      call,
    );
    levels.set(
      product_id,
      skus.ok
        ? { ok: true, value: new Map(skus.value.map((sku) => [sku.id, levelOf(sku, settings)])) }
        : skus,
    );
  }
  return levels;
}

function levelFor(levels: Levels, { externalId, externalVariantId }: ListingRef): Result<Level> {
  const product = levels.get(externalId);
  if (product && !product.ok) return product;
  const skus = product?.value ?? new Map<string, Result<Level>>();
  const only = skus.size === 1 ? [...skus.values()][0] : undefined;
  const found = externalVariantId === undefined ? only : skus.get(externalVariantId);
  if (found) return found;
  if (externalVariantId === undefined && skus.size > 1)
    return failure("invalid", `Product ${externalId} has several SKUs; name one of them in the listing`);
  return failure("not_found", `Douyin has no SKU ${externalVariantId ?? `of product ${externalId}`}`);
}

const byWarehouse = 1;

/** `unsupported` where the platform keeps the goods, or no warehouse of ours is named. */
export function levelOf(
  sku: wire.WireSku,
  { warehouseId, platformWarehouses }: Pick<DouyinSettings, "warehouseId" | "platformWarehouses">,
): Result<Level> {
  if (sku.sku_type !== byWarehouse) return { ok: true, value: { skuId: sku.id, figure: sku.stock_num ?? 0 } };
  const figures = sku.stock_map ?? {};
  if (isKeptByPlatform(sku, platformWarehouses))
    return failure(
      "unsupported",
      `SKU ${sku.id} lies in warehouses of the platform, which keeps their figures itself`,
    );
  if (warehouseId === undefined)
    return failure(
      "unsupported",
      `SKU ${sku.id} has its stock by warehouse; name yours as warehouseId in the settings`,
    );
  return { ok: true, value: { skuId: sku.id, figure: figures[warehouseId] ?? 0, warehouseId } };
}

export function isKeptByPlatform(sku: wire.WireSku, platformWarehouses: readonly string[]): boolean {
  const warehouses = Object.keys(sku.stock_map ?? {});
  return (
    sku.sku_type === byWarehouse &&
    warehouses.length > 0 &&
    warehouses.every((name) => platformWarehouses.includes(name))
  );
}

const tooFew = (write: StockWrite, { skuId, figure }: Level): Failure | null =>
  write.mode === "delta" && figure + write.quantity < 0
    ? failure("conflict", `SKU ${skuId} has fewer units than would be taken off`)
    : null;

const itemOf = ({ write, level }: Planned) => ({
  product_id: write.externalId,
  sku_id: level.skuId,
  stock_num: write.quantity,
  out_warehouse_id: level.warehouseId,
});

const send = (
  client: DouyinClient,
  rows: readonly Planned[],
  params: { incremental: boolean; idempotent_id: string },
  call: Call,
) =>
  client.run(
    {
      method: "sku.syncStockBatchMultiProducts",
      params: { ...params, items: rows.map(itemOf) },
      answer: wire.stockResultsSchema,
      effect: "write",
      kinds: doneBefore,
    },
    call,
  );

/** The same id again: it was done the first time. */
const asDone = (result: Failure): StockOutcome => (result.kind === "conflict" ? { ok: true } : result);

/** Ours are longer than the platform's ids may be. The same writes have the same id. */
const idOf = (writes: unknown): string =>
  createHash("sha256").update(JSON.stringify(writes)).digest("hex").slice(0, 32);

async function change(client: DouyinClient, planned: Planned, call: Call): Promise<StockOutcome> {
  const { writeId, quantity } = planned.write;
  const params = { incremental: true, idempotent_id: idOf([writeId]) };
  const result = await send(client, [planned], params, call);
  if (!result.ok) return asDone(result);
  const row = result.value.results.find(({ sku_id }) => sku_id === planned.level.skuId);
  const outcome = outcomeOf(planned, row);
  if (outcome.ok && row?.change_num != null && row.change_num !== quantity)
    return failure(
      "unknown",
      `SKU ${planned.level.skuId} was changed by ${row.change_num} instead of ${quantity}`,
    );
  return outcome;
}

/** All figures in one call; one SKU that is named twice goes into another, in order. */
async function setAll(
  client: DouyinClient,
  rows: readonly Planned[],
  call: Call,
): Promise<[StockWrite, StockOutcome][]> {
  if (rows.length === 0) return [];
  const first = rows.filter(
    (row, index) => rows.findIndex((other) => other.level.skuId === row.level.skuId) === index,
  );
  const idempotent_id = idOf(first.map((row) => [row.write.writeId, itemOf(row)]));
  const params = { incremental: false, idempotent_id };
  const result = await send(client, first, params, call);
  const outcomes = first.map((row): [StockWrite, StockOutcome] => {
    if (!result.ok) return [row.write, asDone(result)];
    return [
      row.write,
      outcomeOf(
        row,
        result.value.results.find(({ sku_id }) => sku_id === row.level.skuId),
      ),
    ];
  });
  return [
    ...outcomes,
    ...(await setAll(
      client,
      rows.filter((row) => !first.includes(row)),
      call,
    )),
  ];
}

/** A row that is not answered for may have been written. */
function outcomeOf(
  { level }: Planned,
  row: { status_code?: number | null | undefined; stock_num?: number | null | undefined } | undefined,
): StockOutcome {
  if (row === undefined) return failure("unknown", `Douyin said nothing of SKU ${level.skuId}`);
  if (row.status_code)
    return failure("invalid", `Douyin refused the stock of SKU ${level.skuId} (${row.status_code})`);
  return row.stock_num == null ? { ok: true } : { ok: true, quantity: row.stock_num };
}
