import { refused } from "../engine/answers.ts";
import type { OrderAnswer, Refusal, ShipOrder } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { OrderRow } from "../engine/rows.ts";
import { earnRest } from "./earn.ts";
import { orderAnswer } from "./order-answer.ts";
import { type OrderFacts, orderEvent } from "./order-event.ts";
import { linesReserved, type Parcel, type Share, sendParcel } from "./parcel.ts";
import { openUnits } from "./snapshot-lines.ts";
import { effectiveStatus, isClosed } from "./status.ts";

/** Ships what is reserved: all of it, or the lines named. The same shipment id again answers the first shipment. */
export function shipOrder(draft: Draft, command: ShipOrder): OrderAnswer | Refusal {
  const order = draft.orders.get(command.orderId);
  if (!order) return refused("not_found", `There is no order ${command.orderId}; check the id.`);
  if (draft.shipments.get(order.id)?.some((shipment) => shipment.id === command.shipmentId)) {
    return { ...orderAnswer(draft, order, "unchanged"), shipmentId: command.shipmentId };
  }
  if (order.heldReason !== null) {
    return refused(
      "illegal_transition",
      `Order ${order.externalId} is held (${order.heldReason}); accept it before shipping.`,
    );
  }
  if (isClosed(order.status) || order.status === "pending_payment") {
    return refused(
      "illegal_transition",
      `Order ${order.externalId} is ${order.status}; only a paid order can be shipped.`,
    );
  }
  const shares = sharesOf(draft, order, command);
  if ("kind" in shares) return shares;
  const previousStatus = order.status;
  const facts: OrderFacts = {};
  const parcel: Parcel = {
    id: command.shipmentId,
    externalId: null,
    origin: "hub",
    shippedAt: draft.now,
    carrier: command.input.carrier ?? null,
    trackingNumber: command.input.trackingNumber ?? null,
  };
  sendParcel(draft, order, parcel, shares, facts);
  order.status = effectiveStatus(order.toldStatus, draft.linesOf(order.id));
  earnRest(draft, order, facts, draft.now);
  draft.touchOrder(order);
  draft.emit(orderEvent(draft, order, "order.shipped", previousStatus, facts));
  return { ...orderAnswer(draft, order, "updated"), shipmentId: parcel.id };
}

function sharesOf(draft: Draft, order: OrderRow, command: ShipOrder): Share[] | Refusal {
  const lines = draft.linesOf(order.id);
  if (!command.input.lines) {
    const all = lines
      .map((line) => ({ line, units: linesReserved(draft, line) }))
      .filter(({ units }) => units > 0);
    if (all.length > 0) return all;
    return refused(
      "illegal_transition",
      `Order ${order.externalId} has nothing reserved that is not shipped yet.`,
    );
  }
  const wanted = new Map<number, number>();
  for (const { line, quantity } of command.input.lines) wanted.set(line, (wanted.get(line) ?? 0) + quantity);
  const shares: Share[] = [];
  const short: { line: number; requested: number; available: number }[] = [];
  for (const [lineNo, quantity] of wanted) {
    const line = lines.find((candidate) => candidate.lineNo === lineNo);
    if (!line) return refused("invalid_request", `Order ${order.externalId} has no line ${lineNo}.`);
    const units = quantity * line.unitsPer;
    // Goods the platform ships itself have no units of ours.
    const isOurs = line.unitsPer > 0;
    if (!isOurs || units > openUnits(line)) {
      const open = isOurs ? Math.floor(openUnits(line) / line.unitsPer) : 0;
      return refused("illegal_transition", `Line ${lineNo} has only ${open} left to ship, not ${quantity}.`, {
        line: lineNo,
        open,
      });
    }
    const reserved = linesReserved(draft, line);
    if (units > reserved)
      short.push({ line: lineNo, requested: quantity, available: Math.floor(reserved / line.unitsPer) });
    shares.push({ line, units });
  }
  if (short.length === 0) return shares;
  return refused(
    "insufficient_stock",
    `Not all units are reserved for order ${order.externalId}; restock or ship less.`,
    { lines: short },
  );
}
