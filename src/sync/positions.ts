import { type Instant, nowInstant } from "../core/clock.ts";
import type { Sql } from "../core/db/database.ts";
import type { Runtime } from "../core/runtime.ts";

/** Resume points of the jobs, in `cursors`. */

export interface Position {
  value: unknown;
  updatedAt: Instant;
}

export async function loadPosition(sql: Sql, merchantId: string, name: string): Promise<Position | null> {
  const [row] = await sql.query<{ value: unknown; updated_at: Instant }>(
    "select value, updated_at from cursors where merchant_id = $1 and name = $2",
    [merchantId, name],
  );
  return row ? { value: row.value, updatedAt: row.updated_at } : null;
}

export async function savePosition(
  tx: Sql,
  runtime: Pick<Runtime, "clock">,
  merchantId: string,
  name: string,
  value: object,
): Promise<void> {
  await tx.query(
    `insert into cursors (merchant_id, name, value, updated_at) values ($1, $2, $3::jsonb, $4)
     on conflict (merchant_id, name) do update set value = excluded.value, updated_at = excluded.updated_at`,
    [merchantId, name, JSON.stringify(value), nowInstant(runtime.clock)],
  );
}

export const pullPosition = (connectionId: string): string => `pull:${connectionId}`;
export const roomPosition = (connectionId: string): string => `room:${connectionId}`;
export const gapPosition = (connectionId: string): string => `gaps:${connectionId}`;
export const reconcilePosition = (connectionId: string): string => `reconcile:${connectionId}`;
