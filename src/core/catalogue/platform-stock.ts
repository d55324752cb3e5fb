import { nowInstant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import type { Runtime } from "../runtime.ts";

export interface KeptFigure {
  listingId: string;
  /** What the platform keeps of the item, in listing units. */
  quantity: number;
}

/**
 * Notes what platforms keep of goods they ship themselves, for people to see. No stock of ours moves, nothing is written to
 * the platform. Listings whose goods are ours are left alone. Idempotent.
 */
export async function noteKeptFigures(
  sql: Sql,
  runtime: Runtime,
  merchantId: string,
  figures: readonly KeptFigure[],
): Promise<void> {
  if (figures.length === 0) return;
  await sql.query(
    `update listings set published_quantity = figure.quantity, published_at = $4
     from unnest($2::uuid[], $3::bigint[]) as figure (id, quantity)
       cross join lateral (
         select ctid as place from listings where merchant_id = $1 and id = figure.id and managed_by = 'platform' offset 0
       ) as found
     where listings.merchant_id = $1 and listings.ctid = found.place`,
    [
      merchantId,
      figures.map((figure) => figure.listingId),
      figures.map((figure) => figure.quantity),
      nowInstant(runtime.clock),
    ],
  );
}
