import type { Failure } from "../connectors/contract.ts";
import { nowInstant } from "../core/clock.ts";
import { appendEvents } from "../core/events/log.ts";
import { insertTasks } from "../core/tasks.ts";
import type { OpenConnection } from "./connections.ts";
import type { SyncContext } from "./parts.ts";

export const refusedTask = "connection_refused";

type Parts = Pick<SyncContext, "db" | "runtime" | "connections">;

/**
 * The platform does not take the credentials: the connection rests until a person has entered others. If that has happened since the
 * call was made, the refusal says nothing of those, and the next call will tell.
 */
export async function refuseConnection(
  parts: Parts,
  connection: OpenConnection,
  failure: Failure,
): Promise<void> {
  const { db, runtime } = parts;
  const now = nowInstant(runtime.clock);
  const isRefused = await db.transaction(async (tx) => {
    await tx.query("select id from connections where merchant_id = $1 and id = $2 for update", [
      connection.merchantId,
      connection.id,
    ]);
    const held = await parts.connections.fresh(connection.id, tx);
    if (held?.credentials !== connection.credentials) return false;
    const changed = await tx.query(
      `update connections set status = 'refused', problem = $3, updated_at = $4
       where merchant_id = $1 and id = $2 and status = 'active' returning id`,
      [connection.merchantId, connection.id, failure.message, now],
    );
    if (changed.length === 0) return true;
    const raised = await insertTasks(tx, runtime, connection.merchantId, [
      {
        kind: refusedTask,
        subject: connection.id,
        message: `"${connection.name}" refuses our credentials: enter new ones, or grant access again where the platform asks for it. Nothing is lost meanwhile; pushes and pulls go on from where they stopped.`,
        detail: { problem: failure.message },
      },
    ]);
    await appendEvents(tx, connection.merchantId, [
      {
        type: "connection.changed",
        subject: connection.id,
        occurredAt: now,
        data: { connectionId: connection.id, status: "refused" },
      },
      ...raised,
    ]);
    return true;
  });
  if (isRefused) connection.status = "refused";
  parts.connections.forget(connection.id);
}
