import { currencyExponent } from "../money/currency.ts";
import { toSafe } from "../money/money.ts";

/** Exchange rates as exact fractions; no amount ever goes through a float. */

/** A positive decimal text, up to 9 digits before and 10 after the point. */
export const ratePattern = /^(?=.*[1-9])\d{1,9}(\.\d{1,10})?$/;

/** Base minor units for one minor unit of a foreign currency. */
export interface Rate {
  numerator: bigint;
  denominator: bigint;
}

/** `text` is units of `base` for one unit of `currency`: ("7.1", "USD", "CNY") -> 71/10, ("0.047", "JPY", "CNY") -> 4700/1000. */
export function rateOf(text: string, currency: string, base: string): Rate {
  const [whole = "0", fraction = ""] = text.split(".");
  return {
    numerator: BigInt(whole + fraction) * 10n ** BigInt(currencyExponent(base)),
    denominator: 10n ** BigInt(fraction.length + currencyExponent(currency)),
  };
}

/** A positive amount in base minor units, rounded half up. */
export const toBase = (amountMinor: number, rate: Rate): number =>
  toSafe((BigInt(amountMinor) * rate.numerator * 2n + rate.denominator) / (rate.denominator * 2n));

/**
 * Base amounts of one side of an entry, by cumulative rounding: they add up to the base amount of the side's sum, so
 * that two sides which are equal in their own currency are equal in the base currency too.
 */
export function baseAmounts(amountsMinor: readonly number[], rate: Rate): number[] {
  let seen = 0;
  let given = 0;
  return amountsMinor.map((amountMinor) => {
    seen += amountMinor;
    const part = toBase(seen, rate) - given;
    given += part;
    return part;
  });
}
