import type { Booked, BookedPart, Closing } from "./rows.ts";

/**
 * How an order's books are stored: short keys and arrays without trailing zeros, because every order carries them and a
 * fresh one is nearly all zeros. {t, d, c?, e?, k?, p: [[lineNo, skuId, virtual, gross, tax, recognised, …]]}
 */

type Part = [number, string | null, 0 | 1, ...number[]];

interface Stored {
  t: number;
  d: number;
  c?: number;
  e?: number;
  k?: Closing;
  p: Part[];
}

const encodePart = (part: BookedPart): Part => {
  const numbers = [
    part.grossMinor,
    part.taxMinor,
    part.recognisedMinor,
    part.recognisedTaxMinor,
    part.refundedLiabilityMinor,
    part.refundedLiabilityTaxMinor,
    part.refundedRevenueMinor,
    part.refundedRevenueTaxMinor,
    part.loweredMinor,
  ];
  while (numbers.length > 0 && numbers.at(-1) === 0) numbers.pop();
  return [part.lineNo, part.skuId, part.virtual ? 1 : 0, ...numbers];
};

const decodePart = ([lineNo, skuId, virtual, ...numbers]: Part): BookedPart => ({
  lineNo,
  skuId,
  virtual: virtual === 1,
  grossMinor: numbers[0] ?? 0,
  taxMinor: numbers[1] ?? 0,
  recognisedMinor: numbers[2] ?? 0,
  recognisedTaxMinor: numbers[3] ?? 0,
  refundedLiabilityMinor: numbers[4] ?? 0,
  refundedLiabilityTaxMinor: numbers[5] ?? 0,
  refundedRevenueMinor: numbers[6] ?? 0,
  refundedRevenueTaxMinor: numbers[7] ?? 0,
  loweredMinor: numbers[8] ?? 0,
});

export const encodeBooked = (booked: Booked | null): string | null =>
  booked === null
    ? null
    : JSON.stringify({
        t: booked.totalMinor,
        d: booked.platformDiscountMinor,
        ...(booked.refundedCashMinor === 0 ? {} : { c: booked.refundedCashMinor }),
        ...(booked.refundedDiscountMinor === 0 ? {} : { e: booked.refundedDiscountMinor }),
        ...(booked.closing === null ? {} : { k: booked.closing }),
        p: booked.parts.map(encodePart),
      } satisfies Stored);

/** `stored` comes from our own column, written by `encodeBooked`. */
export function decodeBooked(stored: unknown): Booked | null {
  if (stored === null || stored === undefined) return null;
  const { t, d, c, e, k, p } = stored as Stored;
  return {
    totalMinor: t,
    platformDiscountMinor: d,
    refundedCashMinor: c ?? 0,
    refundedDiscountMinor: e ?? 0,
    closing: k ?? null,
    parts: p.map(decodePart),
  };
}
