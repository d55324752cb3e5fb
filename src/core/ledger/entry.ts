import type { Instant } from "../clock.ts";
import type { AccountingDate } from "./calendar.ts";
import type { Role } from "./chart.ts";
import type { Dimensions } from "./draft.ts";
import type { Side } from "./templates.ts";

/** A journal entry as it stands in the books: numbered, dated, balanced, never changed. */

export interface JournalLine {
  role: Role;
  accountCode: string;
  accountName: string;
  side: Side;
  /** Minor units of the entry's currency, above zero. */
  amountMinor: number;
  /** The same in the base currency; null when no exchange rate was known. */
  baseAmountMinor: number | null;
}

export interface JournalEntry {
  /** 1, 2, 3 … per merchant, without gaps, in the order of posting. */
  number: number;
  date: AccountingDate;
  rule: string;
  eventSeq: number;
  currency: string;
  narration: string;
  orderId: string | null;
  /** Number of the entry this one takes back. */
  reversalOf: number | null;
  dimensions: Dimensions;
  lines: JournalLine[];
}

export type PostedEntry = JournalEntry & { postedAt: Instant };

/** The name an entry has outside: in files, narrations and other systems. */
export const entryId = (number: number): string => `JE-${number}`;

/** The event key of a rule: what stands before "#2". */
export const ruleKey = (rule: string): string => {
  const mark = rule.indexOf("#");
  return mark === -1 ? rule : rule.slice(0, mark);
};
