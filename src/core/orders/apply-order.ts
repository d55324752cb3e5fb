import { refused } from "../engine/answers.ts";
import type { ApplyOrder, OrderAnswer, Refusal } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { HoldRow, LineRow, OrderRow } from "../engine/rows.ts";
import { holdEvent } from "../inventory/hold-event.ts";
import { closeReservation, componentsOf } from "../inventory/reserve.ts";
import { shortage } from "../inventory/shortage.ts";
import type { Totals } from "./amounts.ts";
import { type Judgement, judge } from "./freshness.ts";
import { orderAnswer } from "./order-answer.ts";
import { settleOrder } from "./settle.ts";
import { openUnits, planLines, totalsOf } from "./snapshot-lines.ts";
import { effectiveStatus, isClosed, wantsUnits } from "./status.ts";
import { termsOf } from "./terms.ts";

/** A command with what was computed before the batch: content digest and the sealed buyer. */
export interface PreparedOrder extends ApplyOrder {
  digest: string;
  buyer: Uint8Array | null;
}

/**
 * Takes in one snapshot of one order. An older snapshot than the one held is stale, an equal one a duplicate: both
 * change nothing (see `judge`). A manual order (`mayRefuse`) is taken whole or refused with the reason, and then nothing moved; what a
 * platform says is a fact: units are reserved as far as there are any and the rest is recorded as shortfall.
 */
export function applyOrder(draft: Draft, command: PreparedOrder): OrderAnswer | Refusal {
  const { snapshot } = command;
  const held = draft.findOrder(command.connectionId, snapshot.externalId);
  const { updatedAt, status } = snapshot;
  const judged = judge({ updatedAt, status, digest: command.digest }, held, draft.now);
  if (held && judged.verdict !== "newer") return orderAnswer(draft, held, judged.verdict);
  // What was promised in one currency cannot be taken back in another: a person has to say what the platform means.
  if (held && held.booked !== null && held.currency !== snapshot.currency) {
    return refused(
      "conflict",
      `Order ${held.externalId} is booked in ${held.currency} and now comes in ${snapshot.currency}; nothing was changed. Correct its currency, or cancel it and send a new order.`,
    );
  }
  const order = nextOrder(draft, command, held, judged);
  const previous = held ? draft.linesOf(held.id) : [];
  const plan = planLines(draft, order, snapshot, previous);
  order.status = nextStatus(order, held, plan, command.mayRefuse);
  const totals = totalsOf(draft, order, plan);
  const hold = command.holdReference === undefined ? undefined : draft.findHold(command.holdReference);
  const refusal = command.mayRefuse ? whyRefused(draft, command, order, plan, totals, hold) : null;
  if (refusal) return refusal;

  const mismatched = Math.abs(totals.differenceMinor) > draft.merchant.roundingToleranceMinor;
  if (mismatched && order.booked === null && !isClosed(order.status)) order.heldReason = "totals_mismatch";
  else if (!mismatched && order.heldReason === "totals_mismatch") order.heldReason = null;
  const previousStatus = held?.status ?? null;
  const stored = storeOrder(draft, held, order);
  storeLines(draft, previous, plan);
  if (hold) takeOver(draft, hold, stored);
  settleOrder(draft, stored, {
    previousStatus,
    totals,
    reserveFrom: command.reserveFrom,
    shipments: snapshot.shipments ?? [],
    refunds: snapshot.refunds ?? [],
  });
  return orderAnswer(draft, stored, held ? "updated" : "created");
}

function nextOrder(
  draft: Draft,
  command: PreparedOrder,
  held: OrderRow | undefined,
  judged: Judgement,
): OrderRow {
  const { snapshot } = command;
  return {
    id: held?.id ?? draft.ids.next(),
    connectionId: command.connectionId,
    externalId: snapshot.externalId,
    status: snapshot.status,
    toldStatus: snapshot.status,
    currency: snapshot.currency,
    totalMinor: snapshot.totalMinor,
    shippingMinor: snapshot.shippingMinor ?? 0,
    discountMinor: snapshot.discountMinor ?? 0,
    platformDiscountMinor: snapshot.platformDiscountMinor ?? 0,
    placedAt: snapshot.placedAt,
    paidAt: snapshot.paidAt ?? held?.paidAt ?? null,
    updatedAt: judged.updatedAt,
    digest: judged.digest,
    booked: held?.booked ?? null,
    refundedMinor: held?.refundedMinor ?? 0,
    heldReason: held?.heldReason ?? null,
    buyer: command.buyer ?? held?.buyer ?? null,
    liveSession: snapshot.liveSession ?? held?.liveSession ?? null,
    note: snapshot.note ?? null,
    terms: termsOf(snapshot),
    receivedAt: held?.receivedAt ?? draft.now,
  };
}

/**
 * An order closed here stays closed while the platform has not followed; else the platform's word, moved on by our parcels. Of
 * a manual order nobody but us has the word: cancelled, it may be opened again where stock allows (F046).
 */
function nextStatus(
  order: OrderRow,
  held: OrderRow | undefined,
  plan: readonly LineRow[],
  isManual: boolean,
): OrderRow["status"] {
  const closedHere = held !== undefined && isClosed(held.status) && !isClosed(held.toldStatus);
  const opensAgain = isManual && held?.status === "cancelled";
  if (closedHere && !isClosed(order.toldStatus) && !opensAgain) return held.status;
  return effectiveStatus(order.toldStatus, plan);
}

/** All reasons to refuse a manual order, before anything has moved. */
function whyRefused(
  draft: Draft,
  command: PreparedOrder,
  order: OrderRow,
  plan: readonly LineRow[],
  totals: Totals,
  hold: HoldRow | undefined,
): Refusal | null {
  const unknown = plan.filter((line) => line.skuId === null && line.quantity > 0);
  if (unknown.length > 0) {
    const names = unknown.map(
      (line) => line.externalSku ?? line.externalVariantId ?? line.externalItemId ?? "?",
    );
    return refused(
      "unknown_sku",
      `No SKU has the code ${names.join(", ")}; create it first or correct the line.`,
      {
        lines: unknown.map((line, index) => ({ externalLineId: line.externalLineId, sku: names[index] })),
      },
    );
  }
  if (Math.abs(totals.differenceMinor) > draft.merchant.roundingToleranceMinor) {
    return refused(
      "totals_mismatch",
      `The lines add up to ${totals.expectedMinor}, but totalMinor says ${order.totalMinor}; correct one of them.`,
      { expectedMinor: totals.expectedMinor, givenMinor: order.totalMinor },
    );
  }
  if (!wantsUnits(order.status, command.reserveFrom)) return null;
  return shortage(
    draft,
    plan.map((line) => ({ components: componentsOf(line), quantity: openUnits(line) })),
    [order.id, ...(hold?.status === "held" ? [hold.id] : [])],
  );
}

function storeOrder(draft: Draft, held: OrderRow | undefined, order: OrderRow): OrderRow {
  if (!held) {
    draft.insertOrder(order);
    return order;
  }
  Object.assign(held, order);
  draft.touchOrder(held);
  return held;
}

function storeLines(draft: Draft, previous: readonly LineRow[], plan: readonly LineRow[]): void {
  for (const line of plan) {
    const known = previous.find((other) => other.lineNo === line.lineNo);
    if (!known) {
      draft.insertLine(line);
      continue;
    }
    Object.assign(known, line);
    draft.touchLine(known);
  }
}

/** Moves a hold's units to the order: they are free only inside this command, before anyone else can ask. */
function takeOver(draft: Draft, hold: HoldRow, order: OrderRow): void {
  if (hold.status !== "held") return;
  for (const row of draft.held.get(hold.id) ?? []) {
    draft.freed.add(row.skuId);
    closeReservation(draft, row, row.quantity, "consumed");
  }
  hold.status = "consumed";
  hold.closedAt = draft.now;
  hold.orderId = order.id;
  draft.touchHold(hold);
  draft.emit(holdEvent(draft, hold, "hold.closed"));
}
