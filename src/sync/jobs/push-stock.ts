import type { Slot } from "../calls.ts";
import type { OpenConnection } from "../connections.ts";
import { pushEscrowed } from "../escrow/push-escrowed.ts";
import { steerAllocations } from "../escrow/steer.ts";
import { isEscrowable } from "../escrow/traits.ts";
import type { Lease } from "../leases.ts";
import { claimRows, closeShown } from "../outbox/claim.ts";
import { type DueListing, dueListings, isShown } from "../outbox/due.ts";
import { takesStock } from "../outbox/publish.ts";
import { type Settled, settleRows } from "../outbox/settle.ts";
import { type ClaimedListing, writeStock } from "../outbox/write-stock.ts";
import type { SyncContext } from "../parts.ts";

export interface PushCounts {
  pushed: number;
  failed: number;
  /** When the lane had to stop for lack of budget or because the circuit is open: how long until it may go on. */
  waitMs: number | null;
}

/** Awaited between two pushes of one connection. */
export type Rest = (connection: OpenConnection) => Promise<void>;

const nothing: PushCounts = { pushed: 0, failed: 0, waitMs: null };

/**
 * Sends what one connection is owed until nothing is due. One process at a time (lease), one call at a time, and each
 * figure is computed when its call is allowed to leave: however long the queue, the newest figure wins (S06).
 */
export async function pushStock(
  context: SyncContext,
  connection: OpenConnection,
  rest: Rest = async () => undefined,
): Promise<PushCounts> {
  if (!takesStock(connection) || connection.status !== "active") return nothing;
  if ((await dueListings(context, connection)).length === 0) return nothing;
  const counts = await context.leases.withLease(
    connection.merchantId,
    `push-stock:${connection.id}`,
    (lease) => pushUnderLease(context, connection, lease, rest),
  );
  return counts ?? nothing;
}

async function pushUnderLease(
  context: SyncContext,
  known: OpenConnection,
  lease: Lease,
  rest: Rest,
): Promise<PushCounts> {
  const counts = { ...nothing };
  for (;;) {
    // Where sales never pause, neither does the lane: it would keep the credentials and settings of long ago.
    const connection = await context.connections.byId(known.id);
    if (connection === null || isOver(context, connection, lease)) return counts;
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
      ofOneKind(connection, owed).slice(0, connection.profile.limits.stockWritesPerCall),
    );
    count(counts, settled);
    // Units that are being split move by many small steps, of which each follows from the one before.
    if (settled.length > 0 && !owed.some(({ escrowed }) => escrowed)) await rest(connection);
  }
}

function count(counts: PushCounts, settled: readonly Settled[]): void {
  for (const { settlement } of settled) counts[settlement.status === "done" ? "pushed" : "failed"] += 1;
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
  const seen = await dueListings(context, connection);
  // How a SKU's units are spread is decided first: it may change what is due.
  const skuIds = seen.map((listing) => listing.skuId);
  const due = (await steerAllocations(context, connection.merchantId, skuIds))
    ? await dueListings(context, connection)
    : seen;
  await closeShown(context, lease, due.filter(isShown));
  return { seen: due.length, owed: due.filter((listing) => !isShown(listing)) };
}

/** Escrowed listings and shared ones take different ways; a call carries one kind. */
const ofOneKind = (connection: OpenConnection, owed: readonly DueListing[]): DueListing[] =>
  owed.filter((row) => !isEscrowable(connection) || row.escrowed === owed[0]?.escrowed);

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
  const claimed = owed.flatMap((listing): ClaimedListing[] => {
    const attempts = tries.get(listing.listingId);
    return attempts === undefined ? [] : [{ ...listing, tries: attempts }];
  });
  const write = claimed.every((row) => row.escrowed) && isEscrowable(connection) ? pushEscrowed : writeStock;
  const settled = await write(context, connection, slot, claimed, lease.signal);
  await settleRows(context, connection, lease, "stock", settled);
  countSettlements(context, settled);
  return settled;
}

function countSettlements({ counters }: SyncContext, settled: readonly Settled[]): void {
  for (const { settlement } of settled) {
    if (settlement.status === "done") counters.stock.confirmed += 1;
    else if (settlement.status !== "pending") counters.stock[settlement.status] += 1;
  }
}
