import { SluiceError } from "../../core/errors.ts";
import { currencyExponent } from "../../core/money/currency.ts";
import { toSafe } from "../../core/money/money.ts";

/**
 * Medusa's amounts: decimals of the major unit, calculated with 20 digits and never rounded, so that 81.373 EUR is
 * written "81.37299999999999983" and nothing at all "-8e-22". They are kept here as whole numbers of 10^-10: rounding to
 * ten places takes away what its arithmetic left behind and keeps every amount a person could have meant.
 */
export type Decimal = bigint;

const scale = 10;

export const decimalPattern = /^([+-]?)(\d{1,30})(?:\.(\d{1,60}))?(?:[eE]([+-]?\d{1,3}))?$/;

/** `text` fits `decimalPattern`. Throws `invalid_request` when it does not. */
export function parseDecimal(text: string): Decimal {
  const match = decimalPattern.exec(text);
  if (!match) throw new SluiceError("invalid_request", "An amount is no decimal number; look at the order.");
  const [, sign = "", whole = "0", fraction = "", power = "0"] = match;
  const digits = BigInt(whole + fraction);
  const shift = Number(power) - fraction.length + scale;
  const value = shift >= 0 ? digits * 10n ** BigInt(shift) : divideRounded(digits, 10n ** BigInt(-shift));
  return sign === "-" ? -value : value;
}

/** Half up on the absolute value; `divisor` is positive. */
export function divideRounded(value: bigint, divisor: bigint): bigint {
  const absolute = value < 0n ? -value : value;
  const rounded = (absolute * 2n + divisor) / (divisor * 2n);
  return value < 0n ? -rounded : rounded;
}

/** What one minor unit of the currency is. */
export const minorUnit = (currency: string): Decimal => 10n ** BigInt(scale - currencyExponent(currency));

/** Rounded half up to minor units. */
export const toMinor = (amount: Decimal, currency: string): number =>
  toSafe(divideRounded(amount, minorUnit(currency)));

/**
 * Minor units of parts that belong together: each is the rounded running sum less what went before, so that they add
 * up to the rounded sum, and none is more than one minor unit away from its own value.
 */
export function toMinorParts(amounts: readonly Decimal[], currency: string): number[] {
  let sum = 0n;
  let given = 0;
  return amounts.map((amount) => {
    sum += amount;
    const part = toMinor(sum, currency) - given;
    given += part;
    return part;
  });
}

export const sumOf = (amounts: readonly Decimal[]): Decimal =>
  amounts.reduce((sum, amount) => sum + amount, 0n);
