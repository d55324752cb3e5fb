import type { Instant } from "../clock.ts";
import { SluiceError } from "../errors.ts";
import type { Role } from "./chart.ts";
import type { Taxpayer } from "./settings.ts";
import { type Amounts, type ReversalKey, type Side, type TemplateKey, templates } from "./templates.ts";

/** An entry as the rules make it: roles instead of accounts, an instant instead of a date, no number yet. */

export interface DraftLine {
  role: Role;
  side: Side;
  /** Always above zero. */
  amountMinor: number;
}

/** What an entry is about; becomes tags, columns or analysis codes in finance systems. Never buyer data. */
export interface Dimensions {
  /** The order's number on its platform. */
  order?: string;
  connection?: string;
  shipment?: string;
  refund?: string;
  /** Reference of a stock document. */
  document?: string;
  liveSession?: string;
  /** The date the event had when its period was already closed. */
  originalDate?: string;
  /** Exchange rate to the base currency used for the order. */
  rate?: string;
}

interface DraftBase {
  /** The template's key; "#2", "#3" … follow when one event holds several documents of a kind. */
  rule: string;
  at: Instant;
  currency: string;
  orderId: string | null;
  dimensions: Dimensions;
  lines: DraftLine[];
}

export interface TemplateDraft extends DraftBase {
  kind: "template";
  template: TemplateKey;
}

/** Takes back one booked entry of a shipment. `lines` are what the event expects it to hold. */
export interface ReversalDraft extends DraftBase {
  kind: "reversal";
  reversal: ReversalKey;
  shipmentId: string;
}

export type EntryDraft = TemplateDraft | ReversalDraft;

/** Lines of a template for one event; amounts left out are zero. Throws `internal` when they do not balance. */
export function fill(key: TemplateKey, taxpayer: Taxpayer, amounts: Partial<Amounts>): DraftLine[] {
  const lines: DraftLine[] = [];
  for (const { side, role, amount } of templates[key].lines[taxpayer]) {
    const amountMinor = amounts[amount] ?? 0;
    if (amountMinor === 0) continue;
    lines.push({
      role,
      side: amountMinor > 0 ? side : oppositeSide(side),
      amountMinor: Math.abs(amountMinor),
    });
  }
  assertBalanced(key, lines);
  return debitsFirst(lines);
}

/** As bookkeepers write and read an entry. */
export const debitsFirst = <Line extends { side: Side }>(lines: readonly Line[]): Line[] => [
  ...lines.filter((line) => line.side === "debit"),
  ...lines.filter((line) => line.side === "credit"),
];

/** The promise of the books, checked wherever an entry is made: debits = credits, no line without an amount. */
export function assertBalanced(rule: string, lines: readonly { side: Side; amountMinor: number }[]): void {
  let balance = 0;
  for (const { side, amountMinor } of lines) {
    if (!Number.isSafeInteger(amountMinor) || amountMinor <= 0) {
      throw new SluiceError(
        "internal",
        `${rule}: ${amountMinor} is no amount that can be booked; correct the event's amounts at their source.`,
      );
    }
    balance += side === "debit" ? amountMinor : -amountMinor;
  }
  if (balance !== 0) {
    throw new SluiceError(
      "internal",
      `${rule}: debits and credits differ by ${balance} minor units; correct the event's amounts at their source.`,
    );
  }
}

/** The same lines with sides changed: what takes an entry back. */
export const reversed = <Line extends { side: Side }>(lines: readonly Line[]): Line[] =>
  debitsFirst(lines.map((line) => ({ ...line, side: oppositeSide(line.side) })));

const oppositeSide = (side: Side): Side => (side === "debit" ? "credit" : "debit");
