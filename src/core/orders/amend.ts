import type { Booked, BookedPart, Closing } from "../engine/rows.ts";
import type { AmendedFact, SoldPart } from "../events/types.ts";
import { mulDivRound, sumMinor } from "../money/money.ts";
import { type Amounts, liabilityOf, newPart, revenueOf, share, sold } from "./booked-part.ts";
import type { RefundStep } from "./booking.ts";

/** Changes of an order's books after payment: new prices and quantities, and an order that is opened again. Pure. */

export interface Amendment {
  booked: Booked;
  amended: AmendedFact | null;
  lowered: SoldPart[];
}

/** What the order is worth from now on. */
interface Worth {
  totalMinor: number;
  platformDiscountMinor: number;
  parts: readonly SoldPart[];
}

/**
 * Follows a later snapshot that changed prices or quantities after payment. What is still owed to the buyer is
 * amended; what fell below the revenue already recognised goes back as a refund of revenue. Refunds in `followed` were
 * made before and are what the price fell by: they are not taken off again.
 */
export function amend(
  before: Booked,
  next: Worth,
  followed: readonly { lineNo: number; grossMinor: number }[] = [],
): Amendment {
  const booked = followed.length === 0 ? before : asPrice(before, next, followed);
  const changes: SoldPart[] = [];
  const lowered: SoldPart[] = [];
  const lineNos = new Set([...booked.parts, ...next.parts].map((part) => part.lineNo));
  const parts = [...lineNos].map((lineNo) => {
    const target = next.parts.find((part) => part.lineNo === lineNo);
    const current =
      booked.parts.find((part) => part.lineNo === lineNo) ??
      newPart({ ...(target as SoldPart), grossMinor: 0, taxMinor: 0 });
    return amendPart(current, target, changes, lowered);
  });
  const declaredOf = (of: readonly BookedPart[]) =>
    sumMinor(of.map((part) => part.grossMinor - part.loweredMinor));
  const totalChange =
    next.totalMinor - (booked.totalMinor - sumMinor(booked.parts.map((part) => part.loweredMinor)));
  const loweredMinor = sumMinor(lowered.map((part) => part.grossMinor));
  // What was given back before cannot be taken off once more: neither of the parts, nor of cash and the platform's share.
  const givenBack = declaredOf(parts) - sumMinor(next.parts.map((part) => part.grossMinor));
  const platformDiscountMinor = Math.max(next.platformDiscountMinor, booked.refundedDiscountMinor);
  const discountBack = platformDiscountMinor - next.platformDiscountMinor;
  const fact = {
    totalMinor: totalChange + loweredMinor + givenBack - discountBack,
    platformDiscountMinor: platformDiscountMinor - booked.platformDiscountMinor,
    parts: changes,
  };
  return {
    booked: {
      ...booked,
      parts,
      totalMinor: booked.totalMinor + fact.totalMinor,
      platformDiscountMinor,
      refundedCashMinor: booked.refundedCashMinor + loweredMinor,
    },
    amended: isMoved(fact) ? fact : null,
    lowered,
  };
}

/** Refunds taken as the lower price they have become. What is owed, earned and still refundable stays the same, so nothing is booked. */
function asPrice(
  booked: Booked,
  next: Worth,
  followed: readonly { lineNo: number; grossMinor: number }[],
): Booked {
  const discountMinor = Math.max(
    0,
    Math.min(booked.platformDiscountMinor - next.platformDiscountMinor, booked.refundedDiscountMinor),
  );
  let left = Math.max(0, booked.refundedCashMinor) + discountMinor;
  const parts = booked.parts.map((part): BookedPart => {
    const target = next.parts.find(({ lineNo }) => lineNo === part.lineNo)?.grossMinor ?? 0;
    const fallen = part.grossMinor - part.loweredMinor - target;
    const given = sumMinor(
      followed.filter(({ lineNo }) => lineNo === part.lineNo).map((one) => one.grossMinor),
    );
    const amount = Math.max(0, Math.min(fallen, given, left));
    const owed = { grossMinor: part.refundedLiabilityMinor, taxMinor: part.refundedLiabilityTaxMinor };
    const earned = { grossMinor: part.refundedRevenueMinor, taxMinor: part.refundedRevenueTaxMinor };
    const ofOwed = share(owed, Math.min(amount, owed.grossMinor));
    const ofEarned = share(earned, Math.min(amount - ofOwed.grossMinor, earned.grossMinor));
    const { grossMinor, taxMinor } = plus(ofOwed, ofEarned);
    left -= grossMinor;
    return {
      ...part,
      grossMinor: part.grossMinor - grossMinor,
      taxMinor: part.taxMinor - taxMinor,
      recognisedMinor: part.recognisedMinor - ofEarned.grossMinor,
      recognisedTaxMinor: part.recognisedTaxMinor - ofEarned.taxMinor,
      refundedLiabilityMinor: owed.grossMinor - ofOwed.grossMinor,
      refundedLiabilityTaxMinor: owed.taxMinor - ofOwed.taxMinor,
      refundedRevenueMinor: earned.grossMinor - ofEarned.grossMinor,
      refundedRevenueTaxMinor: earned.taxMinor - ofEarned.taxMinor,
    };
  });
  const taken =
    sumMinor(booked.parts.map((part) => part.grossMinor)) - sumMinor(parts.map((part) => part.grossMinor));
  const ofDiscount = Math.min(discountMinor, taken);
  return {
    ...booked,
    parts,
    totalMinor: booked.totalMinor - (taken - ofDiscount),
    platformDiscountMinor: booked.platformDiscountMinor - ofDiscount,
    refundedCashMinor: booked.refundedCashMinor - (taken - ofDiscount),
    refundedDiscountMinor: booked.refundedDiscountMinor - ofDiscount,
  };
}

const isMoved = (fact: AmendedFact): boolean =>
  fact.parts.length > 0 || fact.totalMinor !== 0 || fact.platformDiscountMinor !== 0;

function amendPart(
  known: BookedPart,
  target: SoldPart | undefined,
  changes: SoldPart[],
  lowered: SoldPart[],
): BookedPart {
  // A line may have got its SKU, or another one, since: what is earned from now on is earned with that.
  const current = target ? { ...known, skuId: target.skuId, virtual: target.virtual } : known;
  const change = (target?.grossMinor ?? 0) - (current.grossMinor - current.loweredMinor);
  const liability = liabilityOf(current);
  const amended = Math.max(change, -Math.max(0, liability.grossMinor));
  const fallen = Math.min(amended - change, revenueOf(current).grossMinor);
  const taxMinor = taxOfChange(current, target, amended, change);
  if (amended !== 0 || taxMinor !== 0) changes.push(sold(current, { grossMinor: amended, taxMinor }));
  const back = share(revenueOf(current), fallen);
  if (fallen !== 0) lowered.push(sold(current, back));
  return {
    ...current,
    grossMinor: current.grossMinor + amended,
    taxMinor: current.taxMinor + taxMinor,
    refundedRevenueMinor: current.refundedRevenueMinor + back.grossMinor,
    refundedRevenueTaxMinor: current.refundedRevenueTaxMinor + (fallen === 0 ? 0 : back.taxMinor),
    loweredMinor: current.loweredMinor + fallen,
  };
}

/**
 * Tax of an amended amount: the new figure minus the old where what is still owed can carry the difference, else a share in
 * proportion. Nothing owed leaves no tax behind.
 */
function taxOfChange(
  current: BookedPart,
  target: SoldPart | undefined,
  amended: number,
  change: number,
): number {
  const liability = liabilityOf(current);
  const left = liability.grossMinor + amended;
  const exact = (target?.taxMinor ?? 0) - current.taxMinor;
  const taxLeft = liability.taxMinor + exact;
  if (amended === change && current.loweredMinor === 0 && taxLeft >= 0 && taxLeft <= left) return exact;
  if (amended < 0) return -share(liability, -amended).taxMinor;
  if (!target || target.grossMinor === 0) return 0;
  return mulDivRound(target.taxMinor, amended, target.grossMinor);
}

const plus = (a: Amounts, b: Amounts): Amounts => ({
  grossMinor: a.grossMinor + b.grossMinor,
  taxMinor: a.taxMinor + b.taxMinor,
});

/** Remembers what was given back because the order closed. */
export function closed(step: RefundStep): Booked {
  const before = step.booked.closing;
  const closing: Closing = {
    cashMinor: (before?.cashMinor ?? 0) + step.amountMinor,
    discountMinor: (before?.discountMinor ?? 0) + step.platformDiscountMinor,
    unshipped: [...(before?.unshipped ?? []), ...step.unshipped],
    shipped: [...(before?.shipped ?? []), ...step.shipped],
  };
  return { ...step.booked, closing };
}

/**
 * Opens a closed order again: what closing gave back is due once more, as if it had never been given back. What had been
 * delivered is owed too and earned again by the caller, since nothing more will be sent for it.
 */
export function reopen(booked: Booked): { booked: Booked; amended: AmendedFact | null } {
  const { closing } = booked;
  if (closing === null) return { booked, amended: null };
  const none: Amounts = { grossMinor: 0, taxMinor: 0 };
  const ofLine = (parts: readonly SoldPart[], lineNo: number): Amounts =>
    parts.filter((part) => part.lineNo === lineNo).reduce(plus, none);
  const changes: SoldPart[] = [];
  const parts = booked.parts.map((part): BookedPart => {
    const unshipped = ofLine(closing.unshipped, part.lineNo);
    const shipped = ofLine(closing.shipped, part.lineNo);
    const back = plus(unshipped, shipped);
    if (back.grossMinor !== 0) changes.push(sold(part, back));
    return {
      ...part,
      recognisedMinor: part.recognisedMinor - shipped.grossMinor,
      recognisedTaxMinor: part.recognisedTaxMinor - shipped.taxMinor,
      refundedLiabilityMinor: part.refundedLiabilityMinor - unshipped.grossMinor,
      refundedLiabilityTaxMinor: part.refundedLiabilityTaxMinor - unshipped.taxMinor,
      refundedRevenueMinor: part.refundedRevenueMinor - shipped.grossMinor,
      refundedRevenueTaxMinor: part.refundedRevenueTaxMinor - shipped.taxMinor,
    };
  });
  const fact = {
    totalMinor: closing.cashMinor,
    platformDiscountMinor: closing.discountMinor,
    parts: changes,
  };
  return {
    booked: {
      ...booked,
      parts,
      refundedCashMinor: booked.refundedCashMinor - closing.cashMinor,
      refundedDiscountMinor: booked.refundedDiscountMinor - closing.discountMinor,
      closing: null,
    },
    amended: isMoved(fact) ? fact : null,
  };
}
