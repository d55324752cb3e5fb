import { z } from "zod";
import { readEvents } from "../../core/events/log.ts";
import type { Authenticate } from "../middleware/authenticate.ts";
import { createStreams } from "../open-stream.ts";
import type { Operate } from "../operation.ts";
import { pageOf, pageQuery } from "../paging.ts";
import type { AppParts } from "../parts.ts";

const seqSchema = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const eventSchema = z
  .object({
    seq: z.number().int().describe("1, 2, 3 … per merchant, without gaps"),
    type: z.string(),
    subject: z.string().describe("Id of the order, SKU, listing … it is about"),
    occurredAt: z.string(),
    data: z.unknown().describe("The facts of the change; never buyers' data"),
  })
  .meta({ id: "Event" });

export function eventRoutes(operate: Operate, parts: AppParts, authenticate: Authenticate): void {
  const openStream = createStreams(parts, authenticate);
  operate(
    {
      method: "get",
      path: "/v1/events",
      permission: "events.read",
      tag: "event",
      summary: "Everything that changed, in order",
      description:
        "Pages through the log as JSON. With `Accept: text/event-stream` the same log comes as server-sent events that " +
        "go on for ever: `id` is the number, and a client that comes back with `Last-Event-ID` misses nothing.",
      query: z.object({
        ...pageQuery,
        cursor: seqSchema.optional().describe("`nextCursor` of the page before; the same as `after`"),
        after: seqSchema.optional().describe("Only events with a higher number"),
      }),
      answer: pageOf(eventSchema),
      statuses: { 200: "A page, or the stream" },
      streams: ["text/event-stream"],
    },
    async ({ caller, query, request, scope }) => {
      const after = query.cursor ?? query.after ?? 0;
      if (request.headers.get("accept")?.includes("text/event-stream")) {
        const read = (afterSeq: number, limit: number) =>
          readEvents(parts.db, caller.merchantId, afterSeq, limit);
        return openStream(request, scope, read, lastEventId(request) ?? after);
      }
      const events = await readEvents(parts.db, caller.merchantId, after, query.limit);
      const last = events.length === query.limit ? events.at(-1) : undefined;
      const items = events.map(({ seq, type, subject, occurredAt, data }) => ({
        seq,
        type,
        subject,
        occurredAt,
        data,
      }));
      return { body: { items, nextCursor: last ? String(last.seq) : null } };
    },
  );
}

/** What the client got last before its connection broke; it beats `after`, which stays in the address. */
export function lastEventId(request: Request): number | undefined {
  const parsed = seqSchema.safeParse(request.headers.get("last-event-id") || undefined);
  return parsed.success ? parsed.data : undefined;
}
