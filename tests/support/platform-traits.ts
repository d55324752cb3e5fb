import type { PlatformTraits } from "../../src/core/escrow/exposure.ts";

/** A shop that takes units off its figure with the order, puts them back with a cancel, and can be read. */
export const platformTraits: PlatformTraits = {
  deducts: "placed",
  restoresUnpaid: true,
  restoresPaid: true,
  skewMs: 0,
  readable: true,
};
