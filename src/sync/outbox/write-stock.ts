import type { StockOutcome, StockWrite } from "../../connectors/contract.ts";
import { nowInstant } from "../../core/clock.ts";
import { waitAfter } from "../backoff.ts";
import type { CallFailure, Slot } from "../calls.ts";
import type { OpenConnection } from "../connections.ts";
import { type ChargedWrite, chargeWrites, isStale, settleWrites, staleWrite } from "../escrow/charge.ts";
import { readFigures } from "../escrow/look.ts";
import { changeOf } from "../escrow/traits.ts";
import type { SyncContext } from "../parts.ts";
import { type DueListing, refOf } from "./due.ts";
import { type Settlement, settleFailure } from "./outcome.ts";
import type { Settled } from "./settle.ts";
import { type ChosenWrite, chooseWrite, type WriteMode } from "./target.ts";

/** A listing that is marked as being sent. */
export type ClaimedListing = DueListing & { tries: number };

type Planned = ClaimedListing & { chosen: ChosenWrite | { kind: "unread"; failure: CallFailure } };

/**
 * Writes listings' targets to their platform, and says what became of each. Where the platform can be read and takes a
 * relative write, its own figure is read with this slot first; a plain set is sent at once.
 */
export async function writeStock(
  context: SyncContext,
  connection: OpenConnection,
  slot: Slot,
  claimed: readonly ClaimedListing[],
  signal: AbortSignal,
): Promise<Settled[]> {
  const kinds = connection.profile.stockWrites;
  const canRead = connection.account.stock?.read !== undefined;
  const choose = (row: ClaimedListing, current: number | null): Planned => ({
    ...row,
    chosen: chooseWrite({ kinds, target: row.target, current, published: row.published }),
  });
  if (!canRead || kinds.every((kind) => kind === "set")) {
    return send(
      context,
      connection,
      slot,
      claimed.map((row) => choose(row, null)),
    );
  }
  const { figures, tell } = await readFigures(context, connection, slot, claimed);
  const planned = claimed.map((row, index): Planned => {
    const figure = figures[index] ?? missing;
    return figure.ok
      ? choose(row, figure.value.quantity)
      : { ...row, chosen: { kind: "unread", failure: figure } };
  });
  const isNeeded = planned.some(({ chosen }) => chosen.kind === "write");
  const next = isNeeded ? await context.calls.enter(connection, signal) : slot;
  // Told together with the charges that follow from it: one batch of the engine.
  const told = tell();
  const settled = next.ok
    ? await send(context, connection, next, planned)
    : planned.map((row) => settledRow(context, row, next));
  await told;
  return settled;
}

async function send(
  context: SyncContext,
  connection: OpenConnection,
  slot: Slot,
  planned: readonly Planned[],
): Promise<Settled[]> {
  const asOf = nowInstant(context.runtime.clock);
  const sent: Planned[] = [];
  const batch: StockWrite[] = [];
  for (const row of planned) {
    if (row.chosen.kind !== "write") continue;
    sent.push(row);
    batch.push(stockWrite(row, row.chosen.write, asOf));
  }
  const answers = await sendWrites(
    context,
    connection,
    slot,
    sent.map((row) => row.listingId),
    batch,
  );
  const outcomes = new Map(sent.map((row, index) => [row.listingId, answers[index] ?? missing]));
  return planned.map((row) => settledRow(context, row, outcomeOf(row, outcomes)));
}

/** Sets units aside, makes the call, and tells how it ended. One outcome per write; one that may not be sent is held back. */
export async function sendWrites(
  context: SyncContext,
  connection: OpenConnection,
  slot: Slot,
  listingIds: readonly string[],
  writes: readonly StockWrite[],
): Promise<(StockOutcome | CallFailure)[]> {
  if (writes.length === 0) return [];
  const chargedAtMs = context.runtime.clock.nowMs();
  const charged = writes.map((write, index) => ({
    listingId: listingIds[index] ?? "",
    writeId: write.writeId,
    change: changeOf(write),
  }));
  const outcomes: (StockOutcome | CallFailure | null)[] = await chargeWrites(context, connection, charged);
  const going = [...writes.keys()].filter((index) => outcomes[index] === null);
  if (going.length > 0) {
    const batch = going.map((index) => writes[index] as StockWrite);
    const answered = isStale(context, chargedAtMs)
      ? staleWrite
      : await slot.outcomes(({ stock }, call) => stock?.push(batch, call) ?? Promise.resolve([]));
    for (const [place, index] of going.entries())
      outcomes[index] = answered.ok ? (answered.value[place] ?? missing) : answered;
    context.counters.stock.sent += batch.length;
    await settleWrites(
      context,
      connection,
      going.map((index) => ({ ...(charged[index] as ChargedWrite), outcome: outcomes[index] ?? missing })),
    );
  }
  return outcomes.map((outcome) => outcome ?? missing);
}

function outcomeOf(
  row: Planned,
  outcomes: ReadonlyMap<string, StockOutcome | CallFailure>,
): StockOutcome | CallFailure {
  switch (row.chosen.kind) {
    case "write":
      return outcomes.get(row.listingId) ?? missing;
    case "shown":
      return { ok: true, quantity: row.chosen.quantity };
    case "unknowable":
      return unknowable;
    case "unread":
      return row.chosen.failure;
  }
}

/** The id tells one try from the next: a platform that remembers ids must not answer a later figure with an earlier one. */
const stockWrite = (row: ClaimedListing, write: WriteMode, asOf: string): StockWrite => ({
  ...refOf(row),
  writeId: `${row.listingId}:${row.requested}:${row.tries}`,
  asOf,
  ...write,
});

const missing: CallFailure = {
  ok: false,
  kind: "unknown",
  message: "The connector gave fewer outcomes than it was asked for.",
};

const unknowable: CallFailure = {
  ok: false,
  kind: "unsupported",
  message:
    "The platform can neither be set to a figure nor asked for its own: enter the stock there by hand.",
};

const settledRow = (context: SyncContext, row: Planned, outcome: StockOutcome | CallFailure): Settled => ({
  subjectId: row.listingId,
  requested: row.requested,
  hadError: row.hadError,
  title: `item "${row.externalId}"`,
  settlement: settlementOf(context, row, outcome),
});

const retryPlan = { firstWaitMs: 1_000, maxWaitMs: 300_000 };

export function settlementOf(
  context: SyncContext,
  row: Planned,
  outcome: StockOutcome | CallFailure,
): Settlement {
  if (outcome.ok) return { status: "done", published: outcome.quantity ?? row.target, externalId: null };
  return settleFailure(outcome, {
    attempts: row.tries,
    conditional: row.chosen.kind === "write" && row.chosen.write.mode === "compareAndSet",
    backoffMs: waitAfter(row.tries, retryPlan, context.runtime.random),
  });
}
