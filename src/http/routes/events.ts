import { z } from "zod";
import { SluiceError } from "../../core/errors.ts";
import { readEvents } from "../../core/events/log.ts";
import { eventStream } from "../event-stream.ts";
import type { Authenticate } from "../middleware/authenticate.ts";
import { securityHeaders } from "../middleware/observe.ts";
import type { Operate } from "../operation.ts";
import { pageOf, pageQuery } from "../paging.ts";
import type { AppParts, Scope } from "../parts.ts";

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

/** Open streams of one process; each costs a read per half second. */
const mostStreams = 500;

export function eventRoutes(operate: Operate, parts: AppParts, authenticate: Authenticate): void {
  let streams = 0;
  const openStream = (request: Request, scope: Scope, merchantId: string, afterSeq: number): Response => {
    if (streams >= mostStreams)
      throw new SluiceError("overloaded", `${mostStreams} event streams are open here; try again later.`);
    streams += 1;
    const body = eventStream(
      {
        ...parts.runtime,
        read: (after, limit) => readEvents(parts.db, merchantId, after, limit),
        mayGoOn: () =>
          authenticate(request, scope).then(
            () => true,
            () => false,
          ),
        onEnd: () => {
          streams -= 1;
        },
      },
      afterSeq,
    );
    // X-Accel-Buffering: nginx would otherwise hold events back until its buffer is full.
    const headers = {
      ...securityHeaders,
      "content-type": "text/event-stream",
      "x-accel-buffering": "no",
      "x-request-id": scope.requestId,
    };
    return new Response(body, { headers });
  };
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
        return openStream(request, scope, caller.merchantId, lastEventId(request) ?? after);
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
function lastEventId(request: Request): number | undefined {
  const parsed = seqSchema.safeParse(request.headers.get("last-event-id") || undefined);
  return parsed.success ? parsed.data : undefined;
}
