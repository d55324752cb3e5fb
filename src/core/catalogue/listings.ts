import { z } from "zod";
import { type Instant, nowInstant } from "../clock.ts";
import type { Sql, SqlValue } from "../db/database.ts";
import { inTransaction } from "../db/transaction.ts";
import { SluiceError } from "../errors.ts";
import type { ShareRule } from "../escrow/plan.ts";
import { appendEvents } from "../events/log.ts";
import { type ListingInput, shareRuleSchema } from "../model/catalogue.ts";
import { codeSchema, countSchema, normaliseCode, quantitySchema } from "../model/primitives.ts";
import { decodeCursor, idPosition, type Page, type PageRequest, toPage } from "../page.ts";
import type { Runtime } from "../runtime.ts";
import { closeTasks } from "../tasks.ts";
import { checkPercent, convergeSkus, releaseSkus } from "./converge.ts";
import { requireConnections, requireSkus } from "./listing-references.ts";
import { unknownSku } from "./skus.ts";
import { ordersWaitingForListings } from "./waiting.ts";

/** A listing: an item (or variant) on one connection, and the SKU that is sold there. */
export interface Listing {
  id: string;
  connectionId: string;
  externalId: string;
  /** Empty when the platform has no variants. */
  externalVariantId: string;
  /** Code of the SKU. */
  sku: string;
  skuId: string;
  unitsPer: number;
  buffer: number;
  cap: number | null;
  share: ShareRule;
  /** `platform` when the platform keeps and ships the goods: orders take none of ours, and no figure is written. */
  managedBy: "platform" | null;
  /** The last figure the platform confirmed (that it keeps, where it does), in listing units; null until the first one. */
  publishedQuantity: number | null;
  publishedAt: Instant | null;
  createdAt: Instant;
}

const noShare: ShareRule = { minimum: null, maximum: null, fixed: null, percentBp: null };

export const maxListingsAtOnce = 5000;

/**
 * Makes listings, all or none. Throws `unknown_sku`, `not_found` for a connection that is not there, `already_exists`
 * naming the item. `waitingOrderIds`: orders with lines that waited for one of them; hand each to the engine as `order.map`.
 */
export async function createListings(
  sql: Sql,
  runtime: Runtime,
  merchantId: string,
  inputs: readonly ListingInput[],
): Promise<{ listings: Listing[]; waitingOrderIds: string[] }> {
  if (inputs.length === 0) return { listings: [], waitingOrderIds: [] };
  if (inputs.length > maxListingsAtOnce) {
    throw new SluiceError(
      "invalid_request",
      `At most ${maxListingsAtOnce} listings are made at once, not ${inputs.length}; split the set.`,
    );
  }
  return inTransaction(sql, async (tx) => {
    await requireConnections(tx, merchantId, inputs);
    const skuIds = await requireSkus(tx, merchantId, inputs);
    const createdAt = nowInstant(runtime.clock);
    const listings = inputs.map((input) => newListing(input, skuIds, runtime.ids.next(), createdAt));
    await insertListings(tx, merchantId, listings);
    const ours = listings.filter((listing) => listing.managedBy === null);
    const skusListed = [...new Set(ours.map((listing) => listing.skuId))];
    await checkPercent(tx, merchantId, skusListed);
    await convergeSkus(tx, merchantId, skusListed, createdAt);
    await appendEvents(
      tx,
      merchantId,
      listings.map((listing) => changed(listing, createdAt)),
    );
    return { listings, waitingOrderIds: await ordersWaitingForListings(tx, merchantId, listings) };
  });
}

/** Makes one listing; see `createListings`. */
export async function createListing(
  sql: Sql,
  runtime: Runtime,
  merchantId: string,
  input: ListingInput,
): Promise<{ listing: Listing; waitingOrderIds: string[] }> {
  const { listings, waitingOrderIds } = await createListings(sql, runtime, merchantId, [input]);
  const [listing] = listings;
  if (!listing) throw new SluiceError("internal", "A listing was made and not given back.");
  return { listing, waitingOrderIds };
}

function newListing(
  input: ListingInput,
  skuIds: ReadonlyMap<string, string>,
  id: string,
  createdAt: Instant,
): Listing {
  const sku = normaliseCode(input.sku);
  const skuId = skuIds.get(sku);
  if (skuId === undefined) throw unknownSku(sku);
  return {
    id,
    connectionId: input.connection,
    externalId: input.externalId,
    externalVariantId: input.externalVariantId ?? "",
    sku,
    skuId,
    unitsPer: input.unitsPer,
    buffer: input.buffer,
    cap: input.cap,
    share: input.share ?? noShare,
    managedBy: input.managedBy ?? null,
    publishedQuantity: null,
    publishedAt: null,
    createdAt,
  };
}

async function insertListings(tx: Sql, merchantId: string, listings: readonly Listing[]): Promise<void> {
  const inserted = await tx.query<{ id: string }>(
    `insert into listings (merchant_id, id, connection_id, external_id, external_variant_id, sku_id, units_per, buffer, cap,
       share_minimum, share_maximum, share_fixed, share_percent_bp, managed_by, created_at)
     select $1::uuid, l.* from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::bigint[], $8::bigint[], $9::bigint[],
         $10::bigint[], $11::bigint[], $12::bigint[], $13::int[], $14::text[], $15::timestamptz[])
       as l (id, connection_id, external_id, external_variant_id, sku_id, units_per, buffer, cap,
         share_minimum, share_maximum, share_fixed, share_percent_bp, managed_by, created_at)
     order by l.connection_id, l.external_id, l.external_variant_id
     on conflict (merchant_id, connection_id, external_id, external_variant_id) do nothing returning id`,
    [
      merchantId,
      listings.map((listing) => listing.id),
      listings.map((listing) => listing.connectionId),
      listings.map((listing) => listing.externalId),
      listings.map((listing) => listing.externalVariantId),
      listings.map((listing) => listing.skuId),
      listings.map((listing) => listing.unitsPer),
      listings.map((listing) => listing.buffer),
      listings.map((listing) => listing.cap),
      listings.map((listing) => listing.share.minimum),
      listings.map((listing) => listing.share.maximum),
      listings.map((listing) => listing.share.fixed),
      listings.map((listing) => listing.share.percentBp),
      listings.map((listing) => listing.managedBy),
      listings.map((listing) => listing.createdAt),
    ],
  );
  const fresh = new Set(inserted.map((row) => row.id));
  const taken = listings.find((listing) => !fresh.has(listing.id));
  if (!taken) return;
  const item =
    taken.externalVariantId === ""
      ? `"${taken.externalId}"`
      : `"${taken.externalId}" / "${taken.externalVariantId}"`;
  throw new SluiceError(
    "already_exists",
    `Item ${item} of that connection is mapped already; change or delete that listing.`,
    {
      details: { externalId: taken.externalId, externalVariantId: taken.externalVariantId },
    },
  );
}

/** Throws `not_found`. */
export async function loadListing(sql: Sql, merchantId: string, listingId: string): Promise<Listing> {
  const [listing] = await sql.query<Listing>(`${selectListing} where l.merchant_id = $1 and l.id = $2`, [
    merchantId,
    listingId,
  ]);
  if (!listing) throw new SluiceError("not_found", `There is no listing ${listingId}.`);
  return listing;
}

/** Listings in the order they were made; of one connection or of one SKU when named. */
export async function listListings(
  sql: Sql,
  merchantId: string,
  request: PageRequest & { connectionId?: string | undefined; sku?: string | undefined },
): Promise<Page<Listing>> {
  const [after] = request.cursor ? decodeCursor(request.cursor, idPosition) : [firstId];
  const params: SqlValue[] = [merchantId, after, request.limit + 1];
  // One text per kind of question: a condition that may be switched off by a null would hide the index from the planner.
  let where = "";
  if (request.connectionId !== undefined)
    // The second condition is that of the index listings_by_connection.
    where += ` and l.connection_id = $${params.push(request.connectionId)} and l.id > '${firstId}'`;
  if (request.sku !== undefined) where += ` and s.code = $${params.push(normaliseCode(request.sku))}`;
  const rows = await sql.query<Listing>(
    `${selectListing} where l.merchant_id = $1 and l.id > $2${where} order by l.id limit $3`,
    params,
  );
  return toPage(rows, request.limit, (last) => [last.id]);
}

const firstId = "00000000-0000-0000-0000-000000000000";

/** Listings of a removed connection are kept for its return and seen by nobody. */
const ofLiveConnection = `cross join lateral (
    select 1 from connections where merchant_id = l.merchant_id and id = l.connection_id and status <> 'removed' limit 1) as live`;

const selectListing = `select l.id, l.connection_id as "connectionId", l.external_id as "externalId",
  l.external_variant_id as "externalVariantId", s.code as sku, l.sku_id as "skuId", l.units_per as "unitsPer", l.buffer, l.cap,
  jsonb_build_object('minimum', l.share_minimum, 'maximum', l.share_maximum, 'fixed', l.share_fixed, 'percentBp', l.share_percent_bp) as share,
  l.managed_by as "managedBy", l.published_quantity as "publishedQuantity", l.published_at as "publishedAt", l.created_at as "createdAt"
  from listings l join skus s on s.merchant_id = l.merchant_id and s.id = l.sku_id
  ${ofLiveConnection}`;

export const listingPatchSchema = z.object({
  sku: codeSchema.optional(),
  unitsPer: quantitySchema.optional(),
  buffer: countSchema.optional(),
  cap: countSchema.nullable().optional(),
  share: shareRuleSchema.optional().describe("Replaces the whole rule"),
});
export type ListingPatch = z.infer<typeof listingPatchSchema>;

/** Changes what is given. Orders that exist keep the SKU and the units they were mapped to. Call it in `releasing`. */
export async function updateListing(
  sql: Sql,
  runtime: Runtime,
  merchantId: string,
  listingId: string,
  patch: ListingPatch,
): Promise<Listing> {
  return inTransaction(sql, async (tx) => {
    const former = await loadListing(tx, merchantId, listingId);
    const rows = await tx.query(
      `update listings set
         sku_id = case when $3::text is null then sku_id
           else (select id from skus where merchant_id = $1 and code = $3) end,
         units_per = coalesce($4, units_per), buffer = coalesce($5, buffer), cap = case when $6 then $7 else cap end,
         share_minimum = case when $8 then $9 else share_minimum end, share_maximum = case when $8 then $10 else share_maximum end,
         share_fixed = case when $8 then $11 else share_fixed end, share_percent_bp = case when $8 then $12 else share_percent_bp end
       where merchant_id = $1 and id = $2 and ($3::text is null or exists (select 1 from skus where merchant_id = $1 and code = $3))
       returning id`,
      [
        merchantId,
        listingId,
        patch.sku === undefined ? null : normaliseCode(patch.sku),
        patch.unitsPer ?? null,
        patch.buffer ?? null,
        patch.cap !== undefined,
        patch.cap ?? null,
        patch.share !== undefined,
        patch.share?.minimum ?? null,
        patch.share?.maximum ?? null,
        patch.share?.fixed ?? null,
        patch.share?.percentBp ?? null,
      ],
    );
    const listing = await loadListing(tx, merchantId, listingId);
    if (rows.length === 0) throw unknownSku(patch.sku ?? listing.sku);
    await checkPercent(tx, merchantId, [listing.skuId]);
    if (former.skuId !== listing.skuId || former.unitsPer !== listing.unitsPer)
      await convergeSkus(tx, merchantId, [former.skuId, listing.skuId], nowInstant(runtime.clock));
    await appendEvents(tx, merchantId, [changed(listing, nowInstant(runtime.clock))]);
    return listing;
  });
}

/**
 * Ends the mapping. Orders that exist keep their SKU; new ones wait for a mapping. What the listing stood for is free: call it
 * in `releasing`, so that orders that wait for units get them. Throws `not_found`.
 */
export async function deleteListing(
  sql: Sql,
  runtime: Runtime,
  merchantId: string,
  listingId: string,
): Promise<void> {
  await inTransaction(sql, async (tx) => {
    await loadListing(tx, merchantId, listingId);
    const [row] = await tx.query<{ connectionId: string; skuId: string }>(
      `delete from listings where merchant_id = $1 and id = $2 returning connection_id as "connectionId", sku_id as "skuId"`,
      [merchantId, listingId],
    );
    if (!row) throw new SluiceError("not_found", `There is no listing ${listingId}.`);
    await releaseSkus(tx, merchantId, [row.skuId], nowInstant(runtime.clock));
    await closeTasks(tx, runtime, merchantId, [{ kind: "foreign_stock_write", subject: listingId }]);
    await appendEvents(tx, merchantId, [
      {
        type: "listing.removed",
        subject: listingId,
        occurredAt: nowInstant(runtime.clock),
        data: { listingId, ...row },
      },
    ]);
  });
}

const changed = ({ id, connectionId, skuId }: Listing, occurredAt: Instant) =>
  ({
    type: "listing.changed",
    subject: id,
    occurredAt,
    data: { listingId: id, connectionId, skuId },
  }) as const;
