import type { z } from "zod";
import type { Call, Failure, ListingRef, Result, Stock, StockOutcome, StockWrite } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf } from "../toolkit/paging.ts";
import type { VendureClient } from "./client.ts";
import { stockMutation, variantsQuery } from "./documents.ts";
import type { VendureSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** Variants of one call. Vendure names no limit, but writes them one after the other in one transaction. */
export const stockWritesPerCall = 50;

/** A parcel packed by the staff while we write changes the figure we built on; twice in a row is a coincidence already. */
const maxRounds = 3;

/**
 * Levels of one stock location. Vendure keeps `stockOnHand` and `stockAllocated` (its own open orders) and sells the difference,
 * less its out-of-stock threshold. The hub says what may still be sold, so what is written is that figure plus the other two,
 * read immediately before. docs/vendure.md says what this means for orders on their way.
 */
export const createStock = (client: VendureClient, { stockLocationId }: VendureSettings): Stock => ({
  async push(writes, call) {
    const outcomes = new Map<StockWrite, StockOutcome>();
    const sets = writes.filter((write) => write.mode === "set");
    for (const batch of chunksOf(sets, stockWritesPerCall)) {
      const levels = await levelsOf(client, stockLocationId, batch, call);
      const rows = batch.flatMap((write): Row[] => {
        const level = levels.get(variantOf(write)) ?? gone(write);
        if (level.ok) return [{ write, id: variantOf(write), level: level.value }];
        outcomes.set(write, level);
        return [];
      });
      for (const [write, outcome] of await writeRows(client, stockLocationId, rows, call))
        outcomes.set(write, outcome);
    }
    return writes.map(
      (write) =>
        outcomes.get(write) ??
        failure("unsupported", `Vendure has no stock writes of the kind ${write.mode}`),
    );
  },

  async read(listings, call) {
    const figures: Result<{ quantity: number }>[] = [];
    for (const batch of chunksOf(listings, stockWritesPerCall)) {
      const levels = await levelsOf(client, stockLocationId, batch, call);
      for (const listing of batch) {
        const level = levels.get(variantOf(listing)) ?? gone(listing);
        figures.push(level.ok ? { ok: true, value: { quantity: sellable(level.value) } } : level);
      }
    }
    return figures;
  },
});

export interface Level {
  onHand: number;
  allocated: number;
  /** Units Vendure keeps back. */
  threshold: number;
}

interface Row {
  write: StockWrite;
  id: string;
  level: Level;
}

/** A listing is a variant: its id is what order lines carry, too. A product id before it does no harm. */
const variantOf = (listing: ListingRef): string => listing.externalVariantId ?? listing.externalId;

const gone = (listing: ListingRef): Failure =>
  failure("not_found", `Vendure has no variant ${variantOf(listing)} in this channel`);

export const sellable = ({ onHand, allocated, threshold }: Level): number => onHand - allocated - threshold;

async function levelsOf(
  client: VendureClient,
  locationId: string,
  listings: readonly ListingRef[],
  call: Call,
): Promise<Map<string, Result<Level>>> {
  const ids = [...new Set(listings.map(variantOf))].filter(wire.isId);
  if (ids.length === 0) return new Map();
  const options = { filter: { id: { in: ids } }, take: ids.length };
  const result = await client.run(
    variantsQuery,
    { options, location: locationId },
    wire.variantsPageSchema,
    call,
  );
  const forAll = (failed: Failure) => new Map(ids.map((id) => [id, failed]));
  if (!result.ok) return forAll(result);
  const { productVariants, globalSettings, stockLocation } = result.value;
  // A level for a location that does not exist breaks the write of all others.
  if (stockLocation === null)
    return forAll(failure("invalid", `Vendure has no stock location ${locationId}`));
  return new Map(
    productVariants.items.map((variant) => [variant.id, levelOf(variant, locationId, globalSettings)]),
  );
}

/** A variant without a level at the location gets one with the first write. */
export function levelOf(
  variant: wire.WireVariant,
  locationId: string,
  settings: wire.StockSettings,
): Result<Level> {
  const isTracked =
    variant.trackInventory === "TRUE" || (variant.trackInventory === "INHERIT" && settings.trackInventory);
  if (!isTracked)
    return failure(
      "unsupported",
      `Vendure does not track the stock of variant ${variant.id}, so it sells without limit`,
    );
  const threshold = variant.useGlobalOutOfStockThreshold
    ? settings.outOfStockThreshold
    : variant.outOfStockThreshold;
  if (threshold < 0)
    return failure(
      "unsupported",
      `Vendure sells variant ${variant.id} below zero (out-of-stock threshold ${threshold}); set it to 0 or more there`,
    );
  const level = variant.stockLevels.find((one) => one.stockLocationId === locationId);
  return {
    ok: true,
    value: { onHand: level?.stockOnHand ?? 0, allocated: level?.stockAllocated ?? 0, threshold },
  };
}

/** The call is all or nothing, so where it is refused each row is tried by itself: one bad row keeps none of the others. */
async function writeRows(
  client: VendureClient,
  locationId: string,
  rows: readonly Row[],
  call: Call,
): Promise<[StockWrite, StockOutcome][]> {
  if (rows.length === 0) return [];
  const result = await writeLevels(client, locationId, rows, call);
  if (result.ok) return rows.map((row) => [row.write, outcomeOf(row, result.value)]);
  const isRefused = result.kind === "invalid" || result.kind === "not_found";
  if (!isRefused || rows.length === 1) return rows.map((row) => [row.write, result]);
  const outcomes: [StockWrite, StockOutcome][] = [];
  for (const row of rows) outcomes.push(...(await writeRows(client, locationId, [row], call)));
  return outcomes;
}

type Written = Map<string, Level>;

const outcomeOf = ({ id }: Row, written: Written): StockOutcome => {
  const level = written.get(id);
  if (level) return { ok: true, quantity: sellable(level) };
  return failure("unknown", `Vendure's answer to the stock write does not name variant ${id}`);
};

/**
 * The answer carries the allocated units of that moment: fewer than read means that a parcel was packed (or an order cancelled)
 * in between, and our figure would put the packed units back on sale. It is written again with the new number.
 */
async function writeLevels(
  client: VendureClient,
  locationId: string,
  rows: readonly Row[],
  call: Call,
): Promise<Result<Written>> {
  const all: Written = new Map();
  let open = rows;
  for (let round = 1; ; round += 1) {
    const input = open.map(({ id, write, level }) => ({
      id,
      stockLevels: [
        {
          stockLocationId: locationId,
          stockOnHand: write.quantity + Math.max(0, level.allocated) + level.threshold,
        },
      ],
    }));
    const result = await client.run(stockMutation, { input }, wire.writtenSchema, call);
    if (!result.ok) return result;
    const again: Row[] = [];
    for (const row of open) {
      const level = writtenLevel(result.value, row, locationId);
      if (!level) continue;
      all.set(row.id, level);
      if (level.allocated < row.level.allocated) again.push({ ...row, level });
    }
    open = again;
    if (open.length === 0 || round === maxRounds) return { ok: true, value: all };
  }
}

function writtenLevel(
  { updateProductVariants: variants }: z.infer<typeof wire.writtenSchema>,
  { id, level }: Row,
  locationId: string,
): Level | undefined {
  const written = variants
    .find((variant) => variant?.id === id)
    ?.stockLevels.find((one) => one.stockLocationId === locationId);
  return (
    written && {
      onHand: written.stockOnHand,
      allocated: written.stockAllocated,
      threshold: level.threshold,
    }
  );
}
