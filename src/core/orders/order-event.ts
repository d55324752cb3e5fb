import type { Draft } from "../engine/draft.ts";
import type { OrderRow } from "../engine/rows.ts";
import type { NewEvent, OrderEventData, OrderEventType } from "../events/types.ts";
import type { OrderStatus } from "../model/order.ts";

export type OrderFacts = Pick<
  OrderEventData,
  "allocation" | "paid" | "amended" | "shipped" | "shipmentsCancelled" | "refunded"
>;

/** One event per command and order, with all the facts of that change in it. */
export function orderEvent(
  draft: Draft,
  order: OrderRow,
  type: OrderEventType,
  previousStatus: OrderStatus | null,
  facts: OrderFacts,
): NewEvent {
  return {
    type,
    subject: order.id,
    occurredAt: draft.now,
    data: {
      orderId: order.id,
      connectionId: order.connectionId,
      externalId: order.externalId,
      status: order.status,
      previousStatus,
      currency: order.currency,
      totalMinor: order.totalMinor,
      ...(order.heldReason === null ? {} : { heldReason: order.heldReason }),
      ...(order.liveSession === null ? {} : { liveSession: order.liveSession }),
      ...facts,
    },
  };
}

/** The name of the event: the most telling of the changes it carries. */
export function eventTypeOf(
  created: boolean,
  status: OrderStatus,
  previous: OrderStatus | null,
  facts: OrderFacts,
): OrderEventType {
  if (created) return "order.created";
  if (status !== previous && status === "cancelled") return "order.cancelled";
  if (facts.refunded || (status !== previous && status === "refunded")) return "order.refunded";
  if (facts.shipped) return "order.shipped";
  if (status !== previous && status === "completed") return "order.completed";
  if (facts.paid) return "order.paid";
  return "order.updated";
}
