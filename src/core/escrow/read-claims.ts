import { availableOnShelves } from "../catalogue/stock.ts";

/** What all listings stand for of each SKU with stock of its own, beside what there is of it: one statement, one moment. */
export const claimsBySku = `select a.sku_id, a.state, a.possible_oversell, a.deficit,
    ${availableOnShelves("a.sku_id", "$1")} as available,
    (select coalesce(sum(greatest(e.after + e.before + e.in_flight, 0) * l.units_per * p.per), 0)::bigint
      from (select a.sku_id as sku_id, 1::bigint as per
            union all select b.bundle_id, b.quantity from bundles b where b.merchant_id = $1 and b.component_id = a.sku_id) p
      join listings l on l.merchant_id = $1 and l.sku_id = p.sku_id
      join exposures e on e.merchant_id = $1 and e.listing_id = l.id) as claimed
  from sku_allocations a where a.merchant_id = $1`;
