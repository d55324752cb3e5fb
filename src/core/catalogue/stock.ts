import { z } from "zod";
import type { Sql, SqlValue } from "../db/database.ts";
import { normaliseCode } from "../model/primitives.ts";
import { decodeCursor, encodeCursor, type Page, type PageRequest } from "../page.ts";
import { bundlePlace, loadLocation } from "./locations.ts";

/** Reading stock. Nothing here locks; writers go through the engine. */

export interface StockItem {
  sku: string;
  /** Code of the location; "*" for a bundle, whose figure follows from its components over all our own locations. */
  location: string;
  onHand: number;
  reserved: number;
  heldBack: number;
  /** Units that parcels took although there were none here, and nobody has counted since: as many are not offered. */
  inDoubt: number;
  /** onHand - reserved - heldBack - inDoubt; below zero where more is in doubt than is free. */
  available: number;
  /** Cost of what is on hand, in the base currency; 0 for a bundle, since its components carry it. */
  valueMinor: number;
}

export interface StockRequest extends PageRequest {
  /** Code of the one SKU wanted. */
  sku?: string | undefined;
  /** Code of the one location wanted. Bundles have none and are left out. */
  location?: string | undefined;
  /** Only rows with less than this available. */
  below?: number | undefined;
}

/**
 * With `below` a page looks at this many SKUs and then hands out what it found with a cursor, so that a page costs the
 * same whether one SKU in two is short or one in a million. Such a page may be short or empty and still not the last.
 */
const skusPerSearch = 2500;

/**
 * Stock rows by SKU and location code, or by age of the SKU when one location is asked for. Each page walks an index from
 * where the page before ended, so the millionth row costs what the first one does.
 */
export async function listStock(
  sql: Sql,
  merchantId: string,
  request: StockRequest,
): Promise<Page<StockItem>> {
  if (request.location === undefined) return listBySku(sql, merchantId, request);
  return listByLocation(sql, merchantId, request, request.location);
}

/** SKU and location of the last row, or null for the location when the SKU is done with. */
const bySkuPosition = z.tuple([z.string(), z.string().nullable()]);

async function listBySku(sql: Sql, merchantId: string, request: StockRequest): Promise<Page<StockItem>> {
  const [afterSku, afterLocation] = request.cursor ? decodeCursor(request.cursor, bySkuPosition) : ["", null];
  const params: SqlValue[] = [merchantId, afterSku, request.limit + 1];
  let skus = `select merchant_id, id, code, kind from skus where merchant_id = $1 and code ${afterLocation === null ? ">" : ">="} $2`;
  let where = "true";
  if (afterLocation !== null) where += ` and (s.code > $2 or x.location > $${params.push(afterLocation)})`;
  if (request.sku !== undefined) skus += ` and code = $${params.push(normaliseCode(request.sku))}`;
  let searchEnd: string | null = null;
  if (request.below !== undefined) {
    searchEnd = request.sku === undefined ? await codeAfter(sql, merchantId, afterSku) : null;
    if (searchEnd !== null) skus += ` and code <= $${params.push(searchEnd)}`;
    where += ` and x.available < $${params.push(request.below)}`;
  }
  const rows = await sql.query<StockItem>(
    `select s.code as sku, x.location, x.on_hand as "onHand", x.reserved, x.held_back as "heldBack", x.in_doubt as "inDoubt", x.available, x.value_minor as "valueMinor"
     from (${skus}) as s cross join lateral (${stockOfSku}) as x
     where ${where} order by s.code, x.location limit $3`,
    params,
  );
  const items = rows.slice(0, request.limit);
  const last = items.at(-1);
  if (last && rows.length > request.limit)
    return { items, nextCursor: encodeCursor([last.sku, last.location]) };
  return { items, nextCursor: searchEnd === null ? null : encodeCursor([searchEnd, null]) };
}

/** The code at which a search that starts at `code` pauses; null when it reaches the end. */
async function codeAfter(sql: Sql, merchantId: string, code: string): Promise<string | null> {
  const [row] = await sql.query<{ code: string }>(
    "select code from skus where merchant_id = $1 and code >= $2 order by code offset $3 limit 1",
    [merchantId, code, skusPerSearch],
  );
  return row?.code ?? null;
}

/** What one SKU `s` has: a row per location, or one derived row for a bundle. */
const stockOfSku = `
  select (select code from locations where merchant_id = v.merchant_id and id = v.location_id) as location,
    v.on_hand, v.reserved, v.held_back, v.in_doubt, ${availableAt("v")} as available, v.value_minor
  from stock_levels v where v.merchant_id = s.merchant_id and v.sku_id = s.id
  union all
  select '${bundlePlace}', b.available, 0, 0, 0, b.available, 0
  from (select ${availableOfBundle("s")} as available) as b where s.kind = 'bundle'`;

/** What one row of `stock_levels` counts for, as SQL. */
function availableAt(row: string): string {
  return `${row}.on_hand - ${row}.reserved - ${row}.held_back - ${row}.in_doubt`;
}

/** Units that can be sold of a SKU, as SQL: on our own shelves, not reserved, not held back, not in doubt. */
export function availableOnShelves(skuId: string, merchantId: string): string {
  return `(select greatest(coalesce(sum(${availableAt("f")}), 0), 0)::bigint from stock_levels f
    where f.merchant_id = ${merchantId} and f.sku_id = ${skuId} and f.own)`;
}

/** How many of a bundle its scarcest component allows (F080); a bundle without components allows none. */
function availableOfBundle(sku: string): string {
  return `(select coalesce(min(${availableOnShelves("c.component_id", "c.merchant_id")} / c.quantity), 0)
    from bundles c where c.merchant_id = ${sku}.merchant_id and c.bundle_id = ${sku}.id)`;
}

const byLocationPosition = z.tuple([z.uuid()]);

async function listByLocation(
  sql: Sql,
  merchantId: string,
  request: StockRequest,
  code: string,
): Promise<Page<StockItem>> {
  const location = await loadLocation(sql, merchantId, code);
  const [after] = request.cursor ? decodeCursor(request.cursor, byLocationPosition) : [firstId];
  const params: SqlValue[] = [merchantId, location.id, after, request.limit + 1];
  let rowsWanted = "select * from stock_levels where merchant_id = $1 and location_id = $2 and sku_id > $3";
  if (request.sku !== undefined) {
    const sku = `$${params.push(normaliseCode(request.sku))}`;
    rowsWanted += ` and sku_id = (select id from skus where merchant_id = $1 and code = ${sku})`;
  }
  let searchEnd: string | null = null;
  let where = "";
  if (request.below !== undefined) {
    searchEnd = request.sku === undefined ? await skuAfter(sql, merchantId, location.id, after) : null;
    if (searchEnd !== null) rowsWanted += ` and sku_id <= $${params.push(searchEnd)}`;
    where = ` where ${availableAt("v")} < $${params.push(request.below)}`;
  }
  const rows = await sql.query<StockItem & { skuId: string }>(
    `select v.sku_id as "skuId", (select code from skus where merchant_id = $1 and id = v.sku_id) as sku,
       v.on_hand as "onHand", v.reserved, v.held_back as "heldBack", v.in_doubt as "inDoubt",
       ${availableAt("v")} as available, v.value_minor as "valueMinor"
     from (${rowsWanted}) as v${where} order by v.sku_id limit $4`,
    params,
  );
  const items = rows
    .slice(0, request.limit)
    .map(({ skuId: _, ...row }) => ({ ...row, location: location.code }));
  const last = rows[request.limit - 1];
  if (last && rows.length > request.limit) return { items, nextCursor: encodeCursor([last.skuId]) };
  return { items, nextCursor: searchEnd === null ? null : encodeCursor([searchEnd]) };
}

const firstId = "00000000-0000-0000-0000-000000000000";

async function skuAfter(
  sql: Sql,
  merchantId: string,
  locationId: string,
  skuId: string,
): Promise<string | null> {
  const [row] = await sql.query<{ skuId: string }>(
    `select sku_id as "skuId" from stock_levels where merchant_id = $1 and location_id = $2 and sku_id > $3
     order by sku_id offset $4 limit 1`,
    [merchantId, locationId, skuId, skusPerSearch],
  );
  return row?.skuId ?? null;
}

/**
 * Units that can be sold of each SKU, bundles derived from their components, over all our own locations. SKUs that do
 * not exist are missing in the answer.
 */
export async function availableBySku(
  sql: Sql,
  merchantId: string,
  skuIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await sql.query<{ id: string; available: number }>(
    `select s.id, case when s.kind = 'bundle' then ${availableOfBundle("s")}
       else ${availableOnShelves("s.id", "s.merchant_id")} end as available
     from unnest($2::uuid[]) as w (id)
     cross join lateral (select merchant_id, id, kind from skus where merchant_id = $1 and id = w.id limit 1) as s`,
    [merchantId, skuIds],
  );
  return new Map(rows.map((row) => [row.id, row.available]));
}
