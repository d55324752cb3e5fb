import type { Instant } from "../clock.ts";
import type { LocationKind } from "../model/catalogue.ts";
import type { OrderStatus } from "../model/order.ts";
import type { AdjustmentReason } from "../model/stock.ts";

/**
 * The event log: every change, numbered per merchant without gaps, written in the transaction that made the change.
 * Consumers (stock publisher, posting rules, fulfilment push, outgoing streams) need nothing but the event: it carries
 * the facts. Buyers' data never stands in an event.
 */

/** Sold value of one line or of the freight. Amounts are tax-inclusive minor units of the order's currency. */
export interface SoldPart {
  /** 0 stands for the freight charged to the buyer. */
  lineNo: number;
  skuId: string | null;
  /** What the merchant is due for it: after merchant-funded discounts, platform-funded ones included. */
  grossMinor: number;
  /** Tax inside `grossMinor`. */
  taxMinor: number;
  virtual: boolean;
}

export interface CostPart {
  lineNo: number;
  skuId: string;
  locationId: string;
  quantity: number;
  /** In the merchant's base currency. */
  costMinor: number;
}

/** The buyer's money is promised or there. */
export interface PaidFact {
  paidAt: Instant;
  /** Cash due from the platform, and the part of the price that the platform itself pays. Together the sum of `parts`. */
  totalMinor: number;
  platformDiscountMinor: number;
  parts: SoldPart[];
}

/** An amendment after payment (an edit of prices or quantities): the difference to what was booked, may be negative. */
export interface AmendedFact {
  totalMinor: number;
  platformDiscountMinor: number;
  parts: SoldPart[];
}

export interface ShippedFact {
  shipmentId: string;
  shippedAt: Instant;
  origin: "hub" | "platform";
  carrier?: string;
  trackingNumber?: string;
  /** Order lines in SKU units. */
  lines: { lineNo: number; quantity: number }[];
  /** Revenue now earned: the shipped share of each line, freight with the first parcel. */
  revenue: SoldPart[];
  costs: CostPart[];
}

/** A parcel called back before it left: revenue and cost exactly as they were booked for it. */
export interface ShipmentCancelledFact {
  shipmentId: string;
  cancelledAt: Instant;
  lines: { lineNo: number; quantity: number }[];
  revenue: SoldPart[];
  costs: CostPart[];
}

export interface RefundedFact {
  refundId: string;
  refundedAt: Instant;
  origin: "hub" | "platform";
  /** Cash back to the buyer. */
  amountMinor: number;
  platformDiscountMinor: number;
  /** Share that had not been shipped: taken from the liability. */
  unshipped: SoldPart[];
  /** Share already recognised: taken from revenue. */
  shipped: SoldPart[];
  /** Units back on the shelf, at the cost they were issued at. */
  restocked: CostPart[];
  reason?: string;
}

export interface OrderEventData {
  orderId: string;
  connectionId: string;
  externalId: string;
  status: OrderStatus;
  previousStatus: OrderStatus | null;
  currency: string;
  totalMinor: number;
  heldReason?: string;
  liveSession?: string;
  /** Lines for which this event changed what is reserved or missing, or of which the platform moved its own figure; SKU units per line. */
  allocation?: {
    lineNo: number;
    skuId: string | null;
    wanted: number;
    reserved: number;
    shortfall: number;
  }[];
  paid?: PaidFact;
  amended?: AmendedFact;
  shipped?: ShippedFact[];
  shipmentsCancelled?: ShipmentCancelledFact[];
  refunded?: RefundedFact[];
}

export type OrderEventType =
  | "order.created"
  | "order.updated"
  | "order.paid"
  | "order.shipped"
  | "order.completed"
  | "order.cancelled"
  | "order.refunded"
  | "order.allocated"; // freed stock served a waiting shortfall

export interface StockAdjustedData {
  reference: string;
  currency: string;
  lines: {
    skuId: string;
    locationId: string;
    locationKind: LocationKind;
    reason: AdjustmentReason;
    /** Change of on hand, signed. */
    quantity: number;
    /** Change of the stock's value, signed, in the merchant's base currency. */
    valueMinor: number;
  }[];
}

export interface StockTransferredData {
  reference: string;
  lines: {
    skuId: string;
    fromLocationId: string;
    toLocationId: string;
    quantity: number;
    valueMinor: number;
  }[];
}

export interface StockChangedData {
  skuId: string;
  locationId: string;
  own: boolean;
  onHand: number;
  reserved: number;
  heldBack: number;
  inDoubt: number;
  valueMinor: number;
  version: number;
}

export interface HoldEventData {
  holdId: string;
  reference: string;
  status: "held" | "consumed" | "released" | "expired";
  lines: { skuId: string; quantity: number }[];
  orderId?: string;
}

/** One per live session and batch that changed it: figures and claims as they are after it. Never viewers' data. */
export interface SessionEventData {
  sessionId: string;
  state: "planned" | "on_air" | "ended";
  /** started, ended, shown, sold_out, share, order; empty where only comments or claims came. */
  changes: string[];
  lastCommentNo: number;
  shownItemId: string | null;
  items: {
    itemId: string;
    skuId: string;
    share: number;
    claimed: number;
    sold: number;
    waiting: number;
    soldOut: boolean;
  }[];
  claims: {
    claimId: string;
    itemId: string;
    quantity: number;
    state: string;
    /** Why it is rejected or over, or in line again (`stock_lost`). */
    reason?: string;
    place: number | null;
    orderId?: string;
  }[];
}

export interface EventDataByType extends Record<OrderEventType, OrderEventData> {
  "stock.adjusted": StockAdjustedData;
  "stock.transferred": StockTransferredData;
  /** One per SKU, location and batch: the figures after it. `version` has no gaps. Subject: the SKU. */
  "stock.changed": StockChangedData;
  "hold.created": HoldEventData;
  "hold.closed": HoldEventData;
  "session.changed": SessionEventData;
  "sku.created": { skuId: string; code: string; kind: string };
  "bundle.changed": { skuId: string };
  "listing.changed": { listingId: string; connectionId: string; skuId: string };
  "listing.removed": { listingId: string; connectionId: string; skuId: string };
  /** Units of a SKU came free of a listing, or how they are spread changed. */
  "allocation.changed": { skuId: string; state: string; deficit: number };
  "connection.changed": { connectionId: string; status: string };
  "task.raised": { taskId: string; kind: string; subject: string; message: string };
}

export type EventType = keyof EventDataByType;

export type NewEvent = {
  [Type in EventType]: { type: Type; subject: string; occurredAt: Instant; data: EventDataByType[Type] };
}[EventType];

export type StoredEvent = NewEvent & { seq: number };
