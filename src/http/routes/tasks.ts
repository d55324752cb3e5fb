import { z } from "zod";
import { closeTask, listTasks, taskStatusSchema } from "../../core/tasks.ts";
import type { Operate } from "../operation.ts";
import { pageOf, pageQuery } from "../paging.ts";
import type { AppParts } from "../parts.ts";

const taskSchema = z
  .object({
    id: z.uuid(),
    kind: z.string(),
    subject: z.string().describe("Id or code of what it is about"),
    message: z.string().describe("What to do"),
    detail: z.record(z.string(), z.unknown()),
    status: taskStatusSchema,
    createdAt: z.string(),
    closedAt: z.string().nullable(),
  })
  .meta({ id: "Task" });

const tag = "task";

export function taskRoutes(operate: Operate, { db, runtime }: AppParts): void {
  operate(
    {
      method: "get",
      path: "/v1/tasks",
      permission: "tasks.read",
      tag,
      summary: "Things that need a person, the newest first",
      query: z.object({
        ...pageQuery,
        status: taskStatusSchema.optional(),
        kind: z.string().max(100).optional(),
      }),
      answer: pageOf(taskSchema),
      statuses: { 200: "A page" },
    },
    async ({ caller, query }) => ({ body: await listTasks(db, caller.merchantId, query) }),
  );
  operate(
    {
      method: "post",
      path: "/v1/tasks/{id}/close",
      permission: "tasks.write",
      tag,
      summary: "Say that it is done",
      description: "Closing it again changes nothing.",
      params: z.object({ id: z.uuid() }),
      answer: taskSchema,
      statuses: { 200: "Closed" },
    },
    async ({ caller, params }) => ({ body: await closeTask(db, runtime, caller.merchantId, params.id) }),
  );
}
