import type { Call, Failure, Result, Stock, StockOutcome, StockWrite } from "../contract.ts";
import { kindOfCode } from "../toolkit/codes.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf } from "../toolkit/paging.ts";
import type { TiktokClient } from "./client.ts";
import { errorKinds, hints } from "./codes.ts";
import { figureOf, isListing, isSku, readSkus, type Sku, unknownListing } from "./inventory.ts";
import type { TiktokSettings } from "./settings.ts";
import { stockWriteSchema } from "./wire.ts";

/** SKUs of one product in one call; a call is for one product. */
const skusPerCall = 100;

export const stockWritesPerCall = 20;

/** The largest figure TikTok takes. */
const mostUnits = 99_999;

/** Absolute figures only. TikTok takes no key for a write; repeats do no harm. All warehouses of a SKU must be named, so they are read first. */
export const createStock = (client: TiktokClient, settings: TiktokSettings): Stock => ({
  async push(writes, call) {
    const sets = writes.filter((write) => write.mode === "set" && isListing(write));
    const skus: Result<Sku[]> =
      sets.length === 0 ? { ok: true, value: [] } : await readSkus(client, sets, call);
    const outcomes = new Map<StockWrite, StockOutcome>();
    const rows: Row[] = [];
    for (const write of sets) {
      const row = skus.ok ? rowOf(write, skus.value, settings) : skus;
      if ("ok" in row) outcomes.set(write, row);
      else rows.push(row);
    }
    for (const [productId, group] of Map.groupBy(rows, ({ write }) => write.externalId))
      for (const chunk of chunksOf(group, skusPerCall))
        for (const [write, outcome] of await setOne(client, productId, chunk, call))
          outcomes.set(write, outcome);
    return writes.map((write) =>
      write.mode === "set"
        ? (outcomes.get(write) ?? unknownListing(write))
        : failure("unsupported", `TikTok Shop has no stock writes of the kind ${write.mode}`),
    );
  },

  async read(listings, call) {
    const skus: Result<Sku[]> = listings.some(isListing)
      ? await readSkus(client, listings, call)
      : { ok: true, value: [] };
    return listings.map((listing) => {
      if (!skus.ok) return skus;
      const sku = skus.value.find((one) => isSku(one, listing));
      return sku
        ? { ok: true, value: { quantity: figureOf(sku, settings.warehouseId) } }
        : unknownListing(listing);
    });
  },
});

interface Row {
  write: StockWrite;
  body: { id: string; inventory: { warehouse_id?: string; quantity: number; backorder_quantity?: 0 }[] };
}

/** What is to be sent for a write, or why it is not. Warehouses other than ours keep what they were read with. */
function rowOf(
  write: StockWrite,
  skus: readonly Sku[],
  { warehouseId, backorders }: TiktokSettings,
): Row | Failure {
  const sku = skus.find((one) => isSku(one, write));
  if (!sku) return unknownListing(write);
  if (write.quantity > mostUnits)
    return failure("invalid", `TikTok Shop takes no figure above ${mostUnits}; cap the listing`);
  const places = sku.warehouse_inventory ?? [];
  const [only] = places;
  const target = warehouseId ?? (places.length > 1 ? undefined : only?.warehouse_id);
  if (places.length > 1 && target === undefined)
    return failure(
      "invalid",
      `SKU ${sku.id} lies in ${places.length} warehouses in TikTok Shop; enter warehouseId in the settings`,
    );
  if (places.length > 0 && !places.some((place) => place.warehouse_id === target))
    return failure(
      "invalid",
      `SKU ${sku.id} is not stocked in warehouse ${target}; assign it in Seller Center`,
    );
  const none = backorders === "clear" ? { backorder_quantity: 0 as const } : {};
  const inventory =
    places.length === 0
      ? [{ quantity: write.quantity, ...none }]
      : places.map(({ warehouse_id, available_quantity }) =>
          warehouse_id === target
            ? { warehouse_id, quantity: write.quantity, ...none }
            : { warehouse_id, quantity: available_quantity },
        );
  return { write, body: { id: sku.id, inventory } };
}

/** Some SKUs are refused while others are written, and the answer still says 0: its list of errors counts. */
async function setOne(
  client: TiktokClient,
  productId: string,
  rows: readonly Row[],
  call: Call,
): Promise<[StockWrite, StockOutcome][]> {
  const path = `/product/202309/products/${productId}/inventory/update`;
  const body = { skus: [...new Map(rows.map((row) => [row.body.id, row.body])).values()] };
  const result = await client.write(path, body, stockWriteSchema, call);
  if (!result.ok)
    return rows.map(({ write }) => [write, result.kind === "not_found" ? unknownListing(write) : result]);
  const errors = (result.value.data?.errors ?? []).map(({ code, detail }) => ({
    skuId: detail?.sku_id ?? null,
    codes: [...(detail?.extra_errors ?? []).map((extra) => extra.code), code].filter(
      (one) => typeof one === "string",
    ),
  }));
  // An error that names no SKU may be of any.
  return rows.map(({ write }) => {
    const mine = errors.filter(({ skuId }) => skuId === null || skuId === write.externalVariantId);
    if (mine.length > 0)
      return [
        write,
        refusal(
          write,
          mine.flatMap(({ codes }) => codes),
        ),
      ];
    return [write, { ok: true }];
  });
}

/** The first code that is known counts; the main one often only says that something was wrong. */
function refusal(write: StockWrite, codes: readonly string[]): Failure {
  const code =
    codes.find((one) => Object.hasOwn(errorKinds, one) || Object.hasOwn(hints, one)) ?? codes[0] ?? "";
  const kind = kindOfCode(errorKinds, code);
  if (kind === "not_found") return unknownListing(write);
  const zero =
    write.quantity === 0 && /^(12019024|12052055)$/.test(code)
      ? "; take the SKU off sale in Seller Center"
      : "";
  return failure(
    kind === "unknown" ? "unavailable" : kind,
    `TikTok Shop error ${code} for SKU ${write.externalVariantId}${hints[code] ?? ""}${zero}`,
  );
}
