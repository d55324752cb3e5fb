import { msOf, nowInstant } from "../../core/clock.ts";
import { isSettled } from "../../core/escrow/charge.ts";
import { spanOf } from "../../core/escrow/ingest.ts";
import { wantsSplit } from "../../core/escrow/mode.ts";
import { type Allocation, readAllocations, stockedSkus } from "../../core/escrow/read-allocations.ts";
import { spread } from "../../core/escrow/spread.ts";
import type { SyncContext } from "../parts.ts";
import { submitExposure } from "./charge.ts";
import { isEscrowable } from "./traits.ts";

/** At least this long from a sale on one platform to the figure on another: a pull round and a push. */
const leastDelayMs = 120_000;
/** A platform whose orders are this far behind makes no difference any more: everything is short then. */
const mostDelayMs = 7_200_000;

/**
 * Decides for these SKUs, or what they are made of, whether their units are shared or split, and takes the steps between: shared
 * -> converging (figures only fall, every listing is looked at) -> split (everything fits). Answers whether any changed.
 */
export async function steerAllocations(
  context: SyncContext,
  merchantId: string,
  skuIds: readonly string[],
): Promise<boolean> {
  if (skuIds.length === 0) return false;
  const { db } = context;
  const stocked = await stockedSkus(db, merchantId, skuIds);
  const wanted = await worthReading(context, merchantId, [...new Set([...stocked.values()].flat())]);
  let changed = false;
  for (const allocation of await readAllocations(db, merchantId, wanted))
    changed = (await steer(context, merchantId, allocation)) || changed;
  return changed;
}

/** SKUs that are split, asked to be, or have sold lately: of all others it is clear that they stay shared. */
async function worthReading(
  context: SyncContext,
  merchantId: string,
  skuIds: readonly string[],
): Promise<string[]> {
  const span = spanOf(context.runtime.clock.nowMs());
  const rows = await context.db.query<{ id: string }>(
    `select s.id from unnest($2::uuid[]) k(id) cross join lateral (select id, stock_mode from skus where merchant_id = $1 and id = k.id limit 1) s
       cross join lateral (select settings from merchants where merchant_id = $1 limit 1) m
       left join lateral (select state from sku_allocations where merchant_id = $1 and sku_id = k.id limit 1) a on true
     where a.state <> 'shared' or coalesce(s.stock_mode, m.settings->>'stockMode', 'auto') = 'split'
       or (coalesce(s.stock_mode, m.settings->>'stockMode', 'auto') = 'auto' and exists (
         select 1 from (select k.id as sku_id union all select bundle_id from bundles where merchant_id = $1 and component_id = k.id) p
           cross join lateral (select id from listings where merchant_id = $1 and sku_id = p.sku_id offset 0) l
           cross join lateral (select span from exposures where merchant_id = $1 and listing_id = l.id limit 1) e
         where e.span >= $3))`,
    [merchantId, skuIds, span - 1],
  );
  return rows.map((row) => row.id);
}

async function steer(context: SyncContext, merchantId: string, allocation: Allocation): Promise<boolean> {
  const { skuId, state, version, listings } = allocation;
  const now = nowInstant(context.runtime.clock);
  const nowMs = context.runtime.clock.nowMs();
  const connections = await context.connections.usable(
    listings.map((listing) => listing.connectionId),
    context.db,
  );
  const escrowed = listings.filter(({ connectionId }) => {
    const connection = connections.get(connectionId);
    return connection !== undefined && isEscrowable(connection);
  });
  const ages = escrowed.map(({ watermark }) => (watermark === null ? leastDelayMs : nowMs - msOf(watermark)));
  const delayMs = Math.min(mostDelayMs, Math.max(leastDelayMs, ...ages));
  const { speed, free } = spread({ ...allocation, now });
  const split = escrowed.length > 0 && wantsSplit({ ...allocation, speed, delayMs });
  const to = split ? (state === "shared" ? "converging" : "split") : "shared";
  if (to === state) return false;
  const isReady =
    free >= 0 &&
    escrowed.every(({ exposure }) => exposure !== null && (exposure.halt !== null || isSettled(exposure)));
  if (to === "split" && !isReady) return false;
  const answer = await submitExposure(context, merchantId, {
    kind: "exposure.mode",
    skuId,
    state: to,
    version,
    listingIds: escrowed.map(({ listingId }) => listingId),
  });
  if (answer.kind !== "exposure" || answer.outcome !== "changed") return false;
  context.onChange(merchantId);
  return true;
}
