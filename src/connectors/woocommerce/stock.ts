import type { Call, Failure, ListingRef, Result, Stock, StockOutcome, StockWrite } from "../contract.ts";
import { kindOfCode } from "../toolkit/codes.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf } from "../toolkit/paging.ts";
import type { WooClient } from "./client.ts";
import { errorKinds } from "./codes.ts";
import * as wire from "./wire.ts";

/** Rows of one batch call. */
export const stockWritesPerCall = 100;

/** Figures of products, and of variations below their product. Plain sets only: WooCommerce can neither compare nor add. */
export const createStock = (client: WooClient): Stock => ({
  async push(writes, call) {
    const outcomes = new Map<StockWrite, StockOutcome>();
    const sets = writes.filter((write) => write.mode === "set");
    for (const [path, group] of groupsOf(sets)) {
      for (const batch of chunksOf(group, stockWritesPerCall)) {
        const update = batch.map((write) => ({ id: Number(idOf(write)), stock_quantity: write.quantity }));
        const result = await client.write("POST", `${path}/batch`, { update }, wire.batchSchema, call);
        for (const [index, write] of batch.entries())
          outcomes.set(write, result.ok ? outcomeOf(write, result.value.update[index]) : result);
      }
    }
    return writes.map((write) => {
      if (write.mode !== "set")
        return failure("unsupported", `WooCommerce has no stock writes of the kind ${write.mode}`);
      return outcomes.get(write) ?? gone(write);
    });
  },

  async read(listings, call) {
    const rows = new Map<string, Result<wire.WireStock>>();
    for (const [path, group] of groupsOf(listings)) {
      for (const batch of chunksOf(group, stockWritesPerCall))
        await readBatch(client, path, batch, rows, call);
    }
    return listings.map((listing) => {
      const row = rows.get(keyOf(listing)) ?? gone(listing);
      return row.ok ? figureOf(row.value, listing) : row;
    });
  },
});

async function readBatch(
  client: WooClient,
  path: string,
  batch: readonly ListingRef[],
  rows: Map<string, Result<wire.WireStock>>,
  call: Call,
): Promise<void> {
  const ids = [...new Set(batch.map(idOf))];
  const query = { include: ids.join(","), per_page: 100, _fields: "id,manage_stock,stock_quantity" };
  const result = await client.get(path, query, wire.stockRowsSchema, call);
  for (const listing of batch) {
    if (!result.ok) {
      rows.set(keyOf(listing), result.kind === "not_found" ? gone(listing) : result);
      continue;
    }
    const row = result.value.find(({ id }) => String(id) === idOf(listing));
    if (row) rows.set(keyOf(listing), { ok: true, value: row });
  }
}

const idOf = (listing: ListingRef): string => listing.externalVariantId ?? listing.externalId;
const keyOf = (listing: ListingRef): string => `${listing.externalId} ${listing.externalVariantId ?? ""}`;

const gone = (listing: ListingRef): Failure =>
  failure("not_found", `WooCommerce has no product ${keyOf(listing).trim()}`);

/** By the path they are written under; what is no number is nothing's id. */
function groupsOf<Item extends ListingRef>(items: readonly Item[]): Map<string, Item[]> {
  const known = items.filter((item) => /^\d{1,15}$/.test(item.externalId) && /^\d{1,15}$/.test(idOf(item)));
  return Map.groupBy(known, (item) =>
    item.externalVariantId === undefined ? "/products" : `/products/${item.externalId}/variations`,
  );
}

/** The batch is answered 200 whatever becomes of its rows. */
function outcomeOf(
  write: StockWrite,
  row:
    | {
        id: number;
        error?: { code: string } | undefined;
        manage_stock?: unknown;
        stock_quantity?: number | null | undefined;
      }
    | undefined,
): StockOutcome {
  if (!row || String(row.id) !== idOf(write))
    return failure("unknown", `WooCommerce's answer does not name product ${keyOf(write).trim()}`);
  if (row.error) {
    const kind = kindOfCode(errorKinds, row.error.code);
    return kind === "not_found"
      ? gone(write)
      : failure(kind, `WooCommerce refused product ${keyOf(write).trim()} (${row.error.code.slice(0, 60)})`);
  }
  const figure = figureOf(
    { ...row, manage_stock: row.manage_stock as wire.WireStock["manage_stock"] },
    write,
  );
  return figure.ok ? { ok: true, quantity: figure.value.quantity } : figure;
}

function figureOf(row: wire.WireStock, listing: ListingRef): Result<{ quantity: number }> {
  if (row.manage_stock === "parent")
    return failure(
      "unsupported",
      `The stock of variation ${idOf(listing)} is kept at its product ${listing.externalId}; map the product`,
    );
  if (row.manage_stock !== true)
    return failure(
      "unsupported",
      `WooCommerce does not manage the stock of product ${idOf(listing)}; switch on "Track stock quantity" there`,
    );
  return { ok: true, value: { quantity: Math.trunc(row.stock_quantity ?? 0) } };
}
