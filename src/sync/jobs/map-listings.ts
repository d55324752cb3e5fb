import type { ListingRef, PulledListing } from "../../connectors/contract.ts";
import { collectPages } from "../../connectors/toolkit/paging.ts";
import { withRetry } from "../../connectors/toolkit/retry.ts";
import { createListings, listListings } from "../../core/catalogue/listings.ts";
import { SluiceError } from "../../core/errors.ts";
import { codeSchema } from "../../core/model/primitives.ts";
import { type OpenConnection, reserveFromOf } from "../connections.ts";
import type { SyncParts } from "../parts.ts";
import { knownSkus } from "./import/known.ts";
import { inWindow, submit } from "./import/window.ts";

export interface MappedListings {
  /** Items the platform lists. */
  listed: number;
  created: number;
  /** Items that were mapped before. */
  known: number;
  /** Items whose code on the platform is none of our SKUs: a person must map them. */
  unmatched: PulledListing[];
}

/** 5,000 pages of the smallest page size platforms use are more items than any shop has. */
const mostPages = 5_000;
const wholeRunMs = 600_000;
const listingsAtOnce = 1_000;

/**
 * Maps the items of a platform to SKUs with exactly the same code, and leaves all others to a person: a guess here
 * would sell the wrong goods. Running it again maps only what is new. Throws `unsupported`, `connection_failed`.
 */
export async function mapListings(
  parts: Pick<SyncParts, "db" | "engine" | "runtime">,
  connection: OpenConnection,
): Promise<MappedListings> {
  const { db, engine, runtime } = parts;
  const { merchantId, id: connectionId } = connection;
  const items = await pullAll(parts, connection);
  const mapped = await mappedItems(parts, connection);
  const fresh = items.filter((item) => !mapped.has(keyOf(item)));
  const skus = await knownSkus(
    db,
    merchantId,
    fresh.flatMap((item) => codeOf(item) ?? []),
  );
  const isMatched = (item: PulledListing): boolean => skus.has(codeOf(item) ?? "");
  const inputs = fresh.filter(isMatched).map((item) => ({
    connection: connectionId,
    externalId: item.externalId,
    ...(item.externalVariantId === undefined ? {} : { externalVariantId: item.externalVariantId }),
    sku: codeOf(item) ?? "",
    unitsPer: 1,
    buffer: 0,
    cap: null,
  }));
  for (let start = 0; start < inputs.length; start += listingsAtOnce) {
    const some = inputs.slice(start, start + listingsAtOnce);
    const { waitingOrderIds } = await createListings(db, runtime, merchantId, some);
    const reserveFrom = reserveFromOf(connection);
    await inWindow(waitingOrderIds, 100, async (orderId) => {
      await submit(engine, runtime.timers, merchantId, { kind: "order.map", orderId, reserveFrom });
    });
  }
  return {
    listed: items.length,
    created: inputs.length,
    known: items.length - fresh.length,
    unmatched: fresh.filter((item) => !isMatched(item)),
  };
}

/** Whole or not at all, and each item once: pages of a shop that changes meanwhile may repeat one. */
async function pullAll(
  { runtime }: Pick<SyncParts, "runtime">,
  connection: OpenConnection,
): Promise<PulledListing[]> {
  const { listings } = connection.account;
  if (!listings) {
    throw new SluiceError(
      "unsupported",
      `The connector of "${connection.name}" cannot list items; map them one by one with POST /v1/listings.`,
    );
  }
  const call = {
    signal: new AbortController().signal,
    deadlineMs: runtime.clock.nowMs() + wholeRunMs,
  };
  const pulled = await collectPages<PulledListing, Parameters<typeof listings.pull>[0]["cursor"]>(
    "The list of items",
    mostPages,
    async (cursor) => {
      const page = await withRetry(() => listings.pull({ cursor }, call), call, runtime);
      if (!page.ok) return page;
      const { listings: found, more } = page.value;
      return { ok: true, value: { items: found, next: more ? page.value.cursor : null } };
    },
  );
  if (!pulled.ok) {
    throw new SluiceError(
      "connection_failed",
      `The items of "${connection.name}" could not be listed. ${pulled.message}`,
    );
  }
  return [...new Map(pulled.value.map((item) => [keyOf(item), item])).values()];
}

async function mappedItems(
  { db }: Pick<SyncParts, "db">,
  { merchantId, id: connectionId }: OpenConnection,
): Promise<Set<string>> {
  const keys = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await listListings(db, merchantId, { limit: 1_000, connectionId, cursor });
    for (const listing of page.items) keys.add(keyOf(listing));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return keys;
}

/** A platform without variants leaves the variant out, our table keeps it empty. */
const keyOf = ({ externalId, externalVariantId }: ListingRef): string =>
  JSON.stringify([externalId, externalVariantId ?? ""]);

const codeOf = ({ sku }: PulledListing): string | undefined => codeSchema.safeParse(sku).data;
