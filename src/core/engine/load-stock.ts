import type { Sql } from "../db/database.ts";
import { stockColumns } from "./columns.ts";
import { BatchConflict } from "./conflict.ts";
import type { NamedKeys } from "./keys.ts";
import { readSkus } from "./load-rows.ts";
import type { Component, LocationRow, SkuRow, StockRow, WaitingBundle } from "./rows.ts";

export interface StockNeeds {
  /** Grows by what is found on the way. */
  skus: Map<string, SkuRow>;
  locations: readonly LocationRow[];
  keys: NamedKeys;
  /** Whether a command of the batch may set units free. */
  freeing: boolean;
  /** Further SKUs of which units may be given back. */
  moreSkuIds: readonly string[];
}

/**
 * Locks all stock rows of the SKUs concerned, in key order. Where units may come free, the other components of bundles that
 * wait for them are locked too: a bundle's line is settled under all its components at once.
 */
export async function lockStock(
  tx: Sql,
  merchantId: string,
  needs: StockNeeds,
): Promise<{ stock: StockRow[]; waitingBundles: WaitingBundle[] }> {
  const { skus } = needs;
  const wanted = new Set<string>(needs.moreSkuIds);
  for (const sku of skus.values()) {
    if (sku.kind !== "bundle") wanted.add(sku.id);
    for (const component of sku.components) wanted.add(component.skuId);
  }
  const touched = new Set(wanted);
  const expected = needs.freeing ? await findWaitingBundles(tx, merchantId, touched) : [];
  for (const bundle of expected) for (const { skuId } of bundle.components) wanted.add(skuId);
  const unread = [...wanted].filter((id) => !skus.has(id));
  for (const sku of await readSkus(tx, merchantId, [], unread)) skus.set(sku.id, sku);
  await makePlaces(tx, merchantId, needs);
  if (wanted.size === 0) return { stock: [], waitingBundles: [] };
  const [stock, waitingBundles] = await Promise.all([
    tx.query<StockRow>(
      `select s.* from unnest($2::uuid[]) k(id) cross join lateral
         (select ${stockColumns} from stock_levels s where s.merchant_id = $1 and s.sku_id = k.id order by s.location_id for no key update) s`,
      [merchantId, [...wanted].sort()],
    ),
    needs.freeing ? findWaitingBundles(tx, merchantId, touched) : [],
  ]);
  // Only what is read under the locks is sure: a bundle may have begun to wait while this batch waited for them.
  const open = waitingBundles
    .flatMap((bundle) => bundle.components)
    .find((component) => !wanted.has(component.skuId));
  if (open) throw new BatchConflict(`a bundle with ${open.skuId} came in between`);
  return { stock, waitingBundles };
}

/**
 * Bundles that lines wait for and that contain one of these SKUs, as they were made when ordered. The recursion steps
 * from one waiting SKU to the next through the index of waiting lines, so that it costs a look per SKU, not per line.
 */
async function findWaitingBundles(
  tx: Sql,
  merchantId: string,
  skuIds: ReadonlySet<string>,
): Promise<WaitingBundle[]> {
  if (skuIds.size === 0) return [];
  const rows = await tx.query<{ skuId: string; components: Component[] }>(
    `with recursive waiting(sku_id) as (
       (select sku_id from order_lines where merchant_id = $1 and shortfall > 0 order by sku_id limit 1)
       union all
       select (select l.sku_id from order_lines l where l.merchant_id = $1 and l.shortfall > 0 and l.sku_id > w.sku_id order by l.sku_id limit 1)
       from waiting w where w.sku_id is not null)
     select distinct l.* from waiting w
     cross join lateral (select k.id from skus k where k.merchant_id = $1 and k.id = w.sku_id and k.kind = 'bundle' limit 1) k
     cross join lateral (select l.sku_id as "skuId", l.components from order_lines l
       where l.merchant_id = $1 and l.sku_id = k.id and l.shortfall > 0 and l.components is not null offset 0) l`,
    [merchantId],
  );
  return rows.filter((row) => row.components.some((component) => skuIds.has(component.skuId)));
}

/** Stock rows a document names exist before they are locked; an empty row is no stock and stays harmless. */
async function makePlaces(tx: Sql, merchantId: string, needs: StockNeeds): Promise<void> {
  const places = placesOf(needs, needs.keys.stockPlaces);
  if (places.length === 0) return;
  const rows = places.sort((a, b) => (a.skuId + a.locationId < b.skuId + b.locationId ? -1 : 1));
  await tx.query(
    `insert into stock_levels (merchant_id, sku_id, location_id, own)
     select $1, k.sku_id, k.location_id, k.own from unnest($2::uuid[], $3::uuid[], $4::boolean[]) k(sku_id, location_id, own)
     on conflict do nothing`,
    [merchantId, rows.map((row) => row.skuId), rows.map((row) => row.locationId), rows.map((row) => row.own)],
  );
}

export interface Place {
  skuId: string;
  locationId: string;
  own: boolean;
}

/** Each place once, found by the codes of SKU and location; what does not exist is left to the decision to refuse. */
export function placesOf<Named extends { sku: string; location: string }>(
  needs: Pick<StockNeeds, "skus" | "locations">,
  named: readonly Named[],
): (Place & { named: Named[] })[] {
  const skuByCode = new Map([...needs.skus.values()].map((sku) => [sku.code, sku]));
  const locationByCode = new Map(needs.locations.map((location) => [location.code, location]));
  const places = new Map<string, Place & { named: Named[] }>();
  for (const entry of named) {
    const sku = skuByCode.get(entry.sku);
    const location = locationByCode.get(entry.location);
    if (!sku || !location || sku.kind === "bundle") continue;
    const key = `${sku.id}${location.id}`;
    const known = places.get(key);
    if (known) known.named.push(entry);
    else
      places.set(key, {
        skuId: sku.id,
        locationId: location.id,
        own: location.kind === "own",
        named: [entry],
      });
  }
  return [...places.values()];
}
