import { type Exposure, exposedOf } from "./exposure.ts";

/** A listing's claim on one SKU with stock of its own: units of that SKU in one listing unit (packs and bundles multiply). */
export interface Claim {
  listingId: string;
  units: number;
}

/** SKU units set aside for all listings together. */
export const claimedUnits = (claims: readonly Claim[], exposures: ReadonlyMap<string, Exposure>): number =>
  claims.reduce((sum, { listingId, units }) => {
    const exposure = exposures.get(listingId);
    return exposure === undefined ? sum : sum + exposedOf(exposure) * units;
  }, 0);

export type AllocationState = "shared" | "converging" | "split";

/**
 * What anybody but the listings may take of a SKU. Split, that is what no listing stands for, and `granted`: the units a
 * listing stood for until the order at hand came in, or that a hold, claim or session held for it, which are that order's own even
 * where units were lost meanwhile.
 */
export function takeable(
  state: AllocationState,
  available: number,
  claimed: number,
  granted: number,
): number {
  if (state !== "split") return available;
  return Math.max(0, available - claimed, Math.min(available, granted));
}

/** What a SKU's row says: units that may be sold twice (shared), or units promised and lost since (split). */
export const shortOf = (
  state: AllocationState,
  available: number,
  claimed: number,
): { possibleOversell: number; deficit: number } => {
  const beyond = Math.max(0, claimed - available);
  return state === "split"
    ? { possibleOversell: 0, deficit: beyond }
    : { possibleOversell: beyond, deficit: 0 };
};
