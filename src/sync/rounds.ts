/**
 * Gathers items into sets: whatever waits when a round begins goes with it, one round at a time, and the first item of
 * an idle moment begins one at once. Under load one commit then carries hundreds of items, without any added delay.
 */
export interface Rounds<Item> {
  add(item: Item): void;
  /** Resolves when nothing waits and no round is under way. */
  idle(): Promise<void>;
}

/** `run` must settle every item by itself; it must not reject. */
export function createRounds<Item>(most: number, run: (items: Item[]) => Promise<void>): Rounds<Item> {
  let waiting: Item[] = [];
  let working: Promise<void> | null = null;
  const work = async () => {
    while (waiting.length > 0) {
      const round = waiting.slice(0, most);
      waiting = waiting.slice(most);
      await run(round);
    }
    working = null;
  };
  return {
    add(item) {
      waiting.push(item);
      working ??= work();
    },
    async idle() {
      while (working !== null) await working;
    },
  };
}
