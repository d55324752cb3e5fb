import { createHash } from "node:crypto";
import type { Call, Failure, ListingRef, Result, Stock, StockOutcome, StockWrite } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf } from "../toolkit/paging.ts";
import type { JdClient } from "./client.ts";
import { refusalOfCode } from "./codes.ts";
import * as methods from "./methods.ts";
import type { JdSettings } from "./settings.ts";

/** JD names no limit; few enough that one slow call holds up little. */
export const stockWritesPerCall = 20;

/** Plain figures only: a mode that adds is in the fields of the method (`incrStockNum`), but its word is not published. */
export const createStock = (client: JdClient, settings: JdSettings): Stock => ({
  async push(writes, call) {
    const outcomes = new Map<StockWrite, StockOutcome>();
    const sets = writes.filter((write) => write.mode === "set" && isSku(write));
    for (const batch of rounds(sets).flatMap((round) => chunksOf(round, stockWritesPerCall)))
      for (const [write, outcome] of await setBatch(client, settings, batch, call))
        outcomes.set(write, outcome);
    return writes.map((write) => {
      if (write.mode !== "set")
        return failure("unsupported", `JD has no stock writes of the kind ${write.mode}`);
      return outcomes.get(write) ?? gone(write);
    });
  },

  async read(listings, call) {
    const figures = new Map<string, Result<{ quantity: number }>>();
    for (const listing of listings) {
      const sku = skuOf(listing);
      if (figures.has(sku)) continue;
      const figure = isSku(listing) ? await readOne(client, settings, sku, call) : gone(listing);
      figures.set(sku, figure.ok ? { ok: true, value: { quantity: figure.value.free } } : figure);
    }
    return listings.map((listing) => figures.get(skuOf(listing)) ?? gone(listing));
  },
});

const skuOf = (listing: ListingRef): string => listing.externalVariantId ?? listing.externalId;
const isSku = (listing: ListingRef): boolean => /^\d{1,15}$/.test(skuOf(listing));
const gone = (listing: ListingRef): Failure => failure("not_found", `JD has no SKU ${skuOf(listing)}`);

/** Two writes to one SKU go in two calls, in their order. */
function rounds(writes: readonly StockWrite[]): StockWrite[][] {
  const made: StockWrite[][] = [];
  const counts = new Map<string, number>();
  for (const write of writes) {
    const round = counts.get(skuOf(write)) ?? 0;
    counts.set(skuOf(write), round + 1);
    made[round] = [...(made[round] ?? []), write];
  }
  return made;
}

interface Figure {
  free: number;
  booked: number;
}

async function readOne(
  client: JdClient,
  { storeId, bookedInFigure }: JdSettings,
  sku: string,
  call: Call,
): Promise<Result<Figure>> {
  const result = await client.run(methods.readStock, { skuId: Number(sku) }, call);
  if (!result.ok) return result;
  const row = result.value.obj?.skuStockInfos.find((info) => info.storeId === storeId);
  if (!row)
    return failure(
      "not_found",
      `JD shows no stock of SKU ${sku} in warehouse ${storeId}; check storeId in the settings`,
    );
  const booked = bookedInFigure ? (row.orderBookingNum ?? 0) + (row.appBookingNum ?? 0) : 0;
  return { ok: true, value: { free: Math.max(0, row.stockNum - booked), booked } };
}

async function setBatch(
  client: JdClient,
  settings: JdSettings,
  batch: readonly StockWrite[],
  call: Call,
): Promise<[StockWrite, StockOutcome][]> {
  const outcomes: [StockWrite, StockOutcome][] = [];
  const planned: { write: StockWrite; stockNum: number }[] = [];
  for (const write of batch) {
    // Where booked units are in JD's figure, they are written along: JD takes them off again.
    const figure = settings.bookedInFigure
      ? await readOne(client, settings, skuOf(write), call)
      : ({ ok: true, value: { free: 0, booked: 0 } } as const);
    if (figure.ok) planned.push({ write, stockNum: write.quantity + figure.value.booked });
    else outcomes.push([write, figure]);
  }
  if (planned.length === 0) return outcomes;
  const { storeId } = settings;
  const skuStocks = planned.map(({ write, stockNum }) => ({
    skuId: Number(skuOf(write)),
    stockNum,
    storeId,
  }));
  const stockRfId = referenceOf(batch);
  const result = await client.run(
    methods.setStock,
    { req: { updateModel: "fullStockIn", stockRfId, skuStocks } },
    call,
  );
  for (const { write } of planned)
    outcomes.push([write, result.ok ? outcomeOf(write, result.value) : result]);
  return outcomes;
}

/** The success of the call is not that of its rows. */
function outcomeOf(write: StockWrite, { obj }: (typeof methods.setStock.answer)["_output"]): StockOutcome {
  const row = obj.updateStockResult.find(({ data }) => data === skuOf(write));
  if (!row) return failure("unknown", `JD's answer does not name SKU ${skuOf(write)}`);
  if (row.success) return { ok: true, quantity: write.quantity };
  const { kind, what } = refusalOfCode(row.code, row.message);
  return failure(kind, `Stock of SKU ${skuOf(write)}: ${what}`);
}

/** The same writes have the same reference. Whether JD remembers it is not known, so nothing rests on it. */
const referenceOf = (writes: readonly StockWrite[]): string =>
  createHash("sha256")
    .update(JSON.stringify(writes.map((write) => write.writeId)))
    .digest("hex")
    .slice(0, 32);
