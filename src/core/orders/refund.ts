import { refused } from "../engine/answers.ts";
import type { OrderAnswer, RefundOrder, Refusal } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { Booked, OrderRow } from "../engine/rows.ts";
import { followPlatform } from "../escrow/follow-platform.ts";
import { allocationOf, fitLine } from "../inventory/reserve.ts";
import { returnToSession } from "../live/orders-back.ts";
import type { RefundInput } from "../model/stock.ts";
import { isGivenBack, refundableCash } from "./booking.ts";
import { earnRest } from "./earn.ts";
import { noteShort } from "./notes.ts";
import { orderAnswer } from "./order-answer.ts";
import { type OrderFacts, orderEvent } from "./order-event.ts";
import { refundableUnits } from "./refund-units.ts";
import { openRefund, settleRefund } from "./settle-refund.ts";
import { openUnits } from "./snapshot-lines.ts";
import { effectiveStatus, isClosed, wantsUnits } from "./status.ts";
import { isNothing, isSameRefund, toldHere } from "./told.ts";

/** Gives money back, and units where the lines say so. The reference is the idempotency key. */
export function refundOrder(draft: Draft, command: RefundOrder): OrderAnswer | Refusal {
  const order = draft.orders.get(command.orderId);
  if (!order) return refused("not_found", `There is no order ${command.orderId}; check the id.`);
  const { input } = command;
  const told = toldHere(input);
  const id = draft.ids.next();
  const externalId = `hub:${input.reference ?? id}`;
  const known = draft.refunds.get(order.id)?.find((other) => other.externalId === externalId);
  if (known) {
    if (isSameRefund(told, known.lines.told ?? told))
      return { ...orderAnswer(draft, order, "unchanged"), refundId: known.id };
    return refused(
      "conflict",
      `Reference "${input.reference}" already names a refund of another amount or of other lines; use a new reference.`,
    );
  }
  const refusal = whyRefused(draft, order, input);
  if (refusal) return refusal;
  const previousStatus = order.status;
  const lines = draft.linesOf(order.id);
  const facts: OrderFacts = {};
  const { reason = null } = input;
  const row = openRefund(draft, order, { id, externalId, origin: "hub", reason, refundedAt: draft.now });
  row.lines = { ...row.lines, told, settled: told };
  settleRefund(draft, order, facts, row, {
    refundedAt: draft.now,
    amountMinor: told.amountMinor,
    shippingMinor: told.shippingMinor,
    lines: told.lines.map(({ line, ...amounts }) => ({ ...amounts, lineNo: Number(line) })),
  });
  if (!isClosed(order.status)) {
    const all = isGivenBack(order.booked as Booked) && order.totalMinor > 0;
    order.status = all ? "refunded" : effectiveStatus(order.toldStatus, lines);
  }
  followPlatform(draft, order);
  for (const line of lines)
    fitLine(draft, order, line, wantsUnits(order.status, "placed") ? openUnits(line) : 0);
  returnToSession(draft, order);
  earnRest(draft, order, facts, draft.now);
  noteShort(draft, order);
  facts.allocation = lines.map((line) => allocationOf(draft, line));
  draft.emit(orderEvent(draft, order, "order.refunded", previousStatus, facts));
  return { ...orderAnswer(draft, order, "updated"), refundId: id };
}

function whyRefused(draft: Draft, order: OrderRow, input: RefundInput): Refusal | null {
  if (isNothing(toldHere(input))) {
    return refused(
      "invalid_request",
      "This refund gives nothing back: give amountMinor above 0, or lines with a quantity of the units that come back.",
    );
  }
  if (order.booked === null) {
    return refused(
      "illegal_transition",
      `Order ${order.externalId} has no booked payment, so there is nothing to refund.`,
    );
  }
  const refundable = refundableCash(order.booked);
  const named =
    (input.shippingMinor ?? 0) + (input.lines ?? []).reduce((sum, line) => sum + line.amountMinor, 0);
  if (input.amountMinor > refundable || named > input.amountMinor) {
    return refused(
      "illegal_transition",
      `At most ${refundable} (minor units) can still be refunded on order ${order.externalId}, and lines and shipping must not exceed the amount.`,
      { refundableMinor: refundable, requestedMinor: input.amountMinor },
    );
  }
  return whyLinesRefused(draft, order, input);
}

function whyLinesRefused(draft: Draft, order: OrderRow, input: RefundInput): Refusal | null {
  for (const { line: name, quantity } of toldHere(input).lines) {
    const line = draft.linesOf(order.id).find(({ lineNo }) => lineNo === Number(name));
    if (!line) return refused("invalid_request", `Order ${order.externalId} has no line ${name}.`);
    // Of goods the platform ships itself no unit is known here: only what was ordered bounds them.
    const refundable =
      line.unitsPer === 0 ? line.quantity : Math.floor(refundableUnits(line) / line.unitsPer);
    if ((quantity ?? 0) <= refundable) continue;
    return refused(
      "illegal_transition",
      `Of line ${name} of order ${order.externalId} at most ${refundable} can still be taken back, not ${quantity}; ask for fewer.`,
      { line: line.lineNo, refundable, requested: quantity },
    );
  }
  return null;
}
