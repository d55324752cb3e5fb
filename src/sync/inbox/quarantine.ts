import { createHash } from "node:crypto";
import type { Json } from "../../connectors/contract.ts";
import { nowInstant } from "../../core/clock.ts";
import type { Sql } from "../../core/db/database.ts";
import { appendEvents } from "../../core/events/log.ts";
import { insertTasks } from "../../core/tasks.ts";
import type { OpenConnection } from "../connections.ts";
import type { SyncContext } from "../parts.ts";
import { storableText } from "../storable.ts";
import { refetchTopic } from "./apply.ts";
import { payloadContext } from "./claim.ts";
import { quarantineTask } from "./quarantine-task.ts";

/** An order that came with a pull and could not be taken. */
export interface Unusable {
  externalId: string;
  kind: string;
  reason: string;
  /** As the platform gave it; stored encrypted. */
  raw: Json;
}

/**
 * Keeps what a pull brought and nobody could use beside the quarantined deliveries: visible, and when it is retried the
 * order is fetched again by its id. The pull may then move on past it.
 */
export async function quarantineOrders(
  context: SyncContext,
  tx: Sql,
  connection: OpenConnection,
  orders: readonly Unusable[],
): Promise<void> {
  if (orders.length === 0) return;
  const { runtime } = context;
  const now = nowInstant(runtime.clock);
  const rows = orders.map((order) => {
    const body = JSON.stringify(order.raw);
    const digest = createHash("sha256").update(body).digest("hex");
    return { ...order, digest, payload: connection.key.seal(body, payloadContext(connection.id, digest)) };
  });
  await tx.query(
    `insert into inbox (merchant_id, connection_id, delivery_id, digest, topic, payload, status, not_before, error_kind, error_message, received_at, closed_at)
     select $1, $2, row.external_id, row.digest, $3, row.payload, 'quarantined', $9, row.kind, row.reason, $9, $9
     from unnest($4::text[], $5::text[], $6::bytea[], $7::text[], $8::text[]) as row (external_id, digest, payload, kind, reason)
     on conflict (merchant_id, connection_id, delivery_id, digest) do update
       set status = 'quarantined', error_kind = excluded.error_kind, error_message = excluded.error_message, closed_at = excluded.closed_at`,
    [
      connection.merchantId,
      connection.id,
      refetchTopic,
      rows.map((row) => storableText(row.externalId)),
      rows.map((row) => row.digest),
      rows.map((row) => row.payload),
      rows.map((row) => row.kind),
      rows.map((row) => storableText(row.reason)),
      now,
    ],
  );
  const raised = await insertTasks(tx, runtime, connection.merchantId, [quarantineTask(connection)]);
  if (raised.length > 0) await appendEvents(tx, connection.merchantId, raised);
}
