import type { StockAnswer } from "../../../src/core/engine/commands.ts";

export const figures = (answer: unknown) =>
  (answer as StockAnswer).lines.map(
    ({ sku, location, onHand, reserved, heldBack, available, valueMinor }) => [
      sku,
      location,
      onHand,
      reserved,
      heldBack,
      available,
      valueMinor,
    ],
  );
export const receipt = (sku: string, delta: number, unitCostMinor?: number) => ({
  sku,
  delta,
  reason: "receipt" as const,
  ...(unitCostMinor === undefined ? {} : { unitCostMinor }),
});
export const count = (sku: string, units: number, location?: string) => ({
  sku,
  count: units,
  reason: "count" as const,
  ...(location === undefined ? {} : { location }),
});
