import type { Instant } from "../clock.ts";
import type { CostPart, SoldPart } from "../events/types.ts";
import type { LocationKind, SkuKind } from "../model/catalogue.ts";
import type { OrderStatus } from "../model/order.ts";

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
  connectionId: string;
  externalId: string;
  externalVariantId: string;
  skuId: string;
  unitsPer: number;
}

export interface StockRow {
  skuId: string;
  locationId: string;
  own: boolean;
  onHand: number;
  reserved: number;
  heldBack: number;
  valueMinor: number;
  version: number;
}

export interface ReservationRow {
  id: string;
  holderKind: "order" | "hold";
  holderId: string;
  lineNo: number;
  skuId: string;
  locationId: string;
  quantity: number;
  status: "held" | "consumed" | "released" | "expired";
  createdAt: Instant;
  closedAt: Instant | null;
}

/** What the books know of one sold part: tax-inclusive amounts and the tax inside them, each a running total. */
export interface BookedPart {
  lineNo: number;
  skuId: string | null;
  virtual: boolean;
  grossMinor: number;
  taxMinor: number;
  recognisedMinor: number;
  recognisedTaxMinor: number;
  /** Refunded before recognition: taken from the liability. */
  refundedLiabilityMinor: number;
  refundedLiabilityTaxMinor: number;
  /** Refunded after recognition: taken from revenue. */
  refundedRevenueMinor: number;
  refundedRevenueTaxMinor: number;
  /** How far later snapshots lowered the part below what was already recognised: booked as a refund, not as an amendment. */
  loweredMinor: number;
}

export interface Booked {
  totalMinor: number;
  platformDiscountMinor: number;
  refundedCashMinor: number;
  refundedDiscountMinor: number;
  parts: BookedPart[];
  /** What was given back because the order was closed: an order that is opened again is due it again. */
  closing: Closing | null;
}

/** Money given back when an order closed: cash, the platform's discount, and the parts they stood for. */
export interface Closing {
  cashMinor: number;
  discountMinor: number;
  unshipped: SoldPart[];
  shipped: SoldPart[];
}

export interface OrderRow {
  id: string;
  connectionId: string;
  externalId: string;
  /** The status people see; `toldStatus` is the platform's own word. */
  status: OrderStatus;
  toldStatus: OrderStatus;
  currency: string;
  totalMinor: number;
  shippingMinor: number;
  discountMinor: number;
  platformDiscountMinor: number;
  placedAt: Instant;
  paidAt: Instant | null;
  updatedAt: Instant;
  digest: string;
  booked: Booked | null;
  refundedMinor: number;
  heldReason: string | null;
  buyer: Uint8Array | null;
  liveSession: string | null;
  note: string | null;
  receivedAt: Instant;
}

export interface LineRow {
  orderId: string;
  lineNo: number;
  externalLineId: string;
  skuId: string | null;
  unitsPer: number;
  externalSku: string | null;
  externalItemId: string | null;
  externalVariantId: string | null;
  title: string | null;
  quantity: number;
  unitPriceMinor: number;
  discountMinor: number;
  taxMinor: number | null;
  shipped: number;
  returned: number;
  cancelled: number;
  shortfall: number;
  /** Place in the queue: when the order was paid. Null while nothing is missing or nothing is paid; unpaid lines come last. */
  waitingSince: Instant | null;
  components: Component[] | null;
}

export interface ShipmentRow {
  id: string;
  orderId: string;
  externalId: string | null;
  origin: "hub" | "platform";
  status: "shipped" | "cancelled";
  carrier: string | null;
  trackingNumber: string | null;
  lines: {
    lines: { lineNo: number; quantity: number }[];
    revenue: SoldPart[];
    costs: CostPart[];
    /** Of a platform's parcel: units, as the platform counts them, of lines that had no SKU yet. They leave when one is given. */
    waiting?: { lineNo: number; quantity: number }[];
  };
  shippedAt: Instant;
  cancelledAt: Instant | null;
}

export interface RefundLines {
  unshipped: SoldPart[];
  shipped: SoldPart[];
  restocked: CostPart[];
  /** The amounts as they were told, kept while the payment is not booked (a held order): they are booked right after it. */
  unbooked?: { lineNo: number; amountMinor: number }[];
  /** Our own refund that the platform reports here. */
  echoOf?: string;
}

export interface RefundRow {
  id: string;
  orderId: string;
  externalId: string;
  origin: "hub" | "platform";
  amountMinor: number;
  shippingMinor: number;
  lines: RefundLines;
  reason: string | null;
  refundedAt: Instant;
}

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
}
