import { z } from "zod";
import { type Instant, nowInstant } from "./clock.ts";
import type { Sql, SqlValue } from "./db/database.ts";
import { inTransaction } from "./db/transaction.ts";
import { SluiceError } from "./errors.ts";
import { appendEvents } from "./events/log.ts";
import type { NewEvent } from "./events/types.ts";
import { decodeCursor, idPosition, type Page, type PageRequest, toPage } from "./page.ts";
import type { Runtime } from "./runtime.ts";

/** Things that need a person, such as an unknown SKU. At most one is open per kind and subject. */

export interface NewTask {
  /** What is to be done, e.g. "unmapped_line". */
  kind: string;
  /** What it is about: an id or a code of ours. */
  subject: string;
  /** For people; says what to do. Never secrets or buyer data. */
  message: string;
  detail?: Record<string, unknown>;
}

export const taskStatuses = ["open", "done"] as const;
export const taskStatusSchema = z.enum(taskStatuses);

export interface Task extends Required<NewTask> {
  id: string;
  status: (typeof taskStatuses)[number];
  createdAt: Instant;
  closedAt: Instant | null;
}

/**
 * Stores tasks where none of the kind and subject is open, and answers the events to append for those that are new. For
 * callers that append other events too and take the merchant's numbers once; everybody else calls `raiseTask`.
 */
export async function insertTasks(
  tx: Sql,
  runtime: Runtime,
  merchantId: string,
  tasks: readonly NewTask[],
): Promise<NewEvent[]> {
  if (tasks.length === 0) return [];
  const at = nowInstant(runtime.clock);
  const rows = tasks.map((task) => ({ ...task, id: runtime.ids.next() }));
  const inserted = await tx.query<{ id: string }>(
    `insert into tasks (merchant_id, id, kind, subject, message, detail, status, created_at)
     select $1::uuid, t.id, t.kind, t.subject, t.message, t.detail, 'open', $7::timestamptz
     from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::jsonb[]) as t (id, kind, subject, message, detail)
     order by t.kind, t.subject
     on conflict (merchant_id, kind, subject) where status = 'open' do nothing returning id`,
    [
      merchantId,
      rows.map((task) => task.id),
      rows.map((task) => task.kind),
      rows.map((task) => task.subject),
      rows.map((task) => task.message),
      rows.map((task) => JSON.stringify(task.detail ?? {})),
      at,
    ],
  );
  const fresh = new Set(inserted.map((row) => row.id));
  return rows
    .filter((task) => fresh.has(task.id))
    .map(({ id, kind, subject, message }) => ({
      type: "task.raised",
      subject: id,
      occurredAt: at,
      data: { taskId: id, kind, subject, message },
    }));
}

/** Raises one task. Answers whether it is new: false when one of its kind and subject was open already. */
export async function raiseTask(
  sql: Sql,
  runtime: Runtime,
  merchantId: string,
  task: NewTask,
): Promise<boolean> {
  return inTransaction(sql, async (tx) => {
    const events = await insertTasks(tx, runtime, merchantId, [task]);
    if (events.length > 0) await appendEvents(tx, merchantId, events);
    return events.length > 0;
  });
}

/** Closes what has become needless. Where none is open nothing happens. */
export async function closeTasks(
  sql: Sql,
  runtime: Runtime,
  merchantId: string,
  tasks: readonly Pick<NewTask, "kind" | "subject">[],
): Promise<void> {
  if (tasks.length === 0) return;
  await sql.query(
    `update tasks set status = 'done', closed_at = $4
     from unnest($2::text[], $3::text[]) as t (kind, subject)
     where merchant_id = $1 and tasks.kind = t.kind and tasks.subject = t.subject and status = 'open'`,
    [
      merchantId,
      tasks.map((task) => task.kind),
      tasks.map((task) => task.subject),
      nowInstant(runtime.clock),
    ],
  );
}

/** A person has done it. Closing it again changes nothing. Throws `not_found`. */
export async function closeTask(
  sql: Sql,
  runtime: Runtime,
  merchantId: string,
  taskId: string,
): Promise<Task> {
  const [task] = await sql.query<Task>(
    `update tasks set status = 'done', closed_at = coalesce(closed_at, $3) where merchant_id = $1 and id = $2 returning ${columns}`,
    [merchantId, taskId, nowInstant(runtime.clock)],
  );
  if (!task) throw new SluiceError("not_found", `There is no task ${taskId}.`);
  return task;
}

/** Throws `not_found`. */
export async function loadTask(sql: Sql, merchantId: string, taskId: string): Promise<Task> {
  const [task] = await sql.query<Task>(`select ${columns} from tasks where merchant_id = $1 and id = $2`, [
    merchantId,
    taskId,
  ]);
  if (!task) throw new SluiceError("not_found", `There is no task ${taskId}.`);
  return task;
}

/** Tasks, newest first. */
export async function listTasks(
  sql: Sql,
  merchantId: string,
  request: PageRequest & { status?: Task["status"] | undefined; kind?: string | undefined },
): Promise<Page<Task>> {
  const [before] = request.cursor ? decodeCursor(request.cursor, idPosition) : [lastId];
  const params: SqlValue[] = [merchantId, before, request.limit + 1];
  let where = "";
  if (request.status !== undefined) where += ` and status = $${params.push(request.status)}`;
  if (request.kind !== undefined) where += ` and kind = $${params.push(request.kind)}`;
  const rows = await sql.query<Task>(
    `select ${columns} from tasks where merchant_id = $1 and id < $2${where} order by id desc limit $3`,
    params,
  );
  return toPage(rows, request.limit, (last) => [last.id]);
}

const lastId = "ffffffff-ffff-ffff-ffff-ffffffffffff";

const columns = `id, kind, subject, message, detail, status, created_at as "createdAt", closed_at as "closedAt"`;
