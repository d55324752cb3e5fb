import { z } from "zod";
import { updateListing } from "../../core/catalogue/listings.ts";
import { SluiceError } from "../../core/errors.ts";
import { foreignTask } from "../../core/escrow/foreign.ts";
import { closeTask, listTasks, loadTask, type Task, taskStatusSchema } from "../../core/tasks.ts";
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

const resolveSchema = z.object({
  choice: z
    .enum(["accept", "overwrite", "stop"])
    .describe("Take the figure over, put the hub's own in its place, or write to this listing no more"),
});

/** A task that offers choices is ended by one of them. */
function resolveRoute(operate: Operate, { db, engine, runtime }: AppParts): void {
  /** Accepted, it is the listing's fixed share from now on, as far as there are units for it. */
  const keepFigure = async (merchantId: string, { subject, detail }: Task): Promise<void> => {
    const fixed = z.number().nullable().catch(null).parse(detail.figure);
    if (fixed === null) return;
    const share = { minimum: null, maximum: null, fixed, percentBp: null };
    await updateListing(db, runtime, merchantId, subject, { share });
  };
  operate(
    {
      method: "post",
      path: "/v1/tasks/{id}/resolve",
      permission: "tasks.write",
      tag,
      summary: "Choose what is done about another tool's stock figure",
      description: "For tasks of the kind foreign_stock_write. A task that is done keeps its first choice.",
      params: z.object({ id: z.uuid() }),
      body: resolveSchema,
      answer: taskSchema,
      statuses: { 200: "Chosen" },
      refusals: ["unsupported"],
    },
    async ({ caller, params, body }) => {
      const task = await loadTask(db, caller.merchantId, params.id);
      if (task.kind !== foreignTask)
        throw new SluiceError(
          "unsupported",
          `A task of the kind ${task.kind} offers no choice; close it when it is done.`,
        );
      if (task.status === "open") {
        const answer = await engine.submit(caller.merchantId, {
          kind: "exposure.halt",
          listingId: task.subject,
          halt: body.choice === "stop" ? "stopped" : null,
          overwrites: body.choice === "overwrite",
        });
        if (answer.kind === "refused") throw new SluiceError(answer.code, answer.message);
        if (body.choice === "accept") await keepFigure(caller.merchantId, task);
      }
      return { body: await loadTask(db, caller.merchantId, params.id) };
    },
  );
}

export function taskRoutes(operate: Operate, parts: AppParts): void {
  resolveRoute(operate, parts);
  const { db, runtime } = parts;
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
