import type { ListingRef } from "../../connectors/contract.ts";
import { availableBySku } from "../../core/catalogue/stock.ts";
import { nowInstant } from "../../core/clock.ts";
import type { SqlValue } from "../../core/db/database.ts";
import type { OpenConnection } from "../connections.ts";
import type { SyncContext } from "../parts.ts";
import { stockTarget } from "./target.ts";

/** A listing that is owed a figure, and the figure as the core says it now. */
export interface DueListing {
  listingId: string;
  /** The request this figure answers; a newer one leaves the row pending. */
  requested: number;
  /** True when the last write may or may not have taken effect: then equality with `published` proves nothing. */
  inDoubt: boolean;
  attempts: number;
  hadError: boolean;
  externalId: string;
  externalVariantId: string;
  published: number | null;
  target: number;
  /** Its units are set aside by the rules of escrow, or are about to be. */
  escrowed: boolean;
  skuId: string;
}

/** Enough to find the few that differ among many that do not. */
const rowsPerLook = 500;

/** Whether units of what listing `l` sells, or of a component of it, are split over listings. */
export const escrowedSku = `exists (
  select 1 from (select l.sku_id as id union all select component_id from bundles where merchant_id = $1 and bundle_id = l.sku_id) as p
    cross join lateral (select state from sku_allocations where merchant_id = $1 and sku_id = p.id limit 1) as a
  where a.state <> 'shared')`;

interface Row {
  listing_id: string;
  requested: number;
  status: "pending" | "sending" | "unknown";
  attempts: number;
  error_kind: string | null;
  external_id: string;
  external_variant_id: string;
  sku_id: string;
  units_per: number;
  buffer: number;
  cap: number | null;
  published: number | null;
  escrowed: boolean | null;
}

/**
 * What is due on one connection, with its targets computed from the core at this moment. A row still `sending` was left
 * behind by a process that died in the middle of a call: it comes due when that call's time is over.
 */
export async function dueListings(context: SyncContext, connection: OpenConnection): Promise<DueListing[]> {
  const { db, runtime } = context;
  const params: SqlValue[] = [connection.merchantId, connection.id, nowInstant(runtime.clock), rowsPerLook];
  const rows = await db.query<Row>(
    `select l.id as listing_id, o.requested, o.status, o.attempts, o.error_kind, l.external_id, l.external_variant_id, l.sku_id,
       l.units_per, l.buffer, l.cap, l.published_quantity as published,
       (e.halt is not null or ${escrowedSku}) as escrowed
     from outbox o cross join lateral (select * from listings where merchant_id = $1 and id = o.subject_id offset 0) as l
       left join lateral (select halt from exposures where merchant_id = $1 and listing_id = l.id limit 1) as e on true
     where o.merchant_id = $1 and o.connection_id = $2 and o.kind = 'stock'
       and o.status in ('pending', 'sending', 'unknown') and o.not_before <= $3
     order by o.not_before, o.subject_id limit $4`,
    params,
  );
  if (rows.length === 0) return [];
  const available = await availableBySku(db, connection.merchantId, [
    ...new Set(rows.map((row) => row.sku_id)),
  ]);
  return rows.map((row) => ({
    listingId: row.listing_id,
    requested: row.requested,
    inDoubt: row.status !== "pending",
    attempts: row.attempts,
    hadError: row.error_kind !== null,
    externalId: row.external_id,
    externalVariantId: row.external_variant_id,
    published: row.published,
    escrowed: row.escrowed === true,
    skuId: row.sku_id,
    target: stockTarget({
      available: available.get(row.sku_id) ?? 0,
      unitsPer: row.units_per,
      buffer: row.buffer,
      cap: row.cap,
    }),
  }));
}

/** The platform confirmed exactly this figure last and nothing has happened to it since: nothing needs to be sent (F058). */
export const isShown = (listing: DueListing): boolean =>
  !listing.escrowed && !listing.inDoubt && listing.published === listing.target;

export const refOf = (listing: Pick<DueListing, "externalId" | "externalVariantId">): ListingRef => ({
  externalId: listing.externalId,
  ...(listing.externalVariantId === "" ? {} : { externalVariantId: listing.externalVariantId }),
});
