import { messageOf, SluiceError } from "../errors.ts";
import type { StoredEvent } from "../events/types.ts";
import { accountingDates, openDate, type Period } from "./calendar.ts";
import type { Accounts } from "./chart.ts";
import {
  assertBalanced,
  type EntryDraft,
  type ReversalDraft,
  reversed,
  type TemplateDraft,
} from "./draft.ts";
import { entryId, type JournalEntry, type JournalLine, ruleKey } from "./entry.ts";
import { baseAmounts, rateOf } from "./exchange.ts";
import { oneLine } from "./one-line.ts";
import { draftsOf } from "./rules.ts";
import type { BooksSettings } from "./settings.ts";
import { reversals, type Side, templates } from "./templates.ts";

/** What the books of one merchant look like while a batch of events is posted. */
export interface Books {
  baseCurrency: string;
  timeZone: string;
  settings: BooksSettings;
  accounts: Accounts;
  /** The last closed period: nothing is dated in it or before it. */
  closedThrough: Period | null;
}

/** A booked entry that a later event of the batch refers to. */
export type BookedEntry = Pick<JournalEntry, "number" | "rule" | "currency" | "lines" | "dimensions">;

/** What is in the books already, as far as the batch needs it. */
export interface Booked {
  /** Highest entry number. */
  lastNumber: number;
  /** `sourceKey` of entries that exist for the batch's events. */
  sources: ReadonlySet<string>;
  /** Exchange rate of an order's first entry in a foreign currency; null when it had none. */
  rates: ReadonlyMap<string, string | null>;
  /** Entries of shipments that the batch takes back. */
  shipments: ReadonlyMap<string, readonly BookedEntry[]>;
}

export interface Posting {
  entries: JournalEntry[];
  /** Events that could not be booked; none of their entries was made. */
  parked: { seq: number; reason: string }[];
  /** Foreign currencies in which entries were made without base amounts for want of a rate. */
  missingRates: string[];
}

export const sourceKey = (eventSeq: number, rule: string): string => `${eventSeq} ${rule}`;

/**
 * Turns a batch of events into numbered entries. Pure. An event is booked whole or not at all, and one that cannot be
 * booked leaves the others alone. Entries that exist already are not made again.
 */
export function post(events: readonly StoredEvent[], books: Books, booked: Booked): Posting {
  const batch = new Batch(books, booked);
  for (const event of events) batch.add(event);
  return { entries: batch.entries, parked: batch.parked, missingRates: [...batch.missingRates] };
}

class Batch {
  readonly entries: JournalEntry[] = [];
  readonly parked: Posting["parked"] = [];
  readonly missingRates = new Set<string>();
  private readonly books: Books;
  private readonly booked: Booked;
  private readonly dateOf: (at: string) => string;
  private readonly rates: Map<string, string | null>;
  private readonly shipments = new Map<string, BookedEntry[]>();
  private readonly language: "chinese" | "english";

  constructor(books: Books, booked: Booked) {
    this.books = books;
    this.booked = booked;
    this.dateOf = accountingDates(books.timeZone);
    this.rates = new Map(booked.rates);
    this.language = books.settings.chart === "ifrs" ? "english" : "chinese";
  }

  add(event: StoredEvent): void {
    const { taxpayer, roundingToleranceMinor } = this.books.settings;
    const made: JournalEntry[] = [];
    try {
      for (const draft of draftsOf(event, {
        taxpayer,
        roundingToleranceMinor,
        baseCurrency: this.books.baseCurrency,
      })) {
        if (this.booked.sources.has(sourceKey(event.seq, draft.rule))) continue;
        const number = this.booked.lastNumber + this.entries.length + made.length + 1;
        made.push(this.entryOf(draft, event.seq, number, made));
      }
    } catch (error) {
      this.parked.push({ seq: event.seq, reason: messageOf(error) });
      return;
    }
    for (const entry of made) this.keep(entry);
  }

  private keep(entry: JournalEntry): void {
    this.entries.push(entry);
    const { shipment } = entry.dimensions;
    if (shipment === undefined) return;
    const siblings = this.shipments.get(shipment);
    if (siblings) siblings.push(entry);
    else this.shipments.set(shipment, [entry]);
  }

  private entryOf(
    draft: EntryDraft,
    eventSeq: number,
    number: number,
    siblings: readonly JournalEntry[],
  ): JournalEntry {
    const entry = draft.kind === "template" ? this.fromTemplate(draft) : this.fromReversal(draft, siblings);
    assertBalanced(draft.rule, entry.lines);
    const ownDate = this.dateOf(draft.at);
    const date = openDate(ownDate, this.books.closedThrough);
    return {
      number,
      date,
      rule: draft.rule,
      eventSeq,
      currency: entry.currency,
      narration: oneLine(entry.narration),
      orderId: draft.orderId,
      reversalOf: entry.reversalOf,
      dimensions: {
        ...draft.dimensions,
        ...(date === ownDate ? {} : { originalDate: ownDate }),
        ...(entry.rate === null ? {} : { rate: entry.rate }),
      },
      lines: entry.lines,
    };
  }

  private fromTemplate(draft: TemplateDraft) {
    const { currency } = draft;
    const rate = currency === this.books.baseCurrency ? null : this.rateFor(draft);
    const about = draft.dimensions.order ?? draft.dimensions.document ?? "";
    return {
      currency,
      rate,
      reversalOf: null,
      narration: `${templates[draft.template][this.language]} ${about}`,
      lines: this.priced(draft, rate),
    };
  }

  /**
   * Exactly the lines that were booked, sides changed: accounts and exchange rate may have been set anew since. Where a
   * refund has taken part of the revenue back already, the event holds less: then only that much is taken back.
   */
  private fromReversal(draft: ReversalDraft, siblings: readonly JournalEntry[]) {
    const { of, [this.language]: text } = reversals[draft.reversal];
    const candidates = [
      ...(this.booked.shipments.get(draft.shipmentId) ?? []),
      ...(this.shipments.get(draft.shipmentId) ?? []),
      ...siblings.filter((entry) => entry.dimensions.shipment === draft.shipmentId),
    ];
    const original = candidates.find((entry) => ruleKey(entry.rule) === of);
    if (!original) {
      throw new SluiceError(
        "conflict",
        `The entry "${of}" of shipment ${draft.shipmentId} is not in the books, so it cannot be reversed. Clear the parked event that holds it, then post parked events again.`,
      );
    }
    const whole = amountsOf(original.lines, "credit") === amountsOf(draft.lines, "debit");
    const rate = original.dimensions.rate ?? null;
    return {
      currency: original.currency,
      rate,
      reversalOf: whole ? original.number : null,
      narration: `${text} ${draft.dimensions.order ?? ""} (${entryId(original.number)})`,
      lines: whole ? reversed(original.lines) : this.priced(draft, rate, original.lines),
    };
  }

  /**
   * An order keeps the rate of its first entry: a prepayment is a fixed obligation, and revenue is booked at the rate
   * of the day the prepayment came in (IFRIC 22). So its accounts clear in the base currency too.
   */
  private rateFor(draft: TemplateDraft): string | null {
    const { currency, orderId } = draft;
    const kept = orderId === null ? undefined : this.rates.get(orderId);
    if (kept !== undefined) return kept;
    const rate = this.books.settings.exchangeRates[currency] ?? null;
    if (rate === null) this.missingRates.add(currency);
    if (orderId !== null) this.rates.set(orderId, rate);
    return rate;
  }

  /** Lines with accounts and base amounts. `earlier` lines keep their roles on the accounts they were booked to. */
  private priced(
    draft: EntryDraft,
    rate: string | null,
    earlier: readonly JournalLine[] = [],
  ): JournalLine[] {
    const { baseCurrency, accounts } = this.books;
    const fraction = rate === null ? null : rateOf(rate, draft.currency, baseCurrency);
    const base = { debit: [] as number[], credit: [] as number[] };
    if (fraction) {
      for (const side of ["debit", "credit"] as const) {
        base[side] = baseAmounts(
          draft.lines.filter((line) => line.side === side).map((line) => line.amountMinor),
          fraction,
        );
      }
    }
    const inBase = draft.currency === baseCurrency;
    const seen = { debit: 0, credit: 0 };
    return draft.lines.map(({ role, side, amountMinor }) => {
      const kept = earlier.find((line) => line.role === role);
      const converted = base[side][seen[side]++] ?? null;
      return {
        role,
        accountCode: kept?.accountCode ?? accounts[role].code,
        accountName: kept?.accountName ?? accounts[role].name,
        side,
        amountMinor,
        baseAmountMinor: inBase ? amountMinor : converted,
      };
    });
  }
}

/** Earned amounts and tax stand on one side and in one order whatever the taxpayer, so they tell whether two entries mirror each other. */
const amountsOf = (lines: readonly { side: Side; amountMinor: number }[], side: Side): string =>
  lines
    .filter((line) => line.side === side)
    .map((line) => line.amountMinor)
    .join(" ");
