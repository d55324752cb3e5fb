/** How the units of one SKU are spread over the listings that sell it, while they are split. Pure, whole numbers. */

/** In listing units; percent in basis points of all units that are spread. At most one of fixed and percent. */
export interface ShareRule {
  minimum: number | null;
  maximum: number | null;
  fixed: number | null;
  percentBp: number | null;
}

export interface Claimant {
  listingId: string;
  /** SKU units in one listing unit. */
  units: number;
  rule: ShareRule;
  /** What it stands for now, in listing units: keeps its units where two claims are equal, so that nothing moves to and fro. */
  holds: number;
  /** Thousandths of a listing unit per hour. */
  speed: number;
}

/**
 * The share of each listing, in listing units. Fixed figures and percentages first, then everybody's minimum, the
 * fastest first; what is left follows the speed of sale, up to each maximum, one basic part for those that sell nothing yet.
 * `budget`: SKU units to spread. The sum never exceeds it.
 */
export function planShares(budget: number, claimants: readonly Claimant[]): Map<string, number> {
  const shares = new Map<string, number>();
  let left = Math.max(0, budget);
  const give = (claimant: Claimant, wanted: number): void => {
    const has = shares.get(claimant.listingId) ?? 0;
    const room = (claimant.rule.maximum ?? Number.MAX_SAFE_INTEGER) - has;
    const more = Math.max(0, Math.min(wanted, room, Math.floor(left / claimant.units)));
    shares.set(claimant.listingId, has + more);
    left -= more * claimant.units;
  };
  const inOrder = [...claimants].sort(first);
  for (const claimant of inOrder) give(claimant, ruledShare(claimant, budget));
  const open = inOrder.filter(({ rule }) => rule.fixed === null && rule.percentBp === null);
  for (const claimant of open) give(claimant, claimant.rule.minimum ?? 0);
  for (let round = 0; round < open.length; round += 1) {
    const spread = left;
    const hungry = open.filter(
      ({ listingId, rule }) => rule.maximum === null || (shares.get(listingId) ?? 0) < rule.maximum,
    );
    const weights = hungry.reduce((sum, claimant) => sum + weightOf(claimant), 0);
    for (const claimant of hungry)
      give(claimant, Math.floor((spread * weightOf(claimant)) / (weights * claimant.units)));
    if (left === spread) break;
  }
  // The remainder, unit by unit: whoever is served worst for its weight.
  for (let guard = open.length * 2; guard > 0 && left > 0; guard -= 1) {
    const before = left;
    for (const claimant of open) give(claimant, 1);
    if (left === before) break;
  }
  return shares;
}

const ruledShare = ({ rule, units }: Claimant, budget: number): number => {
  if (rule.fixed !== null) return rule.fixed;
  return rule.percentBp === null ? 0 : Math.floor((Math.max(0, budget) * rule.percentBp) / 10_000 / units);
};

/** A listing that has sold nothing lately weighs as one that sells two units an hour. */
const weightOf = ({ speed, units }: Claimant): number => (speed + 2000) * units;

const first = (a: Claimant, b: Claimant): number =>
  weightOf(b) - weightOf(a) || b.holds - a.holds || (a.listingId < b.listingId ? -1 : 1);

/** Percentages of one SKU may not promise more than there is (F088). */
export const percentTotal = (rules: readonly Pick<ShareRule, "percentBp">[]): number =>
  rules.reduce((sum, { percentBp }) => sum + (percentBp ?? 0), 0);
