import { type Accounts, type AccountType, defaultAccounts, isRole, type Role } from "../chart.ts";
import type { Dimensions } from "../draft.ts";
import { fieldMark, lineMark } from "../rows.ts";

/** What every export format is written through. Writers are pure: entries in, text out. */

/** An entry as it is read for export: lines stay one text until they are written (see `rows.ts`). */
export interface ExportEntry {
  number: number;
  date: string;
  rule: string;
  eventSeq: number;
  currency: string;
  narration: string;
  orderId: string | null;
  reversalOf: number | null;
  dimensions: Dimensions;
  lines: string;
}

export interface ExportAccount {
  /** As it stands in `ExportEntry.lines`. */
  key: string;
  code: string;
  name: string;
  type: AccountType;
}

export interface WriterOptions {
  baseCurrency: string;
  /** Currencies and accounts of the entries to come; given to formats that declare them first. */
  currencies: readonly string[];
  accounts: readonly ExportAccount[];
  /** For people who open the file in Excel (CSV only). */
  bom: boolean;
}

export interface Writer {
  /** What comes before the first entry. */
  head: string;
  /** Appends the text of one entry to `out`, in pieces. */
  write(entry: ExportEntry, out: string[]): void;
}

export interface AccountParts {
  role: string;
  code: string;
  name: string;
}

export function accountParts(key: string): AccountParts {
  const [role = "", code = "", name = ""] = key.split(fieldMark);
  return { role, code, name };
}

/** The account behind a key. A role may since have been given another account, perhaps of another type. */
export function exportAccount(key: string, current: Accounts): ExportAccount {
  const { role, code, name } = accountParts(key);
  return { key, code, name, type: isRole(role) ? typeOf(role, code, current) : "asset" };
}

const typeOf = (role: Role, code: string, current: Accounts): AccountType =>
  current[role].code === code ? current[role].type : defaultAccounts("cas")[role].type;

/**
 * Visits the lines of an entry. `amount` and `base` are digits of minor units, `base` is empty when unknown; `account`
 * is the key of an account. Slices one text instead of making an object per line: exports run over millions of them.
 */
export function eachLine(
  lines: string,
  visit: (isDebit: boolean, amount: string, base: string, account: string) => void,
): void {
  let start = 0;
  while (start < lines.length) {
    const found = lines.indexOf(lineMark, start);
    const end = found === -1 ? lines.length : found;
    const amountEnd = lines.indexOf(fieldMark, start);
    const baseEnd = lines.indexOf(fieldMark, amountEnd + 1);
    visit(
      lines.charCodeAt(start) === debitMark,
      lines.slice(start + 1, amountEnd),
      lines.slice(amountEnd + 1, baseEnd),
      lines.slice(baseEnd + 1, end),
    );
    start = end + 1;
  }
}

const debitMark = "D".charCodeAt(0);

/** Makes a function remember its answers; its arguments must be few (accounts, rules). */
export function remembered<Value>(make: (key: string) => Value): (key: string) => Value {
  const known = new Map<string, Value>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      value = make(key);
      known.set(key, value);
    }
    return value;
  };
}

/** Tags of an entry in the plain-text formats, in a fixed order; nothing is written for those it has not. */
export function tagsOf(entry: ExportEntry): [name: string, value: string][] {
  const { order, connection, shipment, refund, document, liveSession, originalDate } = entry.dimensions;
  const tags: [string, string | undefined][] = [
    ["order", order],
    ["connection", connection],
    ["shipment", shipment],
    ["refund", refund],
    ["document", document],
    ["live", liveSession],
    ["booked-for", originalDate],
    ["reverses", entry.reversalOf === null ? undefined : `JE-${entry.reversalOf}`],
  ];
  return tags.filter((tag): tag is [string, string] => tag[1] !== undefined && tag[1] !== "");
}

export const tagNames: readonly string[] = [
  "event",
  "order",
  "connection",
  "shipment",
  "refund",
  "document",
  "live",
  "booked-for",
  "reverses",
];
