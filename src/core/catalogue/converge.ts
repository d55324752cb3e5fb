import type { Instant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { SluiceError } from "../errors.ts";
import { percentTotal } from "../escrow/plan.ts";
import { claimsBySku } from "../escrow/read-claims.ts";
import { appendEvents } from "../events/log.ts";

/** What a change of the catalogue means for units that are split over listings. */

/**
 * These SKUs, and those their bundles are made of, are no longer known to be covered: another listing sells them, or another
 * number of them. Split units go back to converging, which promises nothing until every listing has been seen again.
 * What is shown of them is counted anew, under the stock locks. Call it after the change.
 */
export const convergeSkus = (tx: Sql, merchantId: string, skuIds: readonly string[], now: Instant) =>
  recount(tx, merchantId, skuIds, now, "case when c.state = 'shared' then 'shared' else 'converging' end");

/** A listing of these SKUs is gone: nothing is set aside for it any more. */
export const releaseSkus = (tx: Sql, merchantId: string, skuIds: readonly string[], now: Instant) =>
  recount(tx, merchantId, skuIds, now, "c.state");

async function recount(
  tx: Sql,
  merchantId: string,
  skuIds: readonly string[],
  now: Instant,
  state: string,
): Promise<void> {
  const rows = await tx.query<{ id: string }>(
    `select s.id from unnest($2::uuid[]) s(id)
     union select b.component_id from unnest($2::uuid[]) s(id)
       cross join lateral (select component_id from bundles where merchant_id = $1 and bundle_id = s.id offset 0) b
     order by 1`,
    [merchantId, [...new Set(skuIds)]],
  );
  const stocked = rows.map((row) => row.id);
  await tx.query(
    `select 1 from unnest($2::uuid[]) k(id) cross join lateral
       (select 1 from stock_levels s where s.merchant_id = $1 and s.sku_id = k.id order by s.location_id for no key update) s`,
    [merchantId, stocked],
  );
  const changed = await tx.query<{ skuId: string; state: string; deficit: number }>(
    `update sku_allocations a set state = d.next, since = case when d.next = a.state then a.since else $3::timestamptz end,
       possible_oversell = case when d.next = 'split' then 0 else greatest(d.claimed - d.available, 0) end,
       deficit = case when d.next = 'split' then greatest(d.claimed - d.available, 0) else 0 end, version = a.version + 1
     from (select c.*, ${state} as next from (${claimsBySku}) c
           where c.sku_id in (select unnest($2::uuid[]))) d
     where a.merchant_id = $1 and a.sku_id = d.sku_id returning a.sku_id as "skuId", a.state, a.deficit`,
    [merchantId, stocked, now],
  );
  const split = changed.filter((row) => row.state !== "shared");
  if (split.length === 0) return;
  await appendEvents(
    tx,
    merchantId,
    split.map((data) => ({ type: "allocation.changed", subject: data.skuId, occurredAt: now, data })),
  );
}

/** Percentages of one SKU above 100 % would promise units that are not there (F088). Throws `invalid_request`. */
export async function checkPercent(tx: Sql, merchantId: string, skuIds: readonly string[]): Promise<void> {
  const rows = await tx.query<{ code: string; rules: { percentBp: number | null }[] }>(
    `select k.code, k.rules from unnest($2::uuid[]) w(id) cross join lateral (
       select s.code, (select coalesce(jsonb_agg(jsonb_build_object('percentBp', l.share_percent_bp)), '[]'::jsonb)
         from listings l where l.merchant_id = $1 and l.sku_id = s.id) as rules
       from skus s where s.merchant_id = $1 and s.id = w.id for no key update of s) k`,
    [merchantId, [...skuIds].sort()],
  );
  const over = rows.find(({ rules }) => percentTotal(rules) > 10_000);
  if (!over) return;
  const total = percentTotal(over.rules);
  throw new SluiceError(
    "invalid_request",
    `The listings of ${over.code} would get ${total / 100} % of its units together; lower them to 100 % or less.`,
    { details: { sku: over.code, percentBp: total } },
  );
}

/** Whoever publishes decides anew how the SKU's units are spread. */
export const announceMode = (
  tx: Sql,
  merchantId: string,
  skuId: string,
  occurredAt: Instant,
): Promise<unknown> =>
  appendEvents(tx, merchantId, [
    { type: "allocation.changed", subject: skuId, occurredAt, data: { skuId, state: "asked", deficit: 0 } },
  ]);
