import type { Sql } from "../db/database.ts";
import type { AllocationRow } from "../escrow/book.ts";
import type { NewEvent } from "../events/types.ts";
import { availableOver } from "../inventory/allocate.ts";
import { BatchConflict } from "./conflict.ts";
import type { Draft } from "./draft.ts";
import { exposureKeys, exposureSets } from "./escrow-columns.ts";
import { inserted, updateSet } from "./write-sets.ts";

/** Exposures and allocations of a batch. Both carry a version: a row that was changed past the engine is read again. */
export async function writeEscrow(tx: Sql, draft: Draft): Promise<void> {
  const changed = draft.escrow.changedExposures();
  const allocations = allocationsOf(draft);
  if (changed.length === 0 && allocations.length === 0) return;
  const merchantId = draft.merchant.id;
  const byListing = changed.toSorted((a, b) => (a.exposure.listingId < b.exposure.listingId ? -1 : 1));
  const of = (isNew: boolean) =>
    byListing.filter((row) => row.isNew === isNew).map(({ exposure }) => exposure);
  await Promise.all([
    inserted(tx, merchantId, "exposures", [...exposureKeys, ...exposureSets], of(true)),
    updateSet(tx, merchantId, "exposures", exposureKeys, exposureSets, of(false)),
    writeAllocations(tx, merchantId, allocations),
  ]);
}

const allocationsOf = (draft: Draft): AllocationRow[] =>
  draft.escrow.changedAllocations((skuId) => availableOver(draft.stock.get(skuId) ?? []));

async function writeAllocations(tx: Sql, merchantId: string, rows: readonly AllocationRow[]): Promise<void> {
  if (rows.length === 0) return;
  const written = await tx.query<{ n: number }>(
    `with written as (update sku_allocations a set state = k.state, since = k.since, possible_oversell = k.possible_oversell,
         deficit = k.deficit, version = k.version + 1
       from unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::bigint[])
         k(sku_id, state, since, possible_oversell, deficit, version)
       where a.merchant_id = $1 and a.sku_id = k.sku_id and a.version = k.version returning 1) select count(*)::int as n from written`,
    [
      merchantId,
      rows.map((row) => row.skuId),
      rows.map((row) => row.state),
      rows.map((row) => row.since),
      rows.map((row) => row.possibleOversell),
      rows.map((row) => row.deficit),
      rows.map((row) => row.version),
    ],
  );
  if (written[0]?.n !== rows.length)
    throw new BatchConflict(`sku_allocations: ${written[0]?.n} of ${rows.length} rows were as expected`);
}

/** Whoever publishes must look again: units came free, were lost, or are spread in another way. */
export const allocationNews = (draft: Draft): NewEvent[] => {
  const { news, allocations } = draft.escrow;
  const lost = allocationsOf(draft).filter(
    (row) =>
      row.deficit > (allocations.get(row.skuId)?.deficit ?? 0) ||
      row.state !== allocations.get(row.skuId)?.state,
  );
  const rows = new Map(lost.map((row) => [row.skuId, row]));
  for (const skuId of news) {
    const row = rows.get(skuId) ?? allocations.get(skuId);
    if (row) rows.set(skuId, row);
  }
  return [...rows.values()].map(({ skuId, state, deficit }) => ({
    type: "allocation.changed" as const,
    subject: skuId,
    occurredAt: draft.now,
    data: { skuId, state, deficit },
  }));
};
