import type { Instant } from "../../core/clock.ts";
import type { Sql } from "../../core/db/database.ts";
import type { NewEvent } from "../../core/events/types.ts";
import { insertTasks } from "../../core/tasks.ts";
import type { OpenConnection } from "../connections.ts";
import type { SyncContext } from "../parts.ts";

export const gapJob = "room_gap";
export const gapTask = "room_gap";

/** Comments of a room written in this time may be missing for good. */
export interface Gap {
  room: string;
  from: Instant;
  to: Instant;
  /** For people; no secrets, no buyers' data. */
  why: string;
  /** Start of the broadcast it falls into, where the platform told it. */
  liveSince: Instant | null;
}

/**
 * Records gaps in `sync_runs` (job `room_gap`, from its start to its finish) and raises one task per broadcast. Answers the
 * events to append, last of all in the transaction.
 */
export async function recordGaps(
  tx: Sql,
  { runtime }: Pick<SyncContext, "runtime">,
  connection: OpenConnection,
  gaps: readonly Gap[],
): Promise<NewEvent[]> {
  if (gaps.length === 0) return [];
  await tx.query(
    `insert into sync_runs (merchant_id, id, connection_id, job, status, counts, error, started_at, finished_at)
     select $1::uuid, g.id, $2::uuid, $3, 'failed', g.counts, g.why, g.started_at, g.finished_at
     from unnest($4::uuid[], $5::jsonb[], $6::text[], $7::timestamptz[], $8::timestamptz[])
       as g (id, counts, why, started_at, finished_at)`,
    [
      connection.merchantId,
      connection.id,
      gapJob,
      gaps.map(() => runtime.ids.next()),
      gaps.map(({ room }) => JSON.stringify({ room })),
      gaps.map(({ why }) => why),
      gaps.map(({ from }) => from),
      gaps.map(({ to }) => to),
    ],
  );
  const [first] = gaps;
  if (first === undefined) return [];
  return insertTasks(
    tx,
    runtime,
    connection.merchantId,
    [...new Map(gaps.map((gap) => [subjectOf(connection, gap), gap]))].map(([subject, gap]) => ({
      kind: gapTask,
      subject,
      message:
        `Comments in room ${gap.room} of "${connection.name}" written between ${gap.from} and ${gap.to} may be missing, and the platform ` +
        `cannot give them again. Look there for claims of that time and enter them by hand. Further gaps of this broadcast stand in the sync runs.`,
      detail: { connectionId: connection.id, room: gap.room, from: gap.from, to: gap.to, why: gap.why },
    })),
  );
}

const subjectOf = (connection: OpenConnection, { room, liveSince }: Gap): string =>
  `${connection.id} ${room} ${liveSince ?? ""}`.trim();
