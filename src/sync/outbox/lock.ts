import type { Sql } from "../../core/db/database.ts";
import type { OutboxKind } from "./settle.ts";

/**
 * Locking comes as a statement of its own, in the order of the ids: the statement after it sees the newest versions of
 * the rows, and finds them by their place (see `claim.ts`).
 */

export interface LockedRow {
  subject_id: string;
  requested: number;
  status: "pending" | "sending" | "unknown" | "parked" | "done";
  /** The figure in flight; null when the platform's own sale overtook it. */
  quantity: number | null;
}

export const lockOutbox = (
  tx: Sql,
  merchantId: string,
  kind: OutboxKind,
  subjectIds: readonly string[],
): Promise<LockedRow[]> =>
  tx.query<LockedRow>(
    `select o.* from unnest($3::uuid[]) as wanted (id) cross join lateral (
       select subject_id, requested, status, quantity from outbox
       where merchant_id = $1 and kind = $2 and subject_id = wanted.id for update
     ) as o`,
    [merchantId, kind, subjectIds.toSorted()],
  );

export const lockListings = (
  tx: Sql,
  merchantId: string,
  listingIds: readonly string[],
): Promise<{ id: string }[]> =>
  tx.query<{ id: string }>(
    `select l.id from unnest($2::uuid[]) as wanted (id) cross join lateral (
       select id from listings where merchant_id = $1 and id = wanted.id for update
     ) as l`,
    [merchantId, listingIds.toSorted()],
  );
