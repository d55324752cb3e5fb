import { type Instant, msOf } from "../clock.ts";
import { type Exposure, exposedOf } from "./exposure.ts";
import type { AllocationState } from "./free.ts";
import { speedOf } from "./ingest.ts";
import { planShares, type ShareRule } from "./plan.ts";
import { isHungry } from "./step.ts";

/** One listing that sells a SKU, as the plan needs it. */
export interface SpreadListing {
  listingId: string;
  /** SKU units in one listing unit. */
  units: number;
  rule: ShareRule;
  cap: number | null;
  exposure: Exposure | null;
}

export interface SpreadInput {
  state: AllocationState;
  available: number;
  /** Part of the units kept for reservations and manual orders. */
  poolBp: number;
  listings: readonly SpreadListing[];
  now: Instant;
}

export interface Spread {
  /** Share of each listing, in listing units. */
  shares: ReadonlyMap<string, number>;
  /** SKU units kept for reservations and manual orders. */
  pool: number;
  /** SKU units no listing stands for; below zero when more is promised than there is. */
  free: number;
  /** SKU units that may be charged now. */
  room: number;
  /** SKU units that listings with more than their share are asked to give up. */
  pressure: number;
  /** More is promised than there is, and than what comes free by itself will cover. */
  isShort: boolean;
  /** Thousandths of a SKU unit per hour, over all listings. */
  speed: number;
}

/** How one SKU's units should lie over its listings now, and how far that is from how they do. */
export function spread({ state, available, poolBp, listings, now }: SpreadInput): Spread {
  const nowMs = msOf(now);
  const known = listings.filter(({ exposure }) => exposure !== null && exposure.halt === null);
  const halted = unitsOf(listings.filter(({ exposure }) => exposure !== null && exposure.halt !== null));
  const pool = Math.floor((Math.max(0, available) * poolBp) / 10_000);
  const speedIn = (listing: SpreadListing) => (listing.exposure ? speedOf(listing.exposure, nowMs) : 0);
  const shares = planShares(
    available - pool - halted,
    known.map((listing) => ({
      listingId: listing.listingId,
      units: listing.units,
      rule: capped(listing),
      holds: listing.exposure?.after ?? 0,
      speed: speedIn(listing),
    })),
  );
  const free = available - unitsOf(listings);
  const room = free - pool;
  let hungry = 0;
  let coming = 0;
  for (const { listingId, units, exposure } of known) {
    const share = shares.get(listingId) ?? 0;
    if (exposure && isHungry(exposure, share)) hungry += (share - Math.max(0, exposure.after)) * units;
    // Quarantined units come free by themselves; a lowering that waits for its look is on its way too.
    if (exposure) coming += Math.max(0, exposure.before) * units;
  }
  const wanted = state === "split" ? hungry : 0;
  return {
    shares,
    pool,
    free,
    room,
    pressure: Math.max(0, wanted - room - coming),
    isShort: free + coming < 0,
    speed: listings.reduce((sum, listing) => sum + speedIn(listing) * listing.units, 0),
  };
}

const unitsOf = (listings: readonly SpreadListing[]): number =>
  listings.reduce((sum, { exposure, units }) => sum + (exposure ? exposedOf(exposure) * units : 0), 0);

const capped = ({ rule, cap }: SpreadListing): ShareRule =>
  cap === null ? rule : { ...rule, maximum: Math.min(cap, rule.maximum ?? cap) };
