import type { Instant } from "../clock.ts";
import type { CostPart, SoldPart } from "../events/types.ts";
import type { OrderStatus } from "../model/order.ts";
import type { Component } from "./rows.ts";

/** The rows of orders: lines, parcels, refunds, and what the books know of them. */

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

/** What a platform says a parcel holds: its own ids of the lines, quantities in ordered units. */
export type ToldParcel = { line: string; quantity: number }[];

export interface ShipmentLines {
  lines: { lineNo: number; quantity: number }[];
  revenue: SoldPart[];
  costs: CostPart[];
  /** What the platform told last of it. */
  told?: ToldParcel;
  /** The most of it that was told of lines we know: what is beyond it is still to be sent. */
  settled?: ToldParcel;
}

export interface ShipmentRow {
  id: string;
  orderId: string;
  externalId: string | null;
  origin: "hub" | "platform";
  status: "shipped" | "cancelled";
  carrier: string | null;
  trackingNumber: string | null;
  lines: ShipmentLines;
  shippedAt: Instant;
  cancelledAt: Instant | null;
}

/** A refund as somebody tells it. `line` is the platform's id of a line, or our number of it for a refund made here. */
export interface ToldRefund {
  amountMinor: number;
  shippingMinor: number;
  /** Quantities in ordered units: taken back, and of these back on the shelf. */
  lines: { line: string; amountMinor: number; quantity: number | null; restocked: number }[];
}

/** What a refund did to a line, in SKU units, and the money of that line in it. */
export interface RefundedUnits {
  lineNo: number;
  /** Not sent and no longer owed. */
  cancelled: number;
  returned: number;
  grossMinor: number;
  /** Of those returned, how many the platform has taken off the line's quantity since. */
  followed: number;
}

/** A refund of a line with the units it takes back: sent ones out of `sentOf`, unsent ones out of `openOf`. */
export interface RefundedLine {
  lineNo: number;
  amountMinor: number;
  sent?: number;
  sentOf?: number;
  open?: number;
  openOf?: number;
}

export interface RefundLines {
  unshipped: SoldPart[];
  shipped: SoldPart[];
  restocked: CostPart[];
  units?: RefundedUnits[];
  /** What was told of it last. */
  told?: ToldRefund;
  /** The most that was told of lines we know: what is beyond it is still to be given back. */
  settled?: ToldRefund;
  /** The amounts as they were told, kept while the payment is not booked (a held order): they are booked right after it. */
  unbooked?: RefundedLine[];
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
