import { nowInstant } from "../../core/clock.ts";
import type { Sql } from "../../core/db/database.ts";
import type { OrderEventData, StoredEvent } from "../../core/events/types.ts";
import type { OpenConnection } from "../connections.ts";
import type { Consumer } from "../consumer.ts";
import type { SyncContext } from "../parts.ts";

/** What a set of events means for stock figures shown elsewhere. */
export interface StockNews {
  /** SKUs whose own stock or composition changed, with the oldest event that says so. */
  skus: Map<string, number>;
  /** Listings made or changed: they are owed a figure, whatever went wrong with them before. */
  listings: Map<string, number>;
  removed: Set<string>;
  /** What a platform sold or took back by itself: its figure is no longer the one it last confirmed. */
  soldOn: Map<string, Set<string>>;
}

/** Reads the news out of events. Pure. */
export function stockNews(events: readonly StoredEvent[]): StockNews {
  const news: StockNews = { skus: new Map(), listings: new Map(), removed: new Set(), soldOn: new Map() };
  const touch = (into: Map<string, number>, id: string, seq: number) => into.set(id, into.get(id) ?? seq);
  for (const event of events) {
    switch (event.type) {
      case "stock.changed":
        if (event.data.own) touch(news.skus, event.data.skuId, event.seq);
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
    async prepare(merchantId) {
      const writable = (await context.connections.ofMerchant(merchantId)).filter(takesStock);
      return async (tx, events) => {
        const news = stockNews(events);
        const owed = await findOwed(tx, merchantId, news, writable);
        await markOwed(tx, merchantId, owed, nowInstant(context.runtime.clock));
        await forgetConfirmed(tx, merchantId, news, writable);
        await dropRemoved(tx, merchantId, [...news.removed]);
        const connectionIds = new Set(owed.map((listing) => listing.connectionId));
        return () => {
          for (const connectionId of connectionIds) kick(merchantId, connectionId);
        };
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
}

async function findOwed(
  tx: Sql,
  merchantId: string,
  news: StockNews,
  writable: readonly OpenConnection[],
): Promise<OwedListing[]> {
  if (writable.length === 0 || (news.skus.size === 0 && news.listings.size === 0)) return [];
  const rows = await tx.query<{ id: string; connection_id: string; origin: string }>(
    `with touched as (
       select s.id as sku_id, s.id as origin from unnest($2::uuid[]) as s (id)
       union
       select b.bundle_id, s.id from unnest($2::uuid[]) as s (id)
         cross join lateral (select bundle_id from bundles where merchant_id = $1 and component_id = s.id) as b
     )
     select l.id, l.connection_id, touched.origin from touched
       cross join lateral (select id, connection_id from listings where merchant_id = $1 and sku_id = touched.sku_id) as l
     union all
     select l.id, l.connection_id, l.id from unnest($3::uuid[]) as wanted (id)
       cross join lateral (select id, connection_id from listings where merchant_id = $1 and id = wanted.id) as l`,
    [merchantId, [...news.skus.keys()], [...news.listings.keys()]],
  );
  const usable = new Set(writable.map((connection) => connection.id));
  const owed = new Map<string, OwedListing>();
  for (const { id, connection_id: connectionId, origin } of rows) {
    if (!usable.has(connectionId)) continue;
    const eventSeq = news.skus.get(origin) ?? news.listings.get(origin) ?? 0;
    const known = owed.get(id);
    owed.set(id, {
      listingId: id,
      connectionId,
      eventSeq: known ? Math.min(known.eventSeq, eventSeq) : eventSeq,
      revive: known?.revive === true || origin === id,
    });
  }
  return [...owed.values()];
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
  // Everybody who locks several of these rows does so in the order of their ids.
  const rows = owed.toSorted((a, b) => (a.listingId < b.listingId ? -1 : 1));
  await tx.query(
    `insert into outbox as o (merchant_id, kind, subject_id, connection_id, event_seq, not_before, updated_at)
     select $1, 'stock', owed.listing_id, owed.connection_id, owed.event_seq, $6, $6
     from unnest($2::uuid[], $3::uuid[], $4::bigint[]) as owed (listing_id, connection_id, event_seq)
     on conflict (merchant_id, kind, subject_id) do update set
       requested = o.requested + 1,
       status = case when o.status = 'done' or (o.status = 'parked' and o.subject_id = any($5::uuid[])) then 'pending' else o.status end,
       attempts = case when o.status in ('done', 'parked') then 0 else o.attempts end,
       event_seq = case when o.status in ('done', 'sending') then excluded.event_seq else o.event_seq end,
       not_before = case when o.status in ('done', 'parked') then excluded.not_before else o.not_before end,
       updated_at = excluded.updated_at`,
    [
      merchantId,
      rows.map((row) => row.listingId),
      rows.map((row) => row.connectionId),
      rows.map((row) => row.eventSeq),
      rows.filter((row) => row.revive).map((row) => row.listingId),
      now,
    ],
  );
}

/**
 * A platform takes its own sales off its figure and may put cancelled units back. So after an order of its own the
 * figure it confirmed last is not what it shows, and the next target must be written even if it equals that figure.
 * The same goes for a figure in flight: confirmed or not, it will not be what the platform shows.
 * Where the platform can neither be set nor read, the old figure is all there is and stays.
 */
async function forgetConfirmed(
  tx: Sql,
  merchantId: string,
  news: StockNews,
  writable: readonly OpenConnection[],
): Promise<void> {
  const pairs = writable.flatMap((connection) => {
    const recoverable =
      connection.profile.stockWrites.includes("set") || connection.account.stock?.read !== undefined;
    const sold =
      recoverable && connection.profile.behaviour.deducts !== "never"
        ? news.soldOn.get(connection.id)
        : undefined;
    return [...(sold ?? [])].map((skuId) => ({ connectionId: connection.id, skuId }));
  });
  if (pairs.length === 0) return;
  await tx.query(
    `with moved as (
       select l.id from unnest($2::uuid[], $3::uuid[]) as sold (connection_id, sku_id) cross join lateral (
         select id from listings where merchant_id = $1 and sku_id = sold.sku_id and connection_id = sold.connection_id
       ) as l
     ), voided as (
       update outbox set quantity = null from moved
       where outbox.merchant_id = $1 and outbox.kind = 'stock' and outbox.subject_id = moved.id and outbox.status = 'sending'
     )
     update listings set published_quantity = null from moved
     where listings.merchant_id = $1 and listings.id = moved.id and listings.published_quantity is not null`,
    [merchantId, pairs.map((pair) => pair.connectionId), pairs.map((pair) => pair.skuId)],
  );
}

async function dropRemoved(tx: Sql, merchantId: string, listingIds: readonly string[]): Promise<void> {
  if (listingIds.length === 0) return;
  await tx.query(
    `delete from outbox using unnest($2::uuid[]) as removed (id)
     where outbox.merchant_id = $1 and outbox.kind = 'stock' and outbox.subject_id = removed.id`,
    [merchantId, listingIds],
  );
}
