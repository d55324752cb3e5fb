import { instantOf } from "../../src/core/clock.ts";
import type { Sql } from "../../src/core/db/database.ts";
import type { Statement } from "./database.ts";

/** More than the processes' clocks may differ by. */
const toleranceMs = 5_000;

/**
 * Whether a transaction that says it holds a lease still does when it commits, asked of the lease itself. Answers what is
 * wrong, or null.
 */
export async function assertFenced(
  tx: Sql,
  statements: readonly Statement[],
  nowMs: number,
): Promise<string | null> {
  for (const { text, params = [] } of statements) {
    if (!text.includes("from leases") || !text.includes("for share")) continue;
    const [merchantId, name, token] = params as [string, string, number];
    const [row] = await tx.query<{ token: number; expires: string }>(
      "select token, expires_at as expires from leases where merchant_id = $1 and name = $2",
      [merchantId, name],
    );
    const isHeld = row?.token === token && row.expires > instantOf(nowMs - toleranceMs);
    if (!isHeld) return `committed under lease "${name}" with token ${token}, which is not in force any more`;
  }
  return null;
}
