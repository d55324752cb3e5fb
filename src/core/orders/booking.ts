import type { Booked, BookedPart, RefundedLine } from "../engine/rows.ts";
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
  lines: readonly RefundedLine[];
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
 * Splits a refund over the parts it names, what it does not name over all parts by what is left of them; of each part by the
 * units it takes back: revenue for those sent, the liability for all else, and the other where one is used up. With units goes
 * the platform's share of their price; giving back the last of the cash gives back all of that share.
 */
export function refund(booked: Booked, request: RefundRequest): RefundStep {
  const refundable = refundableCash(booked);
  // Below zero when the price was lowered after more had been given back.
  const cash = Math.max(0, Math.min(request.amountMinor, refundable));
  // Where the platform paid for everything there is no cash, and goods that come back do not end the sale.
  if (cash === refundable && (cash > 0 || refundableDiscount(booked) === 0)) return refundRest(booked);
  const amounts = spread(booked, request, cash);
  const shares = platformShares(booked, request, amounts);
  const whole = amounts.map((amount, index) => amount + (shares[index] ?? 0));
  return giveBack(booked, cash, sumMinor(shares), whole, request);
}

/** The platform's share of the price of what is taken back, in proportion to the cash that is given back of it. */
function platformShares(booked: Booked, request: RefundRequest, amounts: readonly number[]): number[] {
  const discount = refundableDiscount(booked);
  const whole = sumMinor(booked.parts.map(leftOf));
  let left = discount;
  return booked.parts.map((part, index) => {
    const cash = amounts[index] ?? 0;
    if (left <= 0 || cash === 0 || whole === 0) return 0;
    const { sent, open, sentOf, openOf } = unitsTaken(request, part.lineNo);
    const isNamed = request.lines.some((line) => line.lineNo === part.lineNo && line.amountMinor > 0);
    const hasUnits = sent + open > 0;
    // A line of which nothing was sent may be given back without a word about its units: then only as a whole.
    if (!hasUnits && !(isNamed && revenueOf(part).grossMinor === 0)) return 0;
    const worth = hasUnits
      ? mulDivRound(Math.max(0, liabilityOf(part).grossMinor), open, openOf || 1) +
        mulDivRound(revenueOf(part).grossMinor, sent, sentOf || 1)
      : leftOf(part);
    const ofPlatform = mulDivRound(discount, worth, whole);
    const ofBuyer = worth - ofPlatform;
    // A platform may round the shares another way.
    const isAll = cash >= ofBuyer - 1;
    if (worth <= cash || (!isAll && !hasUnits)) return 0;
    const amount = Math.min(left, isAll ? worth - cash : mulDivRound(ofPlatform, cash, ofBuyer));
    left -= amount;
    return amount;
  });
}

/** Units of one line that a refund takes back, sent and unsent, and out of how many. */
function unitsTaken(
  request: RefundRequest,
  lineNo: number,
): Required<Omit<RefundedLine, "lineNo" | "amountMinor">> {
  const units = { sent: 0, sentOf: 0, open: 0, openOf: 0 };
  for (const line of request.lines) {
    if (line.lineNo !== lineNo) continue;
    units.sent += line.sent ?? 0;
    units.open += line.open ?? 0;
    units.sentOf = Math.max(units.sentOf, line.sentOf ?? 0);
    units.openOf = Math.max(units.openOf, line.openOf ?? 0);
  }
  return units;
}

/**
 * Money that was taken from what is owed and turned out to stand for units sent: it is owed again and taken from revenue, as
 * far as there is any. No cash moves.
 */
export function shiftToSent(
  booked: Booked,
  amounts: readonly { lineNo: number; grossMinor: number }[],
): RefundStep {
  const unshipped: SoldPart[] = [];
  const shipped: SoldPart[] = [];
  const parts = booked.parts.map((part): BookedPart => {
    const wanted = amounts.find(({ lineNo }) => lineNo === part.lineNo)?.grossMinor ?? 0;
    const given = { grossMinor: part.refundedLiabilityMinor, taxMinor: part.refundedLiabilityTaxMinor };
    const amount = Math.min(wanted, given.grossMinor, revenueOf(part).grossMinor);
    if (amount <= 0) return part;
    const owed = share(given, amount);
    const earned = share(revenueOf(part), amount);
    unshipped.push(sold(part, { grossMinor: -owed.grossMinor, taxMinor: -owed.taxMinor }));
    shipped.push(sold(part, earned));
    return {
      ...part,
      refundedLiabilityMinor: part.refundedLiabilityMinor - owed.grossMinor,
      refundedLiabilityTaxMinor: part.refundedLiabilityTaxMinor - owed.taxMinor,
      refundedRevenueMinor: part.refundedRevenueMinor + earned.grossMinor,
      refundedRevenueTaxMinor: part.refundedRevenueTaxMinor + earned.taxMinor,
    };
  });
  return { booked: { ...booked, parts }, amountMinor: 0, platformDiscountMinor: 0, unshipped, shipped };
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

function giveBack(
  booked: Booked,
  cash: number,
  discount: number,
  amounts: readonly number[],
  request: RefundRequest | null = null,
): RefundStep {
  const unshipped: SoldPart[] = [];
  const shipped: SoldPart[] = [];
  const parts = booked.parts.map((part, index) => {
    const amount = amounts[index] ?? 0;
    const { sent, open } = request ? unitsTaken(request, part.lineNo) : { sent: 0, open: 0 };
    const ofSent = sent === 0 ? 0 : mulDivRound(amount, sent, sent + open);
    return takeBack(part, amount, ofSent, unshipped, shipped);
  });
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

/** `ofSent` of the amount comes out of revenue, as far as there is any. */
function takeBack(
  part: BookedPart,
  amount: number,
  ofSent: number,
  unshipped: SoldPart[],
  shipped: SoldPart[],
): BookedPart {
  if (amount === 0) return part;
  const liability = liabilityOf(part);
  const revenue = revenueOf(part);
  const ofOwed = amount - Math.min(ofSent, Math.max(0, revenue.grossMinor));
  const fromLiability = share(liability, Math.min(ofOwed, Math.max(0, liability.grossMinor)));
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
