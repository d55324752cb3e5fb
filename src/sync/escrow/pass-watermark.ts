import type { OpenConnection } from "../connections.ts";
import type { SyncContext } from "../parts.ts";
import { submitExposure } from "./charge.ts";

/** One step of a pull; the rest follows with the next. */
const listingsPerStep = 500;

/** Frees what a connection's order watermark has proved unsold. Called when the watermark has moved. */
export async function passWatermark(context: SyncContext, connection: OpenConnection): Promise<void> {
  const { merchantId, id } = connection;
  const rows = await context.db.query<{ id: string }>(
    `select e.listing_id as id from connections c cross join lateral (
       select listing_id from exposures where merchant_id = $1 and connection_id = c.id and anchor is not null and anchor <= c.order_watermark
       order by anchor limit ${listingsPerStep}) e
     where c.merchant_id = $1 and c.id = $2`,
    [merchantId, id],
  );
  if (rows.length === 0) return;
  await Promise.all(
    rows.map(({ id: listingId }) =>
      submitExposure(context, merchantId, { kind: "exposure.pass", listingId }),
    ),
  );
  context.onChange(merchantId);
}
