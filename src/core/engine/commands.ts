import type { Instant } from "../clock.ts";
import type { ErrorCode } from "../errors.ts";
import type { ExposureAnswer, ExposureCommand } from "../escrow/commands.ts";
import type { LiveAnswer, LiveCommand } from "../live/commands.ts";
import type { OrderSnapshot, OrderStatus } from "../model/order.ts";
import type {
  AdjustmentInput,
  RefundInput,
  ReservationInput,
  ShipmentInput,
  TransferInput,
} from "../model/stock.ts";

/**
 * Everything that changes stock or orders is one of these commands, handed to `Engine.submit` and answered when the
 * transaction that carried it is committed. Commands are plain values; ids and times are given by the caller's runtime.
 */

/** What the platform says about an order. `mayRefuse`: all or nothing (manual orders); otherwise it is a fact. */
export interface ApplyOrder {
  kind: "order.apply";
  connectionId: string;
  snapshot: OrderSnapshot;
  mayRefuse: boolean;
  /** From which state on units are reserved: what the connector declares as `deducts` (never counts as paid). */
  reserveFrom: "placed" | "paid";
  /** Hold (by reference) whose units this order takes over. */
  holdReference?: string;
  /** Claim of a live session that this order pays. */
  claimId?: string;
  /** Of two states of one time the later handed over counts, as with files; else the one further along, whichever comes first. */
  laterWins?: boolean;
}

export interface CreateHold {
  kind: "hold.create";
  input: ReservationInput;
  expiresAt: Instant | null;
}

/** Ends a hold. Releasing a hold that is already closed changes nothing and answers its state. */
export interface CloseHold {
  kind: "hold.close";
  holdId: string;
  as: "released" | "expired";
}

export interface AdjustStock {
  kind: "stock.adjust";
  input: AdjustmentInput;
}

export interface TransferStock {
  kind: "stock.transfer";
  input: TransferInput;
}

export interface ShipOrder {
  kind: "order.ship";
  orderId: string;
  /** Given by the caller: the same shipment id twice is one shipment. */
  shipmentId: string;
  input: ShipmentInput;
}

export interface CancelShipment {
  kind: "shipment.cancel";
  orderId: string;
  shipmentId: string;
}

/** Cancels what is not shipped. */
export interface CancelOrder {
  kind: "order.cancel";
  orderId: string;
}

export interface RefundOrder {
  kind: "order.refund";
  orderId: string;
  input: RefundInput;
}

/** Lets a held order go on: a person has looked. */
export interface AcceptOrder {
  kind: "order.accept";
  orderId: string;
}

/** Gives waiting lines of an order their SKU, after a listing or SKU was created. */
export interface MapOrder {
  kind: "order.map";
  orderId: string;
  /** As in `ApplyOrder`; "placed" when left out. */
  reserveFrom?: "placed" | "paid";
}

/** Commands on stock and orders. */
export type CoreCommand =
  | ApplyOrder
  | CreateHold
  | CloseHold
  | AdjustStock
  | TransferStock
  | ShipOrder
  | CancelShipment
  | CancelOrder
  | RefundOrder
  | AcceptOrder
  | MapOrder
  | ExposureCommand;

export type Command = CoreCommand | LiveCommand;

/** created, updated: the snapshot took effect. duplicate: we hold exactly it. stale: we hold a newer one. */
export interface OrderAnswer {
  kind: "order";
  orderId: string;
  outcome: "created" | "updated" | "duplicate" | "stale" | "unchanged";
  status: OrderStatus;
  /** SKU units wanted and not reserved, over all lines. */
  shortfall: number;
  /** Lines that wait for a mapping. */
  unmapped: number;
  heldReason?: string;
  shipmentId?: string;
  refundId?: string;
}

export interface HoldAnswer {
  kind: "hold";
  holdId: string;
  reference: string;
  status: "held" | "consumed" | "released" | "expired";
  lines: { sku: string; quantity: number }[];
  expiresAt: Instant | null;
  createdAt: Instant;
  outcome: "created" | "duplicate" | "closed" | "unchanged";
}

export interface StockAnswer {
  kind: "stock";
  reference: string;
  outcome: "applied" | "duplicate";
  lines: {
    sku: string;
    location: string;
    onHand: number;
    reserved: number;
    heldBack: number;
    inDoubt: number;
    available: number;
    valueMinor: number;
  }[];
  /** Reservations that a count below them turned into shortfalls. */
  shortfalls: { orderId: string; lineNo: number; quantity: number }[];
}

export interface Refusal {
  kind: "refused";
  code: ErrorCode;
  message: string;
  details: Record<string, unknown>;
}

export type Answer = OrderAnswer | HoldAnswer | StockAnswer | ExposureAnswer | LiveAnswer | Refusal;

/** The one write path to stock and orders. Resolves after commit; rejects only with a `SluiceError` for the caller. */
export interface Engine {
  /** A refusal is an answer, not an exception; nothing moved then. Throws `overloaded` when the queue is full. */
  submit(merchantId: string, command: Command): Promise<Answer>;
  /** Stops taking commands, finishes those waiting. */
  close(): Promise<void>;
}
