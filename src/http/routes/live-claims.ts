import { z } from "zod";
import { takeAll } from "../../core/live/intake.ts";
import { viewerKeyOf } from "../../core/live/prepare.ts";
import { type ClaimWithComment, listClaims, readClaim, readComments } from "../../core/live/read-claims.ts";
import { loadMerchant } from "../../core/merchants.ts";
import { liveCommentSchema } from "../../core/model/comment.ts";
import { commentsBodySchema } from "../../core/model/live.ts";
import { quantitySchema } from "../../core/model/primitives.ts";
import {
  claimSchema,
  claimStates,
  claimSummarySchema,
  commentResultSchema,
  commentSchema,
  keyFor,
  shownClaim,
  shownComment,
} from "../live-view.ts";
import type { Operate } from "../operation.ts";
import { pageOf, pageQuery } from "../paging.ts";
import type { AppParts } from "../parts.ts";
import { notFound } from "../problem.ts";
import { submit } from "../submit.ts";
import { liveTag, requireSession, sessionParams } from "./live-sessions.ts";

export const claimTag = "claim";
export const claimParams = z.object({ id: z.uuid() });

export function liveClaimRoutes(operate: Operate, parts: AppParts): void {
  commentRoutes(operate, parts);
  queueRoutes(operate, parts);
  readRoutes(operate, parts);
  for (const action of ["release", "hold"] as const) closeRoute(operate, parts, action);
}

/** One comment may come without the list around it. */
const oneOrMany = z.preprocess(
  (body) => (typeof body === "object" && body !== null && "comments" in body ? body : { comments: [body] }),
  commentsBodySchema,
);

function commentRoutes(operate: Operate, parts: AppParts): void {
  operate(
    {
      method: "post",
      path: "/v1/live-sessions/{id}/comments",
      permission: "live.write",
      tag: liveTag,
      summary: "Hand in comments of the room",
      description:
        "`{comments: [...]}` with up to 1,000 of them in order of arrival, or a single comment. A comment counts once, by its " +
        "`externalId`: send again whatever you are not sure of. The answer has one outcome per comment.",
      params: sessionParams,
      body: oneOrMany,
      answer: z.object({ results: z.array(commentResultSchema) }),
      statuses: { 200: "Taken" },
    },
    async ({ caller, params, body }) => {
      const session = await requireSession(parts, caller.merchantId, params.id);
      const comments = body.comments.map((comment) => ({ ...comment, room: comment.room ?? session.room }));
      const results = await takeAll(parts, caller.merchantId, session.id, comments);
      return { body: { results: results.map(({ sessionId: _, ...result }) => result) } };
    },
  );
}

const afterNo = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0);

function queueRoutes(operate: Operate, parts: AppParts): void {
  const list = (path: string, unclear: boolean, summary: string) =>
    operate(
      {
        method: "get",
        path,
        permission: "live.read",
        tag: liveTag,
        summary,
        params: sessionParams,
        query: z.object({
          limit: pageQuery.limit,
          cursor: afterNo.describe("`nextCursor` of the page before"),
        }),
        answer: pageOf(commentSchema),
        statuses: { 200: "A page, in order of arrival" },
      },
      async ({ caller, params, query }) => {
        await requireSession(parts, caller.merchantId, params.id);
        const { limit, cursor } = query;
        const rows = await readComments(parts.db, caller.merchantId, params.id, {
          afterNo: cursor,
          limit,
          unclear,
        });
        const key = await keyFor(parts, caller);
        const last = rows.length === limit ? rows.at(-1) : undefined;
        const items = rows.map((row) => shownComment(key, row));
        return { body: { items, nextCursor: last ? String(last.no) : null } };
      },
    );
  list("/v1/live-sessions/{id}/comments", false, "Read the comments");
  list("/v1/live-sessions/{id}/queue", true, "Comments that are unclear and wait for an operator");
  operate(
    {
      method: "post",
      path: "/v1/live-sessions/{id}/queue/{no}",
      permission: "live.write",
      tag: liveTag,
      summary: "Say what an unclear comment means",
      description: "Without claims it is dismissed. Its claims stand behind those made before.",
      params: z.object({ id: z.uuid(), no: z.coerce.number().int().min(1) }),
      body: z.object({
        claims: z
          .array(z.object({ item: z.uuid(), quantity: quantitySchema.default(1) }))
          .max(50)
          .default([]),
        viewer: liveCommentSchema.shape.viewer.describe("Who wrote it, where the platform did not say"),
      }),
      bodyOptional: true,
      answer: commentResultSchema,
      statuses: { 200: "Decided" },
      refusals: ["illegal_transition"],
    },
    async ({ caller, params, body }) => {
      const entries = body.claims.map(({ item, quantity }) => ({ itemId: item, quantity }));
      const { viewer } = body;
      const command = {
        kind: "comment.decide" as const,
        sessionId: params.id,
        commentNo: params.no,
        entries,
        ...(viewer ? { viewer } : {}),
      };
      const { results } = await submit(parts, caller.merchantId, command, "comments");
      const [result] = results;
      if (!result) throw notFound("comment", String(params.no));
      return { body: result };
    },
  );
}

function readRoutes(operate: Operate, parts: AppParts): void {
  operate(
    {
      method: "get",
      path: "/v1/live-sessions/{id}/claims",
      permission: "live.read",
      tag: claimTag,
      summary: "List claims, the newest first",
      params: sessionParams,
      query: z.object({
        ...pageQuery,
        state: z.enum(claimStates).optional(),
        viewer: z.string().min(1).max(200).optional().describe("The platform's id of the viewer, exact"),
      }),
      answer: pageOf(claimSchema),
      statuses: { 200: "A page" },
    },
    async ({ caller, params, query }) => {
      await requireSession(parts, caller.merchantId, params.id);
      const { viewer, ...rest } = query;
      const { wrappedKey } = await loadMerchant(parts.db, caller.merchantId);
      const viewerKey =
        viewer === undefined ? undefined : viewerKeyOf(parts.vault.keyFor(wrappedKey), viewer);
      const page = await listClaims(parts.db, caller.merchantId, {
        ...rest,
        sessionId: params.id,
        viewerKey,
      });
      const key = await keyFor(parts, caller);
      return { body: { ...page, items: page.items.map((claim) => shownClaim(key, claim)) } };
    },
  );
  operate(
    {
      method: "get",
      path: "/v1/claims/{id}",
      permission: "live.read",
      tag: claimTag,
      summary: "Get one claim",
      params: claimParams,
      answer: claimSchema,
      statuses: { 200: "Found" },
    },
    async ({ caller, params }) => {
      const claim = await requireClaim(parts, caller.merchantId, params.id);
      return { body: shownClaim(await keyFor(parts, caller), claim) };
    },
  );
}

export async function requireClaim(
  { db }: AppParts,
  merchantId: string,
  claimId: string,
): Promise<ClaimWithComment> {
  const claim = await readClaim(db, merchantId, claimId);
  if (!claim) throw notFound(claimTag, claimId);
  return claim;
}

const described = {
  release: {
    summary: "End a claim",
    description: "Its units go to the next in line. A repeat changes nothing.",
  },
  hold: {
    summary: "Keep a claim's units while it is being paid",
    description:
      "Call it before you accept a payment: for a claim that expired, waits or never held anything (`first_paid`) it takes units anew, " +
      "or refuses with 409 `insufficient_stock`: then accept no payment. A claim that has had its units for `longestHoldSeconds` keeps them " +
      "no longer: 409 `conflict` with `expiresAt`.",
  },
};

function closeRoute(operate: Operate, parts: AppParts, action: "release" | "hold"): void {
  operate(
    {
      method: "post",
      path: `/v1/claims/{id}/${action}`,
      permission: "live.write",
      tag: claimTag,
      ...described[action],
      params: claimParams,
      answer: z.object({
        ...claimSummarySchema.shape,
        sessionId: z.uuid(),
        orderId: z.uuid().nullable(),
        outcome: z.enum(["changed", "unchanged"]),
      }),
      statuses: { 200: "The claim as it is now" },
      refusals: action === "hold" ? ["insufficient_stock", "illegal_transition", "conflict"] : [],
    },
    async ({ caller, params }) => {
      const command =
        action === "hold"
          ? { kind: "claim.hold" as const, claimId: params.id }
          : { kind: "claim.close" as const, claimId: params.id, as: "cancelled" as const };
      const { kind: _, ...claim } = await submit(parts, caller.merchantId, command, "claim");
      return { body: claim };
    },
  );
}
