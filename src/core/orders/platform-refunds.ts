import type { Draft } from "../engine/draft.ts";
import type { OrderRow, RefundRow, ToldRefund } from "../engine/rows.ts";
import type { PlatformRefund } from "../model/order.ts";
import { refundableCash } from "./booking.ts";
import type { OrderFacts } from "./order-event.ts";
import { openRefund, settleRefund } from "./settle-refund.ts";
import {
  grownAt,
  isNothing,
  isRefundLess,
  isSameRefund,
  mostRefunded,
  nothingRefunded,
  refundBeyond,
  sayRefund,
  toldByPlatform,
} from "./told.ts";

/**
 * Refunds the platform reports, each a state by its id: what it has grown by is settled, once; what became less cannot be taken
 * back, and a person must look. `null` says nothing, a list without a known refund says that it is gone. Empty ones leave
 * no record. The order's lines are fitted by the caller.
 */
export function applyPlatformRefunds(
  draft: Draft,
  order: OrderRow,
  refunds: readonly PlatformRefund[] | null,
  facts: OrderFacts,
): void {
  if (refunds === null) return;
  for (const refund of refunds) {
    const known = draft.refunds.get(order.id) ?? [];
    const told = toldByPlatform(refund);
    const row = known.find((other) => other.externalId === refund.externalId);
    if (row) {
      follow(draft, order, row, told, refund, facts);
      continue;
    }
    if (isNothing(told)) continue;
    const ours = echoed(draft, order, known, refund);
    settleNew(draft, order, ours ?? null, told, refund, facts);
  }
  const listed = new Set(refunds.map(({ externalId }) => externalId));
  for (const row of draft.refunds.get(order.id) ?? []) {
    if (row.origin !== "platform" || row.lines.told === undefined || listed.has(row.externalId)) continue;
    note(draft, order, row, nothingRefunded);
  }
}

/** A refund told for the first time. One that we made ourselves gives back only what is beyond ours. */
function settleNew(
  draft: Draft,
  order: OrderRow,
  ours: RefundRow | null,
  told: ToldRefund,
  { externalId, refundedAt, reason }: PlatformRefund,
  facts: OrderFacts,
): void {
  const settled = ours ? settledOf(draft, order, ours) : nothingRefunded;
  if (!ours) noteExcess(draft, order, externalId, told.amountMinor);
  const row = openRefund(draft, order, {
    id: draft.ids.next(),
    externalId,
    origin: "platform",
    reason: reason ?? null,
    refundedAt,
  });
  row.lines = { ...row.lines, told, ...(ours ? { echoOf: ours.id } : {}) };
  settleBeyond(draft, order, row, settled, refundedAt, facts);
}

/** A refund told again: it may have grown, or become less. */
function follow(
  draft: Draft,
  order: OrderRow,
  row: RefundRow,
  told: ToldRefund,
  { refundedAt, reason }: PlatformRefund,
  facts: OrderFacts,
): void {
  note(draft, order, row, told);
  const settled = row.lines.settled ?? told;
  const grownBy = told.amountMinor - settled.amountMinor;
  if (grownBy > 0) noteExcess(draft, order, row.externalId, grownBy);
  row.reason = reason ?? row.reason;
  settleBeyond(draft, order, row, settled, grownAt(refundedAt, row.refundedAt, order.updatedAt), facts);
}

/** Settles what the refund was told to be beyond what is settled of it. Lines nobody knows wait until they are known. */
function settleBeyond(
  draft: Draft,
  order: OrderRow,
  row: RefundRow,
  settled: ToldRefund,
  refundedAt: string,
  facts: OrderFacts,
): void {
  const { told = nothingRefunded } = row.lines;
  const lines = draft.linesOf(order.id);
  const lineOf = (line: string) => lines.find((candidate) => candidate.externalLineId === line);
  const known = { ...told, lines: told.lines.filter(({ line }) => lineOf(line) !== undefined) };
  const beyond = refundBeyond(known, settled);
  row.lines = { ...row.lines, settled: mostRefunded(settled, known) };
  if (isNothing(beyond)) return;
  settleRefund(draft, order, facts, row, {
    refundedAt,
    amountMinor: beyond.amountMinor,
    shippingMinor: beyond.shippingMinor,
    lines: beyond.lines.flatMap(({ line, ...amounts }) => {
      const own = lineOf(line);
      return own ? [{ ...amounts, lineNo: own.lineNo }] : [];
    }),
  });
}

/** Notes what was told last. Less than is settled is a task, raised once for each telling. */
function note(draft: Draft, order: OrderRow, row: RefundRow, told: ToldRefund): void {
  const { told: before = told, settled = told } = row.lines;
  row.lines = { ...row.lines, told, settled };
  if (isSameRefund(told, before)) return;
  draft.touchRefund(row);
  const task = { kind: "refund_lowered", subject: `${order.id}:${row.externalId}` };
  if (!isRefundLess(told, settled)) {
    draft.closeTask(task.kind, task.subject);
    return;
  }
  const now = isNothing(told) ? "names it no more" : `now says ${sayRefund(told)}`;
  draft.raiseTask({
    ...task,
    message: `Refund ${row.externalId} of order ${order.externalId} was ${sayRefund(settled)} (minor units, ${order.currency}), and the platform ${now}. What was booked and put on the shelf stays: find out what is right, and correct it by hand.`,
    detail: { orderId: order.id, refund: row.externalId, before: settled, now: told },
  });
}

/** Our own refund of the same amount, made here and then on the platform: the report of it is no second refund. */
const echoed = (
  draft: Draft,
  order: OrderRow,
  known: readonly RefundRow[],
  told: { amountMinor: number },
): RefundRow | undefined =>
  draft.merchant.manualConnectionIds.includes(order.connectionId) || told.amountMinor === 0
    ? undefined
    : known.find(
        (row) =>
          row.origin === "hub" &&
          row.amountMinor === told.amountMinor &&
          !known.some((other) => other.lines.echoOf === row.id),
      );

/** What a refund made here gave back, with the platform's ids of the lines. */
function settledOf(draft: Draft, order: OrderRow, ours: RefundRow): ToldRefund {
  const { settled = { ...nothingRefunded, amountMinor: ours.amountMinor } } = ours.lines;
  const lines = settled.lines.flatMap((line) => {
    const own = draft.linesOf(order.id).find(({ lineNo }) => String(lineNo) === line.line);
    return own ? [{ ...line, line: own.externalLineId }] : [];
  });
  return { ...settled, lines };
}

/** More money back than the order has left: either we closed the order before hearing of this refund, or a person must look. */
function noteExcess(draft: Draft, order: OrderRow, externalId: string, amountMinor: number): void {
  if (order.booked === null || order.booked.closing !== null) return;
  const left = refundableCash(order.booked);
  if (amountMinor <= left) return;
  draft.raiseTask({
    kind: "refund_exceeds_order",
    subject: `${order.id}:${externalId}`,
    message: `The platform refunded ${amountMinor} on order ${order.externalId}, more than is left of it (${left}). The excess is not booked; book it by hand once its cause is known.`,
    detail: { orderId: order.id, refund: externalId },
  });
}
