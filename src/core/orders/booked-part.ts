import type { BookedPart } from "../engine/rows.ts";
import type { SoldPart } from "../events/types.ts";
import { mulDivRound } from "../money/money.ts";

/** One part of an order's books: what is still owed of it, what is earned, and shares of both. */

export interface Amounts {
  grossMinor: number;
  taxMinor: number;
}

export const newPart = (part: SoldPart): BookedPart => ({
  ...part,
  recognisedMinor: 0,
  recognisedTaxMinor: 0,
  refundedLiabilityMinor: 0,
  refundedLiabilityTaxMinor: 0,
  refundedRevenueMinor: 0,
  refundedRevenueTaxMinor: 0,
  loweredMinor: 0,
});

/** Promised and neither delivered nor given back. */
export const liabilityOf = (part: BookedPart): Amounts => ({
  grossMinor: part.grossMinor - part.recognisedMinor - part.refundedLiabilityMinor,
  taxMinor: part.taxMinor - part.recognisedTaxMinor - part.refundedLiabilityTaxMinor,
});

/** Delivered and not given back. */
export const revenueOf = (part: BookedPart): Amounts => ({
  grossMinor: part.recognisedMinor - part.refundedRevenueMinor,
  taxMinor: part.recognisedTaxMinor - part.refundedRevenueTaxMinor,
});

/** `grossMinor` of `whole` with its share of the tax; all of it takes all the tax. */
export const share = (whole: Amounts, grossMinor: number): Amounts => ({
  grossMinor,
  taxMinor:
    grossMinor === whole.grossMinor
      ? whole.taxMinor
      : whole.grossMinor === 0
        ? 0
        : mulDivRound(whole.taxMinor, grossMinor, whole.grossMinor),
});

export const sold = (part: BookedPart, { grossMinor, taxMinor }: Amounts): SoldPart => ({
  lineNo: part.lineNo,
  skuId: part.skuId,
  virtual: part.virtual,
  grossMinor,
  taxMinor,
});
