import { type Instant, msOf } from "../clock.ts";
import { SluiceError } from "../errors.ts";

/** Accounting dates (YYYY-MM-DD) and periods (YYYY-MM) in the merchant's time zone. */

export type AccountingDate = string;
export type Period = string;

export const periodPattern = /^\d{4}-(0[1-9]|1[0-2])$/;

/** No zone has changed its clocks at other than a quarter of an hour since 1972, so one quarter has one date. */
const quarterMs = 900_000;

/** Makes the function that tells on which day of `timeZone` an instant falls. Throws `configuration` for an unknown zone. */
export function accountingDates(timeZone: string): (at: Instant) => AccountingDate {
  const format = formatOf(timeZone);
  // Events come in time order, so nearly every call is answered by the one before.
  let lastQuarter = Number.NaN;
  let lastDate = "";
  return (at) => {
    const epochMs = msOf(at);
    if (Number.isNaN(epochMs))
      throw new SluiceError("internal", `"${at}" is no instant; correct the event's time at its source.`);
    const quarter = Math.floor(epochMs / quarterMs);
    if (quarter !== lastQuarter) {
      lastDate = dateText(format, epochMs);
      lastQuarter = quarter;
    }
    return lastDate;
  };
}

/** Making a format takes as long as several statements, and books are posted every few seconds. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = makeFormat(timeZone);
  formats.set(timeZone, made);
  return made;
}

function makeFormat(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "gregory",
      numberingSystem: "latn",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
    });
  } catch (cause) {
    throw new SluiceError(
      "configuration",
      `"${timeZone}" is not an IANA time zone; set one such as Asia/Shanghai.`,
      { cause },
    );
  }
}

function dateText(format: Intl.DateTimeFormat, epochMs: number): AccountingDate {
  const parts = new Map(format.formatToParts(epochMs).map((part) => [part.type, part.value]));
  return `${(parts.get("year") ?? "").padStart(4, "0")}-${parts.get("month") ?? ""}-${parts.get("day") ?? ""}`;
}

export const periodOf = (date: AccountingDate): Period => date.slice(0, 7);

export function nextPeriod(period: Period): Period {
  const [year = 0, month = 0] = period.split("-").map(Number);
  return month === 12
    ? `${String(year + 1).padStart(4, "0")}-01`
    : `${period.slice(0, 4)}-${String(month + 1).padStart(2, "0")}`;
}

/** The date an entry gets: its own, or the first day after the closed periods. */
export const openDate = (date: AccountingDate, closedThrough: Period | null): AccountingDate =>
  closedThrough === null || periodOf(date) > closedThrough ? date : `${nextPeriod(closedThrough)}-01`;
