import type { Draft } from "../engine/draft.ts";
import type { OrderRow, RefundRow } from "../engine/rows.ts";
import type { PlatformRefund } from "../model/order.ts";
import { refundableCash } from "./booking.ts";
import type { OrderFacts } from "./order-event.ts";
import { isEmptyRefund, type RefundTerms, settleRefund } from "./settle-refund.ts";

/** Refunds the platform reports, each once by its id, empty ones not at all. Money and units are settled; the order's lines are fitted by the caller. */
export function applyPlatformRefunds(
  draft: Draft,
  order: OrderRow,
  refunds: readonly PlatformRefund[],
  facts: OrderFacts,
): void {
  for (const told of refunds) {
    const known = draft.refunds.get(order.id) ?? [];
    if (isEmptyRefund(told) || known.some((row) => row.externalId === told.externalId)) continue;
    const ours = echoed(draft, order, known, told);
    if (ours) {
      storeEcho(draft, order, ours, told);
      continue;
    }
    noteExcess(draft, order, told);
    settleRefund(draft, order, facts, termsOf(draft, order, told));
  }
}

function termsOf(draft: Draft, order: OrderRow, told: PlatformRefund): RefundTerms {
  const lines = draft.linesOf(order.id);
  return {
    id: draft.ids.next(),
    externalId: told.externalId,
    origin: "platform",
    refundedAt: told.refundedAt,
    amountMinor: told.amountMinor,
    shippingMinor: told.shippingMinor ?? 0,
    lines: (told.lines ?? []).flatMap((line) => {
      const own = lines.find((candidate) => candidate.externalLineId === line.externalLineId);
      if (!own) return [];
      const { amountMinor, quantity = null, restock = false } = line;
      return [{ lineNo: own.lineNo, amountMinor, quantity, restock }];
    }),
    reason: told.reason ?? null,
  };
}

/** Our own refund of the same amount, made here and then on the platform: the report of it is no second refund. */
const echoed = (
  draft: Draft,
  order: OrderRow,
  known: readonly RefundRow[],
  told: PlatformRefund,
): RefundRow | undefined =>
  draft.merchant.manualConnectionIds.includes(order.connectionId) || told.amountMinor === 0
    ? undefined
    : known.find(
        (row) =>
          row.origin === "hub" &&
          row.amountMinor === told.amountMinor &&
          !known.some((other) => other.lines.echoOf === row.id),
      );

function storeEcho(draft: Draft, order: OrderRow, ours: RefundRow, told: PlatformRefund): void {
  draft.insertRefund({
    id: draft.ids.next(),
    orderId: order.id,
    externalId: told.externalId,
    origin: "platform",
    amountMinor: 0,
    shippingMinor: 0,
    lines: { unshipped: [], shipped: [], restocked: [], echoOf: ours.id },
    reason: told.reason ?? null,
    refundedAt: told.refundedAt,
  });
}

/** More money back than the order has left: either we closed the order before hearing of this refund, or a person must look. */
function noteExcess(draft: Draft, order: OrderRow, told: PlatformRefund): void {
  if (order.booked === null || order.booked.closing !== null) return;
  if (told.amountMinor <= refundableCash(order.booked)) return;
  draft.raiseTask({
    kind: "refund_exceeds_order",
    subject: `${order.id}:${told.externalId}`,
    message: `The platform refunded ${told.amountMinor} on order ${order.externalId}, more than is left of it (${refundableCash(order.booked)}). The excess is not booked; book it by hand once its cause is known.`,
    detail: { orderId: order.id, refund: told.externalId },
  });
}
