import type { Draft } from "../engine/draft.ts";
import type { Booked, LineRow, OrderRow, RefundRow } from "../engine/rows.ts";
import type { CostPart, RefundedFact } from "../events/types.ts";
import { componentsOf, receive, stockRow } from "../inventory/reserve.ts";
import { cumulativeShare } from "../inventory/stock-value.ts";
import { refund } from "./booking.ts";
import type { OrderFacts } from "./order-event.ts";
import { openUnits } from "./snapshot-lines.ts";

/** A refund in our terms, whoever made it. */
export interface RefundTerms {
  id: string;
  externalId: string;
  origin: "hub" | "platform";
  refundedAt: string;
  amountMinor: number;
  shippingMinor: number;
  lines: { lineNo: number; amountMinor: number; quantity: number | null; restock: boolean }[];
  reason: string | null;
}

/** Neither money nor units: nothing to record. */
export const isEmptyRefund = (refund: {
  amountMinor: number;
  lines?: readonly { quantity?: number | undefined }[] | undefined;
}): boolean => refund.amountMinor === 0 && !(refund.lines ?? []).some(({ quantity = 0 }) => quantity > 0);

/** Money out of the books, units back on the shelf or no longer owed. The order's lines are fitted by the caller. */
export function settleRefund(draft: Draft, order: OrderRow, facts: OrderFacts, terms: RefundTerms): void {
  const step = order.booked === null ? null : refund(order.booked, terms);
  if (step) order.booked = step.booked;
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
      asked.quantity === null && asked.amountMinor > 0 && liabilityGone(order.booked, line.lineNo);
    line.cancelled += nothingOwed ? openUnits(line) : Math.min(units, openUnits(line));
    draft.touchLine(line);
  }
  if (step) {
    const { booked: _booked, ...amounts } = step;
    storeRefund(draft, order, facts, { ...amounts, restocked, origin: terms.origin }, terms);
    return;
  }
  storeUnbooked(draft, order, facts, restocked, terms);
}

const liabilityGone = (booked: Booked | null, lineNo: number): boolean => {
  const part = booked?.parts.find((candidate) => candidate.lineNo === lineNo);
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

type RefundAmounts = Omit<RefundedFact, "refundId" | "refundedAt" | "reason">;

/** Writes the refund's record and its fact. */
export function storeRefund(
  draft: Draft,
  order: OrderRow,
  facts: OrderFacts,
  amounts: RefundAmounts,
  terms: Omit<RefundTerms, "lines" | "amountMinor" | "origin">,
): void {
  const { id, externalId, refundedAt, shippingMinor, reason } = terms;
  const { origin, amountMinor, unshipped, shipped, restocked } = amounts;
  const lines = { unshipped, shipped, restocked };
  const row: RefundRow = {
    id,
    orderId: order.id,
    externalId,
    origin,
    amountMinor,
    shippingMinor,
    lines,
    reason,
    refundedAt,
  };
  draft.insertRefund(row);
  order.refundedMinor += amountMinor;
  draft.touchOrder(order);
  addFact(facts, row, amounts);
}

function addFact(facts: OrderFacts, row: RefundRow, amounts: RefundAmounts): void {
  const { id: refundId, refundedAt, reason } = row;
  const fact: RefundedFact = {
    ...amounts,
    refundId,
    refundedAt,
    ...(reason === null ? {} : { reason }),
  };
  facts.refunded = [...(facts.refunded ?? []), fact];
}

/** A refund the hub books by itself: an order was closed, or became cheaper after delivery. */
export function storeOwnRefund(
  draft: Draft,
  order: OrderRow,
  facts: OrderFacts,
  amounts: Omit<RefundAmounts, "origin" | "restocked">,
  reason: string,
): void {
  storeRefund(
    draft,
    order,
    facts,
    { ...amounts, restocked: [], origin: "platform" },
    {
      id: draft.ids.next(),
      externalId: `${ownMark}${(draft.refunds.get(order.id)?.length ?? 0) + 1}`,
      refundedAt: order.updatedAt,
      shippingMinor: 0,
      reason,
    },
  );
}

const ownMark = "auto:";
export const isOwnRefund = (row: RefundRow): boolean => row.externalId.startsWith(ownMark);

/** The order's payment is not booked (it is held), so neither can this be: units move, the money follows with `bookRefunds`. */
function storeUnbooked(
  draft: Draft,
  order: OrderRow,
  facts: OrderFacts,
  restocked: CostPart[],
  terms: RefundTerms,
): void {
  const { id, externalId, origin, refundedAt, amountMinor, shippingMinor, reason } = terms;
  const unbooked = terms.lines.map((line) => ({ lineNo: line.lineNo, amountMinor: line.amountMinor }));
  const lines = { unshipped: [], shipped: [], restocked, unbooked };
  const row: RefundRow = {
    id,
    orderId: order.id,
    externalId,
    origin,
    amountMinor,
    shippingMinor,
    lines,
    reason,
    refundedAt,
  };
  draft.insertRefund(row);
  if (restocked.length === 0) return;
  const nothing = { amountMinor: 0, platformDiscountMinor: 0, unshipped: [], shipped: [] };
  addFact(facts, row, { ...nothing, restocked, origin });
}

/** Books what was given back before the payment was booked. */
export function bookRefunds(draft: Draft, order: OrderRow, facts: OrderFacts): void {
  for (const row of draft.refunds.get(order.id) ?? []) {
    const { unbooked, ...lines } = row.lines;
    if (unbooked === undefined || order.booked === null) continue;
    const { booked, ...amounts } = refund(order.booked, { ...row, lines: unbooked });
    order.booked = booked;
    row.amountMinor = amounts.amountMinor;
    row.lines = { ...lines, unshipped: amounts.unshipped, shipped: amounts.shipped };
    draft.touchRefund(row);
    order.refundedMinor += amounts.amountMinor;
    draft.touchOrder(order);
    if (amounts.amountMinor > 0 || amounts.unshipped.length > 0 || amounts.shipped.length > 0)
      addFact(facts, row, { ...amounts, restocked: [], origin: row.origin });
  }
}
