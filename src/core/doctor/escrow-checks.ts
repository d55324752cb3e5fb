import { claimsBySku } from "../escrow/read-claims.ts";
import type { Check } from "./check.ts";

/** Promise 3: split units are set aside before a platform may sell them; what may be sold twice is known. */
export const escrowChecks: readonly Check[] = [
  {
    name: "split_units_are_covered",
    promise:
      "Of split SKUs, listings stand for no more units than there are, save for those that were lost since.",
    advice:
      "The row names the SKU; its listings are lowered by the next push. If it stays, look at its allocations.",
    text: `select k.code as sku, d.available, d.claimed, d.deficit from (${claimsBySku}) d join skus k on k.merchant_id = $1 and k.id = d.sku_id
      where d.state = 'split' and d.claimed > d.available + d.deficit`,
  },
  {
    name: "shown_oversell_is_computed",
    promise: "The possible oversell and the units lost that are shown follow from what listings stand for.",
    advice:
      "A bundle or listing of this SKU has just been changed, or its stock was changed past the engine: a push sets it right.",
    text: `select k.code as sku, d.state, d.available, d.claimed, d.possible_oversell as "possibleOversell", d.deficit
      from (${claimsBySku}) d join skus k on k.merchant_id = $1 and k.id = d.sku_id
      where (d.state = 'split' and d.deficit <> greatest(d.claimed - d.available, 0))
        or (d.state = 'shared' and d.possible_oversell <> greatest(d.claimed - d.available, 0))`,
  },
  {
    name: "exposures_have_listings",
    promise: "Nothing is set aside for a listing that is gone.",
    advice: "The database removes such rows with the listing; if one is here, its keys were removed.",
    text: `select e.listing_id as listing from exposures e left join listings l on l.merchant_id = e.merchant_id and l.id = e.listing_id
      where e.merchant_id = $1 and (l.id is null or l.connection_id <> e.connection_id)`,
  },
];
