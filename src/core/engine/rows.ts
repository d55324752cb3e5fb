import type { Instant } from "../clock.ts";
import type { LoadedEscrow } from "../escrow/book.ts";
import type { LoadedLive } from "../live/rows.ts";
import type { LocationKind, SkuKind } from "../model/catalogue.ts";
import type { LineRow, OrderRow, RefundRow, ShipmentRow } from "./order-rows.ts";

/** The rows a batch works on, as plain values: what `load.ts` reads and `write.ts` writes back. */

export interface Component {
  skuId: string;
  quantity: number;
}

export interface SkuRow {
  id: string;
  code: string;
  kind: SkuKind;
  taxRateBp: number | null;
  /** For a bundle; empty otherwise. */
  components: Component[];
}

export interface LocationRow {
  id: string;
  code: string;
  kind: LocationKind;
}

export interface ListingRow {
  id: string;
  connectionId: string;
  externalId: string;
  externalVariantId: string;
  skuId: string;
  unitsPer: number;
  managedBy: "platform" | null;
}

export interface StockRow {
  skuId: string;
  locationId: string;
  own: boolean;
  onHand: number;
  reserved: number;
  heldBack: number;
  /** Units that parcels took although the hub had none here: as many are not offered until somebody counts. */
  inDoubt: number;
  /** When somebody last said what is here: the last count, else the first document. */
  knownSince: Instant | null;
  valueMinor: number;
  version: number;
}

export interface ReservationRow {
  id: string;
  holderKind: "order" | "hold" | "session" | "claim";
  holderId: string;
  lineNo: number;
  skuId: string;
  locationId: string;
  quantity: number;
  status: "held" | "consumed" | "released" | "expired";
  createdAt: Instant;
  closedAt: Instant | null;
}

export type * from "./order-rows.ts";

export interface HoldRow {
  id: string;
  reference: string;
  lines: { skuId: string; quantity: number }[];
  status: "held" | "consumed" | "released" | "expired";
  expiresAt: Instant | null;
  createdAt: Instant;
  closedAt: Instant | null;
  orderId: string | null;
}

export interface MovementRow {
  id: string;
  skuId: string;
  locationId: string;
  kind: string;
  quantity: number;
  valueMinor: number;
  cause: string;
  /** Index of the event of this batch that explains it. */
  eventIndex: number;
  occurredAt: Instant;
}

export interface DocumentRow {
  reference: string;
  kind: "adjustment" | "transfer";
  digest: string;
  result: unknown;
  createdAt: Instant;
}

/** A bundle that lines wait for, and what one of it was made of when they were ordered. */
export interface WaitingBundle {
  skuId: string;
  components: Component[];
}

/** How far the queue of one SKU has been read. */
export interface QueueState {
  skuId: string;
  /** Lines read so far. */
  count: number;
  /** The last of them; null before the first. */
  last: QueuePlace | null;
  ended: boolean;
}

/** Where a line stands in the queue: paid lines by the time of payment, then unpaid ones; ties by order and line. */
export type QueuePlace = Pick<LineRow, "waitingSince" | "orderId" | "lineNo">;

/** Orders that no command names, with all their lines and open reservations, read without a lock of their own. */
export interface Bystanders {
  orders: OrderRow[];
  lines: LineRow[];
  reservations: ReservationRow[];
}

/** Everything a batch read under its locks. */
export interface Loaded {
  merchant: {
    id: string;
    baseCurrency: string;
    defaultTaxRateBp: number;
    roundingToleranceMinor: number;
    /** The built-in connections for orders made here: nobody else needs to be told about them. */
    manualConnectionIds: string[];
  };
  skus: SkuRow[];
  locations: LocationRow[];
  listings: ListingRow[];
  stock: StockRow[];
  orders: OrderRow[];
  lines: LineRow[];
  reservations: ReservationRow[];
  shipments: ShipmentRow[];
  refunds: RefundRow[];
  holds: HoldRow[];
  documents: DocumentRow[];
  /** Orders whose reservations may have to shrink. */
  bystanders: Bystanders;
  waitingBundles: WaitingBundle[];
  live: LoadedLive;
  escrow: LoadedEscrow;
}
