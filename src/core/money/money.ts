import { SluiceError } from "../errors.ts";
import { currencyExponent } from "./currency.ts";

/** The largest figure the hub calculates with: beyond it a JSON number is no longer exact. */
export const maxMinor = Number.MAX_SAFE_INTEGER;

/** The largest amount taken in: far above any order, and sums of hundreds of them still fit `maxMinor`. */
export const maxAmountMinor = 10_000_000_000_000;

/** The largest price or cost of one unit taken in; a barcode in a price column is mostly more. */
export const maxUnitMinor = 1_000_000_000_000;

/** The most that the stock of one SKU at one place, and all that one document brings in, may be worth. */
export const maxValueMinor = 1_000_000_000_000_000;

/** A sum over many rows: a number while that is exact, else its digits as text. Never rounded. */
export type Sum = number | string;

export const exactSum = (value: bigint): Sum =>
  Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();

/**
 * Reads a decimal text such as "19.99" as minor units of `currency` (CNY: 1999). Never goes through a float.
 * Throws `number_out_of_range` when there are more decimals than the currency has (trailing zeros are fine) or the amount does
 * not fit, `invalid_request` when the text is no plain decimal number.
 */
export function parseMinor(text: string, currency: string): number {
  const exponent = currencyExponent(currency);
  const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text.trim());
  if (!match) {
    throw new SluiceError(
      "invalid_request",
      `"${text}" is not a plain decimal amount; write it like 1234.50.`,
    );
  }
  const [, sign, whole = "0", fraction = ""] = match;
  const significant = fraction.replace(/0+$/, "");
  if (significant.length > exponent) {
    throw new SluiceError(
      "number_out_of_range",
      `${text} has more decimals than ${currency} allows (${exponent}); round it at the source.`,
    );
  }
  const minor = BigInt(whole + significant.padEnd(exponent, "0"));
  return toSafe(sign === "-" ? -minor : minor, text);
}

/** Writes minor units as a decimal text with exactly the currency's decimals: (1999, "CNY") -> "19.99". */
export function formatMinor(minor: number, currency: string): string {
  const exponent = currencyExponent(currency);
  const digits = String(Math.abs(minor)).padStart(exponent + 1, "0");
  const sign = minor < 0 ? "-" : "";
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

export function toSafe(value: bigint, shown: string = value.toString()): number {
  if (value > BigInt(maxMinor) || value < -BigInt(maxMinor)) {
    throw new SluiceError(
      "number_out_of_range",
      `${shown} does not fit: amounts go up to ${maxMinor} minor units.`,
    );
  }
  return Number(value);
}

/** `a * b / c`, rounded half up on the absolute value, in integers that cannot overflow. `c` must be positive. */
export function mulDivRound(a: number, b: number, c: number): number {
  const product = BigInt(a) * BigInt(b);
  const divisor = BigInt(c);
  const absolute = product < 0n ? -product : product;
  const rounded = (absolute * 2n + divisor) / (divisor * 2n);
  return toSafe(product < 0n ? -rounded : rounded);
}

/** Adds integers and refuses a sum that a JSON number could not hold exactly. */
export function sumMinor(amounts: Iterable<number>): number {
  let total = 0;
  for (const amount of amounts) {
    total += amount;
    if (!Number.isSafeInteger(total)) return toSafe(BigInt(maxMinor) * 2n, "the sum");
  }
  return total;
}

/**
 * Splits `total` over `weights` so that the parts add up exactly (cumulative rounding):
 * part k = round(total * (w1 + … + wk) / W) - what went before. Zero weights get zero; if all are zero the
 * first part takes everything. Weights must not be negative.
 */
export function splitMinor(total: number, weights: readonly number[]): number[] {
  const sum = sumMinor(weights);
  if (weights.length === 0) return [];
  if (sum === 0) return weights.map((_, index) => (index === 0 ? total : 0));
  let seen = 0;
  let given = 0;
  return weights.map((weight) => {
    seen += weight;
    const part = mulDivRound(total, seen, sum) - given;
    given += part;
    return part;
  });
}

/** Net part of a tax-inclusive amount at `rateBp` basis points (1300 = 13 %); tax = gross - net. */
export const netOfTax = (grossMinor: number, rateBp: number): number =>
  mulDivRound(grossMinor, 10_000, 10_000 + rateBp);
