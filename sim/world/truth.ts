import type { Instant } from "../../src/core/clock.ts";
import type { AdjustmentInput } from "../../src/core/model/stock.ts";

/**
 * What the outside knows to be true: what was asked for and answered, and what the shops did. Promises are judged
 * by this, never by what the hub believes.
 */
export interface Truth {
  /** Documents that were answered with "applied", by reference. */
  adjustments: Map<string, AdjustmentInput["lines"]>;
  transfers: Map<string, { sku: string; quantity: number; from: string; to: string }>;
  holds: Map<string, HoldTruth>;
  /** References whose first answer was lost and the next one that the hold is over: it had expired, or a count had ended it. */
  holdsOver: Set<string>;
  manualOrders: Map<string, ManualTruth>;
  /** Parcels that left our own hands, by shipment id. */
  parcels: Map<string, ParcelTruth>;
  /** Deliveries a shop was told have been taken, by delivery id. */
  acknowledged: Map<string, { shop: string; orderId: string; updatedAt: Instant }>;
  /** Commands that the hub must not have refused to decide. */
  failed: string[];
}

export interface HoldTruth {
  holdId: string;
  lines: { sku: string; quantity: number }[];
  expiresAtMs: number | null;
  /** What a release was answered with. */
  closedAs: string | null;
  /** An order that was told to take it over. */
  takenBy: string | null;
}

export interface ManualTruth {
  orderId: string;
  lines: { sku: string; quantity: number }[];
  totalMinor: number;
  /** Ordered and never paid. */
  isUnpaid?: boolean;
  isCancelled: boolean;
  refunds: Map<string, number>;
}

export interface ParcelTruth {
  orderId: string;
  /** Null for manual orders. */
  shop: string | null;
  externalId: string;
  lines: { line: number; quantity: number }[];
  /** Called back, be it before whoever made the order has an answer. */
  isRecalled: boolean;
}

export const newTruth = (): Truth => ({
  adjustments: new Map(),
  transfers: new Map(),
  holds: new Map(),
  holdsOver: new Set(),
  manualOrders: new Map(),
  parcels: new Map(),
  acknowledged: new Map(),
  failed: [],
});
