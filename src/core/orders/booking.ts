import type { Booked, BookedPart } from "../engine/rows.ts";
import type { AmendedFact, SoldPart } from "../events/types.ts";
import { mulDivRound, splitMinor, sumMinor } from "../money/money.ts";

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
});

const newPart = (part: SoldPart): BookedPart => ({
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
const liabilityOf = (part: BookedPart): { grossMinor: number; taxMinor: number } => ({
  grossMinor: part.grossMinor - part.recognisedMinor - part.refundedLiabilityMinor,
  taxMinor: part.taxMinor - part.recognisedTaxMinor - part.refundedLiabilityTaxMinor,
});

/** Delivered and not given back. */
const revenueOf = (part: BookedPart): { grossMinor: number; taxMinor: number } => ({
  grossMinor: part.recognisedMinor - part.refundedRevenueMinor,
  taxMinor: part.recognisedTaxMinor - part.refundedRevenueTaxMinor,
});

const share = (whole: { grossMinor: number; taxMinor: number }, grossMinor: number) => ({
  grossMinor,
  taxMinor:
    grossMinor === whole.grossMinor
      ? whole.taxMinor
      : whole.grossMinor === 0
        ? 0
        : mulDivRound(whole.taxMinor, grossMinor, whole.grossMinor),
});

const sold = (part: BookedPart, amounts: { grossMinor: number; taxMinor: number }): SoldPart => ({
  lineNo: part.lineNo,
  skuId: part.skuId,
  virtual: part.virtual,
  ...amounts,
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
    const amounts =
      wanted.grossMinor <= current.grossMinor && wanted.taxMinor <= current.taxMinor
        ? { grossMinor: wanted.grossMinor, taxMinor: wanted.taxMinor }
        : share(current, Math.min(wanted.grossMinor, current.grossMinor));
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

/**
 * Splits a refund over the parts it names, what it does not name over all parts by what is left of them; of each part the
 * liability first, then revenue. Giving back the last of the cash also gives back the platform's discount.
 */
export function refund(booked: Booked, request: RefundRequest): RefundStep {
  const cash = Math.min(request.amountMinor, refundableCash(booked));
  const last = cash === refundableCash(booked);
  const discount = last ? booked.platformDiscountMinor - booked.refundedDiscountMinor : 0;
  const left = booked.parts.map((part) => liabilityOf(part).grossMinor + revenueOf(part).grossMinor);
  const amounts = last ? left : spread(booked, request, cash, left);
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
function spread(booked: Booked, request: RefundRequest, cash: number, left: readonly number[]): number[] {
  let open = cash;
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
  const rest = splitMinor(
    open,
    left.map((amount, index) => Math.max(0, amount - (named[index] ?? 0))),
  );
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

/** Gives back all that was promised and not delivered; delivered parts stay sold. For an order cancelled after payment. */
export function refundUndelivered(booked: Booked): RefundStep {
  const delivered = booked.parts.some((part) => part.recognisedMinor !== 0);
  if (!delivered) return refund(booked, { amountMinor: refundableCash(booked), shippingMinor: 0, lines: [] });
  const lines = booked.parts.map((part) => ({
    lineNo: part.lineNo,
    amountMinor: Math.max(0, liabilityOf(part).grossMinor),
  }));
  const amountMinor = Math.min(refundableCash(booked), sumMinor(lines.map((line) => line.amountMinor)));
  const shippingMinor = lines.find((line) => line.lineNo === 0)?.amountMinor ?? 0;
  return refund(booked, { amountMinor, shippingMinor, lines });
}

/**
 * Follows a later snapshot that changed prices or quantities after payment. What is still owed to the buyer is
 * amended; what fell below the revenue already recognised goes back as a refund of revenue.
 */
export function amend(
  booked: Booked,
  next: { totalMinor: number; platformDiscountMinor: number; parts: readonly SoldPart[] },
): { booked: Booked; amended: AmendedFact | null; lowered: SoldPart[] } {
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
  const totalChange =
    next.totalMinor - (booked.totalMinor - sumMinor(booked.parts.map((part) => part.loweredMinor)));
  const loweredMinor = sumMinor(lowered.map((part) => part.grossMinor));
  const discountChange = next.platformDiscountMinor - booked.platformDiscountMinor;
  const fact = {
    totalMinor: totalChange + loweredMinor,
    platformDiscountMinor: discountChange,
    parts: changes,
  };
  const moved = changes.length > 0 || fact.totalMinor !== 0 || discountChange !== 0;
  return {
    booked: {
      ...booked,
      parts,
      totalMinor: booked.totalMinor + fact.totalMinor,
      platformDiscountMinor: next.platformDiscountMinor,
      refundedCashMinor: booked.refundedCashMinor + loweredMinor,
    },
    amended: moved ? fact : null,
    lowered,
  };
}

function amendPart(
  current: BookedPart,
  target: SoldPart | undefined,
  changes: SoldPart[],
  lowered: SoldPart[],
): BookedPart {
  const declared = current.grossMinor - current.loweredMinor;
  const change = (target?.grossMinor ?? 0) - declared;
  if (change === 0) return current;
  const room = Math.max(0, liabilityOf(current).grossMinor);
  const amended = Math.max(change, -room);
  const fallen = Math.min(amended - change, revenueOf(current).grossMinor);
  const taxMinor = taxOfChange(current, target, amended);
  if (amended !== 0) changes.push(sold(current, { grossMinor: amended, taxMinor }));
  const back = share(revenueOf(current), fallen);
  if (fallen !== 0) lowered.push(sold(current, back));
  return {
    ...current,
    skuId: target?.skuId ?? current.skuId,
    grossMinor: current.grossMinor + amended,
    taxMinor: current.taxMinor + taxMinor,
    refundedRevenueMinor: current.refundedRevenueMinor + back.grossMinor,
    refundedRevenueTaxMinor: current.refundedRevenueTaxMinor + back.taxMinor,
    loweredMinor: current.loweredMinor + fallen,
  };
}

/** Tax of an amended amount: the new figure minus the old where nothing fell, else the share of what is still owed. */
function taxOfChange(current: BookedPart, target: SoldPart | undefined, amended: number): number {
  const liability = liabilityOf(current);
  if (amended < 0) return -share(liability, -amended).taxMinor;
  if (!target || target.grossMinor === 0) return 0;
  return mulDivRound(target.taxMinor, amended, target.grossMinor);
}
