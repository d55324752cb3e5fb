import { z } from "zod";
import { toInstant } from "../clock.ts";
import { isCurrency } from "../money/currency.ts";
import { maxAmountMinor, maxUnitMinor } from "../money/money.ts";

/** Removes what no person sees: outer spaces and differing Unicode spellings of one character (F126). */
export const normaliseCode = (text: string): string => text.normalize("NFC").trim();

/** A SKU or location code of ours: trimmed, NFC, 1 to 128 characters. Leading zeros and letter case are kept. */
export const codeSchema = z
  .string()
  .max(200)
  .transform(normaliseCode)
  .pipe(z.string().min(1, "must not be empty").max(128, "must have at most 128 characters"))
  .describe("Code of ours, exact after trimming; case and leading zeros count");

/**
 * A code of something new. It stands in addresses, files and on labels, so it has something to see, no control characters,
 * and is not "." or "..", which no client can send as a part of an address.
 */
export const newCodeSchema = codeSchema
  .refine((code) => !/\p{Cc}/u.test(code), { message: "must not hold control characters such as tabs" })
  .refine((code) => /^$|[^\p{C}\p{Z}]/u.test(code), { message: "must hold something to see" })
  .refine((code) => code !== "." && code !== "..", { message: 'must not be "." or ".."' });

/** An id given by a platform: a string, kept exactly as received. */
export const externalIdSchema = z
  .string()
  .min(1)
  .max(256)
  .describe("The platform's own id, exactly as received");

/**
 * Years an order or a shop's clock can mean. Beyond them lie unset times (year 1), seconds taken for milliseconds, and dates
 * with five digits, which no finance system sorts or reads.
 */
const firstYear = 1970;
const lastYear = 2199;

const isPlausible = (text: string): boolean => {
  const year = new Date(text).getUTCFullYear();
  return Number.isNaN(year) || (year >= firstYear && year <= lastYear);
};

export const instantSchema = z.iso
  .datetime({ offset: true, message: "must be an ISO 8601 time with a zone, such as 2026-11-22T08:00:00Z" })
  .refine(isPlausible, { message: `must be a time of the years ${firstYear} to ${lastYear}` })
  .transform(toInstant)
  .describe("ISO 8601 time with zone; kept in UTC with milliseconds");

export const currencySchema = z
  .string()
  .refine(isCurrency, {
    message: "must be an ISO 4217 code in capital letters, such as CNY",
    params: { code: "unknown_currency" },
  })
  .describe("ISO 4217 currency code");

const whole = z.number({ error: "must be a whole number" }).int("must be a whole number, without decimals");

/** A count of units, at least 1. */
export const quantitySchema = whole
  .min(1, "must be at least 1")
  .max(1_000_000_000, "must be at most 1,000,000,000")
  .describe("Whole units, 1 to 1,000,000,000");

/** A count of units that may be 0. */
export const countSchema = whole
  .min(0, "must not be negative")
  .max(1_000_000_000, "must be at most 1,000,000,000")
  .describe("Whole units, 0 to 1,000,000,000");

const inDigits = (limit: number): string => `must be at most ${limit.toLocaleString("en")}`;

/** An amount of money in minor units, never negative. */
export const amountSchema = whole
  .min(0, "must not be negative")
  .max(maxAmountMinor, inDigits(maxAmountMinor))
  .describe("Money in minor units of the currency (CNY: fen, JPY: yen), 0 to 10,000,000,000,000");

/** Price or cost of one unit. */
export const unitAmountSchema = whole
  .min(0, "must not be negative")
  .max(maxUnitMinor, inDigits(maxUnitMinor))
  .describe("Money for one unit in minor units of the currency, 0 to 1,000,000,000,000");

export const taxRateSchema = whole.min(0).max(10_000).describe("Tax rate in basis points, 1300 = 13 %");
