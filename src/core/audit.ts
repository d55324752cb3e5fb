import { type Instant, nowInstant } from "./clock.ts";
import type { Sql } from "./db/database.ts";
import { decodeCursor, idPosition, type Page, type PageRequest, toPage } from "./page.ts";
import type { Runtime } from "./runtime.ts";

/** Who changed what, for what people and keys do; what the system does by itself stands in the event log. */

export interface AuditInput {
  /** Id of the key, or "cli". */
  actor: string;
  /** What was done, e.g. "connection.update". */
  action: string;
  /** Id or code of what it was done to. */
  subject: string;
  /** Never secrets or buyer data. */
  detail?: Record<string, unknown>;
}

export interface AuditRecord extends Required<AuditInput> {
  id: string;
  at: Instant;
}

/** Written in the transaction of what it records: neither is there without the other. */
export async function audit(tx: Sql, runtime: Runtime, merchantId: string, input: AuditInput): Promise<void> {
  await tx.query(
    `insert into audit_log (merchant_id, id, at, actor, action, subject, detail) values ($1, $2, $3, $4, $5, $6, $7::jsonb)`,
    [
      merchantId,
      runtime.ids.next(),
      nowInstant(runtime.clock),
      input.actor,
      input.action,
      input.subject,
      JSON.stringify(input.detail ?? {}),
    ],
  );
}

/** The audit log, newest first. */
export async function listAudit(
  sql: Sql,
  merchantId: string,
  request: PageRequest,
): Promise<Page<AuditRecord>> {
  const [before] = request.cursor ? decodeCursor(request.cursor, idPosition) : [lastId];
  const rows = await sql.query<AuditRecord>(
    `select id, at, actor, action, subject, detail from audit_log
     where merchant_id = $1 and id < $2 order by id desc limit $3`,
    [merchantId, before, request.limit + 1],
  );
  return toPage(rows, request.limit, (last) => [last.id]);
}

const lastId = "ffffffff-ffff-ffff-ffff-ffffffffffff";
