import type { Instant } from "../../../src/core/clock.ts";
import type { Sql } from "../../../src/core/db/database.ts";
import type {
  CostPart,
  OrderEventData,
  RefundedFact,
  ShippedFact,
  SoldPart,
  StockAdjustedData,
  StoredEvent,
} from "../../../src/core/events/types.ts";
import { defaultAccounts } from "../../../src/core/ledger/chart.ts";
import type { JournalEntry } from "../../../src/core/ledger/entry.ts";
import { type ExportOptions, exportJournals } from "../../../src/core/ledger/export/export-journals.ts";
import { type Booked, type Books, type Posting, post } from "../../../src/core/ledger/post.ts";
import { booksSettingsSchema } from "../../../src/core/ledger/settings.ts";
import { formatMinor } from "../../../src/core/money/money.ts";

/** Values for tests of the books: events with the figures of `docs/books.md`, and entries as short texts. */

export const orderId = "01900000-0000-7000-8000-0000000000a1";
export const connectionId = "01900000-0000-7000-8000-0000000000c1";
export const skuId = "01900000-0000-7000-8000-0000000000d1";
export const locationId = "01900000-0000-7000-8000-0000000000e1";
export const shipmentId = "01900000-0000-7000-8000-0000000000f1";
export const refundId = "01900000-0000-7000-8000-0000000000f9";
export const noon: Instant = "2026-11-22T04:00:00.000Z";

export function books(
  options: { settings?: object; closedThrough?: string; timeZone?: string; baseCurrency?: string } = {},
): Books {
  const settings = booksSettingsSchema.parse(options.settings ?? {});
  return {
    baseCurrency: options.baseCurrency ?? "CNY",
    timeZone: options.timeZone ?? "Asia/Shanghai",
    settings,
    accounts: defaultAccounts(settings.chart),
    closedThrough: options.closedThrough ?? null,
  };
}

export const nothingBooked: Booked = {
  lastNumber: 0,
  sources: new Set(),
  rates: new Map(),
  shipments: new Map(),
};

export function orderEvent(
  seq: number,
  facts: Partial<OrderEventData>,
  occurredAt: Instant = noon,
): StoredEvent {
  return {
    seq,
    type: "order.updated",
    subject: orderId,
    occurredAt,
    data: {
      orderId,
      connectionId,
      externalId: "DY-1",
      status: "paid",
      previousStatus: null,
      currency: "CNY",
      totalMinor: 0,
      ...facts,
    },
  };
}

/** A paid order, all parts in one. */
export const paid = (
  seq: number,
  grossMinor: number,
  taxMinor: number,
  options: { currency?: string; paidAt?: string } = {},
) =>
  orderEvent(seq, {
    currency: options.currency ?? "CNY",
    paid: {
      paidAt: options.paidAt ?? noon,
      totalMinor: grossMinor,
      platformDiscountMinor: 0,
      parts: [part(grossMinor, taxMinor)],
    },
  });

export function stockEvent(
  seq: number,
  lines: Pick<StockAdjustedData["lines"][number], "reason" | "valueMinor">[],
  currency = "CNY",
): StoredEvent {
  return {
    seq,
    type: "stock.adjusted",
    subject: skuId,
    occurredAt: noon,
    data: {
      reference: "DOC-1",
      currency,
      lines: lines.map((line) => ({
        skuId,
        locationId,
        locationKind: "own",
        quantity: Math.sign(line.valueMinor),
        ...line,
      })),
    },
  };
}

export const part = (grossMinor: number, taxMinor: number, options: Partial<SoldPart> = {}): SoldPart => ({
  lineNo: 1,
  skuId,
  virtual: false,
  grossMinor,
  taxMinor,
  ...options,
});

export const freight = (grossMinor: number, taxMinor: number): SoldPart =>
  part(grossMinor, taxMinor, { lineNo: 0, skuId: null });

export const cost = (costMinor: number): CostPart => ({
  lineNo: 1,
  skuId,
  locationId,
  quantity: 1,
  costMinor,
});

export const shipped = (facts: Partial<ShippedFact>): ShippedFact => ({
  shipmentId,
  shippedAt: noon,
  origin: "hub",
  lines: [{ lineNo: 1, quantity: 1 }],
  revenue: [],
  costs: [],
  ...facts,
});

export const refunded = (facts: Partial<RefundedFact>): RefundedFact => ({
  refundId,
  refundedAt: noon,
  origin: "platform",
  amountMinor: 0,
  platformDiscountMinor: 0,
  unshipped: [],
  shipped: [],
  restocked: [],
  ...facts,
});

/** Posts events that must all be bookable. */
export function postAll(
  events: StoredEvent[],
  settings: object = {},
  options: Parameters<typeof books>[0] = {},
): JournalEntry[] {
  const posting = post(events, books({ ...options, settings }), nothingBooked);
  if (posting.parked.length > 0) throw new Error(posting.parked.map(({ reason }) => reason).join("; "));
  return posting.entries;
}

/** "Dr ar_platform 113.00" and so on. */
export const linesOf = (entry: JournalEntry): string[] =>
  entry.lines.map(
    (line) =>
      `${line.side === "debit" ? "Dr" : "Cr"} ${line.role} ${formatMinor(line.amountMinor, entry.currency)}`,
  );

/** Rule -> lines, in order. */
export const byRule = (entries: readonly JournalEntry[]): Record<string, string[]> =>
  Object.fromEntries(entries.map((entry) => [entry.rule, linesOf(entry)]));

/** Debits less credits per role, minor units; roles at zero are left out. */
export function balances(
  entries: readonly JournalEntry[],
  amount: "amountMinor" | "baseAmountMinor" = "amountMinor",
): Record<string, number> {
  const sums = new Map<string, number>();
  for (const { role, side, [amount]: minor } of entries.flatMap((entry) => entry.lines)) {
    sums.set(role, (sums.get(role) ?? 0) + (side === "debit" ? (minor ?? 0) : -(minor ?? 0)));
  }
  return Object.fromEntries([...sums].filter(([, sum]) => sum !== 0).sort());
}

export function assertPromises(posting: Posting): void {
  for (const entry of posting.entries) {
    for (const amount of ["amountMinor", "baseAmountMinor"] as const) {
      const sum = entry.lines.reduce(
        (total, line) => total + (line.side === "debit" ? 1 : -1) * (line[amount] ?? 0),
        0,
      );
      if (sum !== 0) throw new Error(`${entry.rule} is out of balance by ${sum} (${amount})`);
    }
    if (entry.lines.length < 2) throw new Error(`${entry.rule} has fewer than two lines`);
    if (entry.lines.some((line) => line.amountMinor <= 0)) throw new Error(`${entry.rule} has an empty line`);
  }
}

/** Everything an export gives, as text. */
export async function exported(db: Sql, merchantId: string, options: ExportOptions): Promise<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let text = "";
  for await (const chunk of exportJournals(db, merchantId, options))
    text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
