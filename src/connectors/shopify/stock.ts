import { createHash } from "node:crypto";
import type { Call, Failure, ListingRef, Result, Stock, StockOutcome, StockWrite } from "../contract.ts";
import { kindOfCode } from "../toolkit/codes.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf } from "../toolkit/paging.ts";
import type { ShopifyClient } from "./client.ts";
import { stockErrorKinds } from "./codes.ts";
import { adjustMutation, setMutation, variantsByIdQuery } from "./documents.ts";
import type { ShopifySettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** Shopify takes 250 rows of one call; 100 ids in one query keep its cost low. */
export const stockWritesPerCall = 100;

/**
 * The `available` figure of one location. Every write carries an idempotency key made from our write ids, and is all or nothing:
 * where rows are refused, the others are written again without them.
 */
export function createStock(client: ShopifyClient, { locationId }: ShopifySettings): Stock {
  const location = wire.gidOf("Location", locationId);
  const write = (kind: "set" | "adjust", rows: readonly Planned[], call: Call) =>
    writeRows({ client, location, kind }, rows, call);
  return {
    async push(writes, call) {
      const outcomes = new Map<StockWrite, StockOutcome>();
      const known = writes.filter((one) => /^(set|delta|compareAndSet)$/.test(one.mode));
      for (const batch of chunksOf(known, stockWritesPerCall)) {
        const levels = await levelsOf(client, location, batch, call);
        const planned = batch.flatMap((one): Planned[] => {
          const plan = planOf(one, levels.get(variantOf(one)) ?? gone(one));
          if ("ok" in plan) outcomes.set(one, plan);
          return "ok" in plan ? [] : [plan];
        });
        for (const [one, outcome] of [
          ...(await write(
            "set",
            planned.filter((row) => row.delta === null),
            call,
          )),
          ...(await write(
            "adjust",
            planned.filter((row) => row.delta !== null),
            call,
          )),
        ])
          outcomes.set(one, outcome);
      }
      return writes.map(
        (one) =>
          outcomes.get(one) ?? failure("unsupported", `Shopify has no stock writes of the kind ${one.mode}`),
      );
    },

    async read(listings, call) {
      const figures: Result<{ quantity: number }>[] = [];
      for (const batch of chunksOf(listings, stockWritesPerCall)) {
        const levels = await levelsOf(client, location, batch, call);
        for (const listing of batch) {
          const level = levels.get(variantOf(listing)) ?? gone(listing);
          figures.push(level.ok ? { ok: true, value: { quantity: level.value.available } } : level);
        }
      }
      return figures;
    },
  };
}

interface Level {
  inventoryItemId: string;
  available: number;
}

interface Planned {
  write: StockWrite;
  inventoryItemId: string;
  /** What the figure must be for the write to be done; null does not ask. */
  from: number | null;
  target: number;
  /** Null for a plain figure. */
  delta: number | null;
}

/** A listing is a variant: its number is what order lines carry, too. */
const variantOf = (listing: ListingRef): string => listing.externalVariantId ?? listing.externalId;

const gone = (listing: ListingRef): Failure =>
  failure("not_found", `Shopify has no variant ${variantOf(listing)}`);

/** A change counts from the figure just read, and is done only from there: so it cannot end below zero unseen. */
function planOf(write: StockWrite, level: Result<Level>): Planned | Failure {
  if (!level.ok) return level;
  const { inventoryItemId, available } = level.value;
  const base = { write, inventoryItemId };
  if (write.mode === "set") return { ...base, from: null, target: write.quantity, delta: null };
  if (write.mode === "compareAndSet")
    return { ...base, from: write.expected, target: write.quantity, delta: null };
  const target = available + write.quantity;
  if (target < 0)
    return failure("conflict", `Variant ${variantOf(write)} has fewer units than would be taken off`);
  return { ...base, from: available, target, delta: write.quantity };
}

async function levelsOf(
  client: ShopifyClient,
  location: string,
  listings: readonly ListingRef[],
  call: Call,
): Promise<Map<string, Result<Level>>> {
  const numbers = [...new Set(listings.map(variantOf))].filter(wire.isNumber);
  if (numbers.length === 0) return new Map();
  const ids = numbers.map((number) => wire.gidOf("ProductVariant", number));
  const result = await client.run(variantsByIdQuery, { ids, location }, wire.variantNodesSchema, call);
  if (!result.ok) return new Map(numbers.map((number) => [number, result]));
  const found = result.value.nodes.filter((node) => node !== null);
  return new Map(found.map((node) => [wire.numberOf(node.id), levelOf(node)]));
}

export function levelOf({ id, inventoryItem }: wire.WireVariant): Result<Level> {
  const number = wire.numberOf(id);
  if (!inventoryItem.tracked)
    return failure(
      "unsupported",
      `Shopify does not track the stock of variant ${number}, so it sells without limit`,
    );
  const available = inventoryItem.inventoryLevel?.quantities.find((row) => row.name === "available");
  if (!available)
    return failure("invalid", `Variant ${number} is not stocked at this location; stock it there in Shopify`);
  return { ok: true, value: { inventoryItemId: inventoryItem.id, available: available.quantity } };
}

interface Target {
  client: ShopifyClient;
  location: string;
  kind: "set" | "adjust";
}

/** Each round leaves out at least one row, so it ends. */
async function writeRows(
  target: Target,
  rows: readonly Planned[],
  call: Call,
): Promise<[StockWrite, StockOutcome][]> {
  if (rows.length === 0) return [];
  const unique = rows.filter(
    (row, index) => rows.findIndex((other) => other.inventoryItemId === row.inventoryItemId) === index,
  );
  const errors = await send(target, unique, call);
  // Shopify refuses two rows of one item in one call; the later one is a call of its own.
  const rest = rows.filter((row) => !unique.includes(row));
  const written = await settled(target, unique, errors, call);
  return [...written, ...(await writeRows(target, rest, call))];
}

async function settled(
  target: Target,
  rows: readonly Planned[],
  errors: Result<wire.UserErrors>,
  call: Call,
): Promise<[StockWrite, StockOutcome][]> {
  if (!errors.ok) return rows.map((row) => [row.write, errors]);
  if (errors.value.length === 0) return rows.map((row) => [row.write, { ok: true, quantity: row.target }]);
  const refused = new Map<Planned, Failure>();
  for (const { code, field } of errors.value) {
    const index = Number(field?.find((part) => /^\d+$/.test(part)) ?? Number.NaN);
    const row = rows[index];
    const what = `Shopify refused the stock write${code ? ` (${code})` : ""}`;
    const refusal = failure(kindOfCode(stockErrorKinds, code ?? ""), what);
    // An error that names no row is about all of them.
    for (const one of row ? [row] : rows) refused.set(one, refusal);
  }
  const left = rows.filter((row) => !refused.has(row));
  const outcomes = [...refused].map(([row, refusal]): [StockWrite, StockOutcome] => [row.write, refusal]);
  return left.length === 0 ? outcomes : [...outcomes, ...(await writeRows(target, left, call))];
}

async function send(
  { client, location, kind }: Target,
  rows: readonly Planned[],
  call: Call,
): Promise<Result<wire.UserErrors>> {
  const common = { name: "available", reason: "correction" };
  const entries = rows.map(({ inventoryItemId, from, target, delta }) => ({
    inventoryItemId,
    locationId: location,
    // Must be there even as null: left out, Shopify refuses the write.
    changeFromQuantity: from,
    ...(delta === null ? { quantity: target } : { delta }),
  }));
  const input = kind === "set" ? { ...common, quantities: entries } : { ...common, changes: entries };
  const key = keyOf(
    rows.map((row) => row.write.writeId),
    input,
  );
  if (kind === "set") {
    const result = await client.run(setMutation, { input, key }, wire.setSchema, call);
    return result.ok ? { ok: true, value: result.value.inventorySetQuantities.userErrors } : result;
  }
  const result = await client.run(adjustMutation, { input, key }, wire.adjustSchema, call);
  return result.ok ? { ok: true, value: result.value.inventoryAdjustQuantities.userErrors } : result;
}

/** The same writes with the same content have the same key, and no others: a repeat is answered with the first result. */
function keyOf(writeIds: readonly string[], input: unknown): string {
  const hex = createHash("sha256")
    .update(JSON.stringify([writeIds, input]))
    .digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}
