import type { Draft } from "../engine/draft.ts";
import type { Booked, OrderRow, RefundedLine, RefundRow } from "../engine/rows.ts";
import type { CostPart, RefundedFact } from "../events/types.ts";
import { mulDivRound, sumMinor } from "../money/money.ts";
import { type RefundRequest, type RefundStep, refund, shiftToSent } from "./booking.ts";
import type { OrderFacts } from "./order-event.ts";
import { cancelRest, takeUnits, unitsOf } from "./refund-units.ts";

/** A refund, or what one has grown by, in our terms, whoever made it. */
export interface RefundTerms {
  refundedAt: string;
  amountMinor: number;
  shippingMinor: number;
  /** In ordered units: taken back, and of these back on the shelf. */
  lines: { lineNo: number; amountMinor: number; quantity: number | null; restocked: number }[];
}

type RefundAmounts = Omit<RefundedFact, "refundId" | "refundedAt" | "reason" | "origin">;
const noMoney = { amountMinor: 0, platformDiscountMinor: 0, unshipped: [], shipped: [] };

/** The record of a refund of which nothing is settled yet. */
export function openRefund(
  draft: Draft,
  order: OrderRow,
  head: Pick<RefundRow, "id" | "externalId" | "origin" | "reason" | "refundedAt">,
): RefundRow {
  const lines = { unshipped: [], shipped: [], restocked: [], units: [] };
  const row: RefundRow = { ...head, orderId: order.id, amountMinor: 0, shippingMinor: 0, lines };
  draft.insertRefund(row);
  return row;
}

/** Money out of the books, units back on the shelf or no longer owed, noted on the refund. The order's lines are fitted by the caller. */
export function settleRefund(
  draft: Draft,
  order: OrderRow,
  facts: OrderFacts,
  row: RefundRow,
  terms: RefundTerms,
): void {
  const { amountMinor, shippingMinor, refundedAt } = terms;
  const restocked: CostPart[] = [];
  const lines: RefundedLine[] = [];
  for (const asked of terms.lines) {
    const line = draft.linesOf(order.id).find((candidate) => candidate.lineNo === asked.lineNo);
    if (!line) continue;
    const taken = takeUnits(draft, order, row, line, { ...asked, refundedAt });
    restocked.push(...taken.restocked);
    lines.push({ lineNo: asked.lineNo, amountMinor: asked.amountMinor, ...taken.units });
  }
  row.shippingMinor += shippingMinor;
  row.refundedAt = refundedAt;
  row.lines = { ...row.lines, restocked: [...row.lines.restocked, ...restocked] };
  draft.touchRefund(row);
  if (order.booked === null) {
    // The payment is not booked (the order is held), so neither can this be: the money follows with `bookRefunds`.
    row.amountMinor += amountMinor;
    row.lines = { ...row.lines, unbooked: [...(row.lines.unbooked ?? []), ...lines] };
    if (restocked.length > 0) addFact(facts, row, { ...noMoney, restocked });
    return;
  }
  const amounts = bookMoney(draft, order, order.booked, row, { amountMinor, shippingMinor, lines });
  for (const asked of terms.lines) {
    const isWhole = asked.quantity === null && asked.amountMinor > 0;
    if (isWhole && liabilityGone(order.booked, asked.lineNo)) cancelRest(draft, order, row, asked.lineNo);
  }
  addFact(facts, row, { ...amounts, restocked });
}

const liabilityGone = (booked: Booked, lineNo: number): boolean => {
  const part = booked.parts.find((candidate) => candidate.lineNo === lineNo);
  return part !== undefined && part.grossMinor - part.recognisedMinor - part.refundedLiabilityMinor === 0;
};

/** Books the money and notes it on the refund. */
function bookMoney(
  draft: Draft,
  order: OrderRow,
  booked: Booked,
  row: RefundRow,
  request: RefundRequest,
): Omit<RefundAmounts, "restocked"> {
  const given = refund(booked, request);
  for (const { lineNo } of request.lines) {
    const parts = [...given.unshipped, ...given.shipped].filter((part) => part.lineNo === lineNo);
    unitsOf(row, lineNo).grossMinor += sumMinor(parts.map((part) => part.grossMinor));
  }
  noteMoney(draft, order, row, given);
  const shifted = shiftToSent(given.booked, misplaced(row));
  noteMoney(draft, order, row, shifted);
  order.booked = shifted.booked;
  const { amountMinor, platformDiscountMinor } = given;
  return {
    amountMinor,
    platformDiscountMinor,
    unshipped: [...given.unshipped, ...shifted.unshipped],
    shipped: [...given.shipped, ...shifted.shipped],
  };
}

function noteMoney(draft: Draft, order: OrderRow, row: RefundRow, step: RefundStep): void {
  const unshipped = [...row.lines.unshipped, ...step.unshipped];
  row.lines = { ...row.lines, unshipped, shipped: [...row.lines.shipped, ...step.shipped] };
  row.amountMinor += step.amountMinor;
  draft.touchRefund(row);
  order.refundedMinor += step.amountMinor;
  draft.touchOrder(order);
}

/** Money of a refund that stands for units sent, but was taken from what is owed: its units were heard of after its money. */
function misplaced(row: RefundRow): { lineNo: number; grossMinor: number }[] {
  return (row.lines.units ?? []).flatMap(({ lineNo, returned, cancelled }) => {
    if (returned === 0) return [];
    const [unshipped = 0, shipped = 0] = [row.lines.unshipped, row.lines.shipped].map((parts) =>
      sumMinor(parts.filter((part) => part.lineNo === lineNo).map((part) => part.grossMinor)),
    );
    const grossMinor = mulDivRound(unshipped + shipped, returned, returned + cancelled) - shipped;
    return grossMinor > 0 ? [{ lineNo, grossMinor: Math.min(grossMinor, unshipped) }] : [];
  });
}

function addFact(facts: OrderFacts, row: RefundRow, amounts: RefundAmounts): void {
  const { id: refundId, origin, refundedAt, reason } = row;
  const fact: RefundedFact = {
    ...amounts,
    origin,
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
  amounts: Omit<RefundAmounts, "restocked">,
  reason: string,
): void {
  const row = openRefund(draft, order, {
    id: draft.ids.next(),
    externalId: `${ownMark}${(draft.refunds.get(order.id)?.length ?? 0) + 1}`,
    origin: "platform",
    reason,
    refundedAt: order.updatedAt,
  });
  noteMoney(draft, order, row, { booked: order.booked as Booked, ...amounts });
  addFact(facts, row, { ...amounts, restocked: [] });
}

const ownMark = "auto:";
export const isOwnRefund = (row: RefundRow): boolean => row.externalId.startsWith(ownMark);

/** Books what was given back before the payment was booked. */
export function bookRefunds(draft: Draft, order: OrderRow, facts: OrderFacts): void {
  for (const row of draft.refunds.get(order.id) ?? []) {
    const { unbooked, ...lines } = row.lines;
    if (unbooked === undefined || order.booked === null) continue;
    const { amountMinor, shippingMinor } = row;
    row.lines = lines;
    row.amountMinor = 0;
    const amounts = bookMoney(draft, order, order.booked, row, {
      amountMinor,
      shippingMinor,
      lines: unbooked,
    });
    if (amounts.amountMinor > 0 || amounts.unshipped.length > 0 || amounts.shipped.length > 0)
      addFact(facts, row, { ...amounts, restocked: [] });
  }
}
