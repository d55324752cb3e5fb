/** Repeatable choices of the simulated shop: the same seed gives the same shoppers and the same faults. */
export interface Chance {
  /** 0 (included) to 1 (excluded). */
  fraction(): number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  /** True with this probability; 0 never, 1 always, without using up randomness. */
  happens(probability: number): boolean;
  /** One of a list; throws on an empty one. */
  oneOf<Item>(items: readonly Item[]): Item;
}

/** SplitMix32: 32 bits of state, passes the usual test batteries, ten lines. For simulation only, never for secrets. */
export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  return {
    fraction,
    between: (low, high) => low + Math.floor(fraction() * (high - low + 1)),
    happens: (probability) => probability > 0 && (probability >= 1 || fraction() < probability),
    oneOf(items) {
      const item = items[Math.floor(fraction() * items.length)];
      if (item === undefined) throw new RangeError("oneOf needs at least one item");
      return item;
    },
  };
}
