/** Which stock serves a demand. Pure arithmetic on plain values; nothing here knows of orders, rows or the database. */

export interface Supply {
  onHand: number;
  reserved: number;
  heldBack: number;
  /** Units that left from here although there were none: as many of what comes may have gone already. */
  inDoubt: number;
  own: boolean;
}

/** Units at one place that nobody was promised; other people's stock and stock in transit promise nothing. */
export const availableIn = (supply: Supply): number =>
  supply.own ? Math.max(0, supply.onHand - supply.reserved - supply.heldBack) : 0;

export const shelvedOver = (supplies: readonly Supply[]): number =>
  supplies.reduce((sum, supply) => sum + availableIn(supply), 0);

/** Units that may be promised: a unit in doubt at one place may have gone from another. */
export const availableOver = (supplies: readonly Supply[]): number =>
  Math.max(
    0,
    supplies.reduce((sum, supply) => sum + availableIn(supply) - (supply.own ? supply.inDoubt : 0), 0),
  );

/**
 * Takes `quantity` units: the first place that can serve all of it, else place after place in the given order (S10). `taken` says how
 * many come from each place and may sum to less than asked; what is missing is `left`.
 */
export function allocate(quantity: number, supplies: readonly Supply[]): { taken: number[]; left: number } {
  const whole = supplies.findIndex((supply) => availableIn(supply) >= quantity);
  if (whole >= 0) return { taken: supplies.map((_, index) => (index === whole ? quantity : 0)), left: 0 };
  let left = quantity;
  const taken = supplies.map((supply) => {
    const units = Math.min(left, availableIn(supply));
    left -= units;
    return units;
  });
  return { taken, left };
}

/** How many whole bundles `available` components make: the scarcest component decides (F080). */
export const bundlesFrom = (components: readonly { quantity: number; available: number }[]): number =>
  components.length === 0
    ? 0
    : Math.min(...components.map(({ quantity, available }) => Math.floor(available / quantity)));
