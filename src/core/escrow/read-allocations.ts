import { availableOnShelves } from "../catalogue/stock.ts";
import type { Instant } from "../clock.ts";
import { toInstant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { exposureColumns, type RawExposure, toExposure } from "../engine/escrow-columns.ts";
import { decodeCursor, type Page, type PageRequest, textPosition, toPage } from "../page.ts";
import type { AllocationState } from "./free.ts";
import type { StockMode } from "./mode.ts";
import type { SpreadListing } from "./spread.ts";

/** Reading how units are spread. Nothing here locks: what is decided on it is checked again by the engine. */

export interface AllocatedListing extends SpreadListing {
  connectionId: string;
  connection: string;
  externalId: string;
  externalVariantId: string;
  unitsPer: number;
  published: number | null;
  watermark: Instant | null;
}

export interface Allocation {
  skuId: string;
  sku: string;
  /** What was asked for: the SKU's own wish, else the merchant's default. */
  asked: StockMode;
  state: AllocationState;
  since: Instant | null;
  version: number;
  available: number;
  poolBp: number;
  possibleOversell: number;
  deficit: number;
  listings: AllocatedListing[];
}

type Row = Omit<Allocation, "listings"> & { links: RawLink[] | null };
type RawLink = Omit<AllocatedListing, "exposure"> & { exposure: RawExposure | null };

/** Of SKUs with stock of their own, in the order asked for; others are missing in the answer. */
export async function readAllocations(
  sql: Sql,
  merchantId: string,
  skuIds: readonly string[],
): Promise<Allocation[]> {
  if (skuIds.length === 0) return [];
  const rows = await sql.query<Row>(
    `select s.id as "skuId", s.code as sku, coalesce(s.stock_mode, m.settings->>'stockMode', 'auto') as asked,
       coalesce(a.state, 'shared') as state, a.since, coalesce(a.version, 0) as version, ${availableOnShelves("k.id", "$1")} as available,
       coalesce((m.settings->>'stockPoolBp')::int, 0) as "poolBp", coalesce(a.possible_oversell, 0) as "possibleOversell",
       coalesce(a.deficit, 0) as deficit, x.links
     from unnest($2::uuid[]) with ordinality k(id, place)
     cross join lateral (select settings from merchants where merchant_id = $1 limit 1) m
     cross join lateral (select id, code, stock_mode from skus where merchant_id = $1 and id = k.id and kind <> 'bundle' limit 1) s
     left join lateral (select * from sku_allocations where merchant_id = $1 and sku_id = k.id limit 1) a on true
     left join lateral (select json_agg(to_json(r) order by r."listingId") as links from (
       select l.id as "listingId", p.per * l.units_per as units, l.cap,
         json_build_object('minimum', l.share_minimum, 'maximum', l.share_maximum, 'fixed', l.share_fixed, 'percentBp', l.share_percent_bp) as rule,
         c.id as "connectionId", c.name as connection, l.external_id as "externalId", l.external_variant_id as "externalVariantId",
         l.units_per as "unitsPer", l.published_quantity as published, c.order_watermark as watermark, to_json(e) as exposure
       from (select k.id as sku_id, 1::bigint as per
             union all select b.bundle_id, b.quantity from bundles b where b.merchant_id = $1 and b.component_id = k.id) p
       cross join lateral (select * from listings where merchant_id = $1 and sku_id = p.sku_id and managed_by is null offset 0) l
       left join lateral (select ${exposureColumns} from exposures e where e.merchant_id = $1 and e.listing_id = l.id limit 1) e on true
       cross join lateral (select * from connections where merchant_id = $1 and id = l.connection_id and status <> 'removed' limit 1) c
     ) r) x on true
     order by k.place`,
    [merchantId, skuIds],
  );
  return rows.map(({ links, ...row }) => ({
    ...row,
    listings: (links ?? []).map((link) => ({
      ...link,
      watermark: link.watermark === null ? null : toInstant(link.watermark),
      exposure: link.exposure === null ? null : toExposure(link.exposure),
    })),
  }));
}

/** SKUs with stock of their own that these are made of: themselves, or a bundle's components. */
export async function stockedSkus(
  sql: Sql,
  merchantId: string,
  skuIds: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await sql.query<{ id: string; stocked: string[] }>(
    `select s.id, case when s.kind = 'bundle' then array(select b.component_id::text from bundles b where b.merchant_id = $1 and b.bundle_id = s.id order by 1)
       else array[s.id::text] end as stocked
     from unnest($2::uuid[]) k(id) cross join lateral (select id, kind from skus where merchant_id = $1 and id = k.id limit 1) s`,
    [merchantId, [...new Set(skuIds)]],
  );
  return new Map(rows.map((row) => [row.id, row.stocked]));
}

/** SKUs with stock of their own that have been published, a page by code. */
export async function listAllocatedSkus(
  sql: Sql,
  merchantId: string,
  request: PageRequest,
): Promise<Page<string>> {
  const [after] = request.cursor ? decodeCursor(request.cursor, textPosition) : [""];
  const rows = await sql.query<{ id: string; code: string }>(
    `select s.id, s.code from skus s cross join lateral
       (select 1 from sku_allocations a where a.merchant_id = $1 and a.sku_id = s.id limit 1) a
     where s.merchant_id = $1 and s.code > $2 order by s.code limit $3`,
    [merchantId, after, request.limit + 1],
  );
  const page = toPage(rows, request.limit, (last) => [last.code]);
  return { ...page, items: page.items.map((row) => row.id) };
}
