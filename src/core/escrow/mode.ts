import type { AllocationState } from "./free.ts";

export const stockModes = ["shared", "split", "auto"] as const;
export type StockMode = (typeof stockModes)[number];

export interface ModeInput {
  asked: StockMode;
  state: AllocationState;
  available: number;
  /** Thousandths of a SKU unit per hour, over all listings. */
  speed: number;
  /** From a sale on one platform to the figure on another. */
  delayMs: number;
}

/** Split when less is there than sells in this many delays; shared again at twice that, so that it does not flicker. */
const delaysToSplit = 4;

const hourMs = 3_600_000;

/** Whether the SKU's units are to be split now. Auto: while stock is short against what sells before anybody hears of it. */
export function wantsSplit({ asked, state, available, speed, delayMs }: ModeInput): boolean {
  if (asked !== "auto") return asked === "split";
  const soldUnheard = (speed * delayMs * delaysToSplit) / (1000 * hourMs);
  return available < (state === "shared" ? soldUnheard : soldUnheard * 2);
}
