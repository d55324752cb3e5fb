import { refused } from "../engine/answers.ts";
import type { OrderAnswer, RefundOrder, Refusal } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { Booked, LineRow, OrderRow, RefundRow } from "../engine/rows.ts";
import type { CostPart, RefundedFact } from "../events/types.ts";
import { allocationOf, componentsOf, fitLine, receive, stockRow } from "../inventory/reserve.ts";
import { cumulativeShare } from "../inventory/stock-value.ts";
import type { PlatformRefund } from "../model/order.ts";
import { orderAnswer } from "./order-answer.ts";
import { refund, refundableCash } from "./booking.ts";
import { orderEvent, type OrderFacts } from "./order-event.ts";
import { openUnits } from "./snapshot-lines.ts";
import { effectiveStatus, isClosed, wantsUnits } from "./status.ts";

/** A refund in our terms, whoever made it. */
interface RefundTerms {
  id: string;
  externalId: string;
  origin: "hub" | "platform";
  refundedAt: string;
  amountMinor: number;
  shippingMinor: number;
  lines: { lineNo: number; amountMinor: number; quantity: number | null; restock: boolean }[];
  reason: string | null;
}

/** Gives money back, and units where the lines say so. The reference is the idempotency key. */
export function refundOrder(draft: Draft, command: RefundOrder): OrderAnswer | Refusal {
  const order = draft.orders.get(command.orderId);
  if (!order) return refused("not_found", `There is no order ${command.orderId}; check the id.`);
  const { input } = command;
  const id = draft.ids.next();
  const externalId = `hub:${input.reference ?? id}`;
  const known = draft.refunds.get(order.id)?.find((other) => other.externalId === externalId);
  if (known) {
    if (known.amountMinor === input.amountMinor)
      return { ...orderAnswer(draft, order, "unchanged"), refundId: known.id };
    return refused(
      "conflict",
      `Reference "${input.reference}" already names a refund of another amount; use a new reference.`,
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
  const lines = draft.linesOf(order.id);
  const stranger = input.lines?.find((line) => !lines.some((own) => own.lineNo === line.line));
  if (stranger) return refused("invalid_request", `Order ${order.externalId} has no line ${stranger.line}.`);
  const previousStatus = order.status;
  const facts: OrderFacts = {};
  settleRefund(draft, order, facts, {
    id,
    externalId,
    origin: "hub",
    refundedAt: draft.now,
    amountMinor: input.amountMinor,
    shippingMinor: input.shippingMinor ?? 0,
    lines: (input.lines ?? []).map((line) => ({
      lineNo: line.line,
      amountMinor: line.amountMinor,
      quantity: line.quantity ?? null,
      restock: line.restock ?? false,
    })),
    reason: input.reason ?? null,
  });
  if (!isClosed(order.status)) {
    const all = refundableCash(order.booked as Booked) === 0 && order.totalMinor > 0;
    order.status = all ? "refunded" : effectiveStatus(order.toldStatus, lines);
  }
  for (const line of lines)
    fitLine(draft, order, line, wantsUnits(order.status, "placed") ? openUnits(line) : 0);
  facts.allocation = lines.map((line) => allocationOf(draft, line));
  draft.emit(orderEvent(draft, order, "order.refunded", previousStatus, facts));
  return { ...orderAnswer(draft, order, "updated"), refundId: id };
}

/** Refunds the platform reports, each once by its id. Money and units are settled; the order's lines are fitted by the caller. */
export function applyPlatformRefunds(
  draft: Draft,
  order: OrderRow,
  refunds: readonly PlatformRefund[],
  facts: OrderFacts,
): void {
  for (const told of refunds) {
    if (draft.refunds.get(order.id)?.some((known) => known.externalId === told.externalId)) continue;
    if (order.booked === null) continue;
    noteExcess(draft, order, told);
    settleRefund(draft, order, facts, {
      id: draft.ids.next(),
      externalId: told.externalId,
      origin: "platform",
      refundedAt: told.refundedAt,
      amountMinor: told.amountMinor,
      shippingMinor: told.shippingMinor ?? 0,
      lines: (told.lines ?? []).flatMap((line) => {
        const own = draft
          .linesOf(order.id)
          .find((candidate) => candidate.externalLineId === line.externalLineId);
        if (!own) return [];
        return [
          {
            lineNo: own.lineNo,
            amountMinor: line.amountMinor,
            quantity: line.quantity ?? null,
            restock: line.restock ?? false,
          },
        ];
      }),
      reason: told.reason ?? null,
    });
  }
}

/** More money back than the order has left: either we closed the order before hearing of this refund, or a person must look. */
function noteExcess(draft: Draft, order: OrderRow, told: PlatformRefund): void {
  const closedByUs =
    draft.refunds.get(order.id)?.some((known) => known.externalId.startsWith("auto:")) ?? false;
  if (order.booked === null || closedByUs || told.amountMinor <= refundableCash(order.booked)) return;
  draft.tasks.push({
    kind: "refund_exceeds_order",
    subject: `${order.id}:${told.externalId}`,
    message: `The platform refunded ${told.amountMinor} on order ${order.externalId}, more than is left of it (${refundableCash(order.booked)}). The excess is not booked; book it by hand once its cause is known.`,
    detail: { orderId: order.id, refund: told.externalId },
  });
}

function settleRefund(draft: Draft, order: OrderRow, facts: OrderFacts, terms: RefundTerms): void {
  const openBefore = order.booked as Booked;
  const { booked, ...amounts } = refund(openBefore, terms);
  order.booked = booked;
  const restocked: CostPart[] = [];
  for (const asked of terms.lines) {
    const line = draft.linesOf(order.id).find((candidate) => candidate.lineNo === asked.lineNo);
    if (!line) continue;
    let units = (asked.quantity ?? 0) * line.unitsPer;
    if (asked.restock) {
      const back = Math.min(units, line.shipped - line.returned);
      restocked.push(...restock(draft, order, line, back, terms));
      units -= back;
    }
    const nothingOwed =
      asked.quantity === null && asked.amountMinor > 0 && liabilityGone(booked, line.lineNo);
    line.cancelled += nothingOwed ? openUnits(line) : Math.min(units, openUnits(line));
    draft.touchLine(line);
  }
  storeRefund(
    draft,
    order,
    facts,
    { ...amounts, restocked, origin: terms.origin, reason: terms.reason ?? undefined },
    terms,
  );
}

const liabilityGone = (booked: Booked, lineNo: number): boolean => {
  const part = booked.parts.find((candidate) => candidate.lineNo === lineNo);
  return part !== undefined && part.grossMinor - part.recognisedMinor - part.refundedLiabilityMinor === 0;
};

/** Puts units of a line back at the cost they were issued at, never at today's average. */
function restock(
  draft: Draft,
  order: OrderRow,
  line: LineRow,
  units: number,
  terms: RefundTerms,
): CostPart[] {
  if (units === 0) return [];
  const costs = (draft.shipments.get(order.id) ?? [])
    .filter((shipment) => shipment.status === "shipped")
    .flatMap((shipment) => shipment.lines.costs.filter((cost) => cost.lineNo === line.lineNo));
  const parts = componentsOf(line).flatMap(({ skuId, quantity }): CostPart[] => {
    const issued = costs.filter((cost) => cost.skuId === skuId);
    const locationId = issued[0]?.locationId ?? draft.locationByCode.get("MAIN")?.id;
    if (locationId === undefined) return [];
    const issuedUnits = issued.reduce((sum, cost) => sum + cost.quantity, 0);
    const issuedCost = issued.reduce((sum, cost) => sum + cost.costMinor, 0);
    const before = line.returned * quantity;
    const costMinor = cumulativeShare(
      issuedCost,
      Math.min(before, issuedUnits),
      Math.min(units * quantity, Math.max(0, issuedUnits - before)),
      issuedUnits,
    );
    const movement = { kind: "return", cause: terms.id, occurredAt: terms.refundedAt };
    receive(draft, stockRow(draft, skuId, locationId), units * quantity, costMinor, movement);
    return [{ lineNo: line.lineNo, skuId, locationId, quantity: units * quantity, costMinor }];
  });
  line.returned += units;
  return parts;
}

type RefundAmounts = Omit<RefundedFact, "refundId" | "refundedAt" | "reason"> & {
  reason?: string | undefined;
};

/** Writes the refund's record and its fact. Without `terms` it is one the hub books by itself when an order closes. */
export function storeRefund(
  draft: Draft,
  order: OrderRow,
  facts: OrderFacts,
  amounts: RefundAmounts,
  terms?: RefundTerms,
): void {
  const id = terms?.id ?? draft.ids.next();
  const refundedAt = terms?.refundedAt ?? order.updatedAt;
  const row: RefundRow = {
    id,
    orderId: order.id,
    externalId: terms?.externalId ?? `auto:${(draft.refunds.get(order.id)?.length ?? 0) + 1}`,
    origin: amounts.origin,
    amountMinor: amounts.amountMinor,
    shippingMinor: terms?.shippingMinor ?? 0,
    lines: { unshipped: amounts.unshipped, shipped: amounts.shipped, restocked: amounts.restocked },
    reason: amounts.reason ?? null,
    refundedAt,
  };
  draft.insertRefund(row);
  order.refundedMinor += amounts.amountMinor;
  draft.touchOrder(order);
  const { reason, ...rest } = amounts;
  const fact: RefundedFact = {
    ...rest,
    refundId: id,
    refundedAt,
    ...(reason === undefined ? {} : { reason }),
  };
  facts.refunded = [...(facts.refunded ?? []), fact];
}
