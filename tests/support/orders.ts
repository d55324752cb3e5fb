import { loadManualConnection } from "../../src/core/catalogue/connections.ts";
import type { Database } from "../../src/core/db/database.ts";
import type { Runtime } from "../../src/core/runtime.ts";

export interface WaitingLine {
  connectionId?: string;
  externalSku?: string;
  externalItemId?: string;
  externalVariantId?: string;
}

/** A paid order with one line that has no SKU yet, written straight into the tables. */
export async function insertWaitingOrder(
  db: Database,
  runtime: Runtime,
  merchantId: string,
  line: WaitingLine,
): Promise<{ orderId: string }> {
  const connectionId = line.connectionId ?? (await loadManualConnection(db, merchantId)).id;
  const orderId = runtime.ids.next();
  const at = "2026-11-22T08:00:00.000Z";
  await db.query(
    `insert into orders (merchant_id, id, connection_id, external_id, status, told_status, currency, total_minor, placed_at, paid_at, updated_at, digest, received_at)
     values ($1, $2, $3, $4, 'paid', 'paid', 'CNY', 100, $5, $5, $5, 'digest', $5)`,
    [merchantId, orderId, connectionId, `order ${orderId}`, at],
  );
  await db.query(
    `insert into order_lines (merchant_id, order_id, line_no, external_line_id, external_sku, external_item_id, external_variant_id, quantity, unit_price_minor)
     values ($1, $2, 1, '1', $3, $4, $5, 1, 100)`,
    [
      merchantId,
      orderId,
      line.externalSku ?? null,
      line.externalItemId ?? null,
      line.externalVariantId ?? null,
    ],
  );
  return { orderId };
}
