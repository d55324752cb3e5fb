import { z } from "zod";
import type { Result } from "../connectors/contract.ts";
import { availableBySku } from "../core/catalogue/stock.ts";
import { msOf, nowInstant } from "../core/clock.ts";
import type { Sql } from "../core/db/database.ts";
import type { OpenConnection } from "./connections.ts";
import { type LookedAt, lookAt } from "./escrow/look.ts";
import { steerAllocations } from "./escrow/steer.ts";
import { isEscrowable } from "./escrow/traits.ts";
import { pullOrders } from "./jobs/pull-orders.ts";
import { assertLease, type Lease } from "./leases.ts";
import { escrowedSku } from "./outbox/due.ts";
import { lockListings } from "./outbox/lock.ts";
import { markOwed, takesStock } from "./outbox/publish.ts";
import { stockTarget } from "./outbox/target.ts";
import type { SyncContext } from "./parts.ts";
import { loadPosition, reconcilePosition, savePosition } from "./positions.ts";
import { recordRun } from "./runs.ts";

export interface ReconcileCounts {
  compared: number;
  /** Listings whose platform shows something else than it should; they are owed a figure again. */
  drifted: number;
}

/**
 * Compares every listing's figure on the platform with what the core says, and owes the platform a figure where they
 * differ: whatever a platform restores on a cancel, sells without telling, or loses, ends here (F062). Platforms that
 * cannot be read are compared by the last figure they confirmed.
 *
 * More than the target is corrected at once. Less may be a sale we have not heard of yet, and writing the target over it
 * would offer a sold unit again: so the orders are pulled first, and only what still differs afterwards is corrected.
 */
export async function reconcile(
  context: SyncContext,
  connection: OpenConnection,
): Promise<ReconcileCounts | null> {
  if (!takesStock(connection) || connection.status !== "active") return null;
  return context.leases.withLease(connection.merchantId, `reconcile:${connection.id}`, (lease) =>
    recordRun(context, connection, "reconcile", async () => {
      const counts: ReconcileCounts = { compared: 0, drifted: 0 };
      const problem = await comparePages(context, connection, lease, counts);
      context.counters.stock.drifted += counts.drifted;
      return { result: counts, counts, problem };
    }),
  );
}

const firstId = "00000000-0000-0000-0000-000000000000";
const positionSchema = z.object({ after: z.uuid() }).catch({ after: firstId });

/** Whether the last look at this connection is long enough ago, or was not finished. */
export async function isReconcileDue(context: SyncContext, connection: OpenConnection): Promise<boolean> {
  const position = await loadPosition(context.db, connection.merchantId, reconcilePosition(connection.id));
  if (!position || positionSchema.parse(position.value).after !== firstId) return true;
  return msOf(position.updatedAt) + context.options.reconcileEveryMs <= context.runtime.clock.nowMs();
}

async function comparePages(
  context: SyncContext,
  connection: OpenConnection,
  lease: Lease,
  counts: ReconcileCounts,
): Promise<string | null> {
  const { db, options } = context;
  const name = reconcilePosition(connection.id);
  const position = await loadPosition(db, connection.merchantId, name);
  let { after } = positionSchema.parse(position?.value);
  for (
    let page = 0;
    page < options.pagesPerRun && !lease.signal.aborted && !context.stopping.aborted;
    page += 1
  ) {
    const listings = await quietListings(context, connection, after);
    const problem =
      listings.length === 0 ? null : await comparePage(context, connection, lease, listings, counts);
    if (problem !== null) return problem;
    after = listings.at(-1)?.id ?? firstId;
    const position = { after };
    await db.transaction(async (tx) => {
      await assertLease(tx, lease, context.runtime.clock);
      await savePosition(tx, context.runtime, connection.merchantId, name, position);
    });
    if (listings.length === 0) return null;
  }
  return null;
}

interface Listing {
  id: string;
  external_id: string;
  external_variant_id: string;
  sku_id: string;
  units_per: number;
  buffer: number;
  cap: number | null;
  published: number | null;
  escrowed: boolean;
}

/** Listings with nothing under way: one that is owed a figure will get it anyway. */
async function quietListings(
  context: SyncContext,
  connection: OpenConnection,
  after: string,
): Promise<Listing[]> {
  return context.db.query<Listing>(
    `select l.id, l.external_id, l.external_variant_id, l.sku_id, l.units_per, l.buffer, l.cap, l.published_quantity as published, ${escrowedSku} as escrowed
     from listings l left join lateral (
       select status from outbox where merchant_id = $1 and kind = 'stock' and subject_id = l.id offset 0
     ) as o on true
     where l.merchant_id = $1 and l.connection_id = $2 and l.id > $3 and l.managed_by is null and (o.status is null or o.status = 'done')
     order by l.id limit $4`,
    [connection.merchantId, connection.id, after, connection.profile.limits.stockWritesPerCall],
  );
}

/** Escrowed listings are only looked at: what differs is judged when the orders of before the look are in. */
async function lookAtEscrowed(
  context: SyncContext,
  connection: OpenConnection,
  lease: Lease,
  listings: readonly Listing[],
): Promise<string | null> {
  if (listings.length === 0 || connection.account.stock?.read === undefined) return null;
  const slot = await context.calls.enter(connection, lease.signal);
  if (!slot.ok) return slot.message;
  const seen = await lookAt(context, connection, slot, listings.map(lookedAt));
  const failed = seen.find((figure) => !figure.ok && figure.kind !== "not_found");
  return failed && !failed.ok ? failed.message : null;
}

type Compared = Listing & { shows: number | null; target: number };

async function comparePage(
  context: SyncContext,
  connection: OpenConnection,
  lease: Lease,
  listings: readonly Listing[],
  counts: ReconcileCounts,
): Promise<string | null> {
  const escrowed = isEscrowable(connection) ? listings.filter((listing) => listing.escrowed) : [];
  const told = await lookAtEscrowed(context, connection, lease, escrowed);
  if (told !== null) return told;
  // Units that nothing sells any more are owed no figure: nobody else would ask whether they are to be shared again.
  await steerAllocations(
    context,
    connection.merchantId,
    escrowed.map((listing) => listing.sku_id),
  );
  counts.compared += escrowed.length;
  const listed = listings.filter((listing) => !escrowed.includes(listing));
  if (listed.length === 0) return null;
  const first = await compare(context, connection, lease, listed);
  if (typeof first === "string") return first;
  counts.compared += first.length;
  const above = first.filter((listing) => listing.shows === null || listing.shows > listing.target);
  await correct(context, connection, lease, above);
  counts.drifted += above.length;
  const below = first.filter((listing) => listing.shows !== null && listing.shows < listing.target);
  if (below.length === 0) return null;
  const pulled = await pullOrders(context, connection);
  if (pulled === null)
    return "Another process pulls this connection's orders; the rest is compared next time.";
  if (pulled.problem !== null) return pulled.problem;
  const second = await compare(context, connection, lease, below);
  if (typeof second === "string") return second;
  const drifted = second.filter((listing) => listing.shows !== listing.target);
  await correct(context, connection, lease, drifted);
  counts.drifted += drifted.length;
  return null;
}

/** What the platform shows and should show; a reason when it could not be asked. */
async function compare(
  context: SyncContext,
  connection: OpenConnection,
  lease: Lease,
  listings: readonly Listing[],
): Promise<Compared[] | string> {
  const figures = await readFigures(context, connection, lease, listings);
  if (typeof figures === "string") return figures;
  const available = await availableBySku(context.db, connection.merchantId, [
    ...new Set(listings.map((listing) => listing.sku_id)),
  ]);
  return listings.flatMap((listing, index): Compared[] => {
    const shows = figures[index];
    if (shows === undefined) return [];
    const { units_per: unitsPer, buffer, cap } = listing;
    return [
      {
        ...listing,
        shows,
        target: stockTarget({ available: available.get(listing.sku_id) ?? 0, unitsPer, buffer, cap }),
      },
    ];
  });
}

/** One figure per listing: null where the platform has none (a push will tell why), undefined where it could not be read now. */
async function readFigures(
  context: SyncContext,
  connection: OpenConnection,
  lease: Lease,
  listings: readonly Listing[],
): Promise<(number | null | undefined)[] | string> {
  if (connection.account.stock?.read === undefined) return listings.map((listing) => listing.published);
  const slot = await context.calls.enter(connection, lease.signal);
  if (!slot.ok) return slot.message;
  const seen = await lookAt(context, connection, slot, listings.map(lookedAt));
  const failed = seen.find((figure) => !figure.ok && ofTheCall.has(figure.kind));
  return failed && !failed.ok ? failed.message : seen.map(figureOf);
}

/** Failures that say nothing of one listing. */
const ofTheCall: ReadonlySet<string> = new Set(["auth", "rate_limited", "unavailable"]);

const lookedAt = (row: Listing): LookedAt => ({
  listingId: row.id,
  externalId: row.external_id,
  externalVariantId: row.external_variant_id,
});

function figureOf(result: Result<{ quantity: number }>): number | null | undefined {
  if (result.ok) return result.value.quantity;
  return result.kind === "not_found" ? null : undefined;
}

/** Writes down what the platform shows, so that the target counts as a difference, and owes it. */
async function correct(
  context: SyncContext,
  connection: OpenConnection,
  lease: Lease,
  listings: readonly Compared[],
): Promise<void> {
  if (listings.length === 0) return;
  const { db, runtime } = context;
  const now = nowInstant(runtime.clock);
  await db.transaction(async (tx) => {
    await assertLease(tx, lease, runtime.clock);
    const owed = listings.map(({ id }) => ({
      listingId: id,
      connectionId: connection.id,
      eventSeq: 0,
      revive: false,
      moved: false,
    }));
    await markOwed(tx, connection.merchantId, owed, now);
    await lockListings(
      tx,
      connection.merchantId,
      listings.map(({ id }) => id),
    );
    await noteFigures(tx, connection.merchantId, listings);
  });
}

async function noteFigures(tx: Sql, merchantId: string, listings: readonly Compared[]): Promise<void> {
  await tx.query(
    `update listings set published_quantity = figure.shows
     from unnest($2::uuid[], $3::bigint[]) as figure (id, shows)
       cross join lateral (select ctid as place from listings where merchant_id = $1 and id = figure.id offset 0) as found
     where listings.merchant_id = $1 and listings.ctid = found.place`,
    [merchantId, listings.map((listing) => listing.id), listings.map((listing) => listing.shows)],
  );
}
