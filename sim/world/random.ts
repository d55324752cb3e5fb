import { createChance } from "../../src/connectors/sandbox/random.ts";
import type { Random } from "../../src/core/ids.ts";

/** Bytes for ids and seals, the same for the same seed. Never for secrets that anybody relies on. */
export function randomOf(seed: number): Random {
  const chance = createChance(seed);
  return { bytes: (length) => Uint8Array.from({ length }, () => chance.between(0, 255)) };
}
