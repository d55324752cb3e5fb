import { z } from "zod";
import { readReport } from "../../core/live/read-report.ts";
import { listSessions, readSession } from "../../core/live/read-sessions.ts";
import { addItems, patchItem } from "../../core/live/store-items.ts";
import { createSession, patchSession } from "../../core/live/store-sessions.ts";
import {
  liveItemInputSchema,
  liveItemPatchSchema,
  liveSessionInputSchema,
  liveSessionPatchSchema,
} from "../../core/model/live.ts";
import {
  liveSessionDetailSchema,
  liveSessionSchema,
  sessionStates,
  shownSession,
  shownSummary,
} from "../live-view.ts";
import type { Operate } from "../operation.ts";
import { pageOf, pageQuery } from "../paging.ts";
import type { AppParts } from "../parts.ts";
import { notFound } from "../problem.ts";

export const liveTag = "live session";
export const sessionParams = z.object({ id: z.uuid() });
const itemParams = z.object({ id: z.uuid(), itemId: z.uuid() });

/** Throws `not_found`. */
export async function requireSession({ db }: AppParts, merchantId: string, sessionId: string) {
  const session = await readSession(db, merchantId, sessionId);
  if (!session) throw notFound(liveTag, sessionId);
  return session;
}

export function liveSessionRoutes(operate: Operate, parts: AppParts): void {
  planRoutes(operate, parts);
  lineUpRoutes(operate, parts);
  operate(
    {
      method: "get",
      path: "/v1/live-sessions/{id}/report",
      permission: "live.read",
      tag: liveTag,
      summary: "What the session came to",
      description:
        "Funnel from comments to paid claims, sell-through per item, gross and net after refunds, commissions, what was given back.",
      params: sessionParams,
      answer: reportSchema,
      statuses: { 200: "So far, or in the end" },
    },
    async ({ caller, params }) => {
      const report = await readReport(parts.db, caller.merchantId, params.id);
      if (!report) throw notFound(liveTag, params.id);
      return { body: report };
    },
  );
}

function planRoutes(operate: Operate, parts: AppParts): void {
  const { db } = parts;
  operate(
    {
      method: "post",
      path: "/v1/live-sessions",
      permission: "live.write",
      tag: liveTag,
      summary: "Plan a session with its line-up",
      body: liveSessionInputSchema,
      answer: liveSessionDetailSchema,
      statuses: { 201: "Planned" },
      refusals: ["not_found", "unknown_sku"],
    },
    async ({ caller, body }) => {
      const id = await createSession(db, parts, caller.merchantId, body);
      const session = await requireSession(parts, caller.merchantId, id);
      return { body: shownSession(session), headers: { location: `/v1/live-sessions/${id}` } };
    },
  );
  operate(
    {
      method: "get",
      path: "/v1/live-sessions",
      permission: "live.read",
      tag: liveTag,
      summary: "List sessions, the newest first",
      query: z.object({ ...pageQuery, state: z.enum(sessionStates).optional() }),
      answer: pageOf(liveSessionSchema),
      statuses: { 200: "A page" },
    },
    async ({ caller, query }) => {
      const page = await listSessions(db, caller.merchantId, query);
      return { body: { ...page, items: page.items.map(shownSummary) } };
    },
  );
  operate(
    {
      method: "get",
      path: "/v1/live-sessions/{id}",
      permission: "live.read",
      tag: liveTag,
      summary: "Get one session with its line-up and figures",
      params: sessionParams,
      answer: liveSessionDetailSchema,
      statuses: { 200: "Found" },
    },
    async ({ caller, params }) => ({
      body: shownSession(await requireSession(parts, caller.merchantId, params.id)),
    }),
  );
  operate(
    {
      method: "patch",
      path: "/v1/live-sessions/{id}",
      permission: "live.write",
      tag: liveTag,
      summary: "Change title, host, time, rules or words",
      description:
        "Rules count from the next comment on. The room can be changed while the session is planned.",
      params: sessionParams,
      body: liveSessionPatchSchema,
      answer: liveSessionDetailSchema,
      statuses: { 200: "Changed" },
      refusals: ["illegal_transition"],
    },
    async ({ caller, params, body }) => {
      await patchSession(db, parts, caller.merchantId, params.id, body);
      return { body: shownSession(await requireSession(parts, caller.merchantId, params.id)) };
    },
  );
}

function lineUpRoutes(operate: Operate, parts: AppParts): void {
  const { db } = parts;
  operate(
    {
      method: "post",
      path: "/v1/live-sessions/{id}/items",
      permission: "live.write",
      tag: liveTag,
      summary: "Add items at the end of the line-up",
      description: "On air an item starts without units: top it up.",
      params: sessionParams,
      body: z.object({ items: z.array(liveItemInputSchema).min(1).max(500) }),
      answer: liveSessionDetailSchema,
      statuses: { 201: "Added" },
      refusals: ["illegal_transition", "unknown_sku"],
    },
    async ({ caller, params, body }) => {
      await addItems(db, parts, caller.merchantId, params.id, body.items);
      return { body: shownSession(await requireSession(parts, caller.merchantId, params.id)) };
    },
  );
  operate(
    {
      method: "patch",
      path: "/v1/live-sessions/{id}/items/{itemId}",
      permission: "live.write",
      tag: liveTag,
      summary: "Change an item's codes, price, limit or place",
      description:
        "A new price counts for claims made from now on. `active: false` takes the item out of the line-up.",
      params: itemParams,
      body: liveItemPatchSchema,
      answer: liveSessionDetailSchema,
      statuses: { 200: "Changed" },
      refusals: ["illegal_transition"],
    },
    async ({ caller, params, body }) => {
      await patchItem(db, parts, caller.merchantId, params.id, params.itemId, body);
      return { body: shownSession(await requireSession(parts, caller.merchantId, params.id)) };
    },
  );
}

const count = z.number().int();

const reportSchema = z
  .object({
    sessionId: z.uuid(),
    funnel: z.object({
      comments: count,
      viewers: count,
      unclear: count.describe("Comments that still wait for an operator"),
      claims: count,
      claimants: count,
      ordered: count,
      paid: count,
      claimsByState: z.record(z.string(), count),
      commentsByOutcome: z.record(z.string(), count),
    }),
    items: z.array(
      z.object({
        id: z.uuid(),
        sku: z.string(),
        code: z.string(),
        variant: z.string().nullable(),
        taken: count.describe("Units the session had in all"),
        sold: count,
        givenBack: count,
        waiting: count,
        claimed: count,
        free: count,
        sellThroughBp: count.nullable().describe("Sold of taken, in basis points"),
      }),
    ),
    money: z.array(
      z.object({
        currency: z.string(),
        orders: count,
        paidOrders: count,
        grossMinor: count,
        refundedMinor: count,
        netMinor: count,
        hostCommissionMinor: count,
        agencyCommissionMinor: count,
      }),
    ),
  })
  .meta({ id: "LiveReport" });
