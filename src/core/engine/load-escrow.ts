import { type Instant, toInstant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import type { AllocationRow, LoadedEscrow } from "../escrow/book.ts";
import type { Exposure } from "../escrow/exposure.ts";
import { exposureColumns, type RawExposure, toExposure } from "./escrow-columns.ts";
import type { NamedKeys } from "./keys.ts";
import { listingColumns } from "./load-rows.ts";
import type { ListingRow, SkuRow, StockRow } from "./rows.ts";

/** SKUs whose stock the named listings sell: their own, of which the components are found with it. */
export async function skusOfListings(tx: Sql, merchantId: string, keys: NamedKeys): Promise<string[]> {
  if (keys.listingIds.length === 0) return [...keys.skuIds];
  const rows = await tx.query<{ skuId: string }>(
    `select distinct l.sku_id as "skuId" from unnest($2::uuid[]) k(id) cross join lateral
       (select l.sku_id from listings l where l.merchant_id = $1 and l.id = k.id limit 1) l`,
    [merchantId, [...new Set(keys.listingIds)]],
  );
  return [...new Set([...rows.map((row) => row.skuId), ...keys.skuIds])];
}

/** SKUs that are published have a row that says how; it is made with the first write. */
export async function makeAllocations(
  tx: Sql,
  merchantId: string,
  skuIds: readonly string[],
  skus: ReadonlyMap<string, SkuRow>,
): Promise<void> {
  const stocked = skuIds.flatMap((id) => {
    const sku = skus.get(id);
    if (!sku) return [];
    return sku.kind === "bundle" ? sku.components.map(({ skuId }) => skuId) : [id];
  });
  if (stocked.length === 0) return;
  await tx.query(
    `insert into sku_allocations (merchant_id, sku_id, since)
     select $1, k.id, m.created_at from unnest($2::uuid[]) k(id) cross join (select created_at from merchants where merchant_id = $1) m
     order by k.id on conflict do nothing`,
    [merchantId, [...new Set(stocked)].sort()],
  );
}

type LinkRow = ListingRow & {
  stockedId: string;
  units: number;
  watermark: Instant | null;
  exposure: RawExposure | null;
};

const nothing: LoadedEscrow = { allocations: [], links: [], watermarks: new Map() };

/**
 * Read under the locks of `stock`: whoever changes a listing's exposure holds those of all SKUs it sells. SKUs that
 * were never published cost one look.
 */
export async function readEscrow(
  tx: Sql,
  merchantId: string,
  stock: readonly StockRow[],
): Promise<LoadedEscrow> {
  const skuIds = [...new Set(stock.map((row) => row.skuId))];
  if (skuIds.length === 0) return nothing;
  const rows = await tx.query<AllocationRow & { link: LinkRow | null }>(
    `select a.*, x.link from unnest($2::uuid[]) k(id) cross join lateral
       (select a.sku_id as "skuId", a.state, a.since, a.possible_oversell as "possibleOversell", a.deficit, a.version
        from sku_allocations a where a.merchant_id = $1 and a.sku_id = k.id limit 1) a
     left join lateral (
       select to_json(r) as link from (
         select ${listingColumns}, k.id as "stockedId", p.per * l.units_per as units, c.order_watermark as watermark, to_json(e) as exposure
         from (select k.id as sku_id, 1::bigint as per
               union all select b.bundle_id, b.quantity from bundles b where b.merchant_id = $1 and b.component_id = k.id) p
         cross join lateral (select l.* from listings l where l.merchant_id = $1 and l.sku_id = p.sku_id and l.managed_by is null offset 0) l
         left join lateral (select ${exposureColumns} from exposures e where e.merchant_id = $1 and e.listing_id = l.id limit 1) e on true
         cross join lateral (select c.order_watermark from connections c where c.merchant_id = $1 and c.id = l.connection_id and c.status <> 'removed' limit 1) c
       ) r) x on true`,
    [merchantId, skuIds],
  );
  if (rows.length === 0) return nothing;
  const exposures = new Map<string, Exposure>();
  const links = rows.flatMap(({ link }) => {
    if (!link) return [];
    const { stockedId, units, watermark: _, exposure, ...listing } = link;
    if (exposure && !exposures.has(listing.id)) exposures.set(listing.id, toExposure(exposure));
    return [{ skuId: stockedId, units, listing, exposure: exposures.get(listing.id) ?? null }];
  });
  const allocations = new Map(rows.map(({ link: _, ...row }): [string, AllocationRow] => [row.skuId, row]));
  return {
    allocations: [...allocations.values()],
    links,
    watermarks: new Map(
      rows.flatMap(({ link }) =>
        link
          ? [
              [link.connectionId, link.watermark === null ? null : toInstant(link.watermark)] as [
                string,
                Instant | null,
              ],
            ]
          : [],
      ),
    ),
  };
}
