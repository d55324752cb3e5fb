import { isDeepStrictEqual } from "node:util";

/** A list of steps with what was seen in each; the first thing that is not as expected ends the run. */

const startedAt = Date.now();

const seconds = (sinceMs: number): string => `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`;

export async function step<Result>(title: string, work: () => Promise<Result>): Promise<Result> {
  const begunAt = Date.now();
  console.log(`\n${title}`);
  const result = await work();
  console.log(`  (${seconds(begunAt)}, ${seconds(startedAt)} in all)`);
  return result;
}

export const note = (text: string): void => console.log(`  ${text}`);

const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Prints what was seen; throws when it is something else. */
export function expectEqual(what: string, found: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(found, expected)) {
    throw new Error(`${what}: expected ${shown(expected)}, found ${shown(found)}`);
  }
  note(`ok  ${what}: ${shown(found)}`);
}

/** The same for lists whose members nobody wants to read: prints how many there are. */
export function expectSame(what: string, found: readonly unknown[], expected: readonly unknown[]): void {
  const sorted = (values: readonly unknown[]) => values.map(shown).sort();
  if (isDeepStrictEqual(sorted(found), sorted(expected))) {
    note(`ok  ${what}: ${found.length}`);
    return;
  }
  const missing = sorted(expected).filter((value) => !sorted(found).includes(value));
  const extra = sorted(found).filter((value) => !sorted(expected).includes(value));
  throw new Error(
    `${what}: expected ${expected.length}, found ${found.length}; missing ${missing.join(", ") || "none"}; too many ${extra.join(", ") || "none"}`,
  );
}

/** Asks again every half second until the answer is as expected; throws with the last one when it never was. */
export async function eventually(
  what: string,
  look: () => Promise<unknown>,
  expected: unknown,
  timeoutMs = 60_000,
): Promise<void> {
  const begunAt = Date.now();
  for (;;) {
    const found = await look();
    if (isDeepStrictEqual(found, expected)) {
      note(`ok  ${what}: ${shown(found)} (after ${seconds(begunAt)})`);
      return;
    }
    if (Date.now() - begunAt > timeoutMs) {
      throw new Error(
        `${what}: expected ${shown(expected)}, still ${shown(found)} after ${timeoutMs / 1000} s`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
