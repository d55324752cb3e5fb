import type { OrderSnapshot, OrderStatus, Presale } from "../model/order.ts";
import { wantsUnits } from "./status.ts";

/** What only some platforms' orders have; kept together, and absent for all others. */
export interface OrderTerms {
  presale?: Presale;
  paymentId?: string;
  /** externalLineId -> live room, where lines have one of their own. */
  liveSessions?: Record<string, string>;
  /** externalLineIds of what the platform keeps and ships itself. */
  external?: string[];
}

/** Null when there are none. */
export function termsOf(order: OrderSnapshot): OrderTerms | null {
  const terms: OrderTerms = {};
  if (order.presale) terms.presale = order.presale;
  if (order.paymentId !== undefined) terms.paymentId = order.paymentId;
  const rooms = order.lines.flatMap(({ externalLineId, liveSession }) =>
    liveSession === undefined ? [] : [[externalLineId, liveSession] as const],
  );
  if (rooms.length > 0) terms.liveSessions = Object.fromEntries(rooms);
  const external = order.lines.flatMap(({ externalLineId, fulfilledBy }) =>
    fulfilledBy === "platform" ? [externalLineId] : [],
  );
  if (external.length > 0) terms.external = external;
  return Object.keys(terms).length === 0 ? null : terms;
}

/** Whether an order holds its units: by its status, or since a deposit is paid and the rest is awaited. */
export const holdsUnits = (
  { status, terms }: { status: OrderStatus; terms: OrderTerms | null },
  reserveFrom: "placed" | "paid",
): boolean =>
  wantsUnits(status, reserveFrom) ||
  (status === "pending_payment" && terms?.presale?.depositPaidAt !== undefined);
