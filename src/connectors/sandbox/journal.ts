import type { Clock, Instant } from "../../core/clock.ts";
import { nowInstant } from "../../core/clock.ts";
import type { ListingRef, StockWriteKind } from "../contract.ts";

/** What really happened in the shop, for tests and the demo to compare with what the hub believes. */
export type Happening =
  | {
      kind: "order_placed";
      orderId: string;
      lines: (ListingRef & { quantity: number })[];
      totalMinor: number;
    }
  | { kind: "order_refused"; listing: ListingRef; quantity: number; figure: number }
  | {
      kind: "order_paid" | "order_cancelled" | "order_edited" | "order_completed" | "shipment_asked";
      orderId: string;
    }
  | { kind: "order_refunded"; orderId: string; amountMinor: number }
  | { kind: "order_shipped"; orderId: string; shipmentId: string; quantity: number }
  | {
      kind: "stock_written";
      writeId: string;
      listing: ListingRef;
      mode: StockWriteKind;
      quantity: number;
      /** The shop's figure afterwards. */
      figure: number;
      applied: boolean;
      code?: string;
    }
  | { kind: "fulfilment_not_applied"; orderId: string; shipmentId: string }
  | { kind: "webhook_sent"; deliveryId: string; orderId: string; status: number; forged: boolean }
  | { kind: "webhook_dropped" | "webhook_given_up"; deliveryId: string; orderId: string };

export type JournalEntry = { at: Instant } & Happening;

export interface Journal {
  write(happening: Happening): void;
  /** The newest `limit` entries, oldest first. */
  entries(): readonly JournalEntry[];
  /** How often each kind happened, since the shop opened. */
  counts(): Readonly<Record<string, number>>;
}

/** Keeps the newest `limit` entries, so that a demo may run for days; the counts go on for ever. */
export function createJournal(clock: Clock, limit: number): Journal {
  let entries: JournalEntry[] = [];
  const counts = new Map<string, number>();
  return {
    write(happening) {
      entries.push({ at: nowInstant(clock), ...happening });
      counts.set(happening.kind, (counts.get(happening.kind) ?? 0) + 1);
      // Cut in blocks: dropping one entry at a time would move the whole list at every write.
      if (entries.length >= limit * 2) entries = entries.slice(-limit);
    },
    entries: () => entries.slice(-limit),
    counts: () => Object.fromEntries(counts),
  };
}
