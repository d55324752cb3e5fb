import { type Instant, msOf } from "../clock.ts";
import { exposedOf } from "./exposure.ts";
import { speedOf } from "./ingest.ts";
import type { AllocatedListing, Allocation } from "./read-allocations.ts";
import { type Spread, spread } from "./spread.ts";
import { mayOffer, type Reason } from "./step.ts";

/** An allocation as people read it. */

export interface DescribedListing {
  listing: string;
  connection: string;
  externalId: string;
  externalVariantId: string | null;
  /** Listing units everywhere below. */
  share: number | null;
  mayOffer: number;
  quarantined: number;
  inFlight: number;
  setAside: number;
  shareRule: AllocatedListing["rule"];
  /** Per hour, rounded to a tenth. */
  soldPerHour: number;
  reason: Reason;
}

export interface DescribedAllocation {
  sku: string;
  asked: Allocation["asked"];
  state: Allocation["state"];
  since: Instant | null;
  available: number;
  free: number;
  pool: number;
  possibleOversell: number;
  /** Listings show it whose platforms give no bound: they may have sold more than `possibleOversell` says. */
  unbounded: boolean;
  deficit: number;
  listings: DescribedListing[];
}

export function describeAllocation(allocation: Allocation, now: Instant): DescribedAllocation {
  const plan = spread({ ...allocation, now });
  const { sku, asked, state, since, available, deficit } = allocation;
  const unboundedUnits = allocation.listings.reduce(
    (sum, one) => sum + shownWithoutBound(one) * one.units,
    0,
  );
  return {
    sku,
    asked,
    state,
    since: since === null ? null : since,
    available,
    free: Math.max(0, plan.free),
    pool: state === "shared" ? 0 : plan.pool,
    possibleOversell: Math.max(0, allocation.possibleOversell, unboundedUnits - plan.free),
    unbounded: unboundedUnits > 0,
    deficit,
    listings: allocation.listings.map((listing) => describeListing(allocation, listing, plan, now)),
  };
}

/**
 * What a listing shows for which no units can be set aside: its platform does not take its sales off its figure, or nobody can say
 * when its orders are in. It may sell that figure any number of times before the hub hears of it.
 */
const shownWithoutBound = ({ exposure, published }: AllocatedListing): number =>
  exposure === null ? (published ?? 0) : 0;

function describeListing(
  { state }: Allocation,
  listing: AllocatedListing,
  plan: Spread,
  now: Instant,
): DescribedListing {
  const { exposure } = listing;
  return {
    listing: listing.listingId,
    connection: listing.connection,
    externalId: listing.externalId,
    externalVariantId: listing.externalVariantId === "" ? null : listing.externalVariantId,
    share: state === "shared" ? null : (plan.shares.get(listing.listingId) ?? 0),
    mayOffer: exposure ? mayOffer(exposure) : (listing.published ?? 0),
    quarantined: exposure ? Math.max(0, exposure.before) : 0,
    inFlight: exposure?.inFlight ?? 0,
    setAside: exposure ? exposedOf(exposure) : shownWithoutBound(listing),
    shareRule: listing.rule,
    soldPerHour: exposure ? Math.round(speedOf(exposure, msOf(now)) / 100) / 10 : 0,
    reason: reasonOf(state, listing, plan),
  };
}

function reasonOf(
  state: Allocation["state"],
  { listingId, exposure, published }: AllocatedListing,
  plan: Spread,
): Reason {
  if (exposure === null) return published === null && state === "shared" ? "shared" : "not_escrowed";
  if (exposure.halt !== null) return exposure.halt === "asked" ? "foreign_write" : "stopped";
  if (state === "shared") return "shared";
  if (exposure.write !== null) return "waits_for_write";
  if (exposure.mustLook) return "waits_for_look";
  if (exposure.before > 0 || !exposure.adopted) return "waits_for_orders";
  return exposure.after < (plan.shares.get(listingId) ?? 0) ? "waits_for_units" : "at_share";
}
