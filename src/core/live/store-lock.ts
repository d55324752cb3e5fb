import { nowInstant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { SluiceError } from "../errors.ts";
import { appendEvents } from "../events/log.ts";
import type { Runtime } from "../runtime.ts";
import type { SessionRow } from "./rows.ts";

/** The session's lock for those who plan it, and the event that tells of their change. */

/** Throws `not_found`. */
export async function lockSession(
  tx: Sql,
  merchantId: string,
  sessionId: string,
): Promise<Pick<SessionRow, "state"> & { settings: unknown }> {
  const [session] = await tx.query<Pick<SessionRow, "state"> & { settings: unknown }>(
    "select state, settings from live_sessions where merchant_id = $1 and id = $2 for no key update",
    [merchantId, sessionId],
  );
  if (!session) throw new SluiceError("not_found", `There is no live session ${sessionId}.`);
  return session;
}

/** Throws `not_found`, and `illegal_transition` for a session that is over. */
export async function lockOpen(tx: Sql, merchantId: string, sessionId: string) {
  const session = await lockSession(tx, merchantId, sessionId);
  if (session.state === "ended")
    throw new SluiceError("illegal_transition", "The session has ended; its line-up stays as it was.");
  return session;
}

/** Those who follow the session read it anew. */
export async function tell(
  tx: Sql,
  runtime: Runtime,
  merchantId: string,
  sessionId: string,
  change: string,
): Promise<void> {
  const [row] = await tx.query<Pick<SessionRow, "state" | "lastCommentNo" | "shownItemId">>(
    `select state, last_comment_no as "lastCommentNo", shown_item_id as "shownItemId" from live_sessions where merchant_id = $1 and id = $2`,
    [merchantId, sessionId],
  );
  if (!row) return;
  const data = { sessionId, ...row, changes: [change], items: [], claims: [] };
  await appendEvents(tx, merchantId, [
    { type: "session.changed", subject: sessionId, occurredAt: nowInstant(runtime.clock), data },
  ]);
}
