import { nowInstant } from "../../core/clock.ts";
import type { Sql } from "../../core/db/database.ts";
import type { OrderEventData, StoredEvent } from "../../core/events/types.ts";
import type { OpenConnection } from "../connections.ts";
import type { Consumer } from "../consumer.ts";
import type { SyncContext } from "../parts.ts";
import { lockListings, lockOutbox } from "./lock.ts";

/** What a set of events means for stock figures shown elsewhere. */
export interface StockNews {
  /** SKUs whose own stock or composition changed, with the oldest event that says so. */
  skus: Map<string, number>;
  /** Listings made or changed: they are owed a figure, whatever went wrong with them before. */
  listings: Map<string, number>;
  /** SKUs whose units are shared again: what was confirmed last was a share, and from before what was sold of it. */
  shared: Set<string>;
  removed: Set<string>;
  /** What a platform sold or took back by itself: its figure is no longer the one it last confirmed. */
  soldOn: Map<string, Set<string>>;
  /** Connections whose status, secrets or settings changed. */
  connections: Set<string>;
  lastSeq: number;
}

/** Reads the news out of events. Pure. */
export function stockNews(events: readonly StoredEvent[]): StockNews {
  const news: StockNews = {
    skus: new Map(),
    listings: new Map(),
    shared: new Set(),
    removed: new Set(),
    soldOn: new Map(),
    connections: new Set(),
    lastSeq: events.at(-1)?.seq ?? 0,
  };
  const touch = (into: Map<string, number>, id: string, seq: number) => into.set(id, into.get(id) ?? seq);
  for (const event of events) {
    switch (event.type) {
      case "stock.changed":
        if (event.data.own) touch(news.skus, event.data.skuId, event.seq);
        break;
      case "allocation.changed":
        touch(news.skus, event.data.skuId, event.seq);
        if (event.data.state === "shared") news.shared.add(event.data.skuId);
        else news.shared.delete(event.data.skuId);
        break;
      case "bundle.changed":
        touch(news.skus, event.data.skuId, event.seq);
        break;
      case "listing.changed":
        touch(news.listings, event.data.listingId, event.seq);
        news.removed.delete(event.data.listingId);
        break;
      case "listing.removed":
        news.listings.delete(event.data.listingId);
        news.removed.add(event.data.listingId);
        break;
      case "connection.changed":
        news.connections.add(event.data.connectionId);
        break;
      default:
        if (event.type.startsWith("order.")) noteSale(news, event.data as OrderEventData);
    }
  }
  return news;
}

function noteSale(news: StockNews, order: OrderEventData): void {
  for (const { skuId } of order.allocation ?? []) {
    if (skuId === null) continue;
    const sold = news.soldOn.get(order.connectionId) ?? new Set();
    news.soldOn.set(order.connectionId, sold.add(skuId));
  }
}

/**
 * Follows the log and marks, in the transaction that moves its cursor, which listings are owed a figure: those of the
 * SKUs that changed and of the bundles that contain them. One row per listing, however often it changes.
 */
export function createStockPublisher(
  context: SyncContext,
  kick: (merchantId: string, connectionId: string) => void,
): Consumer {
  return {
    name: "consumer:stock",
    async apply(tx, merchantId, events) {
      const news = stockNews(events);
      const owed = await findOwed(context, tx, merchantId, news);
      await markOwed(tx, merchantId, owed, nowInstant(context.runtime.clock));
      await forgetConfirmed(tx, merchantId, owed);
      await dropRemoved(tx, merchantId, [...news.removed]);
      const connectionIds = new Set(owed.map((listing) => listing.connectionId));
      return () => {
        for (const connectionId of news.connections) context.connections.forget(connectionId);
        for (const connectionId of connectionIds) kick(merchantId, connectionId);
      };
    },
  };
}

export const takesStock = (connection: OpenConnection): boolean =>
  connection.account.stock !== undefined && connection.profile.stockWrites.length > 0;

export interface OwedListing {
  listingId: string;
  connectionId: string;
  /** Oldest event whose effect is owed. */
  eventSeq: number;
  /** Also take it up again when it was parked. */
  revive: boolean;
  /** The platform's figure is not the one it confirmed last, nor the one in flight. */
  moved: boolean;
}

interface Found {
  id: string;
  connection_id: string;
  /** What led to it: a SKU of the news, the listing itself, or null for a sale on the platform. */
  origin: string | null;
}

async function findOwed(
  context: SyncContext,
  tx: Sql,
  merchantId: string,
  news: StockNews,
): Promise<OwedListing[]> {
  const sold = soldPairs(news, await context.connections.usable(news.soldOn.keys(), tx));
  if (news.skus.size === 0 && news.listings.size === 0 && sold.length === 0) return [];
  const rows = await tx.query<Found>(
    `with touched as (
       select s.id as sku_id, s.id as origin from unnest($2::uuid[]) as s (id)
       union
       select b.bundle_id, s.id from unnest($2::uuid[]) as s (id)
         cross join lateral (select bundle_id from bundles where merchant_id = $1 and component_id = s.id offset 0) as b
     )
     select l.id, l.connection_id, touched.origin from touched
       cross join lateral (select id, connection_id from listings where merchant_id = $1 and sku_id = touched.sku_id and managed_by is null offset 0) as l
     union all
     select l.id, l.connection_id, l.id from unnest($3::uuid[]) as wanted (id)
       cross join lateral (select id, connection_id from listings where merchant_id = $1 and id = wanted.id and managed_by is null offset 0) as l
     union all
     select l.id, l.connection_id, null from unnest($4::uuid[], $5::uuid[]) as sold (connection_id, sku_id)
       cross join lateral (
         select id, connection_id from listings
         where merchant_id = $1 and sku_id = sold.sku_id and connection_id = sold.connection_id and managed_by is null offset 0
       ) as l`,
    [
      merchantId,
      [...news.skus.keys()],
      [...news.listings.keys()],
      sold.map((pair) => pair.connectionId),
      sold.map((pair) => pair.skuId),
    ],
  );
  const connections = await context.connections.usable(
    rows.map((row) => row.connection_id),
    tx,
  );
  const owedTo = (connectionId: string) => {
    const connection = connections.get(connectionId);
    return connection !== undefined && takesStock(connection);
  };
  const byListing = Map.groupBy(
    rows.filter((row) => owedTo(row.connection_id)),
    (row) => row.id,
  );
  return [...byListing.values()].map((found) => {
    const connection = connections.get(found[0]?.connection_id ?? "");
    return owedOf(news, found, connection !== undefined && isRecoverable(connection));
  });
}

function owedOf(news: StockNews, found: readonly Found[], recoverable: boolean): OwedListing {
  const [{ id, connection_id: connectionId } = { id: "", connection_id: "" }] = found;
  const seqs = found.map(({ origin }) =>
    origin === null ? news.lastSeq : (news.skus.get(origin) ?? news.listings.get(origin) ?? news.lastSeq),
  );
  return {
    listingId: id,
    connectionId,
    eventSeq: Math.min(...seqs),
    revive: found.some(({ origin }) => origin === id),
    moved: found.some(({ origin }) => origin === null || (recoverable && news.shared.has(origin))),
  };
}

/** Its figure can be put right without knowing what it shows. */
const isRecoverable = ({ profile, account }: OpenConnection): boolean =>
  profile.stockWrites.includes("set") || account.stock?.read !== undefined;

/**
 * Which SKUs were sold (or taken back) by which platform itself. A platform takes its own sales off its figure and may
 * put cancelled units back, even where the hub reserved nothing for them; so its listing is owed a figure again, and
 * that figure is written even if it equals the last confirmed one. Where a platform can neither be set nor read, the
 * figure confirmed last is all there is, and stays.
 */
function soldPairs(
  news: StockNews,
  connections: ReadonlyMap<string, OpenConnection>,
): { connectionId: string; skuId: string }[] {
  return [...connections.values()].flatMap((connection) => {
    if (!isRecoverable(connection) || connection.profile.behaviour.deducts === "never") return [];
    return [...(news.soldOn.get(connection.id) ?? [])].map((skuId) => ({
      connectionId: connection.id,
      skuId,
    }));
  });
}

/**
 * One row per listing. A parked listing stays parked until a person acts on it; one in flight or in doubt keeps its
 * state and is sent again afterwards, since `requested` has risen.
 */
export async function markOwed(
  tx: Sql,
  merchantId: string,
  owed: readonly OwedListing[],
  now: string,
): Promise<void> {
  if (owed.length === 0) return;
  // In the order of their ids, as everybody locks them.
  const rows = owed.toSorted((a, b) => (a.listingId < b.listingId ? -1 : 1));
  await tx.query(
    `insert into outbox as o (merchant_id, kind, subject_id, connection_id, event_seq, not_before, updated_at)
     select $1, 'stock', owed.listing_id, owed.connection_id, owed.event_seq, $6, $6
     from unnest($2::uuid[], $3::uuid[], $4::bigint[]) as owed (listing_id, connection_id, event_seq)
     on conflict (merchant_id, kind, subject_id) do update set
       requested = o.requested + 1,
       status = case when o.status = 'done' or (o.status = 'parked' and o.subject_id = any($5::uuid[])) then 'pending' else o.status end,
       attempts = case when o.status = 'done' or (o.status = 'parked' and o.subject_id = any($5::uuid[])) then 0 else o.attempts end,
       event_seq = case when o.status in ('done', 'sending') then excluded.event_seq else o.event_seq end,
       not_before = case when o.status = 'done' or (o.status = 'parked' and o.subject_id = any($5::uuid[])) then excluded.not_before
         else o.not_before end,
       quantity = case when o.status = 'sending' and o.subject_id = any($7::uuid[]) then null else o.quantity end,
       updated_at = excluded.updated_at`,
    [
      merchantId,
      rows.map((row) => row.listingId),
      rows.map((row) => row.connectionId),
      rows.map((row) => row.eventSeq),
      rows.filter((row) => row.revive).map((row) => row.listingId),
      now,
      rows.filter((row) => row.moved).map((row) => row.listingId),
    ],
  );
}

/** The outbox rows of these listings are locked by `markOwed`, so no confirmation can come in between. */
async function forgetConfirmed(tx: Sql, merchantId: string, owed: readonly OwedListing[]): Promise<void> {
  const moved = owed.filter((listing) => listing.moved).map((listing) => listing.listingId);
  if (moved.length === 0) return;
  await lockListings(tx, merchantId, moved);
  await tx.query(
    `update listings set published_quantity = null
     from unnest($2::uuid[]) as moved (id) cross join lateral (
       select ctid as place from listings
       where merchant_id = $1 and id = moved.id and published_quantity is not null offset 0
     ) as found
     where listings.merchant_id = $1 and listings.ctid = found.place`,
    [merchantId, moved],
  );
}

async function dropRemoved(tx: Sql, merchantId: string, listingIds: readonly string[]): Promise<void> {
  if (listingIds.length === 0) return;
  await lockOutbox(tx, merchantId, "stock", listingIds);
  await tx.query(
    `delete from outbox using unnest($2::uuid[]) as removed (id) cross join lateral (
       select ctid as place from outbox where merchant_id = $1 and kind = 'stock' and subject_id = removed.id offset 0
     ) as found
     where outbox.merchant_id = $1 and outbox.ctid = found.place`,
    [merchantId, listingIds],
  );
}
