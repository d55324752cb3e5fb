import { refused } from "../engine/answers.ts";
import type { AcceptOrder, CancelOrder, MapOrder, OrderAnswer, Refusal } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { LineRow, OrderRow } from "../engine/rows.ts";
import { matchLive, NotClaimable, takeFromSession } from "../live/orders.ts";
import { askToCancelOnPlatform } from "./notes.ts";
import { orderAnswer } from "./order-answer.ts";
import { type Settlement, settleOrder } from "./settle.ts";
import { mapLine, openUnits, resolveSku, totalsOf } from "./snapshot-lines.ts";
import { effectiveStatus, isClosed, isShippedOut } from "./status.ts";
import { holdsUnits } from "./terms.ts";

const unknownOrder = (orderId: string): Refusal =>
  refused("not_found", `There is no order ${orderId}; check the id.`);

/** Runs the order through settlement again after something about it changed here. */
function settleAgain(
  draft: Draft,
  order: OrderRow,
  previousStatus: OrderRow["status"],
  more: Partial<Settlement> = {},
): void {
  const totals = totalsOf(draft, order, draft.linesOf(order.id));
  draft.touchOrder(order);
  settleOrder(draft, order, {
    previousStatus,
    totals,
    reserveFrom: "placed",
    shipments: [],
    refunds: null,
    ...more,
  });
}

/**
 * Cancels what is not shipped: units come free, money promised for them goes back. Cancelling twice changes nothing.
 * An order from a platform must be cancelled there too; a task says so.
 */
export function cancelOrder(draft: Draft, command: CancelOrder): OrderAnswer | Refusal {
  const order = draft.orders.get(command.orderId);
  if (!order) return unknownOrder(command.orderId);
  if (order.status === "cancelled") return orderAnswer(draft, order, "unchanged");
  const refusal = whyNotCancelled(order, draft.linesOf(order.id));
  if (refusal) return refusal;
  const previousStatus = order.status;
  order.status = "cancelled";
  if (!draft.merchant.manualConnectionIds.includes(order.connectionId)) {
    askToCancelOnPlatform(draft, order);
  }
  settleAgain(draft, order, previousStatus);
  return orderAnswer(draft, order, "updated");
}

/** What has left the house cannot be cancelled any more. */
export function whyNotCancelled(order: OrderRow, lines: readonly LineRow[]): Refusal | null {
  if (isClosed(order.status) || isShippedOut(order.status)) {
    return refused(
      "illegal_transition",
      `Order ${order.externalId} is ${order.status}; refund it instead of cancelling.`,
    );
  }
  if (lines.every((line) => line.shipped === 0)) return null;
  return refused(
    "illegal_transition",
    `Order ${order.externalId} has parcels on the way; cancel those shipments first or refund the lines that are left.`,
    { openLines: lines.filter((line) => openUnits(line) > 0).map((line) => line.lineNo) },
  );
}

/** Lets a held order go on at the total the platform gave: books it now, parcels that left meanwhile included. */
export function acceptOrder(draft: Draft, command: AcceptOrder): OrderAnswer | Refusal {
  const order = draft.orders.get(command.orderId);
  if (!order) return unknownOrder(command.orderId);
  if (order.heldReason === null) return orderAnswer(draft, order, "unchanged");
  order.heldReason = null;
  settleAgain(draft, order, order.status, { reserveFrom: reservedFrom(draft, order) });
  return orderAnswer(draft, order, "updated");
}

/** An order that is not paid yet has units, or waits for some, only where they are reserved from its placing on. */
const reservedFrom = (draft: Draft, order: OrderRow): "placed" | "paid" =>
  (draft.held.get(order.id) ?? []).length > 0 || draft.linesOf(order.id).some((line) => line.shortfall > 0)
    ? "placed"
    : "paid";

/** A command with what was computed before the batch. */
export interface PreparedMapping extends MapOrder {
  /** Digest of the buyer's id; null where the platform gives none. */
  viewerKey: string | null;
}

/** Gives waiting lines the SKU that a new listing or SKU names, and reserves for them: their buyer's claims first. */
export function mapOrder(draft: Draft, command: PreparedMapping): OrderAnswer | Refusal {
  const order = draft.orders.get(command.orderId);
  if (!order) return unknownOrder(command.orderId);
  let mapped = 0;
  for (const line of draft.linesOf(order.id)) {
    if (line.skuId !== null) continue;
    const refs = { sku: line.externalSku, itemId: line.externalItemId, variantId: line.externalVariantId };
    const mapping = resolveSku(draft, order.connectionId, refs);
    if (!mapping) continue;
    mapLine(draft, line, mapping);
    draft.touchLine(line);
    mapped += 1;
  }
  if (mapped === 0) return orderAnswer(draft, order, "unchanged");
  const previousStatus = order.status;
  if (!isClosed(order.status)) order.status = effectiveStatus(order.toldStatus, draft.linesOf(order.id));
  const reserveFrom = command.reserveFrom ?? "placed";
  const { connectionId } = order;
  const live = matchLive(draft, { ...command, connectionId }, order, draft.linesOf(order.id));
  if (live instanceof NotClaimable) return live.refusal;
  takeFromSession(draft, live, order, holdsUnits(order, reserveFrom));
  settleAgain(draft, order, previousStatus, { reserveFrom });
  return orderAnswer(draft, order, "updated");
}
