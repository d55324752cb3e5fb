import type { Instant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { SluiceError } from "../errors.ts";
import { percentTotal } from "../escrow/plan.ts";
import { appendEvents } from "../events/log.ts";

/** What a change of the catalogue means for units that are split over listings. */

/**
 * These SKUs, and those their bundles are made of, are no longer known to be covered: another listing sells them, or another
 * number of them. Split units go back to converging, which promises nothing until every listing has been seen again.
 */
export async function convergeSkus(
  tx: Sql,
  merchantId: string,
  skuIds: readonly string[],
  now: Instant,
): Promise<void> {
  await tx.query(
    `update sku_allocations a set state = 'converging', since = $3, deficit = 0, version = a.version + 1
     from (select s.id from unnest($2::uuid[]) s(id)
           union select b.component_id from unnest($2::uuid[]) s(id)
             cross join lateral (select component_id from bundles where merchant_id = $1 and bundle_id = s.id offset 0) b) k
     where a.merchant_id = $1 and a.sku_id = k.id and a.state <> 'shared'`,
    [merchantId, skuIds, now],
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
