import { z } from "zod";
import { openComment } from "../core/live/prepare.ts";
import type { ClaimWithComment, SealedComment, StoredComment } from "../core/live/read-claims.ts";
import type { LiveSession, LiveSessionDetail } from "../core/live/read-sessions.ts";
import { loadMerchant } from "../core/merchants.ts";
import { sessionSettingsSchema } from "../core/model/live.ts";
import type { DataKey } from "../core/vault.ts";
import type { Caller } from "./middleware/authenticate.ts";
import type { AppParts } from "./parts.ts";
import { seesBuyers } from "./permissions.ts";

/** How live sessions, claims and comments look outside. */

const count = z.number().int();
export const sessionStates = ["planned", "on_air", "ended"] as const;
export const claimStates = [
  "held",
  "waitlisted",
  "offered",
  "ordered",
  "expired",
  "cancelled",
  "rejected",
] as const;

export const liveItemSchema = z
  .object({
    id: z.uuid(),
    position: count,
    sku: z.string(),
    code: z.string(),
    codeAliases: z.array(z.string()),
    variant: z.string().nullable(),
    variantAliases: z.array(z.string()),
    priceMinor: count,
    limitPerBuyer: count.nullable(),
    active: z.boolean(),
    planned: count.describe("Units to take when the session goes on air"),
    share: count.describe("Units the session has: free + claimed + sold"),
    free: count,
    claimed: count.describe("Held by open claims"),
    sold: count.describe("Taken by orders"),
    givenBack: count,
    waiting: count.describe("Claims in line"),
    soldOut: z.boolean(),
    shown: z.boolean(),
  })
  .meta({ id: "LiveItem" });

const sessionShape = {
  id: z.uuid(),
  connection: z.uuid(),
  room: z.string(),
  host: z.string().nullable(),
  title: z.string(),
  scheduledAt: z.string().nullable(),
  state: z.enum(sessionStates),
  settings: z.object(sessionSettingsSchema.shape),
  currency: z.string(),
  shownItemId: z.uuid().nullable(),
  comments: count.describe("Comments taken so far"),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  createdAt: z.string(),
};

export const liveSessionSchema = z.object(sessionShape).meta({ id: "LiveSessionSummary" });
export const liveSessionDetailSchema = z
  .object({
    ...sessionShape,
    items: z.array(liveItemSchema),
    outcome: z.enum(["changed", "unchanged"]).optional(),
    short: z
      .array(z.object({ itemId: z.uuid(), sku: z.string(), wanted: count, taken: count }))
      .optional()
      .describe("Of a start: items that got less than planned"),
  })
  .meta({ id: "LiveSession" });

export const shownSummary = ({
  connectionId,
  lastCommentNo,
  previousEndedAt: _,
  ...session
}: LiveSession) => ({
  ...session,
  connection: connectionId,
  comments: lastCommentNo,
});

export const shownSession = ({ items, ...session }: LiveSessionDetail) => ({
  ...shownSummary(session),
  items: items.map(({ sessionId: _, skuId: __, lastPlace: ___, components: ____, ...item }) => item),
});

export const viewerSchema = z
  .object({ externalId: z.string(), name: z.string().optional() })
  .nullable()
  .describe("Personal data: null for roles that do not see buyers, and where nobody knows");

export const claimSchema = z
  .object({
    id: z.uuid(),
    sessionId: z.uuid(),
    itemId: z.uuid(),
    sku: z.string(),
    code: z.string(),
    variant: z.string().nullable(),
    quantity: count,
    priceMinor: count.describe("Live price of one unit when it was claimed"),
    currency: z.string(),
    state: z.enum(claimStates),
    reason: z.string().nullable(),
    place: count.nullable().describe("Order of arrival at the item; given out once"),
    inLine: count.nullable().describe("Where it stands among those who still wait; 1 is next"),
    expiresAt: z.string().nullable(),
    orderId: z.uuid().nullable(),
    createdAt: z.string(),
    changedAt: z.string(),
    comment: count.describe("Number of the comment"),
    viewer: viewerSchema,
  })
  .meta({ id: "Claim" });

export const commentSchema = z
  .object({
    no: count.describe("In order of arrival, per session"),
    externalId: z.string(),
    text: z.string().nullable().describe("Null for roles that do not see buyers"),
    viewer: viewerSchema,
    sentAt: z.string(),
    receivedAt: z.string(),
    outcome: z.string(),
    reason: z.string().nullable(),
  })
  .meta({ id: "LiveComment" });

export const claimSummarySchema = z.object({
  claimId: z.uuid(),
  itemId: z.uuid(),
  quantity: count,
  state: z.enum(claimStates),
  place: count.nullable(),
  reason: z.string().nullable(),
  expiresAt: z.string().nullable(),
});

export const commentResultSchema = z
  .object({
    externalId: z.string(),
    outcome: z
      .string()
      .describe(
        "claimed, already, refused, cancelled, unclear, nothing, host, late, removed, repeated, edited, unknown",
      ),
    reason: z.string().nullable(),
    no: count.nullable(),
    claims: z.array(claimSummarySchema),
  })
  .meta({ id: "CommentResult" });

/** The merchant's key where the caller may see who wrote, else null. */
export async function keyFor({ db, vault }: AppParts, { merchantId, role }: Caller): Promise<DataKey | null> {
  if (!seesBuyers(role)) return null;
  return vault.keyFor((await loadMerchant(db, merchantId)).wrappedKey);
}

const opened = (key: DataKey | null, sealed: SealedComment) => {
  const body = key && openComment(key, sealed);
  return { text: body?.text ?? null, viewer: body?.viewer ?? null };
};

export const shownComment = (key: DataKey | null, comment: StoredComment) => {
  const { no, externalId, sentAt, receivedAt, outcome, reason } = comment;
  return { no, externalId, ...opened(key, comment), sentAt, receivedAt, outcome, reason };
};

export const shownClaim = (key: DataKey | null, row: ClaimWithComment) => {
  const { externalId: _, no: __, body: _body, identified: _identified, commentNo, ...claim } = row;
  return { ...claim, comment: commentNo, viewer: row.body === null ? null : opened(key, row).viewer };
};
