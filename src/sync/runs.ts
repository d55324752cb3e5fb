import { nowInstant } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { OpenConnection } from "./connections.ts";
import type { SyncContext } from "./parts.ts";

export interface RunEnd<Result> {
  result: Result;
  counts: object;
  /** Why it did not come to its end, for people; null when it did. */
  problem: string | null;
}

/** Keeps a record of one run of a job on one connection in `sync_runs`, also when it throws. */
export async function recordRun<Result>(
  context: SyncContext,
  connection: OpenConnection,
  job: string,
  work: () => Promise<RunEnd<Result>>,
): Promise<Result> {
  const { db, runtime } = context;
  const id = runtime.ids.next();
  await db.query(
    `insert into sync_runs (merchant_id, id, connection_id, job, status, started_at) values ($1, $2, $3, $4, 'running', $5)`,
    [connection.merchantId, id, connection.id, job, nowInstant(runtime.clock)],
  );
  const finish = (counts: object, problem: string | null) =>
    db.query(
      `update sync_runs set status = $3, counts = $4::jsonb, error = $5, finished_at = $6 where merchant_id = $1 and id = $2`,
      [
        connection.merchantId,
        id,
        problem === null ? "succeeded" : "failed",
        JSON.stringify(counts),
        problem,
        nowInstant(runtime.clock),
      ],
    );
  try {
    const { result, counts, problem } = await work();
    await finish(counts, problem);
    return result;
  } catch (error) {
    await finish({}, messageOf(error)).catch(() => undefined);
    throw error;
  }
}
