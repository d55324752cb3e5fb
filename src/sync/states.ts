import { listConnections } from "../core/catalogue/connections.ts";
import { type Instant, nowInstant } from "../core/clock.ts";
import { manualConnector } from "../core/merchants.ts";
import { closeTasks } from "../core/tasks.ts";
import type { ChannelState } from "./contract.ts";
import { type OutboxKind, taskKinds } from "./outbox/settle.ts";
import type { SyncContext } from "./parts.ts";

interface OutboxCount {
  connection_id: string;
  status: "pending" | "sending" | "unknown" | "parked";
  rows: number;
}

/** How each connection of a merchant is doing. Counts only what is open, so it costs little however long the history. */
export async function channelStates(
  context: Pick<SyncContext, "db">,
  merchantId: string,
): Promise<ChannelState[]> {
  const { db } = context;
  const [connections, owed, quarantined, pulls] = await Promise.all([
    listConnections(db, merchantId),
    db.query<OutboxCount>(
      `select connection_id, status, count(*) as rows from outbox
       where merchant_id = $1 and status in ('pending', 'sending', 'unknown') group by connection_id, status
       union all
       select connection_id, status, count(*) from outbox where merchant_id = $1 and status = 'parked' group by connection_id, status`,
      [merchantId],
    ),
    db.query<{ connection_id: string; rows: number }>(
      "select connection_id, count(*) as rows from inbox where merchant_id = $1 and status = 'quarantined' group by connection_id",
      [merchantId],
    ),
    db.query<{ name: string; updated_at: Instant }>(
      "select name, updated_at from cursors where merchant_id = $1 and name >= 'pull:' and name < 'pull;'",
      [merchantId],
    ),
  ]);
  const counted = (connectionId: string, statuses: readonly OutboxCount["status"][]) =>
    owed
      .filter((row) => row.connection_id === connectionId && statuses.includes(row.status))
      .reduce((sum, row) => sum + row.rows, 0);
  return connections
    .filter((connection) => connection.connector !== manualConnector)
    .map((connection) => ({
      connectionId: connection.id,
      name: connection.name,
      status: connection.status,
      circuit: connection.circuit,
      lastPullAt: pulls.find((pull) => pull.name === `pull:${connection.id}`)?.updated_at ?? null,
      pending: counted(connection.id, ["pending", "sending"]),
      unknown: counted(connection.id, ["unknown"]),
      parked: counted(connection.id, ["parked"]),
      quarantined: quarantined.find((row) => row.connection_id === connection.id)?.rows ?? 0,
    }));
}

/** Puts a connection's parked pushes back to work. Answers how many. */
export async function retryParked(
  context: SyncContext,
  merchantId: string,
  connectionId: string,
): Promise<number> {
  const { db, runtime } = context;
  const rows = await db.query<{ kind: OutboxKind; subject_id: string }>(
    `update outbox set status = 'pending', attempts = 0, requested = requested + 1, not_before = $3, updated_at = $3
     where merchant_id = $1 and connection_id = $2 and status = 'parked' returning kind, subject_id`,
    [merchantId, connectionId, nowInstant(runtime.clock)],
  );
  await closeTasks(
    db,
    runtime,
    merchantId,
    rows.map((row) => ({ kind: taskKinds[row.kind], subject: row.subject_id })),
  );
  return rows.length;
}
