import { refused } from "../engine/answers.ts";
import type { ApplyOrder, OrderAnswer, Refusal } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { HoldRow, LineRow, OrderRow } from "../engine/rows.ts";
import { holdEvent } from "../inventory/hold-event.ts";
import { componentsOf, passOn } from "../inventory/reserve.ts";
import { shortage } from "../inventory/shortage.ts";
import { liveHolders, matchLive, NotClaimable, takeFromSession, whyNumberTaken } from "../live/orders.ts";
import type { Totals } from "./amounts.ts";
import { whyNotCancelled } from "./cancel.ts";
import { followedRefunds, noteFollowed } from "./followed-refunds.ts";
import { type Judgement, judge } from "./freshness.ts";
import { noteDoubtfulTimes } from "./notes.ts";
import { orderAnswer } from "./order-answer.ts";
import { type KnownTimes, withPlausibleTimes } from "./plausible-times.ts";
import { settleOrder } from "./settle.ts";
import { openUnits, planLines, totalsOf } from "./snapshot-lines.ts";
import { effectiveStatus, isClosed } from "./status.ts";
import { holdsUnits, termsOf } from "./terms.ts";

/** A command with what was computed before the batch: content digest and the sealed buyer. */
export interface PreparedOrder extends ApplyOrder {
  digest: string;
  buyer: Uint8Array | null;
  /** Digest of the buyer's id; null where the platform gives none. */
  viewerKey: string | null;
}

/**
 * Takes in one snapshot of one order. An older snapshot than the one held is stale, an equal one a duplicate: both
 * change nothing (see `judge`). A manual order (`mayRefuse`) is taken whole or refused with the reason, and then nothing moved; what a
 * platform says is a fact: units are reserved as far as there are any and the rest is recorded as shortfall.
 */
export function applyOrder(draft: Draft, command: PreparedOrder): OrderAnswer | Refusal {
  const held = draft.findOrder(command.connectionId, command.snapshot.externalId);
  const taken = held && whyNumberTaken(draft, command.claimId, held);
  if (taken) return taken;
  const { updatedAt, status } = command.snapshot;
  const told = { updatedAt, status, digest: command.digest, laterWins: command.laterWins ?? false };
  const judged = judge(told, held, draft.now);
  if (held && judged.verdict !== "newer") return orderAnswer(draft, held, judged.verdict);
  const otherCurrency = held && whyOtherCurrency(held, command.snapshot.currency);
  if (otherCurrency) return otherCurrency;
  const { snapshot, doubts } = withPlausibleTimes(command.snapshot, knownTimes(draft, held), draft.now);
  const order = nextOrder(draft, { ...command, snapshot }, held, judged);
  const previous = held ? draft.linesOf(held.id) : [];
  const plan = planLines(draft, order, snapshot, previous);
  const followed = held ? followedRefunds(draft, held, previous, plan, snapshot) : [];
  order.status = nextStatus(order, held, plan, command.mayRefuse);
  const totals = totalsOf(draft, order, plan);
  const hold = command.holdReference === undefined ? undefined : draft.findHold(command.holdReference);
  const live = matchLive(draft, command, order, plan);
  if (live instanceof NotClaimable) return live.refusal;
  const refusal = command.mayRefuse
    ? (whyStepRefused(command, held, previous, hold, doubts) ??
      whyRefused(draft, order, plan, totals, [...heldBy(hold), ...liveHolders(live)]))
    : null;
  if (refusal) return refusal;

  holdMismatched(draft, order, totals);
  const previousStatus = held?.status ?? null;
  const stored = storeOrder(draft, held, order);
  storeLines(draft, previous, plan);
  noteFollowed(draft, followed);
  if (hold) takeOver(draft, hold, stored);
  takeFromSession(draft, live, stored, holdsUnits(stored, command.reserveFrom));
  noteDoubtfulTimes(draft, stored, doubts);
  settleOrder(draft, stored, {
    previousStatus,
    totals,
    reserveFrom: command.reserveFrom,
    shipments: snapshot.shipments ?? [],
    refunds: snapshot.refunds ?? null,
    followed,
  });
  return orderAnswer(draft, stored, held ? "updated" : "created");
}

/** A total that does not add up is looked at by a person before it is booked. */
function holdMismatched(draft: Draft, order: OrderRow, totals: Totals): void {
  const mismatched = Math.abs(totals.differenceMinor) > draft.merchant.roundingToleranceMinor;
  if (mismatched && order.booked === null && !isClosed(order.status)) order.heldReason = "totals_mismatch";
  else if (!mismatched && order.heldReason === "totals_mismatch") order.heldReason = null;
}

/** What was promised in one currency cannot be taken back in another: a person has to say what the platform means. */
const whyOtherCurrency = (held: OrderRow, currency: string): Refusal | null =>
  held.booked === null || held.currency === currency
    ? null
    : refused(
        "conflict",
        `Order ${held.externalId} is booked in ${held.currency} and now comes in ${currency}; nothing was changed. Correct its currency, or cancel it and send a new order.`,
      );

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

function knownTimes(draft: Draft, held: OrderRow | undefined): KnownTimes {
  const records = held
    ? [...(draft.shipments.get(held.id) ?? []), ...(draft.refunds.get(held.id) ?? [])]
    : [];
  return {
    placedAt: held?.placedAt ?? null,
    paidAt: held?.paidAt ?? null,
    records: new Set(records.flatMap(({ externalId }) => externalId ?? [])),
  };
}

/** What a manual order may not ask for, whatever stock there is: who writes it by hand can correct it. */
function whyStepRefused(
  { snapshot, holdReference }: PreparedOrder,
  held: OrderRow | undefined,
  lines: readonly LineRow[],
  hold: HoldRow | undefined,
  doubts: readonly string[],
): Refusal | null {
  if (doubts.length > 0) {
    return refused(
      "invalid_request",
      `Order ${snapshot.externalId} names times that cannot be meant (${doubts.slice(0, 5).join(", ")}); correct them.`,
    );
  }
  if (holdReference !== undefined && hold === undefined) {
    return refused(
      "not_found",
      `There is no reservation "${holdReference}"; correct the reference, or leave it out to take free units.`,
    );
  }
  if (hold?.status === "consumed" && hold.orderId !== held?.id) {
    return refused(
      "conflict",
      `Reservation "${hold.reference}" was taken over by another order; leave it out to take free units.`,
      { orderId: hold.orderId },
    );
  }
  if (held === undefined) return null;
  if (snapshot.status === "cancelled" && held.status !== "cancelled") return whyNotCancelled(held, lines);
  if (snapshot.status === "pending_payment" && held.booked !== null && held.status !== "cancelled") {
    return refused(
      "illegal_transition",
      `Order ${held.externalId} is ${held.status}, so it was paid; refund it instead of calling it unpaid.`,
    );
  }
  return null;
}

/** All reasons to refuse a manual order, before anything has moved. */
function whyRefused(
  draft: Draft,
  order: OrderRow,
  plan: readonly LineRow[],
  totals: Totals,
  holders: readonly string[],
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
  if (isClosed(order.status)) return null;
  return shortage(
    draft,
    plan.map((line) => ({ components: componentsOf(line), quantity: openUnits(line) })),
    [order.id, ...holders],
  );
}

const heldBy = (hold: HoldRow | undefined): string[] => (hold?.status === "held" ? [hold.id] : []);

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
  for (const row of draft.held.get(hold.id) ?? []) passOn(draft, row, row.quantity);
  hold.status = "consumed";
  hold.closedAt = draft.now;
  hold.orderId = order.id;
  draft.touchHold(hold);
  draft.emit(holdEvent(draft, hold, "hold.closed"));
}
