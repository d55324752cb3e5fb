import { at } from "../engine/world.ts";

export const price = { unitPriceMinor: 5000 };
export const rf = (
  amountMinor: number,
  of: Record<string, { quantity?: number; restock?: boolean }> | null = null,
) => ({
  externalId: "rf",
  refundedAt: at("07:15"),
  amountMinor,
  ...(of && {
    lines: Object.entries(of).map(([externalLineId, units]) => ({ externalLineId, amountMinor, ...units })),
  }),
});
export const parcel = (externalId: string, lines?: Record<string, number>, more: object = {}) => ({
  externalId,
  shippedAt: at("07:10"),
  ...(lines && {
    lines: Object.entries(lines).map(([externalLineId, quantity]) => ({ externalLineId, quantity })),
  }),
  ...more,
});
