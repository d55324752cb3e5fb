import type { Sql } from "../db/database.ts";
import type { Engine } from "../engine/commands.ts";
import { messageOf } from "../errors.ts";
import { lastEventSeq } from "../events/log.ts";

export interface ReleaseParts {
  db: Sql;
  engine: Pick<Engine, "submit">;
  log: { warn(fields: Record<string, unknown>, message: string): void };
}

/** Few enough for one batch: each locks the stock of its SKUs. */
const skusPerCommand = 100;

/**
 * Makes a change of listings, bundles or connections, and gives what listings no longer stand for to orders that wait for it, before
 * the caller goes on. Which SKUs these are is told by the events the change leaves. It is committed by then: should giving out
 * fail, the units go to those orders with the SKU's next change. Throws what `change` throws.
 */
export async function releasing<Result>(
  { db, engine, log }: ReleaseParts,
  merchantId: string,
  change: () => Promise<Result>,
): Promise<Result> {
  const before = await lastEventSeq(db, merchantId);
  const result = await change();
  try {
    const rows = await db.query<{ skuId: string }>(
      `select distinct subject as "skuId" from events where merchant_id = $1 and seq > $2 and type = 'allocation.changed' order by 1`,
      [merchantId, before],
    );
    const skuIds = rows.map((row) => row.skuId);
    for (let at = 0; at < skuIds.length; at += skusPerCommand)
      await engine.submit(merchantId, {
        kind: "exposure.release",
        skuIds: skuIds.slice(at, at + skusPerCommand),
      });
  } catch (error) {
    log.warn({ merchantId, error: messageOf(error) }, "freed units were not given out yet");
  }
  return result;
}
