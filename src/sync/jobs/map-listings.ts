import type { ListingRef, PulledListing } from "../../connectors/contract.ts";
import { collectPages } from "../../connectors/toolkit/paging.ts";
import { withRetry } from "../../connectors/toolkit/retry.ts";
import { createListings, deleteListing, type Listing, listListings } from "../../core/catalogue/listings.ts";
import { noteKeptFigures } from "../../core/catalogue/platform-stock.ts";
import { releasing } from "../../core/catalogue/releasing.ts";
import { SluiceError } from "../../core/errors.ts";
import type { ListingInput } from "../../core/model/catalogue.ts";
import { codeSchema } from "../../core/model/primitives.ts";
import { type OpenConnection, reserveFromOf } from "../connections.ts";
import type { MappedListings } from "../contract.ts";
import type { SyncContext } from "../parts.ts";
import { knownSkus } from "./import/known.ts";
import { inWindow, submit } from "./import/window.ts";

/** 5,000 pages of the smallest page size platforms use are more items than any shop has. */
const mostPages = 5_000;
const wholeRunMs = 600_000;
const listingsAtOnce = 1_000;

/**
 * Maps the items of a platform to SKUs with exactly the same code, and leaves all others to a person: a guess here
 * would sell the wrong goods. Items whose goods the platform keeps are mapped as such, also those that were mapped before
 * the platform took them over, and its figure is noted. Running it again maps only what is new.
 * Throws `unsupported`, `connection_failed`; then nothing was mapped.
 */
export async function mapListings(context: SyncContext, connection: OpenConnection): Promise<MappedListings> {
  const { db, runtime } = context;
  const { merchantId } = connection;
  const items = await pullAll(context, connection);
  const mapped = await mappedItems(context, connection);
  const fresh = items.filter((item) => !mapped.has(keyOf(item)));
  const skus = await knownSkus(
    db,
    merchantId,
    fresh.flatMap((item) => codeOf(item) ?? []),
  );
  const isMatched = (item: PulledListing): boolean => skus.has(codeOf(item) ?? "");
  const moved = items.flatMap((item) => {
    const listing = mapped.get(keyOf(item));
    return listing && listing.managedBy !== (item.managedBy ?? null) ? [{ item, listing }] : [];
  });
  for (const { listing } of moved) {
    await releasing(context, merchantId, () => deleteListing(db, runtime, merchantId, listing.id));
  }
  const inputs = [
    ...moved.map(({ item, listing }) => inputOf(connection, item, listing)),
    ...fresh.filter(isMatched).map((item) => inputOf(connection, item)),
  ];
  await create(context, connection, inputs);
  await noteFigures(context, connection, items);
  return {
    listed: items.length,
    created: inputs.length - moved.length,
    changedHands: moved.length,
    known: items.length - fresh.length - moved.length,
    unmatched: fresh.filter((item) => !isMatched(item)),
  };
}

/** As a new mapping by code; or as it was mapped before, with whoever keeps the goods now. */
function inputOf({ id }: OpenConnection, item: PulledListing, former?: Listing): ListingInput {
  return {
    connection: id,
    externalId: item.externalId,
    ...(item.externalVariantId === undefined ? {} : { externalVariantId: item.externalVariantId }),
    ...(item.managedBy === undefined ? {} : { managedBy: item.managedBy }),
    sku: former?.sku ?? codeOf(item) ?? "",
    unitsPer: former?.unitsPer ?? 1,
    buffer: former?.buffer ?? 0,
    cap: former?.cap ?? null,
    ...(former ? { share: former.share } : {}),
  };
}

async function create(
  context: SyncContext,
  connection: OpenConnection,
  inputs: readonly ListingInput[],
): Promise<void> {
  const { db, engine, runtime } = context;
  const { merchantId } = connection;
  for (let start = 0; start < inputs.length; start += listingsAtOnce) {
    const some = inputs.slice(start, start + listingsAtOnce);
    const { waitingOrderIds } = await releasing(context, merchantId, () =>
      createListings(db, runtime, merchantId, some),
    );
    const reserveFrom = reserveFromOf(connection);
    await inWindow(waitingOrderIds, 100, async (orderId) => {
      await submit(engine, runtime.timers, merchantId, { kind: "order.map", orderId, reserveFrom });
    });
  }
}

async function noteFigures(
  context: SyncContext,
  connection: OpenConnection,
  items: readonly PulledListing[],
): Promise<void> {
  const kept = items.filter((item) => item.managedBy === "platform" && item.quantity !== undefined);
  if (kept.length === 0) return;
  const mapped = await mappedItems(context, connection);
  const figures = kept.flatMap((item) => {
    const listing = mapped.get(keyOf(item));
    return listing ? [{ listingId: listing.id, quantity: item.quantity ?? 0 }] : [];
  });
  await noteKeptFigures(context.db, context.runtime, connection.merchantId, figures);
}

/** Whole or not at all, and each item once: pages of a shop that changes meanwhile may repeat one. */
async function pullAll(
  { calls, runtime }: SyncContext,
  connection: OpenConnection,
): Promise<PulledListing[]> {
  if (!connection.account.listings) {
    throw new SluiceError(
      "unsupported",
      `The connector of "${connection.name}" cannot list items; map them one by one with POST /v1/listings.`,
    );
  }
  const run = {
    signal: new AbortController().signal,
    deadlineMs: runtime.clock.nowMs() + wholeRunMs,
  };
  type Cursor = Parameters<NonNullable<typeof connection.account.listings>["pull"]>[0]["cursor"];
  const pulled = await collectPages<PulledListing, Cursor>("The list of items", mostPages, async (cursor) => {
    const page = await withRetry(
      () =>
        calls.read(connection, async ({ listings }, call) =>
          listings ? listings.pull({ cursor }, call) : gone,
        ),
      run,
      runtime,
    );
    if (!page.ok) return page;
    const { listings: found, more } = page.value;
    return { ok: true, value: { items: found, next: more ? page.value.cursor : null } };
  });
  if (!pulled.ok) {
    throw new SluiceError(
      "connection_failed",
      `The items of "${connection.name}" could not be listed. ${pulled.message}`,
    );
  }
  return [...new Map(pulled.value.map((item) => [keyOf(item), item])).values()];
}

const gone = {
  ok: false,
  kind: "unsupported",
  message: "The connector no longer lists items; map them with POST /v1/listings.",
} as const;

async function mappedItems(
  { db }: SyncContext,
  { merchantId, id: connectionId }: OpenConnection,
): Promise<Map<string, Listing>> {
  const found = new Map<string, Listing>();
  let cursor: string | undefined;
  do {
    const page = await listListings(db, merchantId, { limit: 1_000, connectionId, cursor });
    for (const listing of page.items) found.set(keyOf(listing), listing);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

/** A platform without variants leaves the variant out, our table keeps it empty. */
const keyOf = ({ externalId, externalVariantId }: ListingRef): string =>
  JSON.stringify([externalId, externalVariantId ?? ""]);

const codeOf = ({ sku }: PulledListing): string | undefined => codeSchema.safeParse(sku).data;
