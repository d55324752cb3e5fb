import type { Booked, BookedPart } from "../engine/rows.ts";
import type { SoldPart } from "../events/types.ts";
import { mulDivRound, splitMinor, sumMinor } from "../money/money.ts";
import { liabilityOf, newPart, revenueOf, share, sold } from "./booked-part.ts";

/**
 * What the books know of one order, moved on step by step. Pure: every function answers a new state and the amounts of
 * the step. Each share is taken from what is left (the last step takes the rest), so any sequence of shipments and
 * refunds ends at exactly zero liability and, after a full refund, zero revenue and tax.
 */

export const openBooking = (
  totalMinor: number,
  platformDiscountMinor: number,
  parts: readonly SoldPart[],
): Booked => ({
  totalMinor,
  platformDiscountMinor,
  refundedCashMinor: 0,
  refundedDiscountMinor: 0,
  parts: parts.map((part) => newPart(part)),
  closing: null,
});

/** Revenue earned by shipping `units` of the `openUnits` of each line that were not shipped yet. Freight goes with the first parcel. */
export function recognise(
  booked: Booked,
  shipped: readonly { lineNo: number; units: number; openUnits: number }[],
): { booked: Booked; revenue: SoldPart[] } {
  const revenue: SoldPart[] = [];
  const parts = booked.parts.map((part) => {
    const step =
      part.lineNo === 0 ? { units: 1, openUnits: 1 } : shipped.find((line) => line.lineNo === part.lineNo);
    if (!step || step.units === 0) return part;
    const liability = liabilityOf(part);
    const all = step.units >= step.openUnits;
    const grossMinor = all
      ? liability.grossMinor
      : mulDivRound(liability.grossMinor, step.units, step.openUnits);
    if (grossMinor === 0) return part;
    const amounts = share(liability, grossMinor);
    revenue.push(sold(part, amounts));
    return {
      ...part,
      recognisedMinor: part.recognisedMinor + amounts.grossMinor,
      recognisedTaxMinor: part.recognisedTaxMinor + amounts.taxMinor,
    };
  });
  return { booked: { ...booked, parts }, revenue };
}

/** Takes recognised revenue back when a parcel is called back, at most what has not been refunded since. */
export function unrecognise(
  booked: Booked,
  revenue: readonly SoldPart[],
): { booked: Booked; revenue: SoldPart[] } {
  const taken: SoldPart[] = [];
  const parts = booked.parts.map((part) => {
    const wanted = revenue.find((other) => other.lineNo === part.lineNo);
    if (!wanted) return part;
    const current = revenueOf(part);
    const left = {
      grossMinor: current.grossMinor - wanted.grossMinor,
      taxMinor: current.taxMinor - wanted.taxMinor,
    };
    const isThere = left.grossMinor > 0 && left.taxMinor >= 0 && left.taxMinor <= left.grossMinor;
    const amounts = isThere ? wanted : share(current, Math.min(wanted.grossMinor, current.grossMinor));
    if (amounts.grossMinor === 0) return part;
    taken.push(sold(part, amounts));
    return {
      ...part,
      recognisedMinor: part.recognisedMinor - amounts.grossMinor,
      recognisedTaxMinor: part.recognisedTaxMinor - amounts.taxMinor,
    };
  });
  return { booked: { ...booked, parts }, revenue: taken };
}

export interface RefundRequest {
  /** Cash to the buyer; cut to what is still refundable. */
  amountMinor: number;
  shippingMinor: number;
  lines: readonly { lineNo: number; amountMinor: number }[];
}

export interface RefundStep {
  booked: Booked;
  amountMinor: number;
  platformDiscountMinor: number;
  unshipped: SoldPart[];
  shipped: SoldPart[];
}

export const refundableCash = (booked: Booked): number => booked.totalMinor - booked.refundedCashMinor;

/** Neither cash nor the platform's share is left to give back. */
export const isGivenBack = (booked: Booked): boolean =>
  refundableCash(booked) === 0 && refundableDiscount(booked) === 0;

const refundableDiscount = (booked: Booked): number =>
  booked.platformDiscountMinor - booked.refundedDiscountMinor;

const leftOf = (part: BookedPart): number => liabilityOf(part).grossMinor + revenueOf(part).grossMinor;

/**
 * Splits a refund over the parts it names, what it does not name over all parts by what is left of them; of each part the
 * liability first, then revenue. Giving back the last of the cash also gives back the platform's discount.
 */
export function refund(booked: Booked, request: RefundRequest): RefundStep {
  const refundable = refundableCash(booked);
  // Below zero when the price was lowered after more had been given back.
  const cash = Math.max(0, Math.min(request.amountMinor, refundable));
  // Where the platform paid for everything there is no cash, and goods that come back do not end the sale.
  if (cash === refundable && (cash > 0 || refundableDiscount(booked) === 0)) return refundRest(booked);
  return giveBack(booked, cash, 0, spread(booked, request, cash));
}

/** Gives back all that is left of an order, delivered or not. */
export const refundRest = (booked: Booked): RefundStep =>
  giveBack(booked, refundableCash(booked), refundableDiscount(booked), booked.parts.map(leftOf));

/**
 * Gives back all that was promised and not delivered; delivered parts stay sold, with their share of the platform's
 * discount. For an order cancelled after payment.
 */
export function refundUndelivered(booked: Booked): RefundStep {
  if (booked.parts.every((part) => revenueOf(part).grossMinor === 0)) return refundRest(booked);
  const amounts = booked.parts.map((part) => liabilityOf(part).grossMinor);
  const back = sumMinor(amounts);
  const discountLeft = refundableDiscount(booked);
  const ofPlatform = Math.min(back, mulDivRound(discountLeft, back, sumMinor(booked.parts.map(leftOf))));
  const cash = Math.max(0, Math.min(back - ofPlatform, refundableCash(booked)));
  return giveBack(booked, cash, Math.min(discountLeft, back - cash), amounts);
}

function giveBack(booked: Booked, cash: number, discount: number, amounts: readonly number[]): RefundStep {
  const unshipped: SoldPart[] = [];
  const shipped: SoldPart[] = [];
  const parts = booked.parts.map((part, index) => takeBack(part, amounts[index] ?? 0, unshipped, shipped));
  return {
    booked: {
      ...booked,
      parts,
      refundedCashMinor: booked.refundedCashMinor + cash,
      refundedDiscountMinor: booked.refundedDiscountMinor + discount,
    },
    amountMinor: cash,
    platformDiscountMinor: discount,
    unshipped,
    shipped,
  };
}

/** Cash per part: named amounts first (never more than is left of the part), the remainder by weight. */
function spread(booked: Booked, request: RefundRequest, cash: number): number[] {
  let open = cash;
  const left = booked.parts.map(leftOf);
  const named = booked.parts.map((part, index) => {
    const wanted =
      part.lineNo === 0
        ? request.shippingMinor
        : sumMinor(
            request.lines.filter((line) => line.lineNo === part.lineNo).map((line) => line.amountMinor),
          );
    const amount = Math.max(0, Math.min(wanted, left[index] ?? 0, open));
    open -= amount;
    return amount;
  });
  const weights = left.map((amount, index) => Math.max(0, amount - (named[index] ?? 0)));
  // What the platform rounded up stands for no part.
  const rest = splitMinor(Math.min(open, sumMinor(weights)), weights);
  return named.map((amount, index) => amount + (rest[index] ?? 0));
}

function takeBack(part: BookedPart, amount: number, unshipped: SoldPart[], shipped: SoldPart[]): BookedPart {
  if (amount === 0) return part;
  const liability = liabilityOf(part);
  const fromLiability = share(liability, Math.min(amount, Math.max(0, liability.grossMinor)));
  const revenue = revenueOf(part);
  const fromRevenue = share(revenue, amount - fromLiability.grossMinor);
  if (fromLiability.grossMinor !== 0) unshipped.push(sold(part, fromLiability));
  if (fromRevenue.grossMinor !== 0) shipped.push(sold(part, fromRevenue));
  return {
    ...part,
    refundedLiabilityMinor: part.refundedLiabilityMinor + fromLiability.grossMinor,
    refundedLiabilityTaxMinor: part.refundedLiabilityTaxMinor + fromLiability.taxMinor,
    refundedRevenueMinor: part.refundedRevenueMinor + fromRevenue.grossMinor,
    refundedRevenueTaxMinor: part.refundedRevenueTaxMinor + fromRevenue.taxMinor,
  };
}
