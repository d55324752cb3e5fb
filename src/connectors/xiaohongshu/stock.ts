import type { Call, ListingRef, Result, Stock, StockOutcome, StockWrite } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import type { XiaohongshuClient } from "./client.ts";
import type { XiaohongshuSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** One SKU a call; each costs a reading, too. */
export const stockWritesPerCall = 10;

/**
 * The figure that may still be sold (`available`): what unpaid orders hold is already off it. There is no idempotency key, so a write
 * whose answer is lost is `unknown` and found out by reading. The SKU is read before, since goods the platform keeps must not be written,
 * and a change that does not fit is told without trying.
 */
export function createStock(client: XiaohongshuClient, settings: XiaohongshuSettings): Stock {
  return {
    async push(writes, call) {
      const outcomes: StockOutcome[] = [];
      for (const write of writes)
        outcomes.push(
          write.mode === "set" || write.mode === "delta"
            ? await one(client, settings, write, call)
            : failure("unsupported", `Xiaohongshu has no stock writes of the kind ${write.mode}`),
        );
      return outcomes;
    },

    async read(listings, call) {
      const figures: Result<{ quantity: number }>[] = [];
      for (const listing of listings) {
        const level = await levelOf(client, settings, listing, call);
        figures.push(level.ok ? { ok: true, value: { quantity: level.value.quantity } } : level);
      }
      return figures;
    },
  };
}

interface Level {
  skuId: string;
  quantity: number;
  /** The shop has several warehouses, and one of them is written. */
  isByWarehouse: boolean;
}

async function levelOf(
  client: XiaohongshuClient,
  { warehouse, platformWarehouses }: XiaohongshuSettings,
  { externalId, externalVariantId }: ListingRef,
  call: Call,
): Promise<Result<Level>> {
  const skuId = externalVariantId ?? externalId;
  if (!/^[0-9a-f]{8,40}$/i.test(skuId)) return failure("not_found", `Xiaohongshu has no SKU ${skuId}`);
  const params = { skuId, inventoryType: 1 };
  const answer = await client.run(
    { method: "inventory.getSkuStockV2", params, answer: wire.stockSchema, effect: "read" },
    call,
  );
  if (!answer.ok) return answer;
  const { response, skuStockInfo, skuStockInfoWithWhcode: rows } = answer.value;
  if (response?.success === false)
    return failure("not_found", `Xiaohongshu shows no stock of SKU ${skuId} (${response.code})`);
  if (rows.length > 0 && rows.every(({ whcode }) => platformWarehouses.includes(whcode)))
    return failure(
      "unsupported",
      `SKU ${skuId} lies in warehouses of the platform, which keeps their figures itself`,
    );
  const own = rows.find(({ whcode }) => whcode === warehouse);
  if (rows.length > 1 && !own)
    return failure(
      "unsupported",
      `SKU ${skuId} has its stock in several warehouses, none of them ${warehouse}; name yours as warehouse in the settings`,
    );
  const quantity = own?.skuStockInfo.available ?? skuStockInfo?.skuStockInfo.available;
  if (quantity === undefined) return failure("not_found", `Xiaohongshu shows no stock of SKU ${skuId}`);
  return { ok: true, value: { skuId, quantity, isByWarehouse: rows.length > 1 } };
}

async function one(
  client: XiaohongshuClient,
  settings: XiaohongshuSettings,
  write: StockWrite,
  call: Call,
): Promise<StockOutcome> {
  const level = await levelOf(client, settings, write, call);
  if (!level.ok) return level;
  const { skuId, quantity, isByWarehouse } = level.value;
  if (write.mode === "set") return set(client, settings.warehouse, skuId, write.quantity, call);
  if (quantity + write.quantity < 0)
    return failure("conflict", `SKU ${skuId} has fewer units than would be taken off`);
  if (isByWarehouse)
    return failure(
      "unsupported",
      `SKU ${skuId} has its stock in several warehouses; Xiaohongshu changes such figures only by setting them`,
    );
  const params = { skuId, qty: write.quantity };
  const answer = await client.run(
    { method: "inventory.incSkuStock", params, answer: wire.changedSchema, effect: "write" },
    call,
  );
  if (!answer.ok) return answer;
  return settled(skuId, answer.value.response, answer.value.skuStock?.available);
}

async function set(
  client: XiaohongshuClient,
  warehouse: string,
  skuId: string,
  quantity: number,
  call: Call,
): Promise<StockOutcome> {
  const params = { skuId, qtyWithWhcode: { [warehouse]: quantity } };
  const answer = await client.run(
    { method: "inventory.syncSkuStockV2", params, answer: wire.setSchema, effect: "write" },
    call,
  );
  if (!answer.ok) return answer;
  const { response, data } = answer.value;
  return settled(skuId, response, data?.[warehouse]?.skuStockInfo?.available);
}

/** A code beside a success is a warning: it is done (-9028: without what unpaid orders hold). */
const settled = (
  skuId: string,
  response: { success?: boolean | null | undefined; code?: number | null | undefined } | null | undefined,
  quantity: number | undefined,
): StockOutcome => {
  if (response?.success === false)
    return failure("invalid", `Xiaohongshu refused the stock of SKU ${skuId} (${response.code})`);
  return quantity === undefined ? { ok: true } : { ok: true, quantity };
};
