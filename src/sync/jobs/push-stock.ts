import type { ListingRef, Result, StockOutcome, StockWrite } from "../../connectors/contract.ts";
import { nowInstant } from "../../core/clock.ts";
import { waitAfter } from "../backoff.ts";
import type { CallFailure, Slot } from "../calls.ts";
import type { OpenConnection } from "../connections.ts";
import type { Lease } from "../leases.ts";
import { claimRows, closeShown } from "../outbox/claim.ts";
import { type DueListing, dueListings, isShown } from "../outbox/due.ts";
import { type Settlement, settleFailure } from "../outbox/outcome.ts";
import { takesStock } from "../outbox/publish.ts";
import { type Settled, settleRows } from "../outbox/settle.ts";
import { type ChosenWrite, chooseWrite } from "../outbox/target.ts";
import type { SyncContext } from "../parts.ts";

export interface PushCounts {
  pushed: number;
  failed: number;
  /** When the lane had to stop for lack of budget or because the circuit is open: how long until it may go on. */
  waitMs: number | null;
}

const nothing: PushCounts = { pushed: 0, failed: 0, waitMs: null };

/**
 * Sends what one connection is owed until nothing is due. One process at a time (lease), one call at a time, and each
 * figure is computed when its call is allowed to leave: however long the queue, the newest figure wins (S06).
 */
export async function pushStock(context: SyncContext, connection: OpenConnection): Promise<PushCounts> {
  if (!takesStock(connection) || connection.status !== "active") return nothing;
  if ((await dueListings(context, connection)).length === 0) return nothing;
  const counts = await context.leases.withLease(
    connection.merchantId,
    `push-stock:${connection.id}`,
    (lease) => pushUnderLease(context, connection, lease),
  );
  return counts ?? nothing;
}

async function pushUnderLease(
  context: SyncContext,
  connection: OpenConnection,
  lease: Lease,
): Promise<PushCounts> {
  const counts = { ...nothing };
  while (!isOver(context, connection, lease)) {
    const looked = await look(context, connection, lease);
    if (looked.seen === 0) return counts;
    if (looked.owed.length === 0) continue;
    const slot = await context.calls.enter(connection, lease.signal);
    if (!slot.ok) return { ...counts, waitMs: slot.retryAfterMs ?? 0 };
    // The turn may have been long in coming: then the figures are computed again.
    const { owed } = slot.waited ? await look(context, connection, lease) : looked;
    const settled = await sendSome(
      context,
      connection,
      lease,
      slot,
      owed.slice(0, connection.profile.limits.stockWritesPerCall),
    );
    for (const { settlement } of settled) counts[settlement.status === "done" ? "pushed" : "failed"] += 1;
  }
  return counts;
}

/** The lease is gone, the platform refuses our credentials, or this process ends. */
export const isOver = (context: SyncContext, connection: OpenConnection, lease: Lease): boolean =>
  lease.signal.aborted || connection.status !== "active" || context.stopping.aborted;

/** Closes what the platform shows already; answers the rest of what is due. */
async function look(
  context: SyncContext,
  connection: OpenConnection,
  lease: Lease,
): Promise<{ seen: number; owed: DueListing[] }> {
  const due = await dueListings(context, connection);
  await closeShown(context, lease, due.filter(isShown));
  return { seen: due.length, owed: due.filter((listing) => !isShown(listing)) };
}

type Claimed = DueListing & { tries: number };
type Planned = Claimed & { chosen: ChosenWrite; readFailure: CallFailure | null };

async function sendSome(
  context: SyncContext,
  connection: OpenConnection,
  lease: Lease,
  slot: Slot,
  owed: readonly DueListing[],
): Promise<Settled[]> {
  if (owed.length === 0) return [];
  const tries = await claimRows(
    context,
    lease,
    "stock",
    owed.map(({ listingId, requested, target }) => ({ subjectId: listingId, requested, quantity: target })),
  );
  const claimed = owed.flatMap((listing): Claimed[] => {
    const attempts = tries.get(listing.listingId);
    return attempts === undefined ? [] : [{ ...listing, tries: attempts }];
  });
  const settled = await write(context, connection, slot, claimed, lease.signal);
  await settleRows(context, connection, lease, "stock", settled);
  countSettlements(context, settled);
  return settled;
}

/** A plain set is sent at once. Anything relative starts from the platform's own figure, read with this slot first. */
async function write(
  context: SyncContext,
  connection: OpenConnection,
  slot: Slot,
  claimed: readonly Claimed[],
  signal: AbortSignal,
): Promise<Settled[]> {
  const { stock } = connection.account;
  if (!stock || claimed.length === 0) return [];
  const kinds = connection.profile.stockWrites;
  const { read } = stock;
  if (kinds.includes("set") || !read) {
    const planned = claimed.map((row) =>
      plan(row, chooseWrite({ kinds, target: row.target, current: null, published: row.published })),
    );
    return send(context, slot, planned);
  }
  const figures = await slot.outcomes((_account, call) => read.call(stock, claimed.map(refOf), call));
  const planned = claimed.map((row, index): Planned => {
    const figure: Result<{ quantity: number }> | CallFailure = figures.ok
      ? (figures.value[index] ?? missing)
      : figures;
    if (!figure.ok)
      return {
        ...row,
        chosen: { write: "read first" },
        readFailure: { ...figure, kind: notInDoubt(figure.kind) },
      };
    return plan(
      row,
      chooseWrite({ kinds, target: row.target, current: figure.value.quantity, published: row.published }),
    );
  });
  const next = planned.some(writes) ? await context.calls.enter(connection, signal) : slot;
  if (!next.ok) return planned.map((row) => settle(context, row, next));
  return send(context, next, planned);
}

const plan = (row: Claimed, chosen: ChosenWrite): Planned => ({ ...row, chosen, readFailure: null });

/** A read that ended in doubt has changed nothing: it may simply be made again. */
const notInDoubt = (kind: CallFailure["kind"]): CallFailure["kind"] =>
  kind === "unknown" ? "unavailable" : kind;

const missing: CallFailure = {
  ok: false,
  kind: "unknown",
  message: "The connector gave fewer outcomes than it was asked for.",
};

const unreadable: CallFailure = {
  ok: false,
  kind: "unsupported",
  message:
    "The platform can neither be set to a figure nor asked for its own: enter the stock there by hand.",
};

interface Real {
  mode: "set" | "compareAndSet" | "delta";
}
const isWrite = (chosen: ChosenWrite): chosen is Extract<ChosenWrite, { write: Real }> =>
  chosen.write !== null && chosen.write !== "read first";
const writes = (row: Planned): boolean => isWrite(row.chosen);

const refOf = (listing: DueListing): ListingRef => ({
  externalId: listing.externalId,
  ...(listing.externalVariantId === "" ? {} : { externalVariantId: listing.externalVariantId }),
});

async function send(context: SyncContext, slot: Slot, planned: readonly Planned[]): Promise<Settled[]> {
  const asOf = nowInstant(context.runtime.clock);
  const sent = planned.filter(writes);
  const body = sent.map((row): StockWrite => {
    const ref = { ...refOf(row), writeId: `${row.listingId}:${row.requested}:${row.tries}`, asOf };
    return isWrite(row.chosen)
      ? { ...ref, ...row.chosen.write }
      : { ...ref, mode: "set", quantity: row.target };
  });
  const outcomes = new Map<string, StockOutcome | CallFailure>();
  if (body.length > 0) {
    const answered = await slot.outcomes(
      (account, call) => account.stock?.push(body, call) ?? Promise.resolve([]),
    );
    for (const [index, row] of sent.entries()) {
      outcomes.set(row.listingId, answered.ok ? (answered.value[index] ?? missing) : answered);
    }
    context.counters.stock.sent += sent.length;
  }
  return planned.map((row) => {
    if (row.readFailure) return settle(context, row, row.readFailure);
    if (row.chosen.write === null) return settle(context, row, { ok: true, quantity: row.chosen.shows });
    return settle(context, row, outcomes.get(row.listingId) ?? unreadable);
  });
}

function settle(context: SyncContext, row: Planned, outcome: StockOutcome | CallFailure): Settled {
  return {
    subjectId: row.listingId,
    requested: row.requested,
    hadError: row.hadError,
    title: `item "${row.externalId}"`,
    settlement: settlementOf(context, row, outcome),
  };
}

const retryPlan = { firstWaitMs: 1_000, maxWaitMs: 300_000 };

function settlementOf(context: SyncContext, row: Planned, outcome: StockOutcome | CallFailure): Settlement {
  if (outcome.ok) return { status: "done", published: outcome.quantity ?? row.target, externalId: null };
  return settleFailure(outcome, {
    attempts: row.tries,
    conditional: isWrite(row.chosen) && row.chosen.write.mode === "compareAndSet",
    backoffMs: waitAfter(row.tries, retryPlan, context.runtime.random),
  });
}

function countSettlements({ counters }: SyncContext, settled: readonly Settled[]): void {
  for (const { settlement } of settled) {
    if (settlement.status === "done") counters.stock.confirmed += 1;
    else if (settlement.status !== "pending") counters.stock[settlement.status] += 1;
  }
}
