import { seededRandom } from "../../support/runtime.ts";

/** Repeatable dice. */
export function diceOf(seed: number) {
  const random = seededRandom(seed);
  const below = (limit: number): number => {
    const [a = 0, b = 0, c = 0] = random.bytes(3);
    return ((a << 16) | (b << 8) | c) % limit;
  };
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;
  return { below, pick, oneIn: (n: number) => below(n) === 0 };
}

export type Dice = ReturnType<typeof diceOf>;
