import { z } from "zod";
import { SluiceError } from "../errors.ts";
import { isCurrency } from "../money/currency.ts";
import { charts } from "./chart.ts";
import { ratePattern } from "./exchange.ts";

/**
 * What a merchant chooses about the books; part of `merchants.settings`, whose other keys are left alone.
 * All of it takes effect from the next entry on: what is booked never changes.
 */
export const booksSettingsSchema = z.object({
  chart: z.enum(charts).default("cas").describe("Chart of accounts the default codes and names come from"),
  taxpayer: z
    .enum(["general", "small_scale"])
    .default("general")
    .describe(
      "general: output tax waits in its own account until shipment; small_scale: prepayments are held gross",
    ),
  exchangeRates: z
    .record(
      z.string().refine(isCurrency, "must be an ISO 4217 code in capital letters, such as USD"),
      z.string().regex(ratePattern, 'must be a positive decimal text such as "7.1034"'),
    )
    .default({})
    .describe("Units of the base currency for one unit of each foreign currency"),
  roundingToleranceMinor: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe(
      "Largest difference between an order's total and its lines that is booked as rounding; an order that differs by more is held. 0 when left out",
    ),
});

export type BooksSettings = z.infer<typeof booksSettingsSchema>;
export type Taxpayer = BooksSettings["taxpayer"];

/** What the posting rules must know of a merchant. */
export interface RuleSettings {
  taxpayer: Taxpayer;
  baseCurrency: string;
  roundingToleranceMinor?: number | undefined;
}

export function readBooksSettings(settings: unknown): BooksSettings {
  const parsed = booksSettingsSchema.safeParse(settings ?? {});
  if (parsed.success) return parsed.data;
  throw new SluiceError(
    "configuration",
    `The merchant's settings for the books cannot be used; correct them and posting goes on. ${z.prettifyError(parsed.error)}`,
  );
}
